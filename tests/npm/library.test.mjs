// The npm library as it is published, against the local cloud: credentials for the clients of the AWS SDK, values for a
// program, errors in words of its options, and a process that is left as it was.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/library.test.mjs` runs the programs below on another Node; the library in
// this process runs on the Node of the test.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import * as esbuild from 'esbuild';
import { startCloud } from '../cloud/cloud.mjs';
import { decode } from '../cloud/job.mjs';
import { newSigningKey } from '../cloud/jwt.mjs';
import { listening, startProxy } from '../cloud/proxy.mjs';
import { AWS, GITHUB, makeCertificates, PIPELINES } from '../cloud/real-hosts.mjs';
import { enhancedFlowTrust, principalTrust, role, webIdentityTrust } from '../cloud/setup.mjs';
import { Masker } from '../runner/masker.mjs';
import { EnvKvstoreError, fromGitHubActions, loadValues } from '../../dist/npm/index.mjs';

const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;
const LIBRARY = new URL('../../dist/npm/index.mjs', import.meta.url).href;
const ofTools = createRequire(new URL('../tools/package.json', import.meta.url));
const { GetCallerIdentityCommand, STSClient } = ofTools('@aws-sdk/client-sts');
const { GetSecretValueCommand, SecretsManagerClient } = ofTools('@aws-sdk/client-secrets-manager');
const { chain } = createRequire(ofTools.resolve('@aws-sdk/client-sts'))('@smithy/core/config');

/** Stands in every secret value. */
const CANARY = 'canary';
const STORES = 'octo-enterprise/repo/octo-org/octo-repo';
const PEM = `-----BEGIN-----\n${CANARY}-line-1\n${CANARY}-100%\n-----END-----\n`;
const EXCHANGE = ['AssumeRoleWithWebIdentity', 'GetId', 'GetOpenIdToken', 'GitHubToken', 'JWKS'];
/** A program that has not ended by then hangs. */
const HANGS_AFTER_MS = 20_000;
/** What ends "promptly": far less than any of the core's own times, which begin at five seconds. */
const PROMPTLY_MS = 3000;

const githubKey = await newSigningKey();
let aheadMs = 0;
const realNow = Date.now;
const now = () => realNow() + aheadMs;
const cloud = await startCloud({ githubKey, now });
after(() => cloud.close());

cloud.putSecret(`${STORES}/secrets`, {
  DATABASE_URL: `${CANARY}-of-repository`,
  PEM,
});
cloud.putSecret(`${STORES}/env/production/secrets`, { DATABASE_URL: `${CANARY}-of-environment` });
cloud.putSecret(`${STORES}/variables`, { REPLICAS: 3 });
cloud.putSecret(`${STORES}/env/production/variables`, {});
const SECRET_ARN = cloud.putSecret('shared/api', { key: `${CANARY}-shared` })?.ARN;

const CONNECTION = {
  cognitoIdentityPoolId: cloud.setup.poolId,
  cognitoRoleArn: cloud.setup.roleArn,
  githubEnterpriseName: 'octo-enterprise',
  oidcIssuer: cloud.url,
};

beforeEach(() => {
  setEnvironment(cloud.jobEnvironment());
  cloud.requests.length = 0;
});
afterEach(() => {
  cloud.clearFaults();
  aheadMs = 0;
  setEnvironment({});
});

