// Makes everything that lists the inputs from one table: action.yml, and inputs.yml for what action.yml has no place for. And
// from the headings of docs/troubleshooting.md the type of the error codes.
// `node build/inputs.mjs` writes it; a test calls `outdated` to see that nothing of it was changed by hand.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';

const MADE = 'Made by build/inputs.mjs from action.yml and build/inputs.yml. Do not edit.';

const CODES_MADE = 'Codes of errors. Made by build/inputs.mjs from docs/troubleshooting.md. Do not edit.';
/** Of the action or the command line alone. */
const CODES_OF_THE_DOORS = ['cancelled', 'export-failed', 'profile-not-written', 'would-be-shown'];

/**
 * @typedef {object} Input
 * @property {string} name
 * @property {'action' | 'connection' | 'session' | 'values'} of
 * @property {'text' | 'number' | 'boolean' | 'lines'} kind
 * @property {boolean} isClaim no input of the action
 * @property {string} summary
 * @property {string} detail what the description says more, or ''
 * @property {string | undefined} fixedDefault
 * @property {string | undefined} defaultInWords
 * @property {string | undefined} npm
 * @property {string | undefined} value
 * @property {string[] | undefined} choices
 * @property {string | undefined} accepts
 * @property {[number, number] | undefined} range
 * @property {boolean} flag
 * @property {string | undefined} older
 * @property {string | undefined} see
 * @property {true | undefined} workflow
 */

/** @returns {Input[]} of the action, in its order, and after them the claims that the library and the command line take */
export function readInputs(root) {
  const { inputs } = parse(read(root, 'action.yml'));
  const rows = parse(read(root, 'build/inputs.yml'));
  const names = Object.keys(inputs);
  if (names.join() !== Object.keys(rows.inputs).join()) {
    throw new Error('build/inputs.yml has not the inputs of action.yml, in their order');
  }
  return [
    ...names.map((name) => inputOf(name, inputs[name], rows.inputs[name], false)),
    ...Object.entries(rows.claims).map(([name, row]) => inputOf(name, row, { of: 'values', accepts: 'a name', ...row }, true)),
  ];
}

function inputOf(name, { description, default: fixedDefault }, row, isClaim) {
  const lines = description.trim().split('\n');
  const isDefault = (line) => line.startsWith('Default: ');
  return {
    name,
    kind: 'text',
    flag: row.of !== 'action',
    ...row,
    isClaim,
    summary: lines[0],
    detail: lines.slice(1).filter((line) => !isDefault(line)).join(' '),
    fixedDefault,
    defaultInWords: lines.find(isDefault)?.slice('Default: '.length).replace(/\.$/, ''),
  };
}

/** The files, by their paths from the root, with the text that each has to have. */
export function generated(root) {
  const inputs = readInputs(root);
  return new Map([
    ['node24/action.yml', node24(read(root, 'action.yml'))],
    ['npm/generated/options.ts', optionsModule(inputs)],
    ['npm/generated/flags.ts', flagsModule(inputs)],
    ['npm/index.d.mts', types(read(root, 'npm/index.d.mts'), inputs, read(root, 'docs/troubleshooting.md'))],
    ['src/inputs/table.rs', coreTable(inputs)],
    ['docs/inputs.md', page(inputs, parse(read(root, 'action.yml')).outputs)],
    ['.github/workflows/with-values.yml', workflow(read(root, '.github/workflows/with-values.yml'), inputs)],
  ]);
}

/** Those that are not what they have to be. */
export function outdated(root) {
  return [...generated(root)].filter(([file, text]) => text !== read(root, file, '')).map(([file]) => file);
}

function node24(action) {
  const text = action.replace('  using: node20\n', '  using: node24\n').replace('  main: dist/', '  main: ../dist/');
  const { runs } = parse(text);
  if (runs.using !== 'node24' || !runs.main.startsWith('../dist/')) throw new Error('action.yml runs otherwise than expected');
  return `# The root's action.yml for runners (2.327.1 and newer) that have Node 24. ${MADE}\n${text}`;
}

function optionsModule(inputs) {
  const rows = options(inputs).map(({ name, kind, of, isClaim, older }) => {
    const row = { input: name, of, ...(kind === 'number' && { kind }), ...(isClaim && { isClaim }), ...(older && { older: camel(older) }) };
    return `  ${camel(name)}: ${literal(row)},\n`;
  });
  return `// ${MADE}\n\n/** The options of the library and the inputs of the action that they are. */\nexport const OPTIONS = {\n${rows.join('')}} as const;\n`;
}

