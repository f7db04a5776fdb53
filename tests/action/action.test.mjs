// The committed bundle as the runner starts it, against the local cloud: what the right job gets, what each input does,
// and that a run which fails, whatever the reason, writes nothing and shows nothing.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/action/action.test.mjs` runs the bundle on another Node.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { after, describe, test } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { jobClient } from '../cloud/job.mjs';
import { newSigningKey } from '../cloud/jwt.mjs';
import { enhancedFlowTrust, principalTrust, role, webIdentityTrust } from '../cloud/setup.mjs';
import { homeFolder } from '../runner/home-folder.mjs';
import { stalledReader } from '../runner/stalled-reader.mjs';
import { assertNothingExported, assertNothingLeaked, MAIN, runStep, spoken } from '../runner/step.mjs';
import { turn } from '../runner/turns.mjs';

const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;
const NOTHING = { GITHUB_ENV: '', GITHUB_OUTPUT: '', GITHUB_STEP_SUMMARY: '' };
const TOGETHER = { concurrency: 8 };
/** A step that has not ended by then hangs; it is killed, and its test fails. */
const HANGS_AFTER_MS = 30_000;
/** Stands in every secret value; nothing but a mask or a file of the runner may hold it. */
const CANARY = 'canary';
const COGNITO = 'cognito-identity.amazonaws.com';
const STS = 'sts.amazonaws.com';
const ONE_SECRET = 'TOKEN,secret';

const [githubKey, forger] = await Promise.all([newSigningKey(), newSigningKey()]);
/** `quiet` is for jobs with wrong inputs, `strict` for jobs with wrong tokens: both keep what they were asked for. */
const [cloud, quiet, strict] = await Promise.all([1, 2, 3].map(() => startCloud({ githubKey })));
after(() => Promise.all([cloud, quiet, strict].map((started) => started.close())));

// As the guides to STS without Cognito have it.
cloud.setup.oidcProviders[cloud.setup.providerArn].ClientIDList.push(STS);

let lastNumber = 0;

describe('the right job', TOGETHER, () => {
  test('gets its values, the environment before the repository', async () => {
    const repository = newRepository({
      secrets: { TOKEN: `${CANARY}-repository`, KEY: `${CANARY}-key` },
      variables: { REPLICAS: 1, LEVEL: 'debug' },
      'env/production/secrets': { TOKEN: `${CANARY}-environment` },
      'env/production/variables': { REPLICAS: 12 },
    });
    const values = 'TOKEN,secret\nAPI_KEY,SECRET,KEY\nREPLICAS,variable\n\n  # a comment\n LEVEL , Variable \n';
    const step = await run({ repository, inputs: { values } });
    succeeded(step, {
      TOKEN: `${CANARY}-environment`,
      API_KEY: `${CANARY}-key`,
      REPLICAS: '12',
      LEVEL: 'debug',
    });
    const staging = await run({ repository, claims: { environment: 'staging' }, inputs: { values } });
    assert.equal(staging.env.TOKEN, `${CANARY}-repository`);
    assert.equal(staging.env.REPLICAS, '1');
    assert.match(staging.log.join('\n'), /Warning: Store \S+\/env\/staging\/secrets does not exist/);
  });

  test('without an environment gets the values of the repository, and no other store is asked for', async () => {
    const repository = newRepository({ secrets: { TOKEN: `${CANARY}-repository` } });
    const step = await run({ repository, claims: { environment: undefined } });
    succeeded(step, { TOKEN: `${CANARY}-repository` });
    assert.deepEqual(storesAskedFor(repository), [`${storesOf(repository)}/secrets`]);
  });

  test('gets every key of the store for `*`, but names of its own lines stay with those', async () => {
    const repository = newRepository({
      secrets: { ALPHA: `${CANARY}-a`, BETA: `${CANARY}-b`, GAMMA: `${CANARY}-c` },
      'env/production/secrets': { BETA: `${CANARY}-b2`, DELTA: `${CANARY}-d` },
      variables: { PLAIN: 'p' },
    });
    const step = await run({ repository, inputs: { values: '*,secret\nALPHA,secret,GAMMA\n*,variable' } });
    succeeded(step, {
      ALPHA: `${CANARY}-c`,
      BETA: `${CANARY}-b2`,
      GAMMA: `${CANARY}-c`,
      DELTA: `${CANARY}-d`,
      PLAIN: 'p',
    });
    assert.equal(step.outputs['values-loaded'], '5');
  });

  test('does without a key that is optional, and takes it where it is', async () => {
    const repository = newRepository({ secrets: { HERE: `${CANARY}-h` } });
    const values = 'HERE,secret,HERE,optional\nGONE,secret,,optional\nNULLED,secret,GONE,Optional';
    const step = await run({ repository, inputs: { values } });
    succeeded(step, { HERE: `${CANARY}-h` });
    assert.equal(step.outputs['values-loaded'], '1');
  });

  test('may write its lines with the line ends of Windows', async () => {
    const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t`, KEY: `${CANARY}-k` } });
    succeeded(await run({ repository, inputs: { values: 'TOKEN,secret\r\n\r\nKEY,secret\r\n' } }), {
      TOKEN: `${CANARY}-t`,
      KEY: `${CANARY}-k`,
    });
  });

  test('reads only stores of the types that its lines name', async () => {
    const repository = newRepository({ variables: { PLAIN: 'p' } });
    succeeded(await run({ repository, inputs: { values: 'PLAIN,variable' } }), { PLAIN: 'p' });
    assert.deepEqual(storesAskedFor(repository), [
      `${storesOf(repository)}/env/production/variables`,
      `${storesOf(repository)}/variables`,
    ]);
  });
});

describe('a value', TOGETHER, () => {
  const written = {
    STRING: [`"${CANARY} as it is"`, `${CANARY} as it is`],
    EMPTY: ['""', ''],
    NUMBER: ['1.10', '1.10'],
    EXPONENT: ['-1.5E+3', '-1.5E+3'],
    BEYOND_DOUBLES: ['12345678901234567890.0', '12345678901234567890.0'],
    BOOLEAN: ['true', 'true'],
    OBJECT: [
      `{ "b" : "${CANARY} 1,  2", "a" : [ 1.0 , {} ] }`,
      `{"b":"${CANARY} 1,  2","a":[1.0,{}]}`,
    ],
    ARRAY: [`[\n  "${CANARY}\\" ]", 1\n]`, `["${CANARY}\\" ]",1]`],
    PEM: text(`-----BEGIN PRIVATE KEY-----\n${CANARY}MIIEvQIBADANBg\nkqhkiG9w0BAQEF+/==\n-----END PRIVATE KEY-----\n`),
    CRLF: text(`${CANARY}-1\r\n${CANARY}-2\r\n`),
    CARRIAGE_RETURNS: text(`${CANARY}-1\r${CANARY}-2`),
    LINE_BREAKS_AROUND: text(`\n\n${CANARY}\n\n`),
    SPACES_AROUND: text(`  ${CANARY}\t `),
    PERCENT: text(`${CANARY}%25 %0A %0D 100%`),
    COMMANDS: text(`::set-env name=EVIL::${CANARY}\n::add-mask::${CANARY}\n::stop-commands::x\n##[group]${CANARY}`),
    EMOJI: text(`${CANARY} 🔑 é ÿ \u2028 漢`),
    DELIMITER: text(`${CANARY}\nghadelimiter_0123456789abcdef0123456789abcdef\nEVIL=1\nEVIL<<EOF\n1\nEOF\n`),
    ASSIGNMENT: text(`A=B\nEVIL=${CANARY}`),
    BACKSLASHES: text(`${CANARY}\\n\\u0041"'\``),
  };
  const document = `{${Object.entries(written).map(([key, [json]]) => `"${key}": ${json}`).join(', ')}}`;
  const repository = newRepository({ secrets: document, variables: document });
  const names = Object.keys(written);
  const lines = names.flatMap((name) => [`${name},secret`, `V_${name},variable,${name}`]).join('\n');
  const loaded = run({ repository, inputs: { values: lines, 'export-outputs': 'true' } });

  for (const [name, [, expected]] of Object.entries(written)) {
    test(`arrives as it is written: ${name}`, async () => {
      const { env, outputs } = await loaded;
      for (const arrived of [env[name], env[`V_${name}`], outputs[name]]) assert.equal(arrived, expected);
    });
  }

  test('sets no variable but its own', async () => {
    const { env, outputs } = await loaded;
    const expected = names.flatMap((name) => [name, `V_${name}`]).sort();
    assert.deepEqual(Object.keys(env).sort(), expected);
    const ofTheStep = ['aws-account-id', 'role-session-name', 'values-loaded'];
    assert.deepEqual(Object.keys(outputs).sort(), [...expected, ...ofTheStep].sort());
  });

  test('gives the runner no command but masks, groups and warnings', async () => {
    const { commands } = await loaded;
    assert.deepEqual(unexpected(commands), []);
  });

  test('of a secret is masked line by line, and what is not secret in it stays readable', async () => {
    const { masker } = await loaded;
    for (const [, expected] of Object.values(written).filter(([, value]) => value.includes(CANARY))) {
      for (const line of expected.split(/[\r\n]+/).filter((part) => part.includes(CANARY))) {
        assert.doesNotMatch(masker.mask(`printed: ${line}`), new RegExp(CANARY));
      }
    }
    assert.equal(masker.mask('if (x) { y[0] }'), 'if (x) { y[0] }');
  });

  test('of a variable is not masked', async () => {
    const plain = newRepository({ variables: { LEVEL: 'debugging' } });
    const step = await run({ repository: plain, inputs: { values: 'LEVEL,variable' } });
    assert.equal(step.masker.mask('debugging'), 'debugging');
  });
});

