// The core as WebAssembly, in this process, with a host that answers from the corpus of the fuzz targets: whatever a server
// says, the module ends with a plan or with a failure of its own, and never traps.

import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { runStep } from '../runner/step.mjs';

const glueFile = new URL('../../target/wasm-bindgen/env_kvstore_bg.js', import.meta.url);
assert.ok(existsSync(glueFile), 'the glue is not here: npm run build');
const core = await load();
const corpus = new URL('../../fuzz/corpus/', import.meta.url);
const entries = readdirSync(corpus).flatMap((target) =>
  readdirSync(new URL(`${target}/`, corpus)).map((name) => readFileSync(new URL(`${target}/${name}`, corpus))),
);

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ISSUER = 'https://issuer.example';
const token = jwt({ iss: ISSUER, aud: 'cognito-identity.amazonaws.com', exp: 4e9, repository: 'o/r', repository_owner: 'o', run_id: '1', sha: 'abc' });
/** As few as are read in a batch. */
const IDS = ['shared/1', 'shared/2', 'shared/3', 'shared/4', 'shared/5', 'shared/6'];
const SECRETS = IDS.map((id, index) => `S${index + 1}=${id}`).join('\n');
const ANSWERS = {
  jwks: JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] }),
  GetId: '{"IdentityId":"us-west-2:x"}',
  GetOpenIdToken: '{"Token":"opaque"}',
  GetCredentialsForIdentity: '{"Credentials":{"AccessKeyId":"A","SecretKey":"s","SessionToken":"t","Expiration":1.8E9}}',
  AssumeRoleWithWebIdentity: sessionXml('AssumeRoleWithWebIdentity'),
  AssumeRole: sessionXml('AssumeRole'),
  GetSecretValue: JSON.stringify({ ARN: 'a', VersionId: 'v', SecretString: '{"A":"b"}' }),
  BatchGetSecretValue: JSON.stringify({
    SecretValues: IDS.map((Name) => ({ ARN: `arn:${Name}`, Name, VersionId: 'v', SecretString: `of ${Name}` })),
    Errors: [],
  }),
};

/** Inputs of a run that makes the call, where the usual one does not. */
const RUNS_WITH = {
  GetCredentialsForIdentity: { identity: 'cognito-enhanced' },
  AssumeRole: { 'chain-role-arn': 'arn:aws:iam::123456789012:role/reader' },
};

test('the scripted host leads to a plan', async () => {
  for (const inputs of [{}, ...Object.values(RUNS_WITH)]) {
    const { environment } = (await run({}, 200, inputs)).plan;
    assert.match(environment, /^A<<ghadelimiter_[0-9a-f]{32}\nb\n/);
    assert.match(environment, /^S6<<ghadelimiter_[0-9a-f]{32}\nof shared\/6\n/m);
  }
});

for (const step of Object.keys(ANSWERS)) {
  for (const status of [200, 400, 503]) {
    test(`no answer of ${step} with status ${status} makes the core trap`, async () => {
      for (const body of entries) {
        await endsWell(run({ [step]: body }, status, RUNS_WITH[step]));
      }
    });
  }
}

test('no token and no input makes the core trap', async () => {
  for (const bytes of entries) {
    const text = bytes.toString();
    await endsWell(run({ token: text }));
    for (const name of core.inputNames()) {
      await endsWell(run({}, 200, { [name]: text }));
    }
  }
});

test('a crash inside the core is reported as a fault of ours, and nothing is written', async () => {
  const cloud = await startCloud();
  const step = await runStep({
    node: process.env.NODE_UNDER_TEST,
    inputs: {
      'cognito-identity-pool-id': cloud.setup.poolId,
      'cognito-role-arn': cloud.setup.roleArn,
      'github-enterprise-name': 'octo-enterprise',
      'oidc-issuer': cloud.url,
      values: 'A,secret',
    },
    // The core asks for the time in the middle of its work, and the host has none.
    environment: {
      ...cloud.jobEnvironment(),
      NODE_OPTIONS: '--import=data:text/javascript,let%20n=0;const%20now=process.hrtime.bigint;process.hrtime.bigint=()=>{if(n++>3)throw%20new%20RangeError("canary");return%20now()}',
    },
  });
  await cloud.close();
  assert.equal(step.exitCode, 1);
  assert.match(step.log.join('\n'), /Error: internal-error: /);
  assert.doesNotMatch(step.stdout + step.stderr, /canary/);
  assert.deepEqual(step.files, { GITHUB_ENV: '', GITHUB_OUTPUT: '', GITHUB_STEP_SUMMARY: '' });
});

async function endsWell(running) {
  const outcome = await running.then(({ plan }) => plan.environment, (failure) => failure);
  const isFailure = typeof outcome === 'object' && typeof outcome.code === 'string' && outcome.code !== 'internal-error';
  assert.ok(typeof outcome === 'string' || isFailure, String(outcome?.stack ?? outcome?.message ?? outcome));
}

function run(bodies, status = 200, inputs = {}) {
  let clock = 0;
  const host = {
    async send(request) {
      const step = stepOf(request);
      const body = bodies[step];
      const bytes = new Uint8Array(Buffer.from(body ?? ANSWERS[step] ?? ''));
      return { status: body === undefined ? 200 : status, headers: [['x-amzn-requestid', 'r']], body: bytes };
    },
    githubToken: async () => bodies.token ?? token,
    sleep: async (durationMs) => void (clock += durationMs),
    connectEarly() {},
    verifyRs256(modulus, exponent, message, signature) {
      const [n, e] = [modulus, exponent].map((number) => Buffer.from(number).toString('base64url'));
      const key = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
      return verify('RSA-SHA256', message, key, signature);
    },
    nowMs: () => Date.now(),
    allSent: async () => {},
    monotonicMs: () => (clock += 1),
    log() {},
  };
  const raw = {
    goal: 'export',
    claims: {},
    inputs: {
      'cognito-identity-pool-id': 'us-west-2:ab',
      'cognito-role-arn': 'arn:aws:iam::123456789012:role/r',
      'oidc-issuer': ISSUER,
      values: 'A,secret',
      secrets: SECRETS,
      ...inputs,
    },
    environment: {},
  };
  return core.run(raw, host);
}

function stepOf({ headers, body }) {
  const target = headers.find(([name]) => name === 'x-amz-target')?.[1];
  if (target) return target.split('.')[1];
  return new URLSearchParams(body).get('Action') ?? 'jwks';
}

function sessionXml(operation) {
  const keys = '<AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>';
  const credentials = `<Credentials>${keys}<Expiration>2026-11-22T04:00:00Z</Expiration></Credentials>`;
  const user = '<AssumedRoleUser><Arn>arn</Arn></AssumedRoleUser>';
  return `<${operation}Response><${operation}Result>${credentials}${user}</${operation}Result></${operation}Response>`;
}

function jwt(claims) {
  const head = [{ alg: 'RS256', kid: 'k' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return [...head, sign('sha256', Buffer.from(head.join('.')), privateKey).toString('base64url')].join('.');
}

async function load() {
  const glue = await import(glueFile);
  const bytes = readFileSync(new URL('../../dist/env_kvstore_bg.wasm', import.meta.url));
  const { instance } = await WebAssembly.instantiate(bytes, { './env_kvstore_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue;
}