function flagsModule(inputs) {
  const rows = options(inputs).filter(({ flag }) => flag).map((input) => {
    const { name, of, kind, value, choices, older } = input;
    const row = {
      name,
      of,
      value,
      help: flagHelp(input, inputs),
      ...(choices && { choices }),
      ...(kind === 'lines' && { repeated: true }),
      ...(older && { older }),
    };
    return `  ${literal(row)},\n`;
  });
  return `// ${MADE}\nimport type { InputFlag } from '../flag.ts';\n\n/** The flags that are inputs of the action. */\nexport const INPUT_FLAGS: InputFlag[] = [\n${rows.join('')}];\n`;
}

/** What is short enough for a list of flags: a choice, a range and the default say the rest. */
function flagHelp(input, inputs) {
  const { summary, choices, range, npm, fixedDefault, defaultInWords } = input;
  const values = choices ? `One of ${choices.join(', ')}.` : range && `${range.join(' to ')}.`;
  const byDefault = npm ?? fixedDefault ?? defaultInWords;
  const text = [summary, values, byDefault && `Default: ${byDefault}.`].filter(Boolean).join(' ');
  return spelled(text, inputs, (name) => `--${name}`).replaceAll('`', '');
}

/** A constant of the core, which a test holds against what it reads. */
function coreTable(inputs) {
  const names = inputs.filter(({ isClaim }) => !isClaim).map(({ name }) => `    "${name}",\n`);
  const defaults = inputs.filter(({ isClaim, fixedDefault }) => !isClaim && fixedDefault !== undefined);
  const rows = defaults.map(({ name, fixedDefault }) => defaultRow(name, String(fixedDefault)));
  return `//! ${MADE}

/// The inputs of the action, in the order of \`action.yml\`.
pub const INPUT_NAMES: [&str; ${names.length}] = [
${names.join('')}];

/// What a runner gives for inputs that a step leaves out.
pub const INPUT_DEFAULTS: [(&str, &str); ${rows.length}] = [
${rows.join('')}];
`;
}

/** As rustfmt breaks it. */
function defaultRow(name, text) {
  const row = `    ("${name}", "${text}"),\n`;
  return row.length <= 121 ? row : `    (\n        "${name}",\n        "${text}",\n    ),\n`;
}

function types(text, inputs, troubleshooting) {
  return between(between(text, '// ', optionTypes(inputs)), '// ', codeTypes(troubleshooting), CODES_MADE);
}