describe('the files of the runner', TOGETHER, () => {
  const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });

  test('keep what others wrote, whether or not it ends with a line break', async () => {
    for (const end of ['\n', '']) {
      const before = {
        GITHUB_ENV: `EARLIER=1${end}`,
        GITHUB_OUTPUT: `other<<EOF\nvalue\nEOF${end}`,
        GITHUB_STEP_SUMMARY: `# Theirs${end}`,
      };
      const step = await run({ repository, before });
      assert.equal(step.exitCode, 0);
      assert.deepEqual(step.env, { EARLIER: '1', TOKEN: `${CANARY}-t` });
      assert.equal(step.outputs.other, 'value');
      assert.equal(step.outputs['values-loaded'], '1');
      for (const [name, text] of Object.entries(before)) assert.ok(step.files[name].startsWith(text), name);
      assert.match(step.summary, /^# Theirs\n+### /);
    }
  });

  test('are written when the runner has taken every mask, not before', async () => {
    const many = (prefix) => Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${prefix}_${i}`, hex(600)]));
    const stores = [many('A'), many('B')];
    const repository = newRepository({
      secrets: stores[0],
      'env/production/secrets': stores[1],
    });
    const reader = stalledReader();
    const step = await run({ repository, inputs: { values: '*,secret' }, onLine: reader.onLine });
    succeeded(step, { ...stores[0], ...stores[1] });
    const size = step.stdout.split('\n').filter((line) => line.startsWith('::add-mask::')).join('\n').length;
    // A pipe or socket holds some 300 KB at most, of which this process has read a part: masks must still be waiting.
    assert.ok(size > 600_000, `${size} characters of masks are too few to fill the pipe`);
    assert.deepEqual(reader.found, ['', '', '']);
  });

  test('get a summary that names each value and where it is from, without any value', async () => {
    const repository = newRepository({
      secrets: { TOKEN: `${CANARY}-t` },
      'env/production/variables': { LEVEL: `${CANARY}-level` },
    });
    const secret = cloud.putSecret(`${storesOf(repository)}/secrets`, { TOKEN: `${CANARY}-new` });
    const { summary } = await run({ repository, inputs: { values: 'TOKEN,secret\nLEVEL,variable' } });
    assert.match(summary, /TOKEN.*secret.*repository.*\/secrets.*yes/);
    assert.match(summary, /LEVEL.*variable.*environment.*\/env\/production\/variables.*no/);
    assert.ok(summary.includes(secret.versions.at(-1).id), 'the version that was read');
    assert.doesNotMatch(summary, new RegExp(CANARY));
  });

  test('get the outputs account, session name and number of values', async () => {
    const step = await run({ repository });
    assert.deepEqual(step.outputs, {
      'aws-account-id': cloud.setup.accountId,
      'role-session-name': `${step.runId}@6dcb09b5b57875f334f61aebed695e2e4193db5e`,
      'values-loaded': '1',
    });
  });

  for (const variable of Object.keys(NOTHING)) {
    test(`stay untouched if ${variable} is a directory`, async () => {
      const step = await run({ repository, environment: { [variable]: tmpdir() } });
      failed(step, 'export-failed', /EISDIR/);
    });

    test(`stay untouched if ${variable} is not set`, async () => {
      const step = await run({ repository, environment: { [variable]: undefined } });
      failed(step, 'export-failed', new RegExp(variable));
    });

    test(`stay untouched if the disk is full when ${variable} is written`, onLinux(), async () => {
      const step = await run({ repository, environment: { [variable]: '/dev/full' } });
      failed(step, 'export-failed', /ENOSPC/);
    });
  }

  test('keep what others wrote when the export fails', async () => {
    const before = { GITHUB_ENV: 'EARLIER=1', GITHUB_OUTPUT: 'other=1\n' };
    const step = await run({ repository, before, environment: { GITHUB_STEP_SUMMARY: tmpdir() } });
    failed(step, 'export-failed', /EISDIR/, before);
  });
});

/** By input: what a user would see of it. The last test holds the names against action.yml's. */
const EFFECTS = {
  'cognito-identity-pool-id': {
    'is the pool that gives the identity': async () => {
      const { poolId, roleArn } = addPool();
      const step = await run({ inputs: { 'cognito-identity-pool-id': poolId, 'cognito-role-arn': roleArn } });
      assert.equal(step.exitCode, 0);
      assert.ok(getIds().some(({ IdentityPoolId }) => IdentityPoolId === poolId));
      // README.md's role trusts README.md's pool alone.
      failed(await run({ inputs: { 'cognito-identity-pool-id': poolId } }), 'assume-role-denied');
    },
  },
  'cognito-role-arn': {
    'is the role that is assumed': async () => {
      const roleArn = addRole();
      const step = await run({ inputs: { 'cognito-role-arn': roleArn } });
      assert.equal(step.exitCode, 0);
      assert.equal(assumed(step).RoleArn, roleArn);
      failed(await run({ inputs: { 'cognito-role-arn': `${roleArn}-none` } }), 'assume-role-denied');
    },
  },
  values: {
    'are what is loaded, and nothing else': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t`, OTHER: `${CANARY}-o` } });
      succeeded(await run({ repository, inputs: { values: 'MINE,secret,OTHER' } }), { MINE: `${CANARY}-o` });
    },
  },
  secrets: {
    'are values by the names and ARNs of their secrets, beside those of the stores': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const { name, arn } = cloud.putSecret(`shared/${nextNumber()}`, { key: `${CANARY}-s`, plain: true });
      const inputs = {
        secrets: `# shared\nWHOLE=${name}\nKEY = ${arn}:key\n\nPLAIN=${arn.slice(0, -7)}:plain::`,
        'cognito-role-arn': addRole(),
      };
      const expected = { WHOLE: `{"key":"${CANARY}-s","plain":true}`, KEY: `${CANARY}-s`, PLAIN: 'true' };
      const step = await run({ repository, inputs });
      succeeded(step, { TOKEN: `${CANARY}-t`, ...expected });
      assert.equal(step.outputs['values-loaded'], '4');
      const alone = await run({ repository, inputs: { ...inputs, values: '' } });
      succeeded(alone, expected);
      assert.equal(storesAskedFor(repository).length, 2, 'the first job alone has read stores');
    },
  },
  namespace: {
    'is the first part of the names of stores': async () => {
      const repository = newRepository({});
      cloud.putSecret(`platform/team/repo/${repository}/secrets`, { TOKEN: `${CANARY}-platform` });
      const inputs = { namespace: 'platform/team', 'cognito-role-arn': addRole() };
      succeeded(await run({ repository, inputs }), { TOKEN: `${CANARY}-platform` });
    },
    'is, if left out, the claim enterprise, or else the owner of the repository': async () => {
      const { poolId, roleArn, issuer } = addPool({ Url: cloud.url });
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-enterprise` } });
      cloud.putSecret(`octo-org/repo/${repository}/secrets`, { TOKEN: `${CANARY}-owner` });
      const inputs = {
        'cognito-identity-pool-id': poolId,
        'cognito-role-arn': roleArn,
        'github-enterprise-name': '',
      };
      const enterprise = await run({ repository, inputs, claims: { iss: issuer } });
      succeeded(enterprise, { TOKEN: `${CANARY}-enterprise` });
      const owner = await run({ repository, inputs, claims: { iss: issuer, enterprise: undefined } });
      succeeded(owner, { TOKEN: `${CANARY}-owner` });
    },
  },
  'github-enterprise-name': {
    'makes the issuer that of the enterprise': async () => {
      const without = await run({ inputs: { 'github-enterprise-name': '' } });
      failed(without, 'github-token-issuer', /set `github-enterprise-name: octo-enterprise`/);
      const other = await run({ inputs: { 'github-enterprise-name': 'other' } });
      failed(other, 'github-token-issuer', /\/octo-enterprise, expected http:\S+\/other$/m);
    },
    'names the stores where no claim does': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const inputs = { 'cognito-role-arn': addRole() };
      const step = await run({ repository, inputs, claims: { enterprise: undefined } });
      succeeded(step, { TOKEN: `${CANARY}-t` });
    },
  },
  'oidc-issuer': {
    'is the issuer of a GitHub Enterprise Server, with keys of its own': async () => {
      const { poolId, roleArn, issuer } = addPool({ Url: `${cloud.url}/_services/token` });
      const inputs = {
        'oidc-issuer': issuer,
        'github-enterprise-name': '',
        'cognito-identity-pool-id': poolId,
        'cognito-role-arn': roleArn,
      };
      const step = await run({ inputs, claims: { iss: issuer } });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      const jwks = cloud.requests.filter(({ operation }) => operation === 'JWKS').map(({ detail }) => detail.path);
      assert.ok(jwks.includes('/_services/token/.well-known/jwks'));
    },
  },
  audience: {
    'is what the token is requested for': async () => {
      const { poolId, roleArn } = addPool({ ClientIDList: ['our-audience'] });
      const inputs = {
        audience: 'our-audience',
        'cognito-identity-pool-id': poolId,
        'cognito-role-arn': roleArn,
      };
      const step = await run({ inputs });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      const audiences = cloud.requests.filter(({ operation }) => operation === 'GitHubToken');
      assert.ok(audiences.some(({ detail }) => detail.audience === 'our-audience'));
      failed(await run({ inputs: { ...inputs, audience: '' } }), 'issuer-not-in-identity-pool', /audience/);
    },
  },
  'github-token': {
    'is used instead of a requested one, and masked before anything else is said': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const token = cloud.mintGithubToken({ repository });
      const environment = { ACTIONS_ID_TOKEN_REQUEST_URL: undefined, ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined };
      const step = await run({ repository, environment, inputs: { 'github-token': token } });
      succeeded(step, { TOKEN: `${CANARY}-t` });
      assert.equal(step.stdout.split('\n')[0], `::add-mask::${token}`);
    },
  },
  'aws-account-id': {
    'is the account of pool and stores where it is not the role\'s': async () => {
      const account = '222222222222';
      const { poolId, roleArn } = addPool({ AccountId: account });
      const repository = newRepository({});
      cloud.putSecret(`${storesOf(repository)}/secrets`, { TOKEN: `${CANARY}-2` }, { account, ...openTo(roleArn) });
      const inputs = {
        'aws-account-id': account,
        'cognito-identity-pool-id': poolId,
        'cognito-role-arn': roleArn,
      };
      const step = await run({ repository, claims: { environment: undefined }, inputs });
      succeeded(step, { TOKEN: `${CANARY}-2` });
      assert.equal(step.outputs['aws-account-id'], cloud.setup.accountId);
      assert.ok(getIds().some((id) => id.IdentityPoolId === poolId && id.AccountId === account));
      const ownAccount = await run({ repository, inputs: { ...inputs, 'aws-account-id': '' } });
      failed(ownAccount, 'identity-pool-not-found');
    },
  },
  'aws-region': {
    'is the region of the stores where it is not the pool\'s': async () => {
      const repository = newRepository({});
      cloud.putSecret(`${storesOf(repository)}/secrets`, { TOKEN: `${CANARY}-eu` }, { region: 'eu-west-1' });
      const inputs = { 'aws-region': 'eu-west-1', 'cognito-role-arn': addRole() };
      succeeded(await run({ repository, inputs }), { TOKEN: `${CANARY}-eu` });
      failed(await run({ repository, inputs: { ...inputs, 'aws-region': '' } }), 'store-not-found');
    },
  },
  'cognito-account-id': {
    'is the account of the pool alone': async () => {
      const { poolId, roleArn } = addPool({ AccountId: '444444444444' });
      const inputs = {
        'cognito-account-id': '444444444444',
        'cognito-identity-pool-id': poolId,
        'cognito-role-arn': roleArn,
      };
      const step = await run({ inputs });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      assert.ok(getIds().some((id) => id.IdentityPoolId === poolId && id.AccountId === '444444444444'));
      assert.equal(step.outputs['aws-account-id'], cloud.setup.accountId);
    },
  },
  'cognito-region': {
    'is where Cognito and STS are called, while the stores stay in the region of the pool': async (t) => {
      const asked = new Set();
      const proxy = createServer().on('connect', ({ url }, socket) => {
        asked.add(url);
        // The step may have ended before it has read this.
        socket.on('error', () => {});
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      });
      await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      t.after(() => proxy.close());
      const environment = {
        AWS_ENDPOINT_URL: undefined,
        HTTPS_PROXY: `http://127.0.0.1:${proxy.address().port}`,
      };
      const step = await run({ environment, inputs: { 'cognito-region': 'eu-central-1' } });
      failed(step, 'proxy-refused', /GetId for .* at cognito-identity\.eu-central-1\.amazonaws\.com /);
      assert.deepEqual([...asked].sort(), [
        'cognito-identity.eu-central-1.amazonaws.com:443',
        'secretsmanager.us-west-2.amazonaws.com:443',
        'sts.eu-central-1.amazonaws.com:443',
      ]);
    },
  },
  'secrets-manager-account-id': {
    'is the account of the stores, whose resource policies must agree': async () => {
      const account = '333333333333';
      const repository = newRepository({});
      const [roleArn, stranger] = [addRole(), addRole()];
      cloud.putSecret(`${storesOf(repository)}/secrets`, { TOKEN: `${CANARY}-3` }, { account, ...openTo(roleArn) });
      const inputs = {
        'aws-account-id': '999999999999',
        'cognito-account-id': cloud.setup.accountId,
        'secrets-manager-account-id': account,
        'cognito-role-arn': roleArn,
      };
      const job = { repository, claims: { environment: undefined } };
      const step = await run({ ...job, inputs });
      succeeded(step, { TOKEN: `${CANARY}-3` });
      assert.equal(step.outputs['aws-account-id'], cloud.setup.accountId);
      const refused = await run({ ...job, inputs: { ...inputs, 'cognito-role-arn': stranger } });
      failed(refused, 'store-access-denied', /The secret is in account 333333333333, the role in 123456789012/);
    },
  },
  'secrets-manager-region': {
    'is the region of the stores, before aws-region': async () => {
      const repository = newRepository({});
      cloud.putSecret(`${storesOf(repository)}/secrets`, { TOKEN: `${CANARY}-ap` }, { region: 'ap-south-1' });
      const inputs = {
        'aws-region': 'eu-west-1',
        'secrets-manager-region': 'ap-south-1',
        'cognito-role-arn': addRole(),
      };
      succeeded(await run({ repository, inputs }), { TOKEN: `${CANARY}-ap` });
    },
  },
  identity: {
    'cognito-enhanced lets Cognito assume the role, under a name of its own': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const step = await run({ repository, inputs: enhanced() });
      succeeded(step, { TOKEN: `${CANARY}-t` });
      assert.equal(step.outputs['role-session-name'], 'CognitoIdentityCredentials');
      const names = askedFor('AssumeRoleWithWebIdentity').map(({ RoleSessionName }) => RoleSessionName);
      assert.ok(!names.some((name) => name.startsWith(`${step.runId}@`)));
      const refused = await run({ inputs: { identity: 'cognito-enhanced' } });
      failed(refused, 'assume-role-denied', /names the session `CognitoIdentityCredentials`/);
    },
    'cognito-enhanced needs no classic flow': async () => {
      const { poolId, roleArn } = addPool({ AllowClassicFlow: false });
      const inputs = { 'cognito-identity-pool-id': poolId, 'cognito-role-arn': roleArn };
      const step = await run({ inputs: { ...inputs, identity: 'cognito-enhanced' } });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      failed(await run({ inputs }), 'classic-flow-disabled');
    },
    'web-identity shows the GitHub token to STS, whose trust policy asks for its claims': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const { inputs, environment } = webIdentity({ repository });
      const step = await run({ repository, environment, inputs });
      succeeded(step, { TOKEN: `${CANARY}-t` });
      assert.equal(assumed(step).RoleArn, inputs['cognito-role-arn']);
      const audiences = askedFor('GitHubToken').map(({ audience }) => audience);
      assert.ok(audiences.includes(STS));
      failed(await run({ environment, inputs }), 'assume-role-denied', /each condition on `\S+:\.\.\.` holds/);
    },
    'web-identity needs an OIDC provider that lists the audience': async () => {
      const { inputs, environment } = webIdentity();
      const step = await run({ environment, inputs: { ...inputs, audience: 'unlisted' } });
      failed(step, 'github-token-refused', /Incorrect token audience[\s\S]*`audience`/);
    },
    'environment reads with the credentials that are there, and asks for no token that it does not need': async () => {
      const { name } = cloud.putSecret(`shared/${nextNumber()}`, `${CANARY}-s`);
      const { inputs, environment } = environmentIdentity();
      const job = { environment: { ...environment, ACTIONS_ID_TOKEN_REQUEST_URL: undefined } };
      const step = await run({ ...job, inputs: { ...inputs, values: '', secrets: `SHARED=${name}` } });
      succeeded(step, { SHARED: `${CANARY}-s` });
      assert.deepEqual(step.outputs, { 'aws-account-id': '', 'role-session-name': '', 'values-loaded': '1' });
      // The names of stores are made of its claims.
      failed(await run({ ...job, inputs }), 'id-token-permission-missing');
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      succeeded(await run({ repository, environment, inputs }), { TOKEN: `${CANARY}-t` });
    },
    'environment says that the credentials are no longer valid': async () => {
      const { inputs, environment } = environmentIdentity({ durationSeconds: -1 });
      failed(await run({ inputs, environment }), 'credentials-refused', /identity: environment/);
      for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION']) {
        const step = await run({ on: quiet, inputs, environment: { ...environment, [name]: undefined } });
        failed(step, 'invalid-input', new RegExp(name));
      }
    },
    'environment is refused what the policy of its role does not allow': async () => {
      const { inputs, environment } = environmentIdentity({}, cloud.setup.documents['role-policy']);
      failed(await run({ inputs, environment }), 'store-access-denied', /No policy of the environment's credentials/);
    },
  },
  'chain-role-arn': {
    'is assumed by the first role, reads, and has its account and tags': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const reader = addReader();
      const step = await run({ repository, inputs: { 'chain-role-arn': reader } });
      succeeded(step, { TOKEN: `${CANARY}-t` });
      const other = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const policy = JSON.stringify(cloud.setup.documents['role-policy']);
      const ofOther = policy.replaceAll('${aws:PrincipalTag/repository}', other);
      cloud.setup.roles[reader].policies[0].document = JSON.parse(ofOther);
      failed(await run({ repository, inputs: { 'chain-role-arn': reader } }), 'store-access-denied', new RegExp(reader));
    },
    'lets a job in whose first session has the tags that the second is asked for': async () => {
      const same = { StringEquals: { 'aws:RequestTag/repository': '${aws:PrincipalTag/repository}' } };
      const inputs = { 'chain-role-arn': addReader({ condition: same }) };
      assert.equal((await run({ inputs })).exitCode, 0);
      // A tag that the first session does not have equals nothing.
      const { poolId, roleArn } = addPool({ tagMap: tagMapWithout('repository') });
      const untagged = { 'cognito-identity-pool-id': poolId, 'cognito-role-arn': roleArn };
      const chain = { 'chain-role-arn': addReader({ first: roleArn, condition: same }) };
      failed(await run({ inputs: { ...untagged, ...chain } }), 'chain-role-denied', /repository=octo-org\/repo/);
    },
    "reads under README.md's trust policy, which takes no claim that the first session does not have": async () => {
      const { 'chain-trust-policy': trust, 'role-policy': policy } = cloud.setup.documents;
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const tags = { 'chain-session-tags': 'enterprise,environment,repository,repository_id' };
      const inputs = { 'chain-role-arn': addRole({ trust, policy }), ...tags };
      succeeded(await run({ repository, inputs }), { TOKEN: `${CANARY}-t` });
      const noEnvironment = await run({ repository, inputs, claims: { environment: undefined } });
      succeeded(noEnvironment, { TOKEN: `${CANARY}-t` });
      failed(await run({ repository, inputs: { ...inputs, 'chain-session-tags': 'enterprise,repository,repository_id,ref' } }), 'chain-role-denied');
      // A first session without the tag vouches for nothing.
      const { poolId, roleArn } = addPool({ tagMap: tagMapWithout('environment') });
      const first = JSON.parse(JSON.stringify(trust).replace(cloud.setup.roleArn, roleArn));
      const unvouched = { 'cognito-identity-pool-id': poolId, 'cognito-role-arn': roleArn, ...tags };
      const chain = { 'chain-role-arn': addRole({ trust: first, policy }) };
      failed(await run({ repository, inputs: { ...unvouched, ...chain } }), 'chain-role-denied');
    },
    "reads what has the tag of the repository's id, by the tags that the second session has unless told otherwise": async () => {
      const repository = newRepository({});
      const tags = { 'github:repository_id': '1296269' };
      cloud.putSecret(`${storesOf(repository)}/secrets`, { TOKEN: `${CANARY}-t` }, { tags });
      const inputs = { 'chain-role-arn': addReader() };
      succeeded(await run({ repository, inputs }), { TOKEN: `${CANARY}-t` });
      const recycled = await run({ repository, inputs, claims: { repository_id: '4321' } });
      failed(recycled, 'store-access-denied');
    },
    'is refused where its trust policy does not name the first role, or does not exist': async () => {
      const stranger = await run({ inputs: { 'chain-role-arn': addReader({ first: addRole() }) } });
      failed(stranger, 'chain-role-denied', /HTTP 403 AccessDenied: .*sts:AssumeRole.*request id/);
      failed(await run({ inputs: { 'chain-role-arn': `${addReader()}-none` } }), 'chain-role-denied', /no such role/);
    },
    'follows every identity, and caps the session at an hour': async () => {
      const chained = async ({ inputs, environment }, first) => {
        const chain = { 'chain-role-arn': addReader({ first }) };
        const step = await run({ environment, inputs: { ...inputs, ...chain, 'role-duration-seconds': '3600' } });
        assert.equal(step.exitCode, 0, step.log.join('\n'));
        assert.equal(step.outputs['role-session-name'], `${step.runId}@6dcb09b5b57875f334f61aebed695e2e4193db5e`);
      };
      const byCognito = enhanced();
      await chained({ inputs: byCognito }, byCognito['cognito-role-arn']);
      const byToken = webIdentity();
      await chained(byToken, byToken.inputs['cognito-role-arn']);
      const atHand = environmentIdentity();
      await chained(atHand, atHand.roleArn);
      const inputs = { 'chain-role-arn': addReader(), 'role-duration-seconds': '3601' };
      failed(await run({ on: quiet, inputs }), 'invalid-input', /role-duration-seconds: is 3600 at most/);
    },
  },
  'chain-session-tags': {
    'are the claims that become tags of the second session, and no others': async () => {
      const condition = { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['repository', 'actor_id'] } };
      const inputs = { 'chain-role-arn': addReader({ condition, policy: everything() }) };
      const named = await run({ inputs: { ...inputs, 'chain-session-tags': 'repository, actor_id, no_such_claim' } });
      assert.equal(named.exitCode, 0, named.log.join('\n'));
      failed(await run({ inputs }), 'chain-role-denied', /job_workflow_ref=octo-org/);
    },
    'may not hold what STS refuses': async () => {
      const inputs = { 'chain-role-arn': addReader(), 'chain-session-tags': 'actor' };
      const step = await run({ inputs, claims: { actor: 'dependabot[bot]' } });
      failed(step, 'claim-unusable', /`actor` .*chain-session-tags.*`dependabot\[bot\]`/);
    },
  },
  'chain-transitive-tag-keys': {
    'are those that no role which the second session assumes can replace': async () => {
      const reader = addReader({ policy: everything() });
      const inputs = { 'chain-role-arn': reader, values: '', 'export-aws-credentials': 'env' };
      const other = { 'Tags.member.1.Key': 'repository', 'Tags.member.1.Value': 'octo-org/other' };
      const third = { RoleArn: addReader({ first: reader }), RoleSessionName: 'third', ...other };
      const assumeThird = async (more) => {
        const step = await run({ inputs: { ...inputs, ...more } });
        assert.equal(step.exitCode, 0, step.log.join('\n'));
        const [accessKeyId, secretAccessKey, sessionToken] = ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'SESSION_TOKEN'].map(
          (name) => step.env[`AWS_${name}`],
        );
        return jobClient(cloud).sts({ accessKeyId, secretAccessKey, sessionToken }, 'AssumeRole', third);
      };
      const replaced = await assumeThird({});
      assert.equal(replaced.status, 200, replaced.text);
      const { status, text } = await assumeThird({ 'chain-transitive-tag-keys': 'repository' });
      assert.equal(status, 400, text);
      assert.match(text, /conflicts with a transitive tag key/);
    },
  },
  'export-aws-credentials': exportTests(),
  'overwrite-aws-profile': {
    'true replaces the profile of that name but for harmless settings, and nothing of others': async (t) => {
      const home = homeFolder(t, {
        '.aws/credentials':
          '# theirs\n[other]\naws_access_key_id = AKIA1\n[ci] # old\naws_access_key_id=old\naws_session_token=old\nrole_arn = old\noutput = text',
        '.aws/config':
          '[profile ci]\r\nregion = old\r\nsource_profile = old\r\noutput = json\r\ncredential_process = old\r\n[default]\r\nregion = r',
      });
      const before = home.files();
      const inputs = { 'export-aws-credentials': 'profile:ci', values: '' };
      const environment = { HOME: home.path };
      failed(await run({ inputs, environment }), 'profile-not-written', /`ci` .*already exists/);
      assert.deepEqual(home.files(), before);
      const step = await run({ inputs: { ...inputs, 'overwrite-aws-profile': 'true' }, environment });
      succeeded(step, {});
      const { id, key, token } = keysIn(home.files()['.aws/credentials']);
      assert.deepEqual(home.files(), {
        '.aws/credentials': `# theirs\n[other]\naws_access_key_id = AKIA1\n[ci] # old\n${settings(id, key, token)}output = text`,
        '.aws/config': '[profile ci]\r\nregion = us-west-2\r\noutput = json\r\n[default]\r\nregion = r',
      });
      await areOfTheRole({ id, key, token });
    },
    'true works where both files are one, and some tools take another section for the profile': async (t) => {
      const home = homeFolder(t, { one: '[profile ci]\nrole_arn = old\noutput = json\n[ci]\ncredential_process = old\nregion = old\n' });
      const named = { AWS_CONFIG_FILE: home.at('one'), AWS_SHARED_CREDENTIALS_FILE: home.at('one') };
      const inputs = { 'export-aws-credentials': 'profile:ci', values: '', 'overwrite-aws-profile': 'true' };
      succeeded(await run({ inputs, environment: { HOME: home.path, ...named } }), {});
      const { id, key, token } = keysIn(home.files().one);
      const profile = '[profile ci]\nregion = us-west-2\noutput = json\n';
      assert.equal(home.files().one, `${profile}[ci]\n${settings(id, key, token)}region = old\n`);
      await areOfTheRole({ id, key, token });
    },
  },
  'role-session-name': {
    'is a template of claims, which the trust policy may demand': async () => {
      const trust = structuredClone(cloud.setup.documents['trust-policy']);
      trust.Statement[0].Condition.StringEquals['sts:RoleSessionName'] = 'job-${aws:RequestTag/actor_id}';
      const inputs = { 'role-session-name': 'job-{actor_id}', 'cognito-role-arn': addRole({ trust }) };
      const step = await run({ inputs });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      assert.equal(step.outputs['role-session-name'], 'job-583231');
      failed(await run({ inputs: { ...inputs, 'role-session-name': '' } }), 'assume-role-denied');
    },
    'may not be made of a claim that STS refuses or that is absent': async () => {
      const refused = await run({ inputs: { 'role-session-name': '{repository}' } });
      failed(refused, 'claim-unusable', /claim `repository` .*octo-org\/repo/);
      const absent = await run({ inputs: { 'role-session-name': '{run_id}@{nothing}' } });
      failed(absent, 'claim-unusable', /claim `nothing` of the GitHub token is absent/);
    },
  },
  'role-duration-seconds': {
    'is how long the session lives, as far as the role allows': async () => {
      const step = await run({ inputs: { 'role-duration-seconds': '1800' } });
      assert.equal(assumed(step).DurationSeconds, '1800');
      const usual = await run({});
      assert.equal(assumed(usual).DurationSeconds, '900');
      failed(await run({ inputs: { 'role-duration-seconds': '7200' } }), 'role-duration-refused');
    },
  },
  'environment-store': {
    ...environmentStoreTests(),
    'never falls back to the repository because of throttling or a fault': async (t) => {
      for (const [fault, code] of [
        [{ awsError: 'ThrottlingException' }, 'throttled'],
        [{ awsError: 'InternalServiceError', status: 500 }, 'service-fault'],
      ]) {
        const cloud = await ownCloud(t);
        cloud.fail({ operation: 'GetSecretValue', fault });
        const environment = { AWS_MAX_ATTEMPTS: '1' };
        failed(await run({ on: cloud, environment, inputs: { 'environment-store': 'optional' } }), code);
      }
    },
  },
  'export-env': {
    'false keeps the values out of the environment': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const step = await run({ repository, inputs: { 'export-env': 'false' } });
      succeeded(step, {});
      assert.equal(step.files.GITHUB_ENV, '');
      assert.equal(step.outputs['values-loaded'], '1');
      assert.equal(step.masker.mask(`${CANARY}-t`), '***');
    },
  },
  'export-outputs': {
    'true makes the values outputs of the step, and they are not otherwise': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const inputs = { 'export-outputs': 'true', 'export-env': 'false' };
      const step = await run({ repository, inputs });
      assert.equal(step.outputs.TOKEN, `${CANARY}-t`);
      assert.equal((await run({ repository })).outputs.TOKEN, undefined);
    },
  },
  'min-mask-length': {
    'is how short a line of a longer secret may be to be masked': async () => {
      const repository = newRepository({ secrets: { TOKEN: `{\nab\nabcdef\n${CANARY}-long\n}` } });
      const shown = async (length) => {
        const { masker } = await run({ repository, inputs: { 'min-mask-length': length } });
        return ['ab', 'abcdef', `${CANARY}-long`].map((line) => masker.mask(line));
      };
      assert.deepEqual(await shown(''), ['ab', '***', '***']);
      assert.deepEqual(await shown('2'), ['***', '***', '***']);
      assert.deepEqual(await shown('7'), ['ab', 'abcdef', '***']);
    },
    'never keeps a secret of one line from being masked, but a warning names it': async () => {
      const repository = newRepository({ secrets: { TOKEN: 'qz' } });
      const step = await run({ repository });
      succeeded(step, { TOKEN: 'qz' });
      assert.equal(step.masker.mask('qz'), '***');
      assert.match(step.log.join('\n'), /^Warning: TOKEN /m);
    },
  },
  'timeout-seconds': Object.fromEntries(
    ['GitHubToken', 'JWKS', 'GetId', 'GetOpenIdToken', 'AssumeRoleWithWebIdentity', 'GetSecretValue'].map(
      (operation) => [`ends a run to which ${operation} does not answer`, (t) => timesOut(t, operation)],
    ),
  ),
};

