// How the demo looks: 80 columns, colours on a terminal alone.

const COLUMNS = 80;
const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 };

/** Colours are for people: `NO_COLOR` (https://no-color.org) and pipes get plain text, unless `FORCE_COLOR` asks for them. */
const isColoured = (process.stdout.isTTY && !process.env.NO_COLOR) || Boolean(process.env.FORCE_COLOR);

/** Whether nothing stands below the last heading yet. */
let isFirst = false;

/** `text` in a style of the terminal, if it shows any. */
export function paint(style, text) {
  return isColoured ? `\x1b[${STYLES[style]}m${text}\x1b[0m` : text;
}

/** `text`, cut to the columns that are left after `indent`. */
export function fit(text, indent = 0) {
  const room = COLUMNS - indent;
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}

export function say(line = '') {
  console.log(line);
}

export function heading(title, note = '') {
  const gap = ' '.repeat(Math.max(1, COLUMNS - title.length - note.length));
  say(`\n${paint('bold', title)}${note && gap + paint('dim', note)}`);
  say(paint('dim', '─'.repeat(COLUMNS)));
  isFirst = true;
}

/** Set off by an empty line, but right below a heading. */
export function caption(text) {
  say(`${isFirst ? '' : '\n'}  ${paint('cyan', text)}`);
  isFirst = false;
}

/** Lines of a log or a file: each cut to the width, or whole. */
export function quote(lines, { whole = false } = {}) {
  isFirst = false;
  for (const line of lines) {
    const shown = whole ? line : fit(line, 4);
    const text = shown.startsWith('Error: ') ? paint('red', shown) : shown.replaceAll('***', () => paint('yellow', '***'));
    say(`  ${paint('dim', '│')} ${text}`);
  }
}