function codeTypes(troubleshooting) {
  const documented = [...troubleshooting.matchAll(/^### `([a-z-]+)`$/gm)].map(([, code]) => code);
  const codes = documented.filter((code) => !CODES_OF_THE_DOORS.includes(code)).toSorted();
  return `
/** The codes of docs/troubleshooting.md. Of \`file-failed\`: masks could not be written to stdout. */
export type ErrorCode =
${codes.map((code) => `  | '${code}'`).join('\n')};

`;
}

function optionTypes(inputs) {
  const members = (of) => options(inputs).filter((input) => of.includes(input.of)).map((input) => {
    const { name, summary, detail, npm, fixedDefault, defaultInWords, range, older } = input;
    const byDefault = npm ?? (fixedDefault === undefined ? defaultInWords : `\`${typeOf(input) === 'number' ? fixedDefault : `'${fixedDefault}'`}\``);
    const lines = [
      ...wrapped([summary, detail, range && `${range.join(' to ')}.`].filter(Boolean).join(' ')),
      ...(byDefault ? wrapped(`@defaultValue ${byDefault}`) : []),
    ].map((line) => spelled(line, inputs, camel));
    const type = typeOf(input);
    const member = `  ${docComment(lines)}\n  ${camel(name)}?: ${type} | undefined;\n`;
    return older ? `${member}  /** @deprecated the older name of \`${camel(name)}\` */\n  ${camel(older)}?: ${type} | undefined;\n` : member;
  }).join('');
  return `
/** Options of the connection, each for itself: {@link ConnectionOptions} says which must be given together. */
interface ConnectionInputs {
${members(['connection', 'session'])}}

/** Options of values, each for itself: {@link LoadValuesOptions} says which must be given. */
interface ValueInputs {
${members(['values'])}}

`;
}

function typeOf({ kind, choices }) {
  return choices ? choices.map((choice) => `'${choice}'`).join(' | ') : kind === 'number' ? 'number' : 'string';
}

function docComment(lines) {
  return lines.length === 1 ? `/** ${lines[0]} */` : `/**\n${lines.map((line) => `   * ${line}\n`).join('')}   */`;
}

function page(inputs, outputs) {
  const cell = (text) => text.replaceAll('|', '\\|');
  const row = (input) => {
    const { name, summary, detail, fixedDefault, defaultInWords, see } = input;
    const byDefault = fixedDefault === undefined ? (defaultInWords ?? '') : `\`${fixedDefault}\``;
    const more = see && `See ${see}.`;
    return `| \`${name}\` | ${cell([summary, detail, more].filter(Boolean).join(' '))} | ${byDefault} | ${cell(acceptsOf(input))} |\n`;
  };
  const table = (rows) => `| input | meaning | default | values |\n|---|---|---|---|\n${rows.map(row).join('')}`;
  const shared = inputs.filter(({ of, isClaim }) => of !== 'action' && !isClaim);
  const older = inputs.filter((input) => input.older);
  return `<!-- ${MADE} -->
# Inputs and outputs

These are the inputs of the action, and the options of the [library](library.md) and the flags of the
[command line](command-line.md) that are the same thing. An empty text counts as not given. Every input is checked before anything
is sent, and all problems are reported at once. If \`values\` and \`secrets\` name nothing and the step exports no credentials, it sends
nothing and succeeds with a notice. If you come from another action, see [Migrate](migrate.md).

## Of the action, the library and the command line

The library's option is the input's name in camel case (\`aws-region\` is \`awsRegion\`). The flag has two hyphens before the name
(\`--aws-region\`). No command has a flag for ${list(shared.filter(({ flag }) => !flag))}.

${table(shared)}
The library and the command line request credentials for 3600 seconds, and sessions that only read values for 900.

## Of the action alone

${table(inputs.filter(({ of }) => of === 'action'))}
## Of the library and the command line alone

${table(inputs.filter(({ isClaim }) => isClaim))}
## Older names

${older.map(({ name, older }) => `\`${camel(older)}\` and \`--${older}\` are older names of \`${camel(name)}\` and \`--${name}\`, which still work.`).join('\n')}

## Environment variables

The action also reads the environment variables that every AWS tool reads; see [AWS endpoints](runners-and-networks.md#aws-endpoints),
[Proxies](runners-and-networks.md#proxies) and [Certificates](runners-and-networks.md#certificates).

## Outputs

| output | meaning |
|---|---|
${Object.entries(outputs).map(([name, { description }]) => `| \`${name}\` | ${cell(description)} |\n`).join('')}
With \`export-outputs: true\`, each value is an output of the step too. GitHub drops *job* outputs that contain a masked value, so
secrets cannot leave a job this way.
`;
}

function acceptsOf({ kind, choices, range, accepts }) {
  if (choices) return choices.map((choice) => `\`${choice}\``).join(', ');
  if (range) return `${range.join(' to ')}`;
  return kind === 'boolean' ? '`true`, `false`' : accepts;
}

function list(inputs) {
  return inputs.map(({ name }) => `\`${name}\``).join(' and ');
}

function workflow(text, inputs) {
  const passed = inputs.filter((input) => input.workflow);
  const declared = passed.map(({ name, summary, fixedDefault }) => [
    name,
    { description: summary, type: 'string', default: fixedDefault ?? '' },
  ]);
  const given = passed.map(({ name }) => [name, `\${{ inputs.${name} }}`]);
  const yaml = (pairs, indent) => stringify(Object.fromEntries(pairs), { lineWidth: 0, singleQuote: true }).replace(/^(?=.)/gm, ' '.repeat(indent));
  return between(between(text, '      # ', yaml(declared, 6)), '          # ', yaml(given, 10));
}

/** The text with what is between two marks of that indentation replaced. */
function between(text, indented, made, title = `Inputs of the action. ${MADE}`) {
  const [begin, end] = [`${indented}${title}\n`, `${indented}Up to here.\n`];
  const from = text.indexOf(`\n${begin}`);
  const to = text.indexOf(`\n${end}`, from);
  if (from < 0 || to < from) throw new Error(`there are no lines \`${begin.trim()}\` and \`${end.trim()}\``);
  return `${text.slice(0, from + 1)}${begin}${made}${text.slice(to + 1)}`;
}

/** Names of inputs in backticks, as another door has them. */
function spelled(text, inputs, spelling) {
  return inputs.reduce((done, { name }) => done.replaceAll(`\`${name}\``, `\`${spelling(name)}\``), text);
}

function options(inputs) {
  return inputs.filter(({ of }) => of !== 'action');
}

function camel(name) {
  return name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
}

function wrapped(text, width = 118) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}

/** As this project writes it. */
function literal(value) {
  if (typeof value === 'string') return value.includes("'") ? JSON.stringify(value) : `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  return `{ ${Object.entries(value).map(([key, each]) => `${key}: ${literal(each)}`).join(', ')} }`;
}

function read(root, file, otherwise) {
  try {
    return readFileSync(path.join(root, file), 'utf8').replaceAll('\r\n', '\n');
  } catch (error) {
    if (otherwise === undefined || error.code !== 'ENOENT') throw error;
    return otherwise;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
  for (const [file, text] of generated(root)) writeFileSync(path.join(root, file), text);
}