for (const [input, effects] of Object.entries(EFFECTS)) {
  describe(`the input ${input}`, TOGETHER, () => {
    for (const [what, check] of Object.entries(effects)) test(what, (t) => check(t));
  });
}

describe('wrong input', TOGETHER, () => {
  const wrong = {
    'cognito-identity-pool-id': 'us-west-2',
    'cognito-role-arn': 'github-actions',
    namespace: 'two words',
    'github-enterprise-name': 'octo/enterprise',
    'oidc-issuer': 'http://ghes.example',
    'aws-account-id': '12345',
    'aws-region': 'Oregon',
    'cognito-account-id': '12345678901x',
    'cognito-region': 'US-WEST-2',
    'secrets-manager-account-id': '1234-5678-9012',
    'secrets-manager-region': 'us west 2',
    identity: 'kognito',
    'chain-role-arn': 'reader',
    'chain-session-tags': 'a-b',
    'chain-transitive-tag-keys': 'a-b',
    'export-aws-credentials': 'profile:a b',
    'overwrite-aws-profile': 'no',
    'role-session-name': '{run_id',
    'role-duration-seconds': '899',
    'environment-store': 'maybe',
    'export-env': 'yes',
    'export-outputs': '1',
    'min-mask-length': '0',
    'timeout-seconds': '1.5',
  };
  const wrongLines = [
    ['B,secrt', /secrt/],
    ['no comma', /no comma/],
    ['9D,secret', /\[A-Za-z_\]/],
    ['A-B,secret', /\[A-Za-z_\]/],
    ['A,variable', /line 1/],
    ['F,secret,K,maybe', /optional/],
    ['G,secret,K,optional,more', /ENV_VAR/],
    ['*,secret,KEY', /`\*`/],
    ...['PATH', 'Path', 'NODE_OPTIONS', 'LD_PRELOAD', 'DYLD_INSERT_LIBRARIES', 'BASH_ENV'].map(refusedName),
    ...['GITHUB_ENV', 'RUNNER_TEMP', 'ACTIONS_RUNTIME_TOKEN', 'INPUT_X'].map(refusedName),
    ...['PYTHONPATH', 'GIT_SSH_COMMAND'].map(refusedName),
  ];

  test('is reported all at once, each with its name and its text', async () => {
    const values = 'A,secret\nB,secrt\n\n# C\n9D,secret';
    const inputs = { ...wrong, 'github-token': 'two canary words', values, secrets: 'S=ok\nT=two words' };
    const { log, ...step } = await run({ on: quiet, inputs });
    failed({ log, ...step }, 'invalid-input');
    for (const [name, text] of Object.entries(wrong)) {
      const line = log.find((candidate) => candidate.startsWith(`- ${name}: `));
      assert.ok(line?.includes(text), `${name}: ${line}`);
    }
    assert.ok(log.some((line) => line.startsWith('- values: line 2, `B,secrt`')));
    assert.ok(log.some((line) => line.startsWith('- values: line 5, `9D,secret`')));
    assert.ok(log.some((line) => line.startsWith('- secrets: line 2, `T=two words`')));
    assert.ok(log.some((line) => line.startsWith('- github-token: ')));
  });

  test('is reported for every wrong line of values, with its number', async () => {
    const values = ['A,secret', ...wrongLines.map(([line]) => line)].join('\n');
    const step = await run({ on: quiet, inputs: { values } });
    failed(step, 'invalid-input');
    wrongLines.forEach(([line, problem], index) => {
      const reported = step.log.filter((candidate) => candidate.startsWith(`- values: line ${index + 2}, \`${line}\``));
      assert.equal(reported.length, 1, line);
      assert.match(reported[0], problem);
    });
    assert.equal(step.log.filter((line) => line.startsWith('- values: ')).length, wrongLines.length);
  });

  test('is a required input that is missing, also where nothing is to be loaded', async () => {
    const inputs = { 'cognito-identity-pool-id': '', 'cognito-role-arn': ' ' };
    failed(await run({ on: quiet, inputs: { ...inputs, values: '' } }), 'invalid-input');
    const step = await run({ on: quiet, inputs });
    failed(step, 'invalid-input');
    for (const name of Object.keys(inputs)) assert.ok(step.log.some((line) => line.startsWith(`- ${name}: `)), name);
  });

  test('is an endpoint without TLS that is not this machine, and other settings of the environment', async () => {
    const environment = { AWS_ENDPOINT_URL_STS: 'http://sts.example', AWS_MAX_ATTEMPTS: 'many' };
    const step = await run({ on: quiet, environment });
    failed(step, 'invalid-input', /AWS_ENDPOINT_URL_STS: .*https/);
    assert.match(step.log.join('\n'), /AWS_MAX_ATTEMPTS: /);
  });

  test('is an AWS_CA_BUNDLE that cannot be read, where a connection would need it', async () => {
    const ACTIONS_ID_TOKEN_REQUEST_URL = 'https://127.0.0.1:9/token?api-version=2.0';
    const environment = { AWS_CA_BUNDLE: '/nowhere/ca.pem', ACTIONS_ID_TOKEN_REQUEST_URL };
    failed(await run({ on: quiet, environment }), 'invalid-input', /AWS_CA_BUNDLE/);
  });

  function refusedName(name) {
    return [`${name},secret`, /refused/];
  }
});

