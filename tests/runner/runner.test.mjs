// The emulated runner reads files, commands and masks as the runner does. The cases are those of the runner's own tests, by
// the names that they have in actions/runner below src/Test/L0; those without a source follow from the code that is named.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { readFileCommands } from './file-commands.mjs';
import { Masker } from './masker.mjs';
import { runStep } from './step.mjs';
import { parseCommand, WorkflowCommands } from './workflow-commands.mjs';

const BOM = '\ufeff';

/** Worker/{SetEnvFileCommand,SetOutputFileCommand,SaveStateFileCommand}L0.cs: all three have the same cases. */
const FILES = {
  EmptyFile: [[], {}],
  Simple: [['MY_ENV=MY VALUE'], { MY_ENV: 'MY VALUE' }],
  Simple_SkipEmptyLines: [
    ['', 'MY_ENV=my value', '', 'MY_ENV_2=my second value', ''],
    { MY_ENV: 'my value', MY_ENV_2: 'my second value' },
  ],
  Simple_EmptyValue: [['MY_ENV='], { MY_ENV: '' }],
  Simple_MultipleValues: [
    ['MY_ENV=my value', 'MY_ENV_2=', 'MY_ENV_3=my third value'],
    { MY_ENV: 'my value', MY_ENV_2: '', MY_ENV_3: 'my third value' },
  ],
  Simple_SpecialCharacters: [
    ['MY_ENV==abc', 'MY_ENV_2=def=ghi', 'MY_ENV_3=jkl='],
    { MY_ENV: '=abc', MY_ENV_2: 'def=ghi', MY_ENV_3: 'jkl=' },
  ],
  Heredoc: [['MY_ENV<<EOF', 'line one', 'line two', 'line three', 'EOF'], { MY_ENV: 'line one|line two|line three' }],
  Heredoc_EmptyValue: [['MY_ENV<<EOF', 'EOF'], { MY_ENV: '' }],
  Heredoc_SkipEmptyLines: [
    ['', 'MY_ENV<<EOF', 'hello', 'world', 'EOF', '', 'MY_ENV_2<<EOF', 'HELLO', 'AGAIN', 'EOF', ''],
    { MY_ENV: 'hello|world', MY_ENV_2: 'HELLO|AGAIN' },
  ],
  Heredoc_SpecialCharacters: [
    [
      ...['MY_ENV<<=EOF', 'hello', 'one', '=EOF', 'MY_ENV_2<<<EOF', 'hello', 'two', '<EOF'],
      ...['MY_ENV_3<<EOF', 'hello', '', 'three', '', 'EOF', 'MY_ENV_4<<EOF', 'hello=four', 'EOF', 'MY_ENV_5<<EOF', ' EOF', 'EOF'],
    ],
    { MY_ENV: 'hello|one', MY_ENV_2: 'hello|two', MY_ENV_3: 'hello||three|', MY_ENV_4: 'hello=four', MY_ENV_5: ' EOF' },
  ],
};

