// What a later step can print of a secret, held against the runner's masker (runner/masker.mjs), which is written from the
// runner's source and not from ours. One step loads the whole corpus; each form of each secret must come out masked.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, describe, test } from 'node:test';
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
  QUOTES: `it's "a" secret\\with $HOME, \`id\` & more!`,
  PASSWORD_OF_60: 'Zm9v+YmFy/cXV4=aGVsbG8+d29ybGQ/Zm9vYmFyYmF6cXV4Y29yZ2UgZ3JhdWx0',
  ACCENTS: "l'été à la plage: ça coûte 5 €",
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
  'as JSON by PHP': (text) =>
    JSON.stringify(text).replaceAll('/', '\\/').replace(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'as JSON by .NET': (text) => dotnetJson(text),
  'as JSON by Gson': (text) => JSON.stringify(text).replace(/[<>&=']/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
  'URL-encoded in lower case': (text) =>
    encodeURIComponent(text).replace(/[!'()*]/g, percent).replace(/%../g, (escape) => escape.toLowerCase()),
  'as user info in a URL of Node': (text) => Object.assign(new URL('https://u@h'), { password: text }).password,
  'in HTML by Go': (text) => markup(text, { '"': '&#34;', "'": '&#39;' }),
  'in HTML by html/template': (text) => markup(text, { '"': '&#34;', "'": '&#39;', '+': '&#43;' }),
  'in HTML by Rails': (text) => markup(text, { '"': '&quot;', "'": '&#39;' }),
  'as the text of XML': (text) => markup(text, {}),
  'in single quotes, doubled': (text) => text.replaceAll("'", "''"),
  'in double quotes, escaped': (text) => text.replaceAll('"', '\\"'),
};

function dotnetJson(text) {
  const unicode = (c) => `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  return JSON.stringify(text).slice(1, -1).replaceAll('\\"', '\\u0022').replace(/[&'+<>`\x7f]|[^\0-\x7f]/g, unicode);
}

function markup(text, others) {
  const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', ...others };
  return text.replace(/[&<>"'+]/g, (c) => escapes[c] ?? c);
}

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

/** Programs that later steps run, with the secret in their environment as `S`: what they print must come out masked. */
const PROGRAMS = {
  'bash: set -x': ['bash', '-c', 'set -x; : "token: $S"'],
  'bash: set -x, in the locale C': ['bash', '-c', 'export LC_ALL=C; set -x; : "$S"'],
  'bash: printf %q': ['bash', '-c', 'printf "%q\\n" "$S"'],
  'bash: printf %q, in the locale C': ['bash', '-c', 'LC_ALL=C; printf "%q\\n" "$S"'],
  'bash: declare -p': ['bash', '-c', 'declare -p S'],
  'bash: export -p': ['bash', '-c', 'export -p | grep -A99 " S="'],
  'bash: ${S@Q}': ['bash', '-c', 'echo "${S@Q}"'],
  'bash: env': ['env'],
  'base64 of user:secret': ['bash', '-c', 'printf "x-access-token:%s" "$S" | base64'],
  'base64 of user:secret with a line break': ['bash', '-c', 'echo "AWS:$S" | base64'],
  'base64 -w0': ['bash', '-c', 'echo "$S" | base64 -w0'],
  'openssl base64': ['bash', '-c', 'echo -n "$S" | openssl base64'],
  'python3: repr': ['python3', '-c', 'import os; print(repr(os.environ["S"]))'],
  'python3: json.dumps': ['python3', '-c', 'import json, os; print(json.dumps({"S": os.environ["S"]}))'],
  'python3: html.escape': ['python3', '-c', 'import html, os; print(html.escape(os.environ["S"]))'],
  'python3: shlex.quote': ['python3', '-c', 'import os, shlex; print(shlex.quote(os.environ["S"]))'],
  'python3: quote': ['python3', '-c', 'import os, urllib.parse as u; print(u.quote(os.environ["S"]), u.quote_plus(os.environ["S"]))'],
  'python3: saxutils': ['python3', '-c', 'import os, xml.sax.saxutils as s; print(s.escape(os.environ["S"]))'],
  'python3: csv': ['python3', '-c', 'import csv, os, sys; csv.writer(sys.stdout).writerow(["a", os.environ["S"]])'],
  'node: console.log of an object': ['node', '-e', 'console.log({ S: process.env.S })'],
  'node: URL': ['node', '-e', 'const u = new URL("https://u@h/"); u.password = process.env.S; console.log(u.href)'],
  'node: encodeURI': ['node', '-e', 'console.log(encodeURI(process.env.S))'],
  'jq: @sh, @uri, @html, @csv, @json': ['jq', '-nr', '[env.S] | (@sh, @csv, @json), (env.S | @uri, @html)'],
};

describe('a later step that prints a secret by', () => {
  for (const [name, [file, ...args]] of Object.entries(PROGRAMS)) {
    const skip = isInstalled(file) ? false : `${file} is not installed`;
    test(name, { skip }, () => {
      for (const [variable, secret] of Object.entries(CORPUS)) {
        // A password is one line.
        if (name.includes('user:secret') && /[\r\n]/.test(secret)) continue;
        const env = { PATH: process.env.PATH, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', S: secret };
        const shell = file === 'bash' ? [file, args[0], `exec 2>&1; ${args[1]}`] : [file, ...args];
        const printed = execFileSync(shell[0], shell.slice(1), { env, encoding: 'utf8' });
        const shown = printed.split(/\r\n|\n|\r/).map((line) => step.masker.mask(line)).join('\n');
        assert.ok(shown.includes('***') || secret.length < 4, `${variable}: ${shown}`);
        const left = partsLeft(shown, secret);
        assert.deepEqual(left, [], `${variable}: ${shown}`);
      }
    });
  }
});

/** The longest words of a secret that can still be read in what is shown, as they are or in Base64. */
function partsLeft(shown, secret) {
  const words = secret.match(/[\p{L}\p{N}]{4,}/gu) ?? [];
  const decoded = shown.split(/\*\*\*|\n/).map((run) => Buffer.from(run.trim(), 'base64').toString('latin1'));
  const found = (word) => shown.includes(word) || decoded.some((text) => text.includes(word));
  // Ordinary words, which the programs print around the secret.
  return words.filter((word) => !['HOME', 'token'].includes(word) && found(word));
}

function isInstalled(file) {
  try {
    execFileSync(file, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test('of an RDS secret only the password is masked', async () => {
  const rds = { username: 'admin', password: 'correct-horse', engine: 'postgres', host: 'db.example.com', port: 5432, dbname: 'main', ssl: true };
  const { masker } = await load({ DB: JSON.stringify(rds) });
  for (const line of ['refs/heads/main', 'admin', 'postgres', 'port 5432 is true', 'db.example.com']) assert.equal(masker.mask(line), line);
  assert.equal(masker.mask('correct-horse'), '***');
});

test('a value whose key a line names is masked, and one warning says what that hides', async () => {
  const both = await load({ BRANCH: 'main', PORT: 5432, TOKEN: 'correct-horse' });
  assert.equal(both.masker.mask('refs/heads/main'), 'refs/heads/***');
  assert.equal(both.masker.mask(':5432'), ':***');
  const warnings = both.commands.filter(({ command }) => command === 'warning').map(({ data }) => data);
  assert.equal(warnings.filter((warning) => /ordinary text/.test(warning)).length, 1);
  assert.match(warnings.join('\n'), /^BRANCH, PORT .*drops/m);
  assert.doesNotMatch(warnings.join('\n'), /\bmain\b|5432/);
});

test('a secret of the greatest depth is masked like any other', async () => {
  const deep = `${'['.repeat(30_000)}"correct-horse"${']'.repeat(30_000)}`;
  const { masker, env } = await load({ DEEP: deep, TEXT: '['.repeat(5_000) }, { 'timeout-seconds': '10' });
  assert.equal(env.DEEP, deep);
  assert.equal(masker.mask('a correct-horse b'), 'a *** b');
  assert.equal(masker.mask(deep), '***');
});

test('a document of 3,200 keys has few more masks than keys', async () => {
  const document = Object.fromEntries(Array.from({ length: 3200 }, (_, i) => [`k${i}`, `v-${i * 7919}-x`]));
  const { masker, commands } = await load({ ALL: JSON.stringify(document) });
  const count = commands.filter(({ command }) => command === 'add-mask').length;
  assert.ok(count < 3200 * 2.5, `${count} masks`);
  assert.ok(masker.masks.size < 32_000, `${masker.masks.size} masks in the runner`);
  for (const value of Object.values(document)) assert.ok(masker.masks.has(value), value);
});

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

test('a short secret that ends in a line break is masked', async () => {
  assert.equal((await load({ SHORT: 'q7z\n' })).masker.mask('a q7z b'), 'a *** b');
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