test('no job with wrong input has asked anyone for anything', () => {
  assert.deepEqual(quiet.requests, []);
});

describe('a store', TOGETHER, () => {
  for (const [what, document] of Object.entries({
    'an array': `["${CANARY}"]`,
    'a string': `"${CANARY}"`,
    'no JSON': `TOKEN=${CANARY}`,
    'half a document': `{"TOKEN": "${CANARY}`,
    'two documents': `{"TOKEN": "${CANARY}"} {}`,
    'binary data': Buffer.from([0xff, 0xfe, 0x00, 0x63]),
  })) {
    test(`that holds ${what} is named, and not quoted`, async () => {
      const repository = newRepository({ secrets: document });
      const name = `${storesOf(repository)}/secrets`;
      failed(await run({ repository }), 'store-not-an-object', new RegExp(`store ${name} is `));
    });
  }

  test('that does not exist is named', async () => {
    const repository = newRepository({});
    failed(await run({ repository }), 'store-not-found', new RegExp(`${storesOf(repository)}/secrets`));
  });

  test('that is marked for deletion is named', async () => {
    const repository = newRepository({});
    const secret = cloud.putSecret(`${storesOf(repository)}/secrets`, { TOKEN: CANARY });
    secret.deleted = true;
    failed(await run({ repository }), 'store-not-readable', new RegExp(`${storesOf(repository)}/secrets`));
  });

  test('may be written by PowerShell: with a byte order mark, as SecretBinary', async () => {
    const repository = newRepository({ secrets: Buffer.from(`\ufeff{"TOKEN": "${CANARY}"}`) });
    succeeded(await run({ repository }), { TOKEN: CANARY });
  });
});