describe('a file of the runner', () => {
  for (const [name, [lines, expected]] of Object.entries(FILES)) {
    for (const of of ['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STATE']) {
      for (const [system, windows, lineEnd] of [['Linux', false, '\n'], ['Windows', true, '\r\n'], ['Windows with LF', true, '\n']]) {
        test(`is read as the runner's test ${name} has it: ${of} on ${system}`, () => {
          // As the tests write it: with a byte order mark, and no line break after the last line.
          const text = BOM + lines.join(lineEnd);
          const values = Object.entries(expected).map(([key, value]) => [key, value.replaceAll('|', lineEnd)]);
          assert.deepEqual(readFileCommands(text, { of, windows }), Object.fromEntries(values));
        });
      }
    }
  }

  test('in which a value never ends is refused as in Heredoc_MissingNewLine', () => {
    const lines = ['MY_ENV<<EOF', 'line one', 'line two', 'line three', 'EOF'];
    assert.throws(() => readFileCommands(BOM + lines.join(' ')), /Matching delimiter not found 'EOF line one line two line three EOF'/);
  });

  test('whose last line is in the way of the delimiter is refused as in Heredoc_MissingNewLineMultipleLines', () => {
    const lines = ['MY_ENV<<EOF', 'line one\n    line two\n    line three', 'EOF'];
    assert.throws(() => readFileCommands(BOM + lines.join(' ')), /Matching delimiter not found|EOF marker missing new line/);
    assert.throws(() => readFileCommands('MY_ENV<<EOF\nline one\nline two EOF'), /EOF marker missing new line/);
    assert.throws(() => readFileCommands('MY_ENV<<EOF\nline one\n'), /Matching delimiter not found 'EOF'/);
  });

  test('has lines of two forms and no other', () => {
    assert.throws(() => readFileCommands('MY_ENV'), /Invalid format 'MY_ENV'/);
    assert.throws(() => readFileCommands('<<EOF\nx\nEOF\n'), /Invalid format '<<EOF'. Name must not be empty/);
    assert.throws(() => readFileCommands('MY_ENV<<\nx\n\n'), /Invalid format 'MY_ENV<<'.*delimiter must not be empty/);
    assert.deepEqual(readFileCommands('A=x<<EOF\nB<<C=D\ny\nC=D\n'), { A: 'x<<EOF', B: 'y' });
  });

  test('keeps a CR before a line break on Linux, and on Windows loses the one that ends a value', () => {
    const text = 'A<<EOF\na\r\nb\r\nEOF\nB=c\r\n';
    assert.deepEqual(readFileCommands(text), { A: 'a\r\nb\r', B: 'c\r' });
    assert.deepEqual(readFileCommands(text, { windows: true }), { A: 'a\r\nb', B: 'c' });
  });

  test('may have any name, `__proto__` and `constructor` too', () => {
    const values = readFileCommands('__proto__=a\nconstructor=b\n=c\n');
    assert.deepEqual(Object.entries(values), [['__proto__', 'a'], ['constructor', 'b'], ['', 'c']]);
  });

  test('ignores the case of names for outputs and state, and for the environment on Windows: the last value counts', () => {
    const text = 'Token=first\nTOKEN=second\n';
    assert.deepEqual(readFileCommands(text), { Token: 'first', TOKEN: 'second' });
    assert.deepEqual(readFileCommands(text, { windows: true }), { Token: 'second' });
    assert.deepEqual(readFileCommands(text, { of: 'GITHUB_OUTPUT' }), { Token: 'second' });
    assert.deepEqual(readFileCommands(text, { of: 'GITHUB_STATE' }), { Token: 'second' });
  });

  test('cannot set NODE_OPTIONS for later steps, in any case', () => {
    const errors = [];
    const text = 'NODE_OPTIONS=--require=./evil.js\nnode_options=x\nA=b\n';
    assert.deepEqual(readFileCommands(text, { onError: (message) => errors.push(message) }), { A: 'b' });
    assert.deepEqual(errors, Array(2).fill("Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command."));
    assert.equal(readFileCommands(text, { of: 'GITHUB_OUTPUT' }).NODE_OPTIONS, 'x');
  });
});

/** Worker/ActionCommandL0.cs, CommandParserTest and CommandParserV2Test. */
const COMMANDS = [
  ['##[do-something k1=v1;]msg', { k1: 'v1' }, 'msg'],
  ['##[do-something]', {}, ''],
  ['##[do-something k1=%3B=%0D=%0A=%5D;]%3B-%0D-%0A-%5D', { k1: ';=\r=\n=]' }, ';-\r-\n-]'],
  ['##[do-something k1=%253B=%250D=%250A=%255D;]%253B-%250D-%250A-%255D', { k1: '%3B=%0D=%0A=%5D' }, '%3B-%0D-%0A-%5D'],
  ['##[do-something k1=;k2=;]', {}, ''],
  ['>>>   ##[do-something k1=v1;]msg', { k1: 'v1' }, 'msg'],
  ['::do-something k1=v1,::msg', { k1: 'v1' }, 'msg'],
  ['::do-something::', {}, ''],
  ['::do-something k1=;=%2C=%0D=%0A=]=%3A,::;-%0D-%0A-]-:-,', { k1: ';=,=\r=\n=]=:' }, ';-\r-\n-]-:-,'],
  ['::do-something k1=;=%252C=%250D=%250A=]=%253A,::;-%250D-%250A-]-:-,', { k1: ';=%2C=%0D=%0A=]=%3A' }, ';-%0D-%0A-]-:-,'],
  ['::do-something k1=,k2=,::', {}, ''],
  ['::do-something k1=v1::', { k1: 'v1' }, ''],
  ['   ::do-something k1=v1,::msg', { k1: 'v1' }, 'msg'],
];

