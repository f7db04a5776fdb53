// What a later step can print of a secret, held against the runner's masker (runner/masker.mjs), which is written from the
// runner's source and not from ours. One step loads the whole corpus; each form of each secret must come out masked.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { Masker } from '../runner/masker.mjs';
import { runStep } from '../runner/step.mjs';

const PEM = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n'.repeat(20)}-----END PRIVATE KEY-----\n`;

const CORPUS = {
  PASSWORD: 'correct-horse-battery-staple',
  PEM,
  PEM_CRLF: PEM.replaceAll('\n', '\r\n').replaceAll('MII', 'NJJ'),
  PRETTY_JSON: JSON.stringify({ user: 'app-user', list: ['one-value', { deep: 'two <values> & more' }] }, null, 2),
  COMPACT_JSON: JSON.stringify({ user: 'app-user', password: 'p"a\\ss', path: '/a/b' }),
  PERCENT: 'a%25b%0Ac%',
  COMMAND: '::set-output name=x::y',
  LEGACY_COMMAND: '##[group]not a group',
  DOUBLE_QUOTED: '"quoted from end to end"',
  SINGLE_QUOTED: "it's 'quoted' too",
  UNICODE: 'pässwörd-密码-🔑-ключ',
  SPACES: '  spaces before and after   ',
  TABS: '\tkey\tvalue\t',
  BASE64_HARD: '>>>???~~~ÿÿÿ+/+/',
  URL_HARD: "a b+c/d?e=f&g!h'i(j)k*l~m",
  SHELL_TEXT: '$(rm -rf /) `id` ${HOME} && exit; # !',
  AMPERSANDS: 'secret&with&ampersands&in-it',
  XML: '<token id="x">value & more</token>',
  LINE_OF_PEM: 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj',
  ONE_CHARACTER: '\u00a7',
  TWO_LINES_ONE_SHORT: 'long-first-line\nab\nlong-third-line',
  LONG: 'x1y2z3'.repeat(100),
};