describe('a key', TOGETHER, () => {
  test('that is missing fails the step; all that are missing are listed, with variable and stores', async () => {
    const repository = newRepository({
      secrets: { TOKEN: CANARY },
      variables: { PLAIN: 'p' },
      'env/production/secrets': {},
    });
    const values = 'TOKEN,secret\nA,secret\nB,secret,BEE\nC,variable\nPLAIN,variable';
    const step = await run({ repository, inputs: { values } });
    const base = storesOf(repository);
    failed(step, 'key-missing', new RegExp(`A: no key \`A\` in ${base}/env/production/secrets or ${base}/secrets`));
    assert.match(step.log.join('\n'), new RegExp(`B: no key \`BEE\` in .*${base}/secrets`));
    assert.match(step.log.join('\n'), new RegExp(`C: no key \`C\` in ${base}/variables`));
  });

  test('that is null is an error only if it is asked for', async () => {
    const repository = newRepository({ secrets: { TOKEN: CANARY, NOTHING: null } });
    succeeded(await run({ repository }), { TOKEN: CANARY });
    const asked = await run({ repository, inputs: { values: 'TOKEN,secret\nNOTHING,secret,NOTHING,optional' } });
    failed(asked, 'value-unusable', /NOTHING: key `NOTHING` of \S+\/secrets is null/);
    const step = await run({ repository, inputs: { values: '*,secret' } });
    succeeded(step, { TOKEN: CANARY });
    assert.ok(step.log.some((line) => /^Notice: `\*` skipped keys of \S+\/secrets that are null: `NOTHING`\./.test(line)));
    assert.ok(step.log.includes('▸ 1 value loaded'), step.log.join('\n'));
  });

  test('that ends in CR is written so that a runner for Windows keeps it', async () => {
    const repository = newRepository({ secrets: { TOKEN: `${CANARY}\r` } });
    const as = (platform) => `data:text/javascript,Object.defineProperty(process,'platform',{value:'${platform}'})`;
    const file = async (platform) => {
      const step = await run({ repository, environment: { NODE_OPTIONS: `--import "${as(platform)}"` } });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      return step.files.GITHUB_ENV.replaceAll(/ghadelimiter_\w+/g, 'X');
    };
    assert.equal(await file('linux'), `TOKEN<<X\n${CANARY}\r\nX\n`);
    assert.equal(await file('win32'), `TOKEN<<X\r\n${CANARY}\r\r\nX\r\n`);
  });

  test('whose name differs in case only is one, and the environment\'s', async () => {
    const repository = newRepository({
      secrets: { database_url: `${CANARY}-r`, TOKEN: CANARY },
      'env/production/secrets': { DATABASE_URL: `${CANARY}-e` },
    });
    const claims = { environment: 'production' };
    const all = { values: '*,secret', 'export-outputs': 'true' };
    const step = await run({ repository, claims, inputs: all });
    succeeded(step, { DATABASE_URL: `${CANARY}-e`, TOKEN: CANARY });
    assert.ok(!('database_url' in step.outputs));
    const clash = newRepository({ secrets: { aws_access_key_id: CANARY } });
    const inputs = { values: '*,secret', 'export-aws-credentials': 'env' };
    failed(await run({ repository: clash, inputs }), 'value-unusable', /aws_access_key_id: .* would set what/);
    const both = newRepository({ secrets: { Token: CANARY, TOKEN: CANARY } });
    failed(await run({ repository: both, inputs: { values: '*,secret' } }), 'name-unusable', /`Token`.*`TOKEN`|`TOKEN`.*`Token`/);
  });

  for (const name of ['STATE_isPost', 'MAKEFLAGS', 'npm_config_script_shell', 'HTTPS_PROXY', 'DOCKER_HOST']) {
    test(`${name} is not taken by \`*\`, and nothing else is then`, async () => {
      const repository = newRepository({ secrets: { TOKEN: CANARY, [name]: CANARY } });
      failed(await run({ repository, inputs: { values: '*,secret' } }), 'name-unusable', new RegExp(`key \`${name}\` of .*refused`));
    });
  }

  test('that redirects is loaded if a line names it', async () => {
    const repository = newRepository({ variables: { NO_PROXY: 'internal.example' } });
    succeeded(await run({ repository, inputs: { values: 'NO_PROXY,variable\n*,variable' } }), { NO_PROXY: 'internal.example' });
  });

  test('that holds a NUL character or half a surrogate pair is named', async () => {
    const repository = newRepository({ secrets: `{"N": "${CANARY}\\u0000", "S": "${CANARY}\\ud800"}` });
    const step = await run({ repository, inputs: { values: 'N,secret\nS,secret' } });
    failed(step, 'value-unusable', /N: key `N` of .*NUL/);
    assert.match(step.log.join('\n'), /S: key `S` of .*surrogate/);
  });

  test('that `*` finds is refused if its name is no variable, would change later steps, or is taken', async () => {
    const repository = newRepository({
      secrets: { 'a-b': CANARY, PATH: CANARY, TWICE: CANARY, 'x\n::add-mask::y': CANARY },
      variables: { TWICE: CANARY },
    });
    const step = await run({ repository, inputs: { values: '*,secret\n*,variable' } });
    failed(step, 'name-unusable', /key `a-b` of /);
    for (const key of ['PATH', 'TWICE']) assert.match(step.log.join('\n'), new RegExp(`key \`${key}\` of `));
    assert.deepEqual(unexpected(step.commands), []);
    assert.ok(!step.masker.masks.has('y'));
  });
});

describe('a step switched from gravitational\'s action', TOGETHER, () => {
  test('may be given no values', async () => {
    for (const values of ['', '\n# none\n']) {
      const step = await run({ on: quiet, inputs: { values, 'github-enterprise-name': '' } });
      succeeded(step, {});
      assert.deepEqual(step.outputs, { 'aws-account-id': '123456789012', 'role-session-name': '', 'values-loaded': '0' });
      assert.ok(step.log.some((line) => line.startsWith('Notice: No value was loaded')), step.log.join('\n'));
    }
  });

  test('may run in an environment that no store can be named after', async () => {
    const repository = newRepository({ secrets: { TOKEN: CANARY } });
    const claims = { environment: 'production eu' };
    const step = await run({ repository, claims });
    succeeded(step, { TOKEN: CANARY });
    assert.ok(step.log.some((line) => /^Warning: Environment `production eu` has no store/.test(line)), step.log.join('\n'));
    const required = await run({ repository, claims, inputs: { 'environment-store': 'required' } });
    failed(required, 'claim-unusable', /claim `environment` .*`production eu`/);
  });

  test('is told that `github.token` is not what `github-token` takes', async () => {
    const step = await run({ on: strict, inputs: { 'github-token': 'ghs_16C7e42F292c6912E7710c838347Ae178B4a' } });
    failed(step, 'github-token-malformed', /Remove `github-token` from the step/);
    assert.ok(!spoken(step).includes('ghs_16C7'));
  });
});

describe('a GitHub token', TOGETHER, () => {
  const mint = (claims, options) => strict.mintGithubToken(claims, options);

  for (const [what, [code, token]] of Object.entries({
    'that has expired': ['github-token-expired', () => mint({}, { expiresInSeconds: -1 })],
    'that is not signed': ['github-token-algorithm', () => mint({}, { header: { alg: 'none' } })],
    'that is signed with the public key as a shared secret': [
      'github-token-algorithm',
      () => mint({}, { header: { alg: 'HS256' } }),
    ],
    'that another key has signed': ['github-token-signature', () => mint({}, { key: forger.privateKey })],
    'whose key the issuer does not have': ['github-token-signature', () => mint({}, { kid: forger.kid })],
    'that was changed after it was signed': [
      'github-token-signature',
      () => changed(mint(), { repository: 'octo-org/other' }),
    ],
    'of another issuer': ['github-token-issuer', () => mint({ iss: 'https://token.actions.example' })],
    'of another enterprise': ['github-token-issuer', () => mint({ iss: `${strict.url}/other` })],
    'of no enterprise': ['github-token-issuer', () => mint({ iss: strict.url })],
    'for another audience': ['github-token-audience', () => mint({ aud: 'sts.amazonaws.com' })],
    'without an audience': ['github-token-audience', () => mint({ aud: undefined })],
    'that is no JSON Web Token': ['github-token-malformed', () => `ghp_${CANARY}`],
    'that has three parts but no JSON in them': ['github-token-malformed', () => `a.${CANARY}.b`],
  })) {
    test(`${what} goes nowhere`, async () => {
      const given = token();
      const step = await run({ on: strict, inputs: { 'github-token': given } });
      failed(step, code);
      assert.ok(!spoken(step).includes(given.slice(0, 20)));
    });
  }

  test('from the token endpoint is checked in the same way', async () => {
    const step = await run({ on: strict, claims: { iss: 'https://token.actions.example' } });
    failed(step, 'github-token-issuer', /token\.actions\.example/);
  });

  test('cannot be had without `permissions: id-token: write`, and the error says so', async () => {
    for (const name of ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN']) {
      const step = await run({ on: strict, environment: { [name]: undefined } });
      failed(step, 'id-token-permission-missing', /id-token: write/);
    }
  });

  test('that the endpoint refuses to give is an error', async () => {
    const step = await run({ on: strict, environment: { ACTIONS_ID_TOKEN_REQUEST_TOKEN: `${CANARY}-of-no-job` } });
    failed(step, 'github-token-unavailable', /HTTP 401/);
  });
});