describe('a line of a step', () => {
  for (const [line, properties, data] of COMMANDS) {
    test(`is the command that the runner's test has: ${line}`, () => {
      assert.deepEqual(parseCommand(line, ['do-something']), { command: 'do-something', properties, data });
    });
  }

  test('is no command after other words, and none by a name that is not registered', () => {
    const lines = ['   >>>   ::do-something k1=v1,::msg', '::do-something', '::other::msg', '##[other]msg', ': :do-something::'];
    for (const line of lines) assert.equal(parseCommand(line, ['do-something']), undefined, line);
  });

  test('is a command in any case of letters, and so are its properties', () => {
    assert.deepEqual(parseCommand('::WARNING Title=a,TITLE=b::c'), { command: 'warning', properties: { Title: 'b' }, data: 'c' });
    assert.deepEqual(parseCommand('##[Add-Mask]c'), { command: 'add-mask', properties: {}, data: 'c' });
  });

  test('has properties as .NET splits them', () => {
    const { properties } = parseCommand('::error  =a==b, c =d,=,e=,f,__proto__=g::');
    assert.deepEqual(Object.entries(properties), [['a', 'b'], [' c ', 'd'], ['__proto__', 'g']]);
  });

  test('is unescaped once', () => {
    assert.equal(parseCommand('::add-mask::a%250Ab%0Ac%0a').data, 'a%0Ab\nc%0a');
  });
});

describe('stop-commands', () => {
  /** @returns {[WorkflowCommands, Masker]} */
  const start = () => {
    const masker = new Masker();
    return [new WorkflowCommands(masker), masker];
  };

  for (const [stop, resume] of [
    ['##[stop-commands]stopToken', '##[stopToken]'],
    ['::stop-commands::randomToken', '::randomToken::'],
    ['::Stop-Commands::randomToken', '::RANDOMTOKEN::'],
  ]) {
    test(`makes lines ordinary until its token comes, as in StopProcessCommand: ${stop}`, () => {
      const [commands, masker] = start();
      assert.equal(commands.read(stop)?.command, 'stop-commands');
      assert.equal(commands.read('::add-mask::secret'), undefined);
      assert.equal(masker.mask('secret'), 'secret');
      assert.equal(commands.read(resume), undefined);
      assert.equal(commands.read('::add-mask::secret')?.command, 'add-mask');
      assert.equal(masker.mask('secret'), '***');
    });
  }

  for (const token of ['stop-commands', '', 'set-env', 'SET-ENV', 'pause-logging']) {
    test(`fails the step for a token that others say, as in FailOnInvalidStopTokens: \`${token}\``, () => {
      assert.throws(() => start()[0].read(`::stop-commands::${token}`), /You cannot use/);
    });
  }

  test('masks a token of more than six characters for the entire run', () => {
    const [commands, masker] = start();
    commands.read('::stop-commands::randomToken');
    commands.read('::randomToken::');
    commands.read('::stop-commands::short1');
    assert.deepEqual(['randomToken', 'short1'].map((token) => masker.mask(token)), ['***', 'short1']);
  });
});