const percent = (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

/** How a later step may print a text on one line. */
const FORMS = {
  'as it is': (text) => text,
  'in a sentence': (text) => `before ${text} after`,
  'as JSON by JavaScript': (text) => JSON.stringify(text),
  'as JSON by Go': (text) => JSON.stringify(text).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
  'as JSON by Python': (text) =>
    JSON.stringify(text).replace(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'in a JSON document of all': (text) => JSON.stringify({ a: 1, b: text }),
  'URL-encoded by JavaScript': encodeURIComponent,
  'URL-encoded by .NET': (text) => encodeURIComponent(text).replace(/[!'()*]/g, percent),
  'URL-encoded by Python': (text) => encodeURIComponent(text).replace(/[!'()*]/g, percent).replaceAll('%2F', '/'),
  'URL-encoded as a form': (text) => new URLSearchParams({ t: text }).toString().slice(2),
  Base64: (text) => Buffer.from(text).toString('base64'),
  'Base64 without padding': (text) => Buffer.from(text).toString('base64').replace(/=+$/, ''),
  'Base64 for URLs': (text) => Buffer.from(text).toString('base64url'),
  'Base64 after one byte': (text) => Buffer.from(`:${text}`).toString('base64'),
  'Base64 after two bytes': (text) => Buffer.from(`u:${text}`).toString('base64'),
  'Base64 after five bytes, for URLs': (text) => Buffer.from(`user:${text}`).toString('base64url'),
  'Base64 with a line break after it': (text) => Buffer.from(`${text}\n`).toString('base64'),
  'Base64 with more after it': (text) => Buffer.from(`${text}@host`).toString('base64'),
  'Base64 in lines of 76': (text) => Buffer.from(text).toString('base64').replace(/.{76}/g, '$&\n'),
  'Base64 in lines of 64': (text) => Buffer.from(text).toString('base64').replace(/.{64}/g, '$&\n'),
  'in single quotes, doubled': (text) => text.replaceAll("'", "''"),
  'in double quotes, escaped': (text) => text.replaceAll('"', '\\"'),
};

const cloud = await startCloud();
after(() => cloud.close());
const node = process.env.NODE_UNDER_TEST;

async function load(secrets, inputs = {}) {
  cloud.putSecret('octo-enterprise/repo/octo-org/octo-repo/secrets', secrets);
  const step = await runStep({
    node,
    inputs: {
      'cognito-identity-pool-id': cloud.setup.poolId,
      'cognito-role-arn': cloud.setup.roleArn,
      'github-enterprise-name': 'octo-enterprise',
      'oidc-issuer': cloud.url,
      values: '*,secret',
      ...inputs,
    },
    environment: cloud.jobEnvironment({ environment: undefined }),
  });
  assert.equal(step.exitCode, 0, step.log.join('\n'));
  return step;
}

const step = await load(CORPUS);
const githubToken = step.commands.find(({ command }) => command === 'add-mask').data;

test('every secret arrives as it is stored', () => {
  assert.deepEqual(step.env, CORPUS);
});

for (const [form, print] of Object.entries(FORMS)) {
  test(`no secret can be read when it is printed ${form}`, () => {
    for (const [name, secret] of Object.entries(CORPUS)) {
      const shown = print(secret).split(/\r\n|\n|\r/).map((line) => step.masker.mask(line)).join('\n');
      const left = longestLeft(shown, secret, print);
      // The characters that a neighbour shares, in Base64; the two-letter line, which has no mask of its own.
      assert.ok(left.length <= 4 || name === 'TWO_LINES_ONE_SHORT' && left.length <= 6, `${name}: \`${left}\` is left in ${shown}`);
    }
  });
}

test('random secrets cannot be read either', async () => {
  const secrets = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`S${i}`, random(i)]));
  const masker = (await load(secrets)).masker;
  for (const secret of Object.values(secrets)) {
    for (const [form, print] of Object.entries(FORMS)) {
      const shown = print(secret).split(/\r\n|\n|\r/).map((line) => masker.mask(line)).join('\n');
      const left = longestLeft(shown, secret, print);
      assert.ok(left.length <= 4, `${JSON.stringify(secret)} ${form}: \`${left}\` is left in ${shown}`);
    }
  }
});

test('punctuation alone, and short lines of a longer secret, are not masked', () => {
  for (const line of ['{', '}', '[', ']', '},', '  {', 'ab', 'if (x) { return [1, 2]; }', 'a normal line of a log: 100% done']) {
    assert.equal(step.masker.mask(line), line.includes('ab') ? 'ab' : line);
  }
});

test('min-mask-length moves the limit', async () => {
  const secret = { TWO_LINES: 'long-first-line\nab' };
  assert.equal((await load(secret, { 'min-mask-length': '2' })).masker.mask('ab'), '***');
  assert.equal((await load(secret, { 'min-mask-length': '16' })).masker.mask('long-first-line'), 'long-first-line');
});

test('a short secret is masked all the same, with a warning that names its variable', () => {
  assert.equal(step.masker.mask('a \u00a7 b'), 'a *** b');
  const warnings = step.commands.filter(({ command }) => command === 'warning').map(({ data }) => data);
  assert.ok(warnings.some((warning) => warning.startsWith('ONE_CHARACTER ')), warnings.join('\n'));
});

test('the GitHub token is masked', () => {
  assert.match(githubToken, /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/);
});

test('the masker of the test masks what the runner masks', () => {
  const masker = new Masker();
  masker.add('secret value');
  masker.add('{\n  pretty\n}');
  for (const [line, shown] of [
    ['a secret value b', 'a *** b'],
    ['secret valuesecret value', '***'],
    [Buffer.from('secret value').toString('base64'), '***'],
    ['secret%20value', '***'],
    ['  pretty', '  ***'],
    ['x { y', 'x *** y'],
    ['secret', 'secret'],
  ]) {
    assert.equal(masker.mask(line), shown);
  }
});

const FORMS_WITH_NEIGHBOURS = new Set(Object.entries(FORMS).filter(([form]) => /after/.test(form)).map(([, print]) => print));

/** The longest run of what is shown that gives a part of the secret away: it is in the printed secret, and not around it. */
function longestLeft(shown, secret, print) {
  const around = print('').replaceAll(/[\s"']/g, '');
  const printed = print(secret).split(/\r\n|\n|\r/).map((line) => line.trim());
  const runs = shown.split(/\*\*\*|\n/).map((run) => run.trim());
  const prefix = FORMS_WITH_NEIGHBOURS.has(print) ? 10 : 0;
  return runs
    .filter((run) => !around.includes(run.replaceAll(/[\s"']/g, '')) && printed.some((line) => line.includes(run)))
    .map((run) => run.slice(Math.min(prefix, run.length)))
    .map((run) => run.replace(/^before /, '').replace(/ after$/, ''))
    .filter((run) => /[\p{L}\p{N}]/u.test(run))
    .reduce((longest, run) => (run.length > longest.length ? run : longest), '');
}

function random(seed) {
  // A linear congruential generator: the same secrets on every machine.
  let state = seed * 7919 + 17;
  const next = (limit) => (state = (state * 1103515245 + 12345) % 2147483648) % limit;
  const alphabets = ['abcXYZ019', '+/=&?%"\'\\ ', 'äß密🔑', '<>:;{}[]()!*~'];
  const characters = alphabets.flatMap((alphabet) => [...alphabet]);
  return Array.from({ length: 8 + next(120) }, () => characters[next(characters.length)]).join('').trim().padEnd(8, 'x');
}
