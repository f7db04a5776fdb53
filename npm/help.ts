import { inputFlagsOf, isOf, type Command, type InputGroup } from './command.ts';
import type { Flag } from './flag.ts';

const COLUMNS = 80;

const EXIT_CODES: [string, string][] = [
  ['0', 'done'],
  ['1', 'failed'],
  ['2', 'wrong usage or flags'],
];

const TITLES: Record<InputGroup, string> = {
  values: 'What to read',
  stores: 'Where the stores are',
  connection: 'How to reach AWS',
  session: "The role's session",
};

/** What `env-kvstore --help` says. */
export function generalHelp(commands: Command[]): string {
  const rows: [string, string][] = commands.map(({ name, summary }) => [name, summary]);
  const ofCommands = commands.flatMap(({ exitCodes, failsWith }) => (failsWith ? [] : (exitCodes ?? [])));
  const codes = [...EXIT_CODES, ...new Map(ofCommands.map((row) => [row.join(), row])).values()];
  return `Usage: env-kvstore COMMAND [FLAGS]

Secrets, variables and AWS credentials for a job of GitHub Actions, and the
stores that they come from.

Commands:
${table([...rows, ['help COMMAND', 'print the help of a command']])}
Flags:
${table([['-h, --help', 'print this help, or that of a command'], ['-v, --version', 'print the version']])}
If a flag is repeated, the last one wins; --values, --secrets, --tag and
--from-file add up.

Exit codes:
${table(codes)}
exec ends with the exit code of its command; see env-kvstore help exec.
`;
}

/** What `env-kvstore COMMAND --help` says. */
export function helpOf(command: Command): string {
  const { name, usage, about, flags, examples, exitCodes, failsWith, inputs } = command;
  const ofInputs = inputs.map((group) => [`${TITLES[group]}:`, list(inputFlagsOf(command).filter((flag) => isOf(flag, group)))]);
  const own: Flag[] = [...flags, { name: 'help', help: 'Print this help.' }];
  const codes = failsWith ? [EXIT_CODES[0]!, ...exitCodes!].slice(1) : [...EXIT_CODES, ...(exitCodes ?? [])];
  const sections = [
    wrapped(`Usage: env-kvstore ${name} ${usage}${usage.includes('[FLAGS]') || inputs.length === 0 ? '' : ' [FLAGS]'}`, '', '  '),
    ...about.map((paragraph) => wrapped(paragraph)),
    `Flags:\n${list(own)}`,
    ...ofInputs.map(([title, rows]) => `${title}\n${rows}`),
    ...examples.map(({ what, command }) => `Example. ${what}\n${command.replace(/^/gm, '  ')}`),
    `Exit codes:\n${table(codes).trimEnd()}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function list(flags: Flag[]): string {
  return flags.map(({ name, value, help }) => `  ${name === 'help' ? '-h, ' : ''}--${name}${value ? ` ${value}` : ''}\n${wrapped(help, '      ')}`).join('\n');
}

function table(rows: [string, string][]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, text]) => `${wrapped(text, `  ${name.padEnd(width)}`, ' '.repeat(width + 2))}\n`).join('');
}

/** In lines of at most 80 columns; a word that is longer than a line is broken after its commas. */
function wrapped(text: string, first = '', rest = first): string {
  const lines = [first];
  let isBegun = false;
  const add = (piece: string, between: string) => {
    const fits = lines.at(-1)!.length + between.length + piece.length <= COLUMNS;
    if (isBegun && !fits) lines.push(rest + piece);
    else lines.push(lines.pop()! + (isBegun ? between : '') + piece);
    isBegun = true;
  };
  for (const word of text.split(' ')) {
    const [head = '', ...parts] = rest.length + word.length <= COLUMNS ? [word] : word.split(/(?<=,)/);
    add(head, ' ');
    parts.forEach((part) => add(part, ''));
  }
  return lines.join('\n');
}