test('no job with a wrong token has sent it to Cognito', () => {
  const operations = new Set(strict.requests.map(({ operation }) => operation));
  assert.deepEqual([...operations].sort(), ['GitHubToken', 'JWKS']);
});

describe('AWS refuses', TOGETHER, () => {
  const trustRefusals = {
    'a pull request': [{ claims: { event_name: 'pull_request' } }, 'aws:RequestTag/event_name', /pull_request/],
    'a review of a pull request': [
      { claims: { event_name: 'pull_request_review', ref: 'refs/pull/7/merge' } },
      'aws:RequestTag/event_name',
      /runs for pull_request_review, .* allows only push, workflow_dispatch/,
    ],
    'a job of another enterprise': [{ claims: { enterprise_id: '4321' } }, 'aws:RequestTag/enterprise_id', /enterprise_id=4321/],
    'a job of no enterprise': [
      { claims: { enterprise: undefined, enterprise_id: undefined } },
      'aws:RequestTag/enterprise_id',
      /has no tag enterprise_id: /,
    ],
    'a job without an event': [{ claims: { event_name: undefined } }, 'aws:RequestTag/event_name', /has no tag event_name: /],
    'a session name that is not run and commit': [
      { inputs: { 'role-session-name': '{run_id}' } },
      'sts:RoleSessionName',
      /sts:RoleSessionName/,
    ],
    'the token of another pool': [
      () => ({ inputs: { 'cognito-identity-pool-id': addPool().poolId } }),
      `${COGNITO}:aud`,
      /:aud/,
    ],
  };
  for (const [what, [job, condition, reason]] of Object.entries(trustRefusals)) {
    test(`${what}: the trust policy by ${condition}`, async () => {
      const step = await run(typeof job === 'function' ? job() : job);
      failed(step, 'assume-role-denied', reason);
      assert.match(step.log.join('\n'), /^Error: assume-role-denied: .*HTTP 403 AccessDenied: .*request id/m);
      assert.ok(conditionsThatRefused('aws:RequestTag/run_id', step).includes(condition));
    });
  }

  test('tags that the trust policy does not allow the session to have', async () => {
    const trust = structuredClone(cloud.setup.documents['trust-policy']);
    trust.Statement.splice(1);
    const step = await run({ inputs: { 'cognito-role-arn': addRole({ trust }) } });
    failed(step, 'assume-role-denied', /sts:TagSession/);
  });

  test('a pool without a tag map, and the error says that there are no tags', async () => {
    const { poolId } = addPool({ tagMap: { UseDefaults: false, PrincipalTags: {} } });
    const trust = JSON.parse(
      JSON.stringify(cloud.setup.documents['trust-policy']).replaceAll(cloud.setup.poolId, poolId),
    );
    const inputs = { 'cognito-identity-pool-id': poolId, 'cognito-role-arn': addRole({ trust }) };
    failed(await run({ inputs }), 'assume-role-denied', /carries no session tags/);
  });

  test('a pool without the classic flow', async () => {
    const { poolId } = addPool({ AllowClassicFlow: false });
    const step = await run({ inputs: { 'cognito-identity-pool-id': poolId } });
    failed(step, 'classic-flow-disabled', /AllowClassicFlow/);
  });

  test('an issuer that the pool does not know', async () => {
    const { poolId } = addPool({ Url: 'https://token.actions.githubusercontent.com' });
    const step = await run({ inputs: { 'cognito-identity-pool-id': poolId } });
    failed(step, 'issuer-not-in-identity-pool', /octo-enterprise/);
  });

  test('a pool that does not exist', async () => {
    const poolId = 'us-west-2:ffffffff-0000-0000-0000-000000000000';
    const step = await run({ inputs: { 'cognito-identity-pool-id': poolId } });
    failed(step, 'identity-pool-not-found', /ffffffff-0000/);
  });

  test('a claim with a character that no tag can have', async () => {
    const { PrincipalTags } = cloud.setup.documents['tag-map'];
    const tagMap = { UseDefaults: false, PrincipalTags: { ...PrincipalTags, actor: 'actor' } };
    const { poolId, roleArn } = addPool({ tagMap });
    const inputs = { 'cognito-identity-pool-id': poolId, 'cognito-role-arn': roleArn };
    const step = await run({ inputs, claims: { actor: 'dependabot[bot]' } });
    failed(step, 'claim-unusable', /`actor` .*`dependabot\[bot\]`/);
    assert.ok(!cloud.requests.some(({ operation, detail }) => operation === 'AssumeRoleWithWebIdentity' && detail?.RoleArn === roleArn));
  });

  test('stores of another repository, whose names the job may say but not read', async () => {
    const repository = newRepository({});
    cloud.putSecret(`other-enterprise/repo/${repository}/secrets`, { TOKEN: `${CANARY}-not-yours` });
    const step = await run({ repository, inputs: { namespace: 'other-enterprise' } });
    failed(step, 'store-access-denied', new RegExp(`repository=${repository}`));
    assert.match(step.log.join('\n'), /^Error: store-access-denied: .*HTTP 400 AccessDeniedException: .*request id/m);
    assert.ok(conditionsThatRefused('aws:PrincipalTag/run_id', step).includes('Resource'));
  });

  for (const tag of ['enterprise', 'repository', 'environment']) {
    test(`a store whose tag github:${tag} is another`, async () => {
      const repository = newRepository({});
      const roleArn = addRole({ policy: cloud.setup.documents['role-policy-by-tags'], ...readmeTrust() });
      const tags = { ...tagsOf(repository), 'github:environment': 'production', [`github:${tag}`]: 'another' };
      cloud.putSecret(`${storesOf(repository)}/env/production/secrets`, { TOKEN: `${CANARY}-other` }, { tags });
      const step = await run({ repository, inputs: { 'cognito-role-arn': roleArn } });
      failed(step, 'store-access-denied');
      const conditions = conditionsThatRefused('aws:PrincipalTag/run_id', step);
      assert.ok(conditions.includes(`secretsmanager:ResourceTag/github:${tag}`), conditions.join());
    });
  }
});

describe('a signal', { ...TOGETHER, skip: process.platform === 'win32' && 'Windows has no such signals' }, () => {
  for (const [signal, exitCode] of [['SIGTERM', 143], ['SIGINT', 130]]) {
    for (const operation of ['GitHubToken', 'GetId', 'GetSecretValue']) {
      test(`${signal} while ${operation} is waited for: ends with ${exitCode} and writes nothing`, async (t) => {
        const cloud = await ownCloud(t);
        cloud.fail({ operation, times: Infinity, fault: 'noAnswer' });
        const onStart = async (child) => {
          await until(() => cloud.requests.some((request) => request.operation === operation));
          child.kill(signal);
        };
        const step = await run({ on: cloud, onStart });
        assert.equal(step.exitCode, exitCode);
        assert.match(step.log.join('\n'), new RegExp(`^Error: cancelled: .*${signal}`, 'm'));
        assert.deepEqual(step.files, NOTHING);
      });
    }
  }
});

describe('text of others', TOGETHER, () => {
  const COMMAND = '\n::add-mask::injected\r\n::stop-commands::injected';
  const OLD_COMMAND = '##[group]injected ##[add-mask]injected';

  test('in a claim is no command to the runner', async () => {
    const names = { workflow: `w${COMMAND}`, actor: '::add-mask::injected' };
    const claims = { ...names, head_ref: OLD_COMMAND, base_ref: '%0A::x::y' };
    const step = await run({ claims });
    assert.equal(step.exitCode, 0);
    noneInjected(step);
    assert.ok(step.stdout.includes('injected'), 'the claims are shown');
  });

  for (const [what, environment] of [['a line break', `p${COMMAND}`], ['the old syntax', `p${OLD_COMMAND}`]]) {
    test(`in an environment's name, with ${what}, is no command to the runner and names no store`, async () => {
      const step = await run({ claims: { environment } });
      failed(step, 'claim-unusable', /claim `environment`/);
      noneInjected(step);
    });
  }

  test('in a session tag that is shown in a refusal is no command to the runner', async () => {
    const ref = `refs/heads/x${OLD_COMMAND}`;
    const step = await run({ claims: { ref, job_workflow_ref: `a${COMMAND}` } });
    failed(step, 'claim-unusable');
    noneInjected(step);
  });

  test('in a service\'s answer is no command to the runner', async (t) => {
    for (const operation of ['GetId', 'AssumeRoleWithWebIdentity', 'GetSecretValue']) {
      const cloud = await ownCloud(t);
      const fault = { awsError: 'AccessDeniedException', message: `no ${OLD_COMMAND}${COMMAND}` };
      cloud.fail({ operation, times: Infinity, fault });
      const step = await run({ on: cloud });
      assert.equal(step.exitCode, 1);
      noneInjected(step);
    }
  });

  test('in an error of AWS is read in every form that the protocols allow', async (t) => {
    const status = 400;
    const headers = { 'content-type': 'application/x-amz-json-1.1' };
    const code = 'com.amazonaws.secretsmanager#ResourceNotFoundException:http://internal.amazon.com/coral/';
    const denial = '<Code>\n AccessDenied </Code><!-- x --><Message><![CDATA[not today]]></Message>';
    for (const [operation, fault, expected, says] of [
      ['GetSecretValue', { status, headers: { ...headers, 'x-amzn-ErrorType': code } }, 'store-not-found', /no secret of this name/],
      ['GetSecretValue', { status, headers, body: JSON.stringify({ code, Message: 'gone' }) }, 'store-not-found', /gone/],
      ['GetSecretValue', { status, headers, body: '\ufeff{"__type":"DecryptionFailure"}' }, 'store-not-decryptable', /KMS/],
      ['GetSecretValue', { status: 404, body: '<UnknownOperationException/>\n' }, 'store-refused', /UnknownOperationException/],
      ['AssumeRoleWithWebIdentity', { status: 403, body: `<Error>${denial}</Error>` }, 'assume-role-denied', /not today/],
      [
        'AssumeRoleWithWebIdentity',
        { status: 403, body: `<a:Response xmlns:a="urn:a"><Errors><Error a:b="c">${denial}</Error></Errors></a:Response>` },
        'assume-role-denied',
        /not today/,
      ],
    ]) {
      const cloud = await ownCloud(t);
      cloud.fail({ operation, times: Infinity, fault });
      failed(await run({ on: cloud, inputs: { 'environment-store': 'required' } }), expected, says);
    }
  });

  test('in an input is no command to the runner', async () => {
    const inputs = { 'aws-region': `x${COMMAND}`, namespace: OLD_COMMAND, values: 'A,##[add-mask]injected\nB,::x::y' };
    const step = await run({ inputs });
    failed(step, 'invalid-input');
    noneInjected(step);
  });

  test('that repeats the job\'s tokens is not shown', async (t) => {
    const cloud = await ownCloud(t);
    const token = cloud.mintGithubToken();
    const message = `cannot read ${token}`;
    cloud.fail({ operation: 'GetId', times: Infinity, fault: { awsError: 'NotAuthorizedException', message } });
    const step = await run({ on: cloud, inputs: { 'github-token': token } });
    failed(step, 'github-token-refused');
    assert.ok(!spoken(step).includes(token.slice(0, 16)));
  });

  function noneInjected(step) {
    assert.deepEqual(unexpected(step.commands), []);
    assert.deepEqual([...step.masker.masks].filter((mask) => mask.includes('injected')), []);
  }
});

