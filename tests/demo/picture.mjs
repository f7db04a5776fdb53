// A picture of what `npm run demo` prints on a terminal.
//
//   node tests/demo/picture.mjs [FILE]          makes it, docs/demo.svg unless another file is named
//   node tests/demo/picture.mjs --check [FILE]  fails unless the file is of the demo as it is now

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { check: { type: 'boolean', default: false } } });
const PICTURE = positionals[0] ?? fileURLToPath(new URL('../../docs/demo.svg', import.meta.url));
const DEMO = fileURLToPath(new URL('demo.mjs', import.meta.url));
const COLUMNS = 80;
const [CHARACTER_WIDTH, LINE_HEIGHT, PADDING] = [7.8, 17, 16];
/** By the number of SGR, as `terminal.mjs` writes them. */
const CLASSES = { 1: 'bold', 2: 'dim', 31: 'red', 32: 'green', 33: 'yellow', 34: 'blue', 36: 'cyan' };
const STYLE = `
  rect { fill: #0d1117 }
  text { fill: #e6edf3; font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre }
  .bold { font-weight: 600 } .dim { fill: #8b949e } .red { fill: #ff7b72 } .green { fill: #3fb950 }
  .yellow { fill: #d29922 } .blue { fill: #79c0ff } .cyan { fill: #76e3ea }`;

const { stdout, stderr, status } = spawnSync(process.execPath, [DEMO], { encoding: 'utf8', env: { ...process.env, FORCE_COLOR: '1' } });
if (status !== 0) {
  process.stderr.write(stdout + stderr);
  throw new Error('the demo failed');
}
const picture = draw(stdout.trim().split('\n'));
if (!values.check) {
  writeFileSync(PICTURE, picture);
} else if (withoutTimes(picture) !== withoutTimes(readFileSync(PICTURE, 'utf8').replaceAll('\r\n', '\n'))) {
  throw new Error(`${PICTURE} is not of the demo as it is now: node tests/demo/picture.mjs`);
}

function draw(lines) {
  const width = Math.ceil(COLUMNS * CHARACTER_WIDTH + 2 * PADDING);
  const height = lines.length * LINE_HEIGHT + 2 * PADDING;
  const rows = lines.map((line, row) => textOf(line, PADDING + (row + 1) * LINE_HEIGHT - 4)).filter(Boolean);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" xml:space="preserve" role="img" aria-label="What npm run demo prints">
<style>${STYLE}
</style>
<rect width="${width}" height="${height}" rx="8"/>
${rows.join('\n')}
</svg>
`;
}

/** A line as one element; each part has its place, so that columns hold in any font. */
function textOf(line, y) {
  let column = 0;
  let classes = [];
  let spans = '';
  for (const part of line.split(/(\x1b\[\d+m)/)) {
    const sgr = /^\x1b\[(\d+)m$/.exec(part)?.[1];
    if (sgr !== undefined) {
      classes = sgr === '0' ? [] : [...classes, CLASSES[sgr]];
      continue;
    }
    if (part.trim() !== '') {
      const indent = part.length - part.trimStart().length;
      const x = (PADDING + (column + indent) * CHARACTER_WIDTH).toFixed(1);
      const style = classes.length > 0 ? ` class="${classes.join(' ')}"` : '';
      spans += `<tspan x="${x}"${style}>${escaped(part.trim())}</tspan>`;
    }
    column += part.length;
  }
  return spans && `<text y="${y}">${spans}</text>`;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function withoutTimes(svg) {
  return svg.replace(/in \d+\.\d s/, 'in … s');
}