describe('fromGitHubActions', () => {
  test('sends nothing before its first use', async () => {
    fromGitHubActions(CONNECTION);
    await sleep(50);
    assert.deepEqual(cloud.requests, []);
  });

  test('makes one exchange for fifty first calls at the same time', async () => {
    const provider = fromGitHubActions(CONNECTION);
    const all = await Promise.all(Array.from({ length: 50 }, () => provider()));
    assert.deepEqual(operations(), EXCHANGE);
    const [{ accessKeyId, secretAccessKey, sessionToken, expiration, accountId }] = all;
    for (const credentials of all) assert.deepEqual(credentials, all[0]);
    assert.match(accessKeyId, /^ASIA/);
    assert.ok(secretAccessKey && sessionToken);
    assert.ok(expiration instanceof Date);
    const lifeSeconds = (expiration.getTime() - Date.now()) / 1000;
    assert.ok(lifeSeconds > 3590 && lifeSeconds <= 3600, `${lifeSeconds} s`);
    assert.equal(accountId, cloud.setup.accountId);
  });

  test('serves several clients of the AWS SDK with one exchange', async () => {
    const credentials = fromGitHubActions(CONNECTION);
    const clients = Array.from({ length: 5 }, () => new STSClient({ region: 'us-west-2', credentials, endpoint: cloud.url }));
    const secretsManager = new SecretsManagerClient({ region: 'us-west-2', credentials, endpoint: cloud.url });
    const SecretId = `${STORES}/secrets`;
    const [{ SecretString }, ...identities] = await Promise.all([
      secretsManager.send(new GetSecretValueCommand({ SecretId })),
      ...clients.map((client) => client.send(new GetCallerIdentityCommand())),
    ]);
    assert.equal(JSON.parse(SecretString).DATABASE_URL, `${CANARY}-of-repository`);
    for (const { Arn, Account } of identities) {
      assert.match(Arn, /^arn:aws:sts::123456789012:assumed-role\/github-actions\/17712345678@/);
      assert.equal(Account, cloud.setup.accountId);
    }
    assert.deepEqual(operations((name) => EXCHANGE.includes(name)), EXCHANGE);
  });

  test('asks for a new GitHub token, and with it for new credentials, five minutes before the end', async (t) => {
    t.mock.method(Date, 'now', now);
    const tokens = await recordTokens(t);
    const provider = fromGitHubActions(CONNECTION);
    const client = new STSClient({ region: 'us-west-2', credentials: provider, endpoint: cloud.url });
    const first = await provider();
    await client.send(new GetCallerIdentityCommand());
    aheadMs = 3600_000 - 5 * 60_000 - 5000;
    assert.equal(await provider(), first);
    await client.send(new GetCallerIdentityCommand());
    assert.equal(tokens.length, 1);
    aheadMs = 3600_000 - 5 * 60_000 + 1000;
    await client.send(new GetCallerIdentityCommand());
    const second = await provider();
    assert.equal(tokens.length, 2);
    assert.ok(second.expiration > first.expiration);
    assert.notEqual(second.accessKeyId, first.accessKeyId);
    assert.notEqual(tokens[0].jti, tokens[1].jti);
    assert.ok(tokens[1].iat - tokens[0].iat >= 3300);
    aheadMs = 24 * 3600_000;
    await client.send(new GetCallerIdentityCommand());
    assert.equal(tokens.length, 3);
  });

  test('makes no exchange for each call where only the clock of this machine is wrong', async (t) => {
    for (const wrongByMs of [3600_000, -3600_000]) {
      await t.test(`by ${wrongByMs} ms`, async (t) => {
        t.mock.method(Date, 'now', () => realNow() + wrongByMs);
        const provider = fromGitHubActions(CONNECTION);
        const first = await provider();
        assert.equal(await provider(), first);
        assert.equal(operations((name) => name === 'GetId').length, 1);
        cloud.requests.length = 0;
      });
    }
  });

  for (const [what, options, fault] of [
    ['STS, though an hour was asked for', {}, shortSession],
    ["Cognito's enhanced flow", { identity: 'cognito-enhanced' }, shortCredentials],
  ]) {
    for (const wrongByMs of [0, 7200_000, -7200_000]) {
      test(`keeps no credentials longer than ${what} gave them for, with a clock that is wrong by ${wrongByMs} ms`, async (t) => {
        t.mock.method(Date, 'now', () => now() + wrongByMs);
        cloud.fail({ ...fault(now() + 1200_000), times: 1 });
        const provider = fromGitHubActions({ ...CONNECTION, ...options });
        const first = await provider();
        aheadMs = 1200_000 - 5 * 60_000 - 5000;
        assert.equal(await provider(), first);
        assert.equal(operations((name) => name === 'GetId').length, 1);
        aheadMs = 1200_000 - 5 * 60_000 + 1000;
        const second = await provider().catch((error) => error);
        assert.equal(operations((name) => name === 'GetId').length, 2);
        assert.notEqual(second, first);
      });
    }
  }

  test('renews by a clock that nobody sets, too', async (t) => {
    let laterMs = 0;
    const { bigint } = process.hrtime;
    t.mock.method(process.hrtime, 'bigint', () => bigint() + BigInt(laterMs) * 1_000_000n);
    t.mock.method(Date, 'now', () => realNow() - laterMs);
    const provider = fromGitHubActions(CONNECTION);
    const first = await provider();
    laterMs = 3000_000;
    assert.equal(await provider(), first);
    laterMs = 3300_000;
    assert.notEqual(await provider(), first);
  });

  test('fetches anew when it is told to, once for those who tell it at the same time', async () => {
    const provider = fromGitHubActions(CONNECTION);
    const first = await provider();
    const forced = await Promise.all([1, 2, 3].map(() => provider({ forceRefresh: true })));
    assert.equal(operations((name) => name === 'GitHubToken').length, 2);
    assert.notEqual(forced[0].accessKeyId, first.accessKeyId);
    assert.equal(await provider(), forced[2]);
    assert.equal(await provider({}), forced[2]);
  });

  test('rejects all who wait with the same failure, keeps no failure, and tries again for the next', async () => {
    cloud.fail({ operation: 'AssumeRoleWithWebIdentity', fault: { awsError: 'AccessDenied', status: 403 } });
    const provider = fromGitHubActions(CONNECTION);
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => provider()));
    const reasons = outcomes.map(({ reason }) => reason);
    assert.equal(reasons[0].code, 'assume-role-denied');
    assert.ok(reasons.every((reason) => reason === reasons[0]));
    assert.deepEqual(operations(), EXCHANGE);
    assert.match((await provider()).accessKeyId, /^ASIA/);
  });

  test('keeps good credentials when fetching others fails', async () => {
    const provider = fromGitHubActions(CONNECTION);
    const first = await provider();
    cloud.fail({ operation: 'GetId', fault: { awsError: 'NotAuthorizedException' } });
    await assert.rejects(provider({ forceRefresh: true }), EnvKvstoreError);
    assert.equal(await provider(), first);
  });

  test('asks for an hour unless it is told otherwise, undefined being nothing told', async () => {
    const lifeSeconds = async (options) => {
      const { expiration } = await fromGitHubActions({ ...CONNECTION, ...options })();
      return Math.round((expiration.getTime() - Date.now()) / 100_000) * 100;
    };
    assert.equal(await lifeSeconds({ roleDurationSeconds: undefined }), 3600);
    assert.equal(await lifeSeconds({ roleDurationSeconds: 900 }), 900);
  });

  test('takes a token that is given, and asks for none', async () => {
    const provider = fromGitHubActions({ ...CONNECTION, githubToken: cloud.mintGithubToken() });
    assert.match((await provider()).accessKeyId, /^ASIA/);
    assert.deepEqual(operations((name) => name === 'GitHubToken'), []);
  });

  test('lets the chain of the SDK go on outside GitHub Actions, without a request', async () => {
    setEnvironment({ AWS_ENDPOINT_URL: cloud.url });
    const other = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'of another link' };
    const chained = chain(fromGitHubActions(CONNECTION), async () => other);
    assert.deepEqual(await chained(), other);
    assert.deepEqual(operations((name) => name !== 'JWKS'), []);
    const error = await fromGitHubActions(CONNECTION)().catch((reason) => reason);
    assert.equal(error.code, 'id-token-permission-missing');
    assert.equal(error.tryNextLink, true);
  });

  test('ends the chain of the SDK where a job has a token that AWS refuses', async () => {
    cloud.fail({ operation: 'GetId', fault: { awsError: 'NotAuthorizedException' } });
    const chained = chain(fromGitHubActions(CONNECTION), async () => assert.fail('another link was asked'));
    const error = await chained().catch((reason) => reason);
    assert.equal(error.tryNextLink, false);
    assert.ok(error instanceof EnvKvstoreError, inspect(error));
  });

  test('takes only the options that credentials have', async () => {
    const options = { ...CONNECTION, values: 'A,secret', secrets: `A=${SECRET_ARN}`, mask: true, repository: 'o/r' };
    const error = await fromGitHubActions(options)().catch((reason) => reason);
    assert.equal(error.code, 'invalid-input');
    for (const name of ['values', 'secrets', 'mask', 'repository']) {
      assert.match(error.message, new RegExp(`^- ${name}: there is no such option$`, 'm'));
    }
    assert.deepEqual(cloud.requests, []);
  });

  test('without options rejects with those that are missing', async () => {
    for (const provider of [fromGitHubActions(), fromGitHubActions(null)]) {
      const { code, message } = await provider().catch((reason) => reason);
      assert.equal(code, 'invalid-input');
      assert.match(message, /^- cognitoIdentityPoolId: is required/m);
      assert.match(message, /^- cognitoRoleArn: is required/m);
    }
  });
});