/** HostContextL0.cs, DefaultSecretMaskers: what the log has, and what it shows. */
const MASKED = [
  ['123Password123!123', '123***123'],
  ['password123', 'password123'],
  ['123Pass\\"word\\"123!123', '123***123'],
  ['123Pass%20word%20123%21123', '123***123'],
  ['123Pass&lt;word&gt;123!123', '123***123'],
  ["123Pass''word''123!123", '123***123'],
  [base64(':Password123!'), 'OlBh***'],
  [base64('a:Password123!'), 'YTpQ***'],
  [base64('ab:Password123!'), 'YWI6***'],
  [base64('abc:Password123!'), 'YWJjOlBh***'],
  [base64('abcd:Password123!'), 'YWJjZDpQ***'],
  [base64('abcde:Password123!'), 'YWJjZGU6***'],
  ['123Password123!!123', '123***123'],
  ['123short123', '123short123'],
  ['123"short"123', '123***123'],
];

/** HostContextL0.cs, SecretSectionMasking: the secret, what PowerShell prints of it in an error, what the log shows. */
const ON = '3[96m';
const OFF = '3[0m';
const SECTIONS = [
  ['secret&secret&secret', `secret&secret&${ON}secret${OFF}`, `***${ON}***${OFF}`],
  ['secret&secret+secret', `secret&${ON}secret+secret${OFF}`, `***${ON}***${OFF}`],
  ['secret+secret&secret', `secret+secret&${ON}secret${OFF}`, `***${ON}***${OFF}`],
  ['secret&secret&+secretsecret', `secret&secret&+${ON}s${OFF}ecretsecret`, `***${ON}s${OFF}***`],
  ['secret&+secret&secret', `secret&+${ON}s${OFF}ecret&secret`, `***${ON}s${OFF}***`],
  ['secret&+secret&+secret', `secret&+${ON}s${OFF}ecret&+secret`, `***${ON}s${OFF}***`],
  ['secret&+secret&secret&+secret', `secret&+${ON}s${OFF}ecret&secret&+secret`, `***${ON}s${OFF}***`],
  ['secret&secret&+', `secret&secret&+${ON}${OFF}`, `***${ON}${OFF}`],
];

/** Sdk/ValueEncodersL0.cs: the secret, and the sections of it that are masks; Microsoft's agent has the rest. */
const SECTION_MASKS = [
  ['abcdef&', ['abcdef&']],
  ['abcdef&+ghijkl', ['abcdef&+']],
  ['abc&def&', ['abc&def&']],
  ['ab&', []],
  ['abc&ghijkl', ['ghijkl']],
  ['abc&+ghijklm', ['hijklm']],
];