test('the bundle is what action.yml runs, on Node 20 and Node 24 alike', () => {
  const main = (file) => /^ {2}main: (.+)$/m.exec(readFileSync(new URL(file, import.meta.url), 'utf8'))[1];
  assert.ok(MAIN.replaceAll('\\', '/').endsWith(main('../../action.yml')));
  assert.equal(main('../../node24/action.yml'), `../${main('../../action.yml')}`);
});

test('every input of action.yml has an effect that a test shows', () => {
  const action = readFileSync(new URL('../../action.yml', import.meta.url), 'utf8').replaceAll('\r\n', '\n');
  const section = /^inputs:\n([\s\S]*?)^outputs:/m.exec(action)[1];
  const inputs = [...section.matchAll(/^ {2}([\w-]+):/gm)].map(([, name]) => name);
  assert.deepEqual(Object.keys(EFFECTS).sort(), inputs.sort());
  for (const [input, effects] of Object.entries(EFFECTS)) assert.ok(Object.keys(effects).length > 0, input);
});

/**
 * Runs a job and holds it to what every job must keep: nothing on stderr, no secret in anything that is said.
 * @param {object} job
 * @param {typeof cloud} [job.on]
 * @param {string} [job.repository] a new one with a secret TOKEN, unless given
 * @param {Record<string, string | undefined>} [job.claims]
 * @param {Record<string, string>} [job.inputs]
 * @param {Record<string, string | undefined>} [job.environment]
 */
async function run({ on = cloud, repository, claims = {}, inputs = {}, environment = {}, ...rest }) {
  const runId = nextNumber();
  const name = repository ?? newRepository({ secrets: { TOKEN: `${CANARY}-token` } }, on);
  const release = await turn();
  try {
    const step = await runStep({
      node: NODE,
      inputs: {
        'cognito-identity-pool-id': on.setup.poolId,
        'cognito-role-arn': on.setup.roleArn,
        'github-enterprise-name': 'octo-enterprise',
        'oidc-issuer': on.url,
        values: ONE_SECRET,
        ...inputs,
      },
      environment: { ...on.jobEnvironment({ repository: name, run_id: runId, ...claims }), ...environment },
      killAfterMs: HANGS_AFTER_MS,
      ...rest,
    });
    assertNothingLeaked(step, CANARY);
    return { ...step, runId };
  } finally {
    release();
  }
}

function succeeded(step, env) {
  assert.equal(step.exitCode, 0, step.log.join('\n'));
  assert.deepEqual(step.env, env);
}

function failed(step, code, reason = /./, before = {}) {
  const log = step.log.join('\n');
  assert.equal(step.exitCode, 1, log);
  assert.deepEqual(log.match(/^Error: [\w-]+: /gm), [`Error: ${code}: `], log);
  assert.match(log, reason);
  const [annotation] = step.commands.filter(({ command }) => command === 'error');
  assert.equal(annotation.properties.title, `env-kvstore: ${code}`);
  assertNothingExported(step, code, before);
  assert.doesNotMatch(Object.values(step.files).join('\n'), new RegExp(CANARY));
}

/** Commands that no run has a reason to give. */
function unexpected(commands) {
  const expected = ['add-mask', 'group', 'endgroup', 'warning', 'error', 'debug'];
  return commands.filter(({ command }) => !expected.includes(command));
}

/** @param {Record<string, unknown>} stores documents by the last part of the store's name */
function newRepository(stores, on = cloud) {
  const repository = `octo-org/repo-${nextNumber()}`;
  for (const [store, document] of Object.entries(stores)) on.putSecret(`${storesOf(repository)}/${store}`, document);
  return repository;
}

function storesOf(repository) {
  return `octo-enterprise/repo/${repository}`;
}

function tagsOf(repository) {
  return { 'github:enterprise': 'octo-enterprise', 'github:repository': repository };
}

/** A value as JSON has it, and as it must arrive. */
function text(value) {
  return [JSON.stringify(value), value];
}

/** A role that lets everyone in to everything, but for what is given. */
function addRole({ trust = anyoneMay(), policy = everything() } = {}) {
  const arn = `arn:aws:iam::${cloud.setup.accountId}:role/tests/role-${nextNumber()}`;
  cloud.setup.roles[arn] = role(trust, policy);
  return arn;
}

function readmeTrust() {
  return { trust: cloud.setup.documents['trust-policy'] };
}

function anyoneMay() {
  const Action = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'];
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Federated: COGNITO }, Action }] };
}

function everything() {
  const Action = 'secretsmanager:GetSecretValue';
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] };
}

function openTo(roleArn) {
  const Action = 'secretsmanager:GetSecretValue';
  // The cloud's principal is the session: a role's name and a session's differ, so the condition names the role.
  const Condition = { ArnEquals: { 'aws:PrincipalArn': roleArn } };
  const Statement = [{ Effect: 'Allow', Principal: { AWS: '*' }, Action, Resource: '*', Condition }];
  return { resourcePolicy: { Version: '2012-10-17', Statement } };
}

/** A pool of an OIDC provider of its own, and a role that trusts it. */
function addPool({ Url = cloud.issuer, ClientIDList = [COGNITO], tagMap, ...pool } = {}) {
  const number = nextNumber();
  const providerArn = `arn:aws:iam::${cloud.setup.accountId}:oidc-provider/tests-${number}`;
  const poolId = `us-west-2:00000000-0000-0000-0000-${number.padStart(12, '0')}`;
  cloud.setup.oidcProviders[providerArn] = { Url, ClientIDList };
  cloud.setup.identityPools[poolId] = {
    ...cloud.setup.identityPools[cloud.setup.poolId],
    OpenIdConnectProviderARNs: [providerArn],
    tagMaps: { [providerArn]: tagMap ?? cloud.setup.documents['tag-map'] },
    ...pool,
  };
  return { poolId, roleArn: addRole(), issuer: Url };
}

/** What `export-aws-credentials` does; a profile alone needs no values. */
function exportTests() {
  const toProfile = (name, more) => ({ 'export-aws-credentials': `profile:${name}`, values: '', ...more });
  return {
    'none keeps them inside': async (t) => {
      const home = homeFolder(t);
      const step = await run({ environment: { HOME: home.path } });
      assert.deepEqual(Object.keys(step.env), ['TOKEN']);
      assert.deepEqual(home.files(), {});
    },
    'env gives them to later steps with the region, all masked': async () => {
      const region = { 'aws-region': 'eu-west-1', 'secrets-manager-region': cloud.setup.region };
      const step = await run({ inputs: { 'export-aws-credentials': 'env', ...region } });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token, ...others } = step.env;
      const regions = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' };
      assert.deepEqual(others, { ...regions, TOKEN: `${CANARY}-token` });
      for (const secret of [id, key, token]) assert.equal(step.masker.mask(secret), '***');
      await areOfTheRole({ id, key, token });
      assert.match(step.summary, /^Credentials of `\S+\/github-actions\/\S+` until \S+Z, in the environment\.$/m);
    },
    'env needs no values, and then no store is read': async () => {
      const repository = newRepository({});
      const step = await run({ repository, inputs: { 'export-aws-credentials': 'env', values: '' } });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      assert.equal(Object.keys(step.env).length, 5);
      assert.deepEqual(storesAskedFor(repository), []);
    },
    'env writes nothing before the runner has every mask': async () => {
      const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`K_${i}`, hex(600)]));
      const half = (rest) => Object.fromEntries(Object.entries(many).filter((_, i) => i % 2 === rest));
      const repository = newRepository({ secrets: half(0), 'env/production/secrets': half(1) });
      const reader = stalledReader();
      const inputs = { values: '*,secret', 'export-aws-credentials': 'env' };
      const step = await run({ repository, inputs, onLine: reader.onLine });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      assert.match(step.stdout, /^::add-mask::ASIA/m);
      assert.deepEqual(reader.found, ['', '', '']);
    },
    'env refuses a value that would take the place of one of them': async () => {
      const repository = newRepository({ secrets: { TOKEN: `${CANARY}-t` } });
      const inputs = { 'export-aws-credentials': 'env', values: 'AWS_SESSION_TOKEN,secret,TOKEN' };
      failed(await run({ repository, inputs }), 'value-unusable', /AWS_SESSION_TOKEN.*`export-aws-credentials`/);
    },
    'env and profile give those of the second role': async (t) => {
      const home = homeFolder(t);
      const reader = addReader();
      const chain = { 'chain-role-arn': reader, values: '' };
      const step = await run({ inputs: { ...chain, 'export-aws-credentials': 'env' } });
      const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token } = step.env;
      await areOfTheRole({ id, key, token }, reader);
      succeeded(await run({ inputs: toProfile('ci', chain), environment: { HOME: home.path } }), {});
      await areOfTheRole(keysIn(home.files()['.aws/credentials']), reader);
    },
    'profile:NAME makes both files in the home folder, for this user alone': async (t) => {
      const home = homeFolder(t);
      const step = await run({ inputs: toProfile('ci'), environment: { HOME: home.path } });
      succeeded(step, {});
      const { id, key, token } = keysIn(home.files()['.aws/credentials']);
      assert.deepEqual(home.files(), {
        '.aws/config': '[profile ci]\nregion = us-west-2\n',
        '.aws/credentials': `[ci]\n${settings(id, key, token)}`,
      });
      if (process.platform !== 'win32') {
        const modes = ['.aws', '.aws/config', '.aws/credentials'].map(home.mode);
        assert.deepEqual(modes, ['700', '600', '600']);
      }
      for (const secret of [id, key, token]) assert.equal(step.masker.mask(secret), '***');
      await areOfTheRole({ id, key, token });
      assert.match(step.summary, /^Credentials of .* in profile `ci`\.$/m);
      assert.ok(!step.log.some((line) => line.startsWith('Warning: ')), step.log.join('\n'));
    },
    'profile:default is the one that tools take unasked': async (t) => {
      const home = homeFolder(t);
      succeeded(await run({ inputs: toProfile('default'), environment: { HOME: home.path } }), {});
      assert.equal(home.files()['.aws/config'], '[default]\nregion = us-west-2\n');
      assert.match(home.files()['.aws/credentials'], /^\[default\]\n/);
    },
    'profile:NAME is merged into files that are there, whose every other byte stays': async (t) => {
      // Latin-1, a line end of each kind, no last one, a section that others call by the same name.
      const credentials = '# Schl\xfcssel \xff\r\n[other]\naws_access_key_id=AKIA1\n\taws_secret_access_key = x ; y';
      const config = '[ci]\nx=1\n\n[profile other]\n  region = r\n';
      const home = homeFolder(t, { '.aws/credentials': credentials, '.aws/config': config });
      const environment = { HOME: home.path };
      succeeded(await run({ inputs: toProfile('ci'), environment }), {});
      succeeded(await run({ inputs: toProfile('team/cd'), environment }), {});
      const files = home.files();
      const added = ['ci', 'team/cd'].map((name) => `\n[profile ${name}]\nregion = us-west-2\n`);
      assert.equal(files['.aws/config'], config + added.join(''));
      assert.ok(files['.aws/credentials'].startsWith(`${credentials}\r\n\r\n[ci]\r\n`), files['.aws/credentials']);
      assert.equal(files['.aws/credentials'].split('[team/cd]').length, 2);
      assert.deepEqual(Object.keys(files), ['.aws/config', '.aws/credentials']);
    },
    'profile:NAME goes where AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE say': async (t) => {
      const home = homeFolder(t);
      const named = { AWS_CONFIG_FILE: '~/a/config.ini', AWS_SHARED_CREDENTIALS_FILE: home.at('b/c/keys.ini') };
      succeeded(await run({ inputs: toProfile('ci'), environment: { HOME: home.path, ...named } }), {});
      assert.deepEqual(Object.keys(home.files()), ['a/config.ini', 'b/c/keys.ini']);
      const one = { AWS_CONFIG_FILE: home.at('one'), AWS_SHARED_CREDENTIALS_FILE: home.at('one') };
      succeeded(await run({ inputs: toProfile('ci'), environment: { HOME: home.path, ...one } }), {});
      assert.match(home.files().one, /^\[profile ci\]\nregion = us-west-2\n\n\[ci\]\naws_access_key_id = /);
    },
    'profile:NAME follows a link and leaves it one': async (t) => {
      const home = homeFolder(t, { 'dotfiles/credentials': '[other]\nx = 1\n', '.aws/config': '' });
      symlinkSync(home.at('dotfiles/credentials'), home.at('.aws/credentials'));
      succeeded(await run({ inputs: toProfile('ci'), environment: { HOME: home.path } }), {});
      assert.ok(lstatSync(home.at('.aws/credentials')).isSymbolicLink());
      assert.match(home.files()['dotfiles/credentials'], /^\[other\]\nx = 1\n\n\[ci\]\n/);
    },
    'profile:NAME is refused if either file has it, and both stay as they are, and so does all else': async (t) => {
      for (const [file, header] of [['.aws/credentials', '[ci]'], ['.aws/config', '[profile "ci"] # x']]) {
        const home = homeFolder(t, { '.aws/credentials': '[x]\n', '.aws/config': '', [file]: `${header}\nx = 1` });
        const before = home.files();
        const step = await run({ inputs: toProfile('ci', { values: ONE_SECRET }), environment: { HOME: home.path } });
        failed(step, 'profile-not-written', /`ci` .*already exists[\s\S]*overwrite-aws-profile: true/);
        assert.deepEqual(home.files(), before);
      }
    },
    'profile:NAME comes to nothing if the run does': async (t) => {
      const home = homeFolder(t);
      const inputs = toProfile('ci', { values: ONE_SECRET });
      failed(await run({ repository: newRepository({}), inputs, environment: { HOME: home.path } }), 'store-not-found');
      assert.deepEqual(home.files(), {});
    },
    'profile:NAME comes to nothing if the values cannot be exported': async (t) => {
      const home = homeFolder(t, { '.aws/credentials': '[x]\ny = 1\n' });
      const before = { files: home.files(), mode: home.mode('.aws/credentials') };
      const inputs = toProfile('ci', { values: ONE_SECRET });
      const full = process.platform === 'linux' ? [['/dev/full', /ENOSPC/]] : [];
      for (const variable of Object.keys(NOTHING)) {
        for (const [target, reason] of [[tmpdir(), /EISDIR/], ...full]) {
          const step = await run({ inputs, environment: { HOME: home.path, [variable]: target } });
          failed(step, 'export-failed', reason);
          assert.deepEqual({ files: home.files(), mode: home.mode('.aws/credentials') }, before);
        }
      }
    },
    'profile:NAME that cannot be written exports nothing, and the error names the file': async (t) => {
      const home = homeFolder(t, { '.aws': 'a file where the folder should be' });
      const inputs = toProfile('ci', { values: ONE_SECRET });
      failed(await run({ inputs, environment: { HOME: home.path } }), 'export-failed', /(EEXIST|ENOTDIR) \(.*\.aws/);
      assert.deepEqual(Object.keys(home.files()), ['.aws']);
    },
    'profile:NAME of which one file cannot be written is not in the other': async (t) => {
      if (process.platform !== 'linux') return t.skip('only Linux has a folder that nobody can write to');
      const home = homeFolder(t, { '.aws/credentials': '[x]\n# \xfc\n' });
      chmodSync(home.at('.aws/credentials'), 0o644);
      const inputs = toProfile('ci', { values: ONE_SECRET });
      const environment = { HOME: home.path, AWS_CONFIG_FILE: '/proc/config' };
      const before = { GITHUB_ENV: 'EARLIER=1', GITHUB_OUTPUT: 'other=1\n' };
      failed(await run({ inputs, environment, before }), 'export-failed', /\(\/proc\/config/, before);
      assert.deepEqual(home.files(), { '.aws/credentials': '[x]\n# \xfc\n' });
      assert.equal(home.mode('.aws/credentials'), '644');
      rmSync(home.at('.aws'), { recursive: true });
      failed(await run({ inputs, environment }), 'export-failed');
      assert.deepEqual(home.files(), {});
    },
    'profile:NAME beside AWS_ACCESS_KEY_ID is warned about': async (t) => {
      const home = homeFolder(t);
      const environment = { HOME: home.path, AWS_ACCESS_KEY_ID: 'AKIAOLD' };
      const step = await run({ inputs: toProfile('ci'), environment });
      succeeded(step, {});
      assert.match(step.log.join('\n'), /^Warning: AWS_ACCESS_KEY_ID is set: AWS tools use it instead of profile ci/m);
    },
  };
}