describe('an AbortSignal', () => {
  const reason = new Error('the user went away');

  test('that has come already rejects with its reason, and nothing is sent', async () => {
    const signal = AbortSignal.abort(reason);
    await assert.rejects(fromGitHubActions({ ...CONNECTION, signal })(), reason);
    await assert.rejects(loadValues({ ...CONNECTION, values: 'DATABASE_URL,secret', signal }), reason);
    assert.deepEqual(cloud.requests, []);
  });

  test('that comes before the core is there counts', async () => {
    const { stdout } = await runProgram(`
      const controller = new AbortController();
      const running = loadValues({ ...CONNECTION, values: 'DATABASE_URL,secret', signal: controller.signal });
      controller.abort(new Error('too early'));
      console.log(await running.then(() => 'loaded', (reason) => reason.message));
    `);
    assert.equal(stdout, 'too early\n');
  });

  test('that comes between two calls ends the provider', async () => {
    const controller = new AbortController();
    const provider = fromGitHubActions({ ...CONNECTION, signal: controller.signal });
    await provider();
    controller.abort(reason);
    await assert.rejects(provider(), reason);
  });

  test('that comes after all is done changes nothing', async () => {
    const controller = new AbortController();
    const values = await loadValues({ ...CONNECTION, values: 'DATABASE_URL,secret', signal: controller.signal });
    controller.abort(reason);
    assert.equal(values.get('DATABASE_URL').value, `${CANARY}-of-environment`);
  });

  test('may have any reason, null too', async () => {
    for (const [given, expected] of [[null, null], ['a text', 'a text']]) {
      const outcome = await loadValues({ ...CONNECTION, values: 'A,secret', signal: AbortSignal.abort(given) }).then(
        () => assert.fail('it resolved'),
        (rejected) => rejected,
      );
      assert.equal(outcome, expected);
    }
    const timedOut = AbortSignal.timeout(1);
    await sleep(20);
    await assert.rejects(fromGitHubActions({ ...CONNECTION, signal: timedOut })(), { name: 'TimeoutError' });
  });

  for (const [what, fault] of Object.entries({
    'GitHub does not answer': { operation: 'GitHubToken', fault: 'noAnswer' },
    'the keys do not come': { operation: 'JWKS', fault: 'noAnswer' },
    'Cognito drips': { operation: 'GetId', fault: 'drip' },
    'STS does not answer': { operation: 'AssumeRoleWithWebIdentity', fault: 'noAnswer' },
    'a store does not answer': { operation: 'GetSecretValue', fault: 'noAnswer', times: Infinity },
    'the next attempt is waited for': {
      operation: 'GetId',
      fault: { awsError: 'TooManyRequestsException', status: 429 },
      times: Infinity,
    },
  })) {
    test(`that comes while ${what} leaves no connection and no timer behind`, async () => {
      cloud.fail(fault);
      const program = startProgram(`
        const controller = new AbortController();
        process.stdin.once('data', () => controller.abort(new Error('enough')));
        const running = loadValues({ ...CONNECTION, values: 'DATABASE_URL,secret', signal: controller.signal });
        console.log(await running.then(() => 'loaded', (reason) => reason.message));
        process.stdin.destroy();
        setTimeout(() => setImmediate(() => console.log(JSON.stringify(resources()))), 50);
      `);
      await asked(fault.operation);
      await sleep(100);
      const abortedAt = performance.now();
      program.child.stdin.write('\n');
      const { stdout } = await program.ended;
      assert.ok(performance.now() - abortedAt < PROMPTLY_MS, `${performance.now() - abortedAt} ms`);
      assert.equal(stdout, 'enough\n[]\n');
      const before = cloud.requests.length;
      await sleep(200);
      assert.equal(cloud.requests.length, before, 'nothing is asked any more');
    });
  }

  test('that comes while a proxy does not answer leaves nothing behind', async (t) => {
    const proxy = await startProxy(t, { port: 0, silent: true });
    const program = startProgram(
      `
      const controller = new AbortController();
      process.stdin.once('data', () => controller.abort(new Error('enough')));
      const running = loadValues({ ...CONNECTION, oidcIssuer: undefined, values: 'DATABASE_URL,secret', signal: controller.signal });
      console.log(await running.then(() => 'loaded', (reason) => reason.message));
      process.stdin.destroy();
      setTimeout(() => setImmediate(() => console.log(JSON.stringify(resources()))), 50);
    `,
      {
        AWS_ENDPOINT_URL: undefined,
        ACTIONS_ID_TOKEN_REQUEST_URL: 'https://pipelines.example/token?v=1',
        HTTPS_PROXY: proxy.url,
      },
    );
    while (proxy.connections.length === 0) await sleep(10);
    await sleep(100);
    const abortedAt = performance.now();
    program.child.stdin.write('\n');
    const { stdout } = await program.ended;
    assert.ok(performance.now() - abortedAt < PROMPTLY_MS);
    assert.equal(stdout, 'enough\n[]\n');
  });

  test('of many runs at the same time makes Node warn of nothing', async () => {
    const { stdout, stderr } = await runProgram(`
      const { signal } = new AbortController();
      const all = Array.from({ length: 30 }, () => loadValues({ ...CONNECTION, values: 'DATABASE_URL,secret', signal }));
      console.log((await Promise.all(all)).length);
    `);
    assert.equal(stdout, '30\n');
    assert.equal(stderr, '');
  });
});