describe('the masker', () => {
  const withMasks = (...values) => {
    const masker = new Masker();
    values.forEach((value) => masker.add(value));
    return masker;
  };

  test('masks what the runner masks in its test DefaultSecretMaskers', () => {
    const quoted = ['"Password123!!"', '"short"'];
    const masker = withMasks('Password123!', 'Pass"word"123!', 'Pass word 123!', 'Pass<word>123!', "Pass'word'123!", ...quoted);
    for (const [text, shown] of MASKED) assert.equal(masker.mask(text), shown, text);
  });

  for (const [secret, printed, shown] of SECTIONS) {
    test(`masks the sections of PowerShell as in SecretSectionMasking: ${secret}`, () => {
      assert.equal(withMasks(secret).mask(printed), shown);
    });
  }

  for (const [secret, sections] of SECTION_MASKS) {
    test(`masks no section but those of the runner's test: ${secret}`, () => {
      const { masks } = withMasks(secret);
      for (const section of sections) assert.ok(masks.has(section), [...masks].join(' '));
      const parts = Array.from(secret, (_, i) => [secret.slice(0, i), secret.slice(i)]).flat();
      assert.deepEqual(parts.filter((part) => part !== secret && masks.has(part)), sections.filter((part) => part !== secret));
    });
  }

  test('masks each line and the whole, and no white space, as in AddMaskWithMultilineValue', () => {
    const masker = new Masker();
    const commands = new WorkflowCommands(masker);
    commands.read('::add-mask::abc%0Ddef%0Aghi%0D%0Ajkl');
    commands.read('::add-mask:: %0D  %0A   %0D%0A    %0D');
    for (const text of ['abc', 'def', 'ghi', 'jkl', 'abc\rdef\nghi\r\njkl']) assert.equal(masker.mask(text), '***');
    for (const text of ['', ' ', '  ', '   ', '    ']) assert.equal(masker.mask(text), text);
  });

  test('makes one of hits that overlap or touch', () => {
    assert.equal(withMasks('def').mask('abcdefgdef'), 'abc***g***');
    assert.equal(withMasks('abc').mask('abcabcdef'), '***def');
    assert.equal(withMasks('bcd', 'fgh').mask('abcdefghi'), 'a***e***i');
    assert.equal(withMasks('def', 'bcd').mask('abcdefg'), 'a***g');
    assert.equal(withMasks('efg', 'bcd').mask('abcdefgh'), 'a***h');
    assert.equal(withMasks('aa').mask('baaab'), 'b***b');
  });

  test('escapes JSON as Newtonsoft does', () => {
    const secret = 'a\u2028b\u0085c\u0001d\te"f\\g/h<';
    assert.equal(withMasks(secret).mask('"a\\u2028b\\u0085c\\u0001d\\te\\"f\\\\g/h<"'), '"***"');
  });

  test('trims the white space of .NET', () => {
    const masker = withMasks('\u0085\u00a0first \n\u3000', '\ufeffsecond\nx');
    assert.equal(masker.mask('first'), '***');
    assert.equal(masker.mask('second'), 'second');
    assert.equal(masker.mask('\u0085'), '\u0085');
  });
});

describe('a step', () => {
  test('is read in the lines of .NET, and masked before a message has lines', async (t) => {
    const step = await runScript(t, [
      "out('::add-mask::a-secret\\u2028of-one-line\\n');",
      "out('a-secret\\u2028of-one-line\\r\\n');",
      "out('::error::' + 'two%0Alines' + '\\r');",
      "out('::ADD-MASK::two%0Alines\\n::error::two%0Alines\\n::unknown::line\\n##[stop-commands]token-1\\n::error::no\\nlast');",
    ]);
    assert.deepEqual(step.log, ['***', 'Error: two', 'lines', 'Error: ***', '::unknown::line', '##[stop-commands]***', '::error::no', 'last']);
  });

  test('hands on what the files say: outputs without case, no NODE_OPTIONS, no summary that is too long', async (t) => {
    const step = await runScript(t, [
      "append('GITHUB_ENV', '\\ufeffA=1\\na=2\\nNODE_OPTIONS=x\\n');",
      "append('GITHUB_OUTPUT', 'A=1\\na=2\\n__proto__<<E\\nx\\nE');",
      "append('GITHUB_STEP_SUMMARY', 'x'.repeat(1024 * 1024 + 1));",
    ]);
    assert.deepEqual(step.env, { A: '1', a: '2' });
    assert.deepEqual(Object.entries(step.outputs), [['A', '2'], ['__proto__', 'x']]);
    assert.equal(step.summary, '');
    assert.equal(step.log.length, 2);
    assert.match(step.log.join('\n'), /^Error: Can't store NODE_OPTIONS .*\nError: \$GITHUB_STEP_SUMMARY upload aborted/);
  });
});

function base64(text) {
  return Buffer.from(text).toString('base64');
}

/** Of a program in the place of Node, which gets the bundle's path and is what the lines say. */
async function runScript(t, lines) {
  const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-script-'));
  t.after(() => rm(folder, { recursive: true }));
  const program = path.join(folder, 'program.cjs');
  const prelude = "const out = (text) => process.stdout.write(text); const append = (name, text) => require('fs').appendFileSync(process.env[name], text);";
  await writeFile(program, [`#!${process.execPath}`, prelude, ...lines].join('\n'), { mode: 0o755 });
  return runStep({ node: program, inputs: {} });
}