/** A profile's lines. */
function settings(id, key, token) {
  return `aws_access_key_id = ${id}\naws_secret_access_key = ${key}\naws_session_token = ${token}\n`;
}

/** Of the only profile with a session token. */
function keysIn(text) {
  const [, id, key, token] = /id = (ASIA.*)\naws_secret_access_key = (.*)\naws_session_token = (.*)\n/.exec(text);
  return { id, key, token };
}

/** AWS's own answer to whose they are. */
async function areOfTheRole({ id, key, token }, roleArn = cloud.setup.roleArn) {
  const credentials = { accessKeyId: id, secretAccessKey: key, sessionToken: token };
  const { status, text } = await jobClient(cloud).sts(credentials, 'GetCallerIdentity', {});
  assert.equal(status, 200, text);
  assert.ok(text.includes(`:assumed-role/${roleArn.split('/').at(-1)}/`), text);
}

/** Inputs of the enhanced flow, with a role that trusts its sessions. */
function enhanced() {
  const trust = enhancedFlowTrust(cloud.setup);
  const policy = cloud.setup.documents['role-policy'];
  return { identity: 'cognito-enhanced', 'cognito-role-arn': addRole({ trust, policy }) };
}

/** A job without a pool, and a role that trusts GitHub tokens with these claims. */
function webIdentity(claims) {
  const trust = webIdentityTrust(cloud.setup, { aud: STS, ...claims });
  const inputs = {
    identity: 'web-identity',
    'cognito-identity-pool-id': '',
    'cognito-role-arn': addRole({ trust }),
  };
  return { inputs, environment: { AWS_REGION: cloud.setup.region } };
}

/** A job that has credentials of a role, and neither pool nor role among its inputs. */
function environmentIdentity(options, policy = everything()) {
  const roleArn = addRole({ policy });
  const session = cloud.issueCredentials(roleArn, { sessionName: 'earlier-step', ...options });
  const inputs = { identity: 'environment', 'cognito-identity-pool-id': '', 'cognito-role-arn': '' };
  const environment = {
    AWS_ACCESS_KEY_ID: session.accessKeyId,
    AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
    AWS_SESSION_TOKEN: session.sessionToken,
    AWS_REGION: cloud.setup.region,
  };
  return { inputs, environment, roleArn };
}

/** A role that the first one may assume, with README.md's policy on the tags of its own session. */
function addReader({ first = cloud.setup.roleArn, condition, policy = cloud.setup.documents['role-policy'] } = {}) {
  return addRole({ trust: principalTrust(first, condition), policy });
}

function tagMapWithout(tag) {
  const { PrincipalTags } = cloud.setup.documents['tag-map'];
  const others = Object.entries(PrincipalTags).filter(([key]) => key !== tag);
  return { UseDefaults: false, PrincipalTags: Object.fromEntries(others) };
}

function environmentStoreTests() {
  const outcomes = {
    'by name': { required: 'store-not-found', 'not-found-ok': 'the repository', optional: 'the repository' },
    'by tags': { required: 'store-access-denied', 'not-found-ok': 'store-access-denied', optional: 'the repository' },
  };
  const documents = { 'by name': 'role-policy', 'by tags': 'role-policy-by-tags' };
  return Object.fromEntries(
    Object.entries(outcomes).flatMap(([policy, outcomeOf]) =>
      Object.entries(outcomeOf).map(([setting, outcome]) => [
        `${setting}, with policies ${policy} and no store of the environment, gives ${outcome}`,
        async () => {
          const repository = newRepository({});
          const tags = tagsOf(repository);
          cloud.putSecret(`${storesOf(repository)}/secrets`, { TOKEN: `${CANARY}-repository` }, { tags });
          const roleArn = addRole({ policy: cloud.setup.documents[documents[policy]], ...readmeTrust() });
          const inputs = { 'environment-store': setting, 'cognito-role-arn': roleArn };
          const step = await run({ repository, inputs });
          if (outcome !== 'the repository') return failed(step, outcome, /env\/production\/secrets/);
          succeeded(step, { TOKEN: `${CANARY}-repository` });
          assert.match(step.log.join('\n'), /^Warning: .*env\/production\/secrets/m);
          return undefined;
        },
      ]),
    ),
  );
}

async function timesOut(t, operation) {
  const cloud = await ownCloud(t);
  cloud.fail({ operation, times: Infinity, fault: 'noAnswer' });
  let started;
  const onStart = () => (started = performance.now());
  const step = await run({ on: cloud, onStart, inputs: { 'timeout-seconds': '1' } });
  failed(step, 'deadline-exceeded', /reached its time limit, `timeout-seconds` \(1\)/);
  const seconds = (performance.now() - started) / 1000;
  // Three attempts without a deadline would take 15 s; a busy machine needs some for itself.
  assert.ok(seconds > 0.9 && seconds < 10, `it took ${seconds} s`);
}

async function ownCloud(t) {
  const own = await startCloud({ githubKey });
  t.after(() => own.close());
  return own;
}

function changed(token, claims) {
  const [header, payload, signature] = token.split('.');
  const original = JSON.parse(Buffer.from(payload, 'base64url'));
  return [header, Buffer.from(JSON.stringify({ ...original, ...claims })).toString('base64url'), signature].join('.');
}

function storesAskedFor(repository) {
  const requests = cloud.requests.filter(({ operation }) => operation === 'GetSecretValue');
  const ids = requests.map(({ detail }) => detail.SecretId);
  return ids.filter((id) => id.includes(`${repository}/`)).sort();
}

function getIds() {
  return askedFor('GetId');
}

/** What is recorded of each request. */
function askedFor(operation) {
  return cloud.requests.filter((request) => request.operation === operation).map(({ detail }) => detail);
}

function assumed({ runId }) {
  const requests = cloud.requests.filter(({ operation }) => operation === 'AssumeRoleWithWebIdentity');
  return requests.find(({ detail }) => detail.RoleSessionName.startsWith(`${runId}@`)).detail;
}

/** The keys of the conditions (or the elements) by which decisions on this run's session refused it. */
function conditionsThatRefused(runIdTag, { runId }) {
  return cloud.decisions
    .filter(({ decision, request }) => decision !== 'allow' && request.context[runIdTag]?.[0] === runId)
    .flatMap(({ statements }) => statements)
    .flatMap(({ mismatches }) => mismatches.map(({ key, element }) => key ?? element));
}

async function until(holds) {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

function nextNumber() {
  lastNumber += 1;
  return String(lastNumber);
}

function hex(bytes) {
  return randomBytes(bytes).toString('hex');
}

function onLinux() {
  return { skip: process.platform !== 'linux' && 'only Linux has /dev/full' };
}