describe('a program', () => {
  test('ends by itself when it has its values or its credentials', async () => {
    const started = performance.now();
    const { stdout } = await runProgram(`
      await fromGitHubActions(CONNECTION)();
      const values = await loadValues({ ...CONNECTION, values: 'DATABASE_URL,secret' });
      console.log(values.size);
      setTimeout(() => setImmediate(() => console.log(JSON.stringify(resources()))), 50);
    `);
    assert.equal(stdout, '1\n[]\n');
    assert.ok(performance.now() - started < 3 * PROMPTLY_MS);
  });

  test('ends by itself when one request has failed while another is under way', async () => {
    cloud.fail({ operation: 'GitHubToken', fault: { delayMs: 300, status: 401, body: '{}' } });
    cloud.fail({ operation: 'JWKS', fault: 'noAnswer' });
    const { stdout } = await runProgram(`
      console.log(await loadValues({ ...CONNECTION, values: 'DATABASE_URL,secret' }).catch(({ code }) => code));
      setTimeout(() => setImmediate(() => console.log(JSON.stringify(resources()))), 50);
    `);
    assert.equal(stdout, 'github-token-unavailable\n[]\n');
  });

  test('goes on after a trap in the core, which is a fault of ours without its message', async () => {
    const { stdout, stderr } = await runProgram(`
      // (module (func (export "trap") unreachable))
      const bytes = Buffer.from('0061736d0100000001040160000003020100070801047472617000000a05010300000b', 'hex');
      const { trap } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
      const options = { ...CONNECTION, values: 'DATABASE_URL,secret' };
      await loadValues(options);
      const now = Date.now;
      const together = [1, 2, 3].map(() => loadValues(options));
      Date.now = trap;
      const outcomes = await Promise.allSettled(together);
      Date.now = now;
      for (const { reason } of outcomes) console.log(reason?.code, reason?.message);
      for (let run = 0; run < 3; run += 1) {
        const [values] = await Promise.all([loadValues(options), fromGitHubActions(CONNECTION)()]);
        console.log(values.get('DATABASE_URL').value.length);
        globalThis.gc();
      }
      setTimeout(() => setImmediate(() => console.log(JSON.stringify(resources()))), 50);
    `, {}, ['--expose-gc']);
    const length = `${CANARY}-of-environment`.length;
    assert.equal(stdout, `${'internal-error RuntimeError\n'.repeat(3)}${`${length}\n`.repeat(3)}[]\n`);
    assert.equal(stderr, '');
  });

  test('goes on when its logger throws', async () => {
    const logger = { info: () => { throw new Error('the disk is full'); }, warn: 'no function' };
    const values = await loadValues({ ...CONNECTION, values: 'DATABASE_URL,secret', logger });
    assert.equal(values.size, 1);
  });

  test('is told what is wrong when the core is not beside the library', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-bundled-'));
    try {
      const file = path.join(folder, 'bundle.mjs');
      await esbuild.build({ entryPoints: [fileURLToPath(LIBRARY)], bundle: true, format: 'esm', platform: 'node', external: ['../hpagent.js'], outfile: file });
      const bundled = await import(file);
      for (const _attempt of [1, 2]) {
        const error = await bundled.loadValues({ ...CONNECTION, values: 'A,secret' }).catch((reason) => reason);
        assert.ok(error instanceof bundled.EnvKvstoreError, inspect(error));
        assert.equal(error.code, 'internal-error');
        assert.equal(error.message, 'env_kvstore_bg.wasm cannot be loaded: no such file or directory (ENOENT)');
        assert.match(error.hint, /bundle/);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('finds its process as it was', async () => {
    const { stdout, stderr } = await runProgram(`
      import net from 'node:net';
      import https from 'node:https';
      const state = () => JSON.stringify({
        globals: Object.getOwnPropertyNames(globalThis).filter((name) => !BEFORE.includes(name)),
        listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]).filter(([name]) => name !== 'newListener'),
        family: [net.getDefaultAutoSelectFamily(), net.getDefaultAutoSelectFamilyAttemptTimeout?.()],
        agents: [Object.keys(https.globalAgent.sockets), Object.keys(https.globalAgent.freeSockets)],
        exitCode: process.exitCode ?? null,
        environment: Object.keys(process.env).sort(),
        stdout: process.stdout.listenerCount('error'),
        umask: process.umask(),
        title: process.title,
        stackTraceLimit: Error.stackTraceLimit,
        prepare: typeof Error.prepareStackTrace,
      });
      const before = state();
      await loadValues({ ...CONNECTION, values: 'DATABASE_URL,secret\\nREPLICAS,variable' });
      await fromGitHubActions(CONNECTION)();
      await loadValues({}).catch(() => {});
      console.log(state() === before || \`\${before}\\n\${state()}\`);
    `);
    assert.equal(stdout, 'true\n');
    assert.equal(stderr, '');
  });

  test('keeps its V8 as it is: the library sets no flag', async () => {
    const { stdout } = await runProgram(`
      import v8 from 'node:v8';
      import { syncBuiltinESMExports } from 'node:module';
      const flags = [];
      v8.setFlagsFromString = (flag) => flags.push(flag);
      syncBuiltinESMExports();
      await loadValues({ ...CONNECTION, values: 'DATABASE_URL,secret' });
      console.log(JSON.stringify(flags));
    `);
    assert.equal(stdout, '[]\n');
  });
});

describe('loadValues', () => {
  const values = 'DATABASE_URL,secret\nREPLICAS,variable';

  test('resolves to values by name, in the order of the lines, with what they are and where they are from', async () => {
    const secrets = 'SHARED=shared/api:key';
    allowShared(true);
    const loaded = await loadValues({ ...CONNECTION, values: `${values}\nPEM,secret\nGONE,secret,,optional`, secrets });
    allowShared(false);
    assert.ok(loaded instanceof Map);
    assert.deepEqual([...loaded.keys()], ['DATABASE_URL', 'REPLICAS', 'PEM', 'SHARED']);
    const { name, type, value, origin } = loaded.get('DATABASE_URL');
    assert.deepEqual([name, type, value], ['DATABASE_URL', 'secret', `${CANARY}-of-environment`]);
    assert.equal(origin.level, 'environment');
    assert.equal(origin.secretName, `${STORES}/env/production/secrets`);
    assert.match(origin.secretArn, /^arn:aws:secretsmanager:us-west-2:123456789012:secret:octo-enterprise\/repo\/.*-\w{6}$/);
    assert.match(origin.versionId, /^[0-9a-f-]{36}$/);
    const replicas = loaded.get('REPLICAS');
    assert.deepEqual([replicas.type, replicas.value, replicas.origin.level], ['variable', '3', 'repository']);
    const shared = loaded.get('SHARED');
    assert.deepEqual([shared.type, shared.value, shared.origin.level], ['secret', `${CANARY}-shared`, 'secret']);
    assert.equal(shared.origin.secretName, 'shared/api');
  });

  test('shows no value to who prints, serializes or clones it', async () => {
    const loaded = await loadValues({ ...CONNECTION, values });
    const one = loaded.get('DATABASE_URL');
    const printed = await runProgram(`
      const loaded = await loadValues({ ...CONNECTION, values: ${JSON.stringify(values)} });
      console.log(loaded, loaded.get('DATABASE_URL'), [...loaded.values()]);
      console.dir(loaded, { showHidden: true, depth: 9 });
      console.table([...loaded.values()]);
      console.log(\`\${loaded.get('DATABASE_URL')} %o %O %j\`, loaded.get('DATABASE_URL'), loaded, [...loaded]);
    `);
    const texts = [
      inspect(loaded, { depth: 9 }),
      inspect(loaded, { depth: 9, showHidden: true }),
      inspect(one, { showHidden: true, showProxy: true, getters: true, depth: 9 }),
      JSON.stringify([...loaded]),
      JSON.stringify(one),
      String(one),
      inspect(structuredClone(loaded), { depth: 9, showHidden: true }),
      inspect(structuredClone(one)),
      inspect({ ...one }),
      inspect(Object.entries(one)),
      printed.stdout,
      printed.stderr,
    ];
    for (const text of texts) assert.doesNotMatch(text, /canary/);
    assert.match(texts[0], /DATABASE_URL/);
    assert.match(printed.stdout, /env\/production\/secrets/);
  });

  test('leaves process.env and stdout alone', async () => {
    const { stdout, stderr } = await runProgram(`
      const before = JSON.stringify(process.env);
      const loaded = await loadValues({ ...CONNECTION, values: ${JSON.stringify(values)} });
      if (JSON.stringify(process.env) !== before) console.log('the environment changed');
      if (loaded.size !== 2) console.log('not loaded');
      await loadValues({ ...CONNECTION, values: 'DATABASE_URL,secret', mask: false, env: undefined });
    `);
    assert.equal(stdout, '');
    assert.equal(stderr, '');
  });

  test('with mask writes a mask for all of each secret, where the runner finds it, before env is set', async () => {
    const { stdout, stderr } = await runProgram(`
      const env = new Proxy({}, { set: (target, name, value) => { process.stdout.write(\`set \${name}\\n\`); target[name] = value; return true; } });
      process.stdout.write('a line left open');
      await loadValues({ ...CONNECTION, values: 'PEM,secret\\nREPLICAS,variable', mask: true, env });
      console.log(Object.keys(env).join());
    `);
    assert.equal(stderr, '');
    const lines = stdout.split('\n');
    assert.equal(lines[0], 'a line left open');
    assert.deepEqual(lines.slice(-4), ['set PEM', 'set REPLICAS', 'PEM,REPLICAS', '']);
    const masks = lines.slice(1, -4);
    assert.ok(masks.every((line) => /^::add-mask::./.test(line)), masks.join('\n'));
    const data = masks.map((line) => line.slice('::add-mask::'.length));
    const masker = new Masker();
    for (const mask of data) masker.add(mask.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%'));
    for (const line of PEM.trim().split('\n')) assert.equal(masker.mask(line), '***');
    for (const text of [Buffer.from(PEM).toString('base64'), JSON.stringify(PEM)]) assert.match(masker.mask(text), /^"?\*{3}"?$/);
    assert.ok(!data.includes('3'), 'a variable is no secret');
  });

  test('with mask sets no env when nobody reads the masks', async () => {
    const { child, ended } = startProgram(`
      const env = {};
      const options = { ...CONNECTION, values: 'DATABASE_URL,secret', mask: true, env };
      const error = await loadValues(options).catch((reason) => reason);
      console.error(error instanceof EnvKvstoreError, error.code, Object.keys(env).length);
    `);
    child.stdout.destroy();
    assert.equal((await ended).stderr, 'true file-failed 0\n');
  });

  test('with mask writes nothing where there is nothing to mask', async () => {
    const { stdout } = await runProgram(`await loadValues({ ...CONNECTION, values: 'REPLICAS,variable', mask: true });`);
    assert.equal(stdout, '');
  });

  test('gives env all values, and none if one is missing', async () => {
    const env = { KEPT: 'kept' };
    await loadValues({ ...CONNECTION, values, env });
    assert.deepEqual(env, { KEPT: 'kept', DATABASE_URL: `${CANARY}-of-environment`, REPLICAS: '3' });
    const none = {};
    const error = await loadValues({ ...CONNECTION, values: `${values}\nA,secret\nB,secret,KEY`, env: none }).catch((reason) => reason);
    assert.equal(error.code, 'key-missing');
    assert.match(error.message, /^- A: no key `A` in/m);
    assert.match(error.message, /^- B: no key `KEY` in/m);
    assert.deepEqual(none, {});
    for (const refusing of [Object.freeze({ KEPT: '1' }), Object.defineProperty({ KEPT: '1' }, 'REPLICAS', { get: () => '1' })]) {
      const refused = await loadValues({ ...CONNECTION, values, env: refusing }).catch((reason) => reason);
      assert.equal(refused.code, 'invalid-input');
      assert.deepEqual({ ...refusing }, { KEPT: '1' });
    }
  });

  test('at the same time with other options gives each its own', async () => {
    const names = { A: 'DATABASE_URL', B: 'PEM' };
    const all = Array.from({ length: 12 }, (_, index) => {
      const [[name, key]] = Object.entries(names).slice(index % 2);
      return loadValues({ ...CONNECTION, values: `${name},secret,${key}`, roleSessionName: `{run_id}@{sha}`, timeoutSeconds: 30 + index });
    });
    const failing = Promise.allSettled([
      loadValues({ ...CONNECTION, values: 'A,secret', environmentStore: 'maybe' }),
      loadValues({ ...CONNECTION, values: 'NOT_THERE,secret' }),
    ]);
    for (const [index, loaded] of (await Promise.all(all)).entries()) {
      const name = index % 2 ? 'B' : 'A';
      assert.deepEqual([...loaded.keys()], [name]);
      assert.match(loaded.get(name).value, index % 2 ? /-----BEGIN/ : /-of-environment$/);
    }
    assert.deepEqual((await failing).map(({ reason }) => reason?.code), ['invalid-input', 'key-missing']);
  });

  test('tells a logger claims, tags and stores, and no secret', async () => {
    const said = [];
    const logger = { info: (text) => said.push(text), warn: (text) => said.push(`warning: ${text}`) };
    await loadValues({ ...CONNECTION, values: `${values}\nPEM,secret`, logger });
    const text = said.join('\n');
    assert.match(text, /octo-org\/octo-repo/);
    assert.match(text, /Session tags in Cognito's token/);
    assert.match(text, /env\/production\/secrets/);
    assertNoSecret(text);
  });

  test('says nothing without a logger, and warns the one that is there', async () => {
    setEnvironment(cloud.jobEnvironment({ environment: 'staging' }));
    const said = [];
    await loadValues({ ...CONNECTION, values, logger: { warn: (text) => said.push(text) } });
    assert.match(said.join('\n'), /env\/staging\/secrets does not exist/);
    await loadValues({ ...CONNECTION, values, logger: {} });
  });
});

describe('an error', () => {
  const values = 'DATABASE_URL,secret';

  test('names each wrong option as the library does, all at once, before anything is sent', async () => {
    const error = await failureOf({
      cognitoIdentityPoolId: 'pool',
      cognitoRoleArn: 'role',
      values: 'A,secrt',
      awsRegion: 'Oregon',
      cognitoRegion: 'x y',
      secretsManagerAccountId: '12',
      roleDurationSeconds: 60,
      minMaskLength: 0,
      timeoutSeconds: 0.5,
      environmentStore: 'maybe',
      oidcIssuer: 'http://ghes.example',
      githubToken: `${CANARY} with a space`,
      identity: 'nobody',
      chainRoleArn: 'x',
      roleSessionName: '{',
    });
    assert.equal(error.code, 'invalid-input');
    assert.equal(error.message.split('\n')[0], 'wrong option');
    const named = error.message.split('\n').slice(1).map((line) => /^- (\w+): /.exec(line)?.[1]);
    const expected = ['cognitoIdentityPoolId', 'cognitoRoleArn', 'values', 'awsRegion', 'cognitoRegion', 'secretsManagerAccountId', 'roleDurationSeconds', 'minMaskLength', 'timeoutSeconds', 'environmentStore', 'oidcIssuer', 'githubToken', 'identity', 'chainRoleArn', 'roleSessionName'];
    assert.deepEqual(named.toSorted(), expected.toSorted());
    assert.deepEqual(cloud.requests, []);
  });

  for (const [what, options, problem] of [
    ['unknown', { rolearn: 'x' }, 'rolearn: there is no such option'],
    ["an input's name", { 'cognito-role-arn': 'x' }, 'cognito-role-arn: there is no such option'],
    ['of the action alone', { 'export-env': 'true' }, 'export-env: there is no such option'],
    ["of Object's prototype", { constructor: 'x' }, 'constructor: there is no such option'],
    ['a number', { awsAccountId: 123456789012 }, 'awsAccountId: is not a string'],
    ['null', { namespace: null }, 'namespace: is not a string'],
    ['a boolean', { audience: true }, 'audience: is not a string'],
    ['an array', { values: ['DATABASE_URL,secret'] }, 'values: is not a string'],
    ['an object', { githubToken: { toString: () => CANARY } }, 'githubToken: is not a string'],
    ['a symbol', { values: Symbol('x') }, 'values: is not a string'],
    ['a text for a number', { timeoutSeconds: '60' }, 'timeoutSeconds: is not a number'],
    ['no signal', { signal: {} }, 'signal: is not an AbortSignal'],
    ['null for a signal', { signal: null }, 'signal: is not an AbortSignal'],
    ['a text for a boolean', { mask: 'false' }, 'mask: is not a boolean'],
    ['a text for an environment', { env: 'process.env' }, 'env: is not an object'],
  ]) {
    test(`tells that an option is ${what}`, async () => {
      const error = await failureOf({ ...CONNECTION, values, ...options });
      assert.equal(error.code, 'invalid-input');
      assert.equal(error.message, `wrong option: ${problem}`);
      assert.equal(error.hint, 'Correct the options. Nothing was sent.');
      assert.deepEqual(cloud.requests, []);
    });
  }

  test('takes older names, beside the current ones if they say the same', async () => {
    const { cognitoIdentityPoolId: identityPoolId, cognitoRoleArn: roleArn, ...rest } = CONNECTION;
    for (const options of [{ identityPoolId, roleArn }, { ...CONNECTION, identityPoolId, roleArn }, { identityPoolId, roleArn, cognitoRoleArn: undefined }, { ...CONNECTION, roleArn: '' }]) {
      assert.equal((await loadValues({ ...rest, ...options, values })).size, 1);
    }
    cloud.requests.length = 0;
    const error = await failureOf({ ...CONNECTION, values, identityPoolId: 'x', roleArn: 'y' });
    assert.equal(
      error.message,
      'wrong option\n- identityPoolId: is an older name of cognitoIdentityPoolId, which has another value\n- roleArn: is an older name of cognitoRoleArn, which has another value',
    );
    assert.deepEqual(cloud.requests, []);
  });

  test('tells that there are no options', async () => {
    for (const options of [undefined, null, {}]) {
      const error = await failureOf(options);
      assert.match(error.message, /- cognitoIdentityPoolId: is required.*\n- cognitoRoleArn: is required/);
      assert.match(error.message, /- values: names nothing to load/);
    }
  });

  test('takes undefined and empty texts for left out', async () => {
    const loaded = await loadValues({ ...CONNECTION, values, audience: undefined, namespace: '', notThere: undefined });
    assert.equal(loaded.size, 1);
  });

  for (const [what, { code, options = {}, claims, fault, hint, environment }] of Object.entries({
    'no permission': { code: 'id-token-permission-missing', environment: { ACTIONS_ID_TOKEN_REQUEST_URL: undefined } },
    'a refused request token': { code: 'github-token-unavailable', fault: { operation: 'GitHubToken', fault: { status: 401, body: `{"message":"${CANARY}"}` } } },
    'an answer without a token': { code: 'github-token-unavailable', fault: { operation: 'GitHubToken', fault: 'notJson', times: Infinity } },
    'another issuer': { code: 'github-token-issuer', options: { githubEnterpriseName: 'acme' }, hint: /`githubEnterpriseName/ },
    'another audience': { code: 'github-token-audience', claims: { aud: 'x' }, hint: /`audience`/ },
    'a pool that is not there': { code: 'identity-pool-not-found', fault: { operation: 'GetId', fault: { awsError: 'ResourceNotFoundException', message: `no ${CANARY}-free words` } }, options: {}, hint: /`cognitoIdentityPoolId`/ },
    'a refused role': { code: 'assume-role-denied', fault: { operation: 'AssumeRoleWithWebIdentity', fault: { awsError: 'AccessDenied', status: 403 } } },
    'a duration beyond the maximum': { code: 'role-duration-refused', options: { roleDurationSeconds: 43_200 }, hint: /`roleDurationSeconds`/ },
    'a session name of no claim': { code: 'claim-unusable', options: { roleSessionName: '{nothing}' }, hint: /claim `nothing` of the GitHub token is absent/ },
    'a store that is not there': { code: 'store-not-found', options: { namespace: 'octo-enterprise', environmentStore: 'required', values: 'A,secret' }, claims: { environment: 'staging' } },
    'a store that is not readable': { code: 'store-access-denied', options: { namespace: 'others' } },
    'a key that is missing': { code: 'key-missing', options: { values: 'ACME,secret,aws-region' }, hint: /no key `aws-region` in .*\n.*`values`, `secrets` or `vaultSecrets`/ },
    'its own time': { code: 'deadline-exceeded', options: { timeoutSeconds: 1 }, fault: { operation: 'GetId', fault: 'noAnswer', times: Infinity }, hint: /`timeoutSeconds` \(1\)/ },
  })) {
    test(`about ${what} has its code, speaks of options, and holds no secret`, async () => {
      setEnvironment({ ...cloud.jobEnvironment(claims), ...environment });
      if (fault) cloud.fail(fault);
      const error = await failureOf({ ...CONNECTION, values, ...options });
      assert.equal(error.code, code, inspect(error));
      if (hint) assert.match(`${error.message}\n${error.hint}`, hint);
    });
  }

  test('is an EnvKvstoreError in its name, in its stack and for instanceof', async () => {
    const error = await failureOf({ ...CONNECTION, values, timeoutSeconds: 0 });
    assert.equal(error.name, 'EnvKvstoreError');
    assert.match(error.stack, /^EnvKvstoreError: wrong option: timeoutSeconds: /);
    assert.equal(Object.prototype.toString.call(error), '[object Error]');
    assert.deepEqual(Object.keys(error).toSorted(), ['code', 'hint']);
    assert.equal(error.tryNextLink, false);
  });
});

describe('identity', () => {
  const values = 'DATABASE_URL,secret';

  test('web-identity shows the GitHub token to STS', async (t) => {
    const { setup } = cloud;
    const roleArn = `arn:aws:iam::${setup.accountId}:role/web-identity`;
    setup.roles[roleArn] = role(webIdentityTrust(setup, { aud: 'sts.amazonaws.com', repository: 'octo-org/octo-repo' }), sharedPolicy());
    setup.oidcProviders[setup.providerArn].ClientIDList.push('sts.amazonaws.com');
    t.after(() => delete setup.roles[roleArn]);
    const options = { ...CONNECTION, cognitoIdentityPoolId: undefined, identity: 'web-identity', cognitoRoleArn: roleArn, awsRegion: 'us-west-2' };
    assert.match((await fromGitHubActions(options)()).accessKeyId, /^ASIA/);
    assert.deepEqual(operations(), ['AssumeRoleWithWebIdentity', 'GitHubToken', 'JWKS']);
    const loaded = await loadValues({ ...options, secrets: 'SHARED=shared/api:key' });
    assert.equal(loaded.get('SHARED').value, `${CANARY}-shared`);
  });

  test('cognito-enhanced takes the pool\'s own credentials', async (t) => {
    const { setup } = cloud;
    const { trustPolicy } = setup.roles[setup.roleArn];
    setup.roles[setup.roleArn].trustPolicy = enhancedFlowTrust(setup);
    t.after(() => (setup.roles[setup.roleArn].trustPolicy = trustPolicy));
    const options = { ...CONNECTION, identity: 'cognito-enhanced' };
    const { expiration, sessionToken } = await fromGitHubActions(options)();
    assert.ok(sessionToken && expiration > new Date(Date.now() + 3500_000));
    assert.deepEqual(operations(), ['GetCredentialsForIdentity', 'GetId', 'GitHubToken', 'JWKS']);
    const loaded = await loadValues({ ...options, values });
    assert.equal(loaded.get('DATABASE_URL').value, `${CANARY}-of-environment`);
  });

  test('environment reads as whom the environment says, by a repository and an environment that are given', async () => {
    const session = cloud.issueCredentials(cloud.setup.roleArn, { tags: TAGS });
    setEnvironment({ ...ofEnvironment(session), AWS_ENDPOINT_URL: cloud.url, AWS_REGION: 'us-west-2' });
    const options = { identity: 'environment', awsAccountId: cloud.setup.accountId, namespace: 'octo-enterprise', repository: 'octo-org/octo-repo' };
    const inEnvironment = await loadValues({ ...options, environment: 'production', values });
    assert.equal(inEnvironment.get('DATABASE_URL').value, `${CANARY}-of-environment`);
    const without = await loadValues({ ...options, values });
    assert.equal(without.get('DATABASE_URL').value, `${CANARY}-of-repository`);
    assert.deepEqual(operations((name) => !/SecretValue$/.test(name)), []);
    const credentials = await fromGitHubActions({ identity: 'environment' })();
    assert.deepEqual(credentials, {
      accessKeyId: session.accessKeyId,
      secretAccessKey: session.secretAccessKey,
      sessionToken: session.sessionToken,
    });
  });

  test('environment says what it lacks', async () => {
    setEnvironment({ AWS_ENDPOINT_URL: cloud.url });
    const options = { identity: 'environment', repository: 'one/two/three', values };
    const { message } = await failureOf(options);
    assert.match(message, /^- repository: is not OWNER\/NAME$/m);
    assert.match(message, /^- awsRegion: is required/m);
    const error = await failureOf({ ...options, awsRegion: 'us-west-2' });
    assert.match(error.message, /^- identity: `environment` needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/m);
  });

  test('a repository is not for others to say', async () => {
    const error = await failureOf({ ...CONNECTION, values, repository: 'octo-org/other' });
    assert.match(error.message, /^wrong option: repository: is only for `identity: environment`/);
  });

  test('chainRoleArn is assumed with the tags that are named', async (t) => {
    const { setup } = cloud;
    const chainRoleArn = `arn:aws:iam::${setup.accountId}:role/next`;
    setup.roles[chainRoleArn] = role(principalTrust(setup.roleArn), sharedPolicy());
    setup.roles[setup.roleArn].policies.push({
      name: 'next',
      document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:TagSession'], Resource: chainRoleArn }] },
    });
    t.after(() => {
      delete setup.roles[chainRoleArn];
      setup.roles[setup.roleArn].policies.pop();
    });
    const provider = fromGitHubActions({ ...CONNECTION, chainRoleArn, chainSessionTags: 'repository' });
    const client = new STSClient({ region: 'us-west-2', credentials: provider, endpoint: cloud.url });
    assert.match((await client.send(new GetCallerIdentityCommand())).Arn, /assumed-role\/next\//);
  });
});

describe('a network with a proxy and an authority of its own', () => {
  const TOKEN_URL = `https://${PIPELINES}/_apis/token?api-version=2.0`;
  let folder;
  let real;
  let authority;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-library-'));
    const certificates = await makeCertificates(folder);
    authority = certificates.authority;
    const configure = (setup) => (setup.oidcProviders[setup.providerArn].Url = `https://${GITHUB}/octo-enterprise`);
    real = await startCloud({ tls: certificates.server, githubKey, configure });
    real.putSecret(`${STORES}/secrets`, { DATABASE_URL: `${CANARY}-behind-a-proxy` });
  });
  after(async () => {
    await real.close();
    await rm(folder, { recursive: true });
  });

  test('is that of the examples in the types, which run there as they are', async (t) => {
    const proxy = await startProxy(t, { port: real.port });
    const job = real.jobEnvironment({ environment: undefined });
    // Its own modules must be found from the examples' place.
    const modules = path.join(folder, 'node_modules');
    await mkdir(path.join(modules, '@aws-sdk'), { recursive: true });
    await symlink(new URL('../..', import.meta.url), path.join(modules, 'env-kvstore'), 'dir');
    // The SDK's S3 client is not among the test tools; another client takes credentials in the same way.
    await mkdir(path.join(modules, '@aws-sdk/client-s3'));
    await writeFile(path.join(modules, '@aws-sdk/client-s3/package.json'), '{ "main": "index.cjs" }');
    await writeFile(
      path.join(modules, '@aws-sdk/client-s3/index.cjs'),
      `exports.S3Client = require(${JSON.stringify(ofTools.resolve('@aws-sdk/client-sts'))}).STSClient;`,
    );
    const types = await readFile(new URL('../../dist/npm/index.d.mts', import.meta.url), 'utf8');
    const examples = [...types.matchAll(/```js\n(.*?)```/gs)].map(([, lines]) => lines.replace(/^ \* ?/gm, ''));
    assert.equal(examples.length, 2);
    const shown = ['console.log((await s3.config.credentials()).accessKeyId.slice(0, 4));', 'console.log(url);'];
    const expected = ['ASIA\n', `${CANARY}-behind-a-proxy\n`];
    for (const [index, example] of examples.entries()) {
      const file = path.join(folder, `example-${index}.mjs`);
      // What an example does not say, because it depends on the enterprise.
      await writeFile(file, `${example.replace(/( +)cognitoRoleArn: .*/, "$&\n$1githubEnterpriseName: 'octo-enterprise',")}\n${shown[index]}\n`);
      const { stdout } = await runFile(file, {
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: job.ACTIONS_ID_TOKEN_REQUEST_TOKEN,
        ACTIONS_ID_TOKEN_REQUEST_URL: TOKEN_URL,
        AWS_ENDPOINT_URL: undefined,
        NODE_EXTRA_CA_CERTS: authority,
        HTTPS_PROXY: proxy.url,
      });
      assert.equal(stdout, expected[index]);
    }
    assert.deepEqual(proxy.hosts(), [...AWS, GITHUB, PIPELINES].map((host) => `${host}:443`).toSorted());
  });

  test('loads hpagent from its own file, for a proxy only', async (t) => {
    const program = (proxied) => `
      import { createRequire } from 'node:module';
      import path from 'node:path';
      const cache = createRequire(import.meta.url).cache;
      const code = await fromGitHubActions({ ...CONNECTION, timeoutSeconds: 5, oidcIssuer: ${proxied ? 'undefined' : JSON.stringify(cloud.url)} })().then(() => 'done', ({ code }) => code);
      console.log(code, Object.keys(cache).map((file) => path.basename(file)).join());
    `;
    assert.equal((await runProgram(program(false))).stdout, 'done \n');
    const proxy = await startProxy(t, { port: real.port });
    const { stdout } = await runProgram(program(true), {
      ...real.jobEnvironment(),
      ACTIONS_ID_TOKEN_REQUEST_URL: TOKEN_URL,
      AWS_ENDPOINT_URL: undefined,
      NODE_EXTRA_CA_CERTS: authority,
      HTTPS_PROXY: proxy.url,
    });
    assert.equal(stdout, 'done hpagent.js\n');
  });

  test('that refuses is an error of the library', async (t) => {
    const proxy = await startProxy(t, { port: 0, status: 407 });
    const password = `${CANARY}-password`;
    const { stdout } = await runProgram(
      `
      const error = await loadValues({ ...CONNECTION, oidcIssuer: undefined, values: 'A,secret' }).catch((reason) => reason);
      console.log(error.code, inspect(error, { showHidden: true }));
    `,
      {
        AWS_ENDPOINT_URL: undefined,
        ACTIONS_ID_TOKEN_REQUEST_URL: 'https://pipelines.example/token?v=1',
        HTTPS_PROXY: proxy.url.replace('//', `//user:${password}@`),
      },
    );
    assert.match(stdout, /^proxy-refused /);
    assert.doesNotMatch(stdout, new RegExp(password));
  });
});

const TAGS = { enterprise: 'octo-enterprise', repository: 'octo-org/octo-repo', repository_id: '1296269', environment: 'production' };

/** Rejects, and with nothing that is secret in any of its parts. */
async function failureOf(options) {
  const error = await loadValues(options).then(
    () => assert.fail('it resolved'),
    (reason) => reason,
  );
  assert.ok(error instanceof EnvKvstoreError, inspect(error));
  assert.ok(error.code && error.message && error.hint, inspect(error));
  assert.equal(error.cause, undefined);
  const hidden = inspect(error, { showHidden: true, getters: true, depth: 9 });
  for (const text of [error.message, error.hint, error.stack, hidden, JSON.stringify(error), String(error)]) assertNoSecret(text);
  // A kebab-case name in quotes is an input of the action, which the library's users do not have.
  const said = `${error.message}\n${error.hint}`.replace(/^wrong option: .*: there is no such option$|no key `aws-region`/m, '');
  assert.doesNotMatch(said, /`with:`|\binputs?\b/);
  assert.doesNotMatch(said, /cognito-(identity-pool-id|role-arn|region)\b|`(github|aws|role|oidc|chain|environment|timeout|secrets-manager)-[a-z-]+/);
  return error;
}

function assertNoSecret(text) {
  assert.doesNotMatch(text, new RegExp(`${CANARY}(?!-free)|eyJ[\\w-]{10}|request-token-|ASIA[A-Z2-7]{12}`));
}

/** What the cloud was asked, sorted, and none twice only if it was so. */
function operations(wanted = () => true) {
  return cloud.requests.map(({ operation }) => operation).filter(wanted).toSorted();
}

async function asked(operation) {
  const started = performance.now();
  while (!cloud.requests.some((request) => request.operation === operation)) {
    assert.ok(performance.now() - started < HANGS_AFTER_MS, `${operation} was not asked for`);
    await sleep(10);
  }
}

/** The variables of this process, as they were and with these. */
function setEnvironment(variables) {
  const names = Object.keys(process.env).filter((name) => /^(ACTIONS_|AWS_|GITHUB_|HTTPS?_PROXY|NO_PROXY)/i.test(name));
  for (const name of names) delete process.env[name];
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined) process.env[name] = value;
  }
}

function ofEnvironment({ accessKeyId, secretAccessKey, sessionToken }) {
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken };
}

/** An answer of STS whose session ends then, whatever was asked for. */
function shortSession(endMs) {
  const credentials = `<Credentials><AccessKeyId>ASIASHORT</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>y</SessionToken><Expiration>${new Date(endMs).toISOString()}</Expiration></Credentials>`;
  const user = '<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn></AssumedRoleUser>';
  const name = 'AssumeRoleWithWebIdentity';
  const body = `<${name}Response><${name}Result>${credentials}${user}</${name}Result></${name}Response>`;
  return { operation: name, fault: { status: 200, body } };
}

/** The same of Cognito. */
function shortCredentials(endMs) {
  const Credentials = { AccessKeyId: 'ASIASHORT', SecretKey: 'x', SessionToken: 'y', Expiration: endMs / 1000 };
  return { operation: 'GetCredentialsForIdentity', fault: { status: 200, body: JSON.stringify({ IdentityId: 'us-west-2:x', Credentials }) } };
}

function sharedPolicy() {
  const Resource = `arn:aws:secretsmanager:us-west-2:${cloud.setup.accountId}:secret:shared/*`;
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource }] };
}

function allowShared(allowed) {
  const { policies } = cloud.setup.roles[cloud.setup.roleArn];
  if (allowed) policies.push({ name: 'shared', document: sharedPolicy() });
  else policies.pop();
}

/** Answers token requests in GitHub's place; what was issued. */
async function recordTokens(t) {
  const tokens = [];
  const server = createServer((request, response) => {
    const aud = new URL(request.url, 'http://x').searchParams.get('audience');
    const value = cloud.mintGithubToken({ aud });
    tokens.push(decode(value));
    response.end(JSON.stringify({ value }));
  });
  await listening(t, server);
  process.env.ACTIONS_ID_TOKEN_REQUEST_URL = `http://127.0.0.1:${server.address().port}/token?v=1`;
  return tokens;
}

/** Starts a program that has the library, and what tells whether it is done. */
function startProgram(lines, environment = {}, flags = []) {
  const imports = lines.match(/^\s*import .*$/gm) ?? [];
  const program = `
    const BEFORE = Object.getOwnPropertyNames(globalThis);
    import { inspect } from 'node:util';
    import { EnvKvstoreError, fromGitHubActions, loadValues } from ${JSON.stringify(LIBRARY)};
    ${imports.join('\n')}
    const CONNECTION = ${JSON.stringify(CONNECTION)};
    const resources = () => process.getActiveResourcesInfo().filter((kind) => !/^(PipeWrap|TTYWrap)$/.test(kind));
    ${lines.replace(/^\s*import .*$/gm, '')}
  `;
  return start([...flags, '--input-type=module', '--eval', program], environment);
}

async function runProgram(...program) {
  const { child, ended } = startProgram(...program);
  child.stdin.end();
  return ended;
}

function runFile(file, environment) {
  const { child, ended } = start([file], environment);
  child.stdin.end();
  return ended;
}

function start(args, environment) {
  const env = { PATH: process.env.PATH, ...cloud.jobEnvironment(), ...environment };
  const child = spawn(NODE, args, { env, timeout: HANGS_AFTER_MS, killSignal: 'SIGKILL' });
  const text = (stream) => stream.setEncoding('utf8').toArray().then((parts) => parts.join(''), () => '');
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]).then(([stdout, stderr, [exitCode]]) => {
    assert.equal(exitCode, 0, `${stdout}\n${stderr}`);
    return { stdout, stderr };
  });
  return { child, ended };
}
