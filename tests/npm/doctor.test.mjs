// `env-kvstore doctor` against the local cloud: each leg of a job broken in turn, and a developer's machine. It reads no value, and
// says nothing that is secret.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/doctor.test.mjs` runs it on another Node.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { startProxy } from '../cloud/proxy.mjs';
import { enhancedFlowTrust, principalTrust, role, webIdentityTrust, withTokenExchange } from '../cloud/setup.mjs';
import { runCli } from '../runner/command.mjs';
import { freePort } from '../runner/ports.mjs';
import { atTerminal } from '../runner/terminal.mjs';

const TOGETHER = { concurrency: 4 };
const POSIX = { skip: process.platform === 'win32' && 'Windows has no terminal of this kind' };
const CANARY = 'canary';
const STORES = 'octo-enterprise/repo/octo-org/octo-repo';
const LEGS = ['token', 'pool', 'tags', 'role', 'stores'];
/** What asks for no version that exists. */
const STAGE = 'env-kvstore-doctor';

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-doctor-'));
after(() => rm(folder, { recursive: true }));

describe('doctor in a job', TOGETHER, () => {
  test('finds each leg well, and says what it found and how long it took', async (t) => {
    const cloud = await cloudWithStores(t, { configure: (setup) => (setup.packedPolicySize = 47) });
    const { exitCode, stdout, stderr } = await doctor(cloud);
    assert.deepEqual([exitCode, stderr], [0, ''], stdout);
    for (const [leg, found] of [
      ['token', `verified: issuer ${cloud.url}/octo-enterprise, audience cognito-identity\\.amazonaws\\.com;[\\s\\S]*environment production`],
      ['pool', `${cloud.setup.poolId} takes the token`],
      ['tags', '[\\s\\S]*repository=octo-org/octo-repo'],
      ['role', '[\\s\\S]*assumed-role/github-actions/[\\s\\S]*take 47 % of the space'],
      ['stores', '2 of 4 can be read; no value was read'],
    ]) {
      assert.match(stdout, new RegExp(`^${leg} +ok +\\d+ ms +${found.replaceAll(' ', '\\s+')}`, 'm'), leg);
    }
    assert.match(stdout, new RegExp(`^does not exist \\(not needed\\) +\\d+ ms +${STORES}/env/production/variables$`, 'm'));
    assert.doesNotMatch(stdout, /To fix/);
  });

  test('prints one JSON object with version 1, with the claims and the tags', async (t) => {
    const cloud = await cloudWithStores(t);
    const { exitCode, report } = await examined(cloud);
    assert.equal(exitCode, 0);
    assert.deepEqual([report.version, report.command, report.ok, report.identity, report.fix], [1, 'doctor', true, 'cognito', undefined]);
    const facts = Object.fromEntries(report.legs.map((leg) => [leg.leg, leg.facts]));
    assert.equal(facts.token.claims.repository_id, '1296269');
    assert.equal(facts.tags.tags.environment, 'production');
    assert.equal(facts.role.packedPolicySizePercent, undefined);
    assert.ok(report.legs.every(({ status, ms }) => status === 'ok' && ms >= 0));
    assert.deepEqual(report.stores.map(({ name, kind, level, finding, matters }) => [name, kind, level, finding, matters]), [
      [`${STORES}/env/production/secrets`, 'secret', 'environment', 'readable', false],
      [`${STORES}/secrets`, 'secret', 'repository', 'readable', false],
      [`${STORES}/env/production/variables`, 'variable', 'environment', 'missing', false],
      [`${STORES}/variables`, 'variable', 'repository', 'missing', false],
    ]);
  });

  test('reads no value: it asks for a version that does not exist, and nothing else of Secrets Manager', async (t) => {
    const cloud = await cloudWithStores(t);
    assert.equal((await doctor(cloud)).exitCode, 0);
    const asked = cloud.requests.filter(({ service, operation }) => service === 'secretsmanager' || /Secret/.test(operation));
    assert.deepEqual(asked.map(({ operation, status, detail }) => [operation, status, detail.VersionStage]), asked.map(() => ['GetSecretValue', 400, STAGE]));
    assert.equal(asked.length, 4);
    assert.equal(cloud.secret(`${STORES}/secrets`).accessedAt, undefined);
  });

  for (const [what, leg, code, { configure, claims, environment, flags, fault, stores, hint = /./ }] of [
    ['the job has no id-token permission', 'token', 'id-token-permission-missing', { environment: { ACTIONS_ID_TOKEN_REQUEST_URL: undefined, GITHUB_ACTIONS: 'true' }, hint: /id-token: write/ }],
    ['the token has another audience', 'token', 'github-token-audience', { claims: { aud: 'sts.amazonaws.com' } }],
    ['the token is of another issuer', 'token', 'github-token-issuer', { claims: { iss: 'https://token.actions.githubusercontent.com/other' } }],
    ['GitHub gives no token', 'token', 'github-token-unavailable', { fault: ['GitHubToken', { status: 403 }] }],
    ['the issuer has no keys', 'token', 'service-unreachable', { fault: ['JWKS', 'reset'] }],
    ['the pool does not know the issuer', 'pool', 'issuer-not-in-identity-pool', { configure: ({ identityPools, poolId }) => (identityPools[poolId].OpenIdConnectProviderARNs = []) }],
    ['the provider does not list the audience', 'pool', 'issuer-not-in-identity-pool', { configure: ({ oidcProviders, providerArn }) => (oidcProviders[providerArn].ClientIDList = ['other']), hint: /cognito-identity\.amazonaws\.com/ }],
    ['there is no such pool', 'pool', 'identity-pool-not-found', { configure: (setup) => (setup.identityPools = {}) }],
    ['the classic flow is off', 'pool', 'classic-flow-disabled', { configure: ({ identityPools, poolId }) => (identityPools[poolId].AllowClassicFlow = false), hint: /AllowClassicFlow/ }],
    ['Cognito throttles', 'pool', 'throttled', { fault: ['GetId', { awsError: 'TooManyRequestsException' }], environment: { AWS_MAX_ATTEMPTS: '2' } }],
    ['Cognito does not answer in time', 'pool', 'deadline-exceeded', { fault: ['GetOpenIdToken', 'noAnswer'], flags: ['--timeout-seconds', '1'], hint: /--timeout-seconds/ }],
    ['STS refuses a character of two tags', 'tags', 'claim-unusable', { configure: mapping('actor', 'workflow'), claims: { actor: 'dependabot[bot]', workflow: 'Build & test' }, hint: /actor_id/ }],
    ['a tag is too long for STS', 'tags', 'claim-unusable', { configure: mapping('head_ref'), claims: { head_ref: 'x'.repeat(257) } }],
    ['the pool has no tag map', 'role', 'assume-role-denied', { configure: ({ identityPools, poolId }) => (identityPools[poolId].tagMaps = {}), hint: /no principal tag map/ }],
    ['the trust policy does not allow session tags', 'role', 'assume-role-denied', { configure: ({ roles, roleArn }) => withoutAction(roles[roleArn].trustPolicy, 'sts:TagSession'), hint: /sts:TagSession/ }],
    ['the trust policy denies the event', 'role', 'assume-role-denied', { claims: { event_name: 'pull_request' }, hint: /runs for pull_request/ }],
    ['the role allows no session of this length', 'role', 'role-duration-refused', { flags: ['--role-duration-seconds', '43200'] }],
    ['STS has a fault', 'role', 'service-fault', { fault: ['AssumeRoleWithWebIdentity', { status: 503 }], environment: { AWS_MAX_ATTEMPTS: '1' } }],
    ['no store exists', 'stores', 'store-not-found', { stores: [], hint: /put --create/ }],
    ['the stores have another namespace', 'stores', 'store-access-denied', { flags: ['--namespace', 'octo-org'], hint: /--namespace octo-enterprise/ }],
    ['KMS denies', 'stores', 'store-not-decryptable', { fault: ['GetSecretValue', { awsError: 'AccessDeniedException', message: 'Access to KMS is not allowed' }], hint: /kms:Decrypt/ }],
    ['a store is not decrypted', 'stores', 'store-not-decryptable', { fault: ['GetSecretValue', { awsError: 'DecryptionFailure' }] }],
    ['Secrets Manager throttles', 'stores', 'throttled', { fault: ['GetSecretValue', { awsError: 'ThrottlingException' }], environment: { AWS_MAX_ATTEMPTS: '1' } }],
  ]) {
    test(`says what to fix first if ${what}`, async (t) => {
      const cloud = await cloudWithStores(t, { configure, stores });
      if (fault) cloud.fail({ operation: fault[0], fault: fault[1], times: Infinity });
      const job = { ...cloud.jobEnvironment(claims), ...environment };
      const { exitCode, report } = await examined(cloud, job, flags);
      assert.equal(exitCode, 1);
      failedAt(report, leg, code);
      assert.match(report.fix.hint, hint);
      assert.match(report.fix.page, new RegExp(`#${code}$`));
      const text = await doctor(cloud, job, flags);
      assert.equal(text.exitCode, 1);
      assert.match(text.stdout, new RegExp(`^To fix first \\(${leg}\\): ${code}: `, 'm'));
      assert.match(text.stdout, hint);
    });
  }

  test('names every tag that STS would refuse', async (t) => {
    const cloud = await cloudWithStores(t, { configure: mapping('actor', 'workflow') });
    const { report } = await examined(cloud, cloud.jobEnvironment({ actor: 'dependabot[bot]', workflow: 'Build & test' }));
    assert.match(report.fix.message, /claim `actor`[\s\S]*claim `workflow`/);
    assert.deepEqual(cloud.requests.filter(({ operation }) => operation === 'AssumeRoleWithWebIdentity'), []);
  });

  test('tells a store that is denied from one that does not exist', async (t) => {
    const cloud = await cloudWithStores(t);
    const name = `${STORES}/env/production/secrets`;
    cloud.secret(name).resourcePolicy = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*', Action: 'secretsmanager:GetSecretValue', Resource: '*' }] };
    const { report } = await examined(cloud);
    failedAt(report, 'stores', 'store-access-denied');
    assert.deepEqual(report.stores.map(({ finding, matters }) => [finding, matters]), [['denied', true], ['readable', false], ['missing', false], ['missing', false]]);
    // As a step with the same input: the repository's values stand in.
    assert.equal((await doctor(cloud, undefined, ['--environment-store', 'optional'])).exitCode, 0);
    assert.equal(cloud.secret(`${STORES}/env/production/variables`), undefined);
  });

  test('with --values and --secrets, asks for what they take, and misses what they need', async (t) => {
    const cloud = await cloudWithStores(t);
    cloud.putSecret('shared/datadog', CANARY);
    const secrets = await examined(cloud, undefined, ['--values', 'A,secret']);
    assert.deepEqual([secrets.exitCode, secrets.report.stores.length], [0, 2]);
    const variables = await examined(cloud, undefined, ['--values', 'A,secret', '--values', 'B,variable']);
    failedAt(variables.report, 'stores', 'store-not-found');
    assert.deepEqual(variables.report.stores.filter(({ matters }) => matters).map(({ name }) => name), [`${STORES}/env/production/variables`, `${STORES}/variables`]);
    const required = await examined(cloud, undefined, ['--values', 'B,variable', '--environment-store', 'required']);
    assert.match(required.report.fix.message, /env\/production\/variables/);
    const shared = await examined(cloud, undefined, ['--secrets', 'DD=shared/datadog:key:AWSPREVIOUS']);
    failedAt(shared.report, 'stores', 'store-access-denied');
    assert.deepEqual(shared.report.stores.map(({ name, kind }) => [name, kind]), [['shared/datadog', undefined]]);
  });

  test('goes the legs of the other identities, and those of a second role', async (t) => {
    const cloud = await cloudWithStores(t);
    const { setup } = cloud;
    const arn = (name) => `arn:aws:iam::${setup.accountId}:role/${name}`;
    const { policies: [{ document: policy }] } = setup.roles[setup.roleArn];
    setup.roles[arn('enhanced')] = role(enhancedFlowTrust(setup), policy);
    const enhanced = await examined(cloud, undefined, ['--identity', 'cognito-enhanced', '--cognito-role-arn', arn('enhanced')]);
    assert.deepEqual([enhanced.exitCode, enhanced.report.legs.map(({ leg }) => leg)], [0, ['token', 'pool', 'role', 'stores']]);
    setup.oidcProviders[setup.providerArn].ClientIDList.push('sts.amazonaws.com');
    setup.roles[arn('direct')] = role(webIdentityTrust(setup, { repository: 'octo-org/octo-repo' }), { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' }] });
    const direct = await examined(cloud, undefined, ['--identity', 'web-identity', '--aws-region', 'us-west-2', '--cognito-role-arn', arn('direct')]);
    assert.deepEqual([direct.exitCode, direct.report.legs.map(({ leg }) => leg)], [0, ['token', 'role', 'stores']]);
    const chain = ['--chain-role-arn', arn('second')];
    failedAt((await examined(cloud, undefined, chain)).report, 'chain', 'chain-role-denied', [...LEGS.slice(0, 4), 'chain', 'stores']);
    setup.roles[arn('second')] = role(principalTrust(setup.roleArn), policy);
    setup.roles[setup.roleArn].policies.push({ name: 'chain', document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:TagSession'], Resource: arn('second') }] } });
    const chained = await examined(cloud, undefined, chain);
    assert.deepEqual([chained.exitCode, chained.report.legs.map(({ leg }) => leg)], [0, [...LEGS.slice(0, 4), 'chain', 'stores']]);
  });

  test('goes the leg of a token exchange, and shows which of its tags are transitive', async (t) => {
    const cloud = await cloudWithStores(t);
    const { exchange, setup } = cloud;
    const url = (issuerId) => ['--token-exchange-url', `${exchange.origin}/exchange?issuerId=${issuerId}`];
    const flags = ['--identity', 'web-identity', '--aws-region', 'us-west-2', '--cognito-role-arn', withTokenExchange(setup)];
    const legs = ['token', 'exchange', 'tags', 'role', 'stores'];
    const { exitCode, report } = await examined(cloud, undefined, [...flags, ...url('github')]);
    assert.deepEqual([exitCode, report.legs.map(({ leg }) => leg)], [0, legs]);
    const { tags, transitiveTagKeys } = report.legs[2].facts;
    assert.equal(tags.repository, 'octo-org/octo-repo');
    assert.deepEqual(transitiveTagKeys, ['enterprise', 'environment', 'repository', 'repository_id']);
    failedAt((await examined(cloud, undefined, [...flags, ...url('gitlab')])).report, 'exchange', 'token-exchange-refused', legs);
    exchange.mapping = (claims) => ({ ...claims, 'https://aws.amazon.com/tags': { principal_tags: { actor: ['dependabot[bot]'] } } });
    failedAt((await examined(cloud, undefined, [...flags, ...url('github')])).report, 'tags', 'claim-unusable', legs);
    exchange.mapping = (claims) => claims;
    failedAt((await examined(cloud, undefined, [...flags, ...url('github')])).report, 'role', 'assume-role-denied', legs);
  });

  test('says that a service cannot be reached, and that a proxy refuses', async (t) => {
    const cloud = await cloudWithStores(t);
    const closed = `http://127.0.0.1:${await freePort()}`;
    const job = { ...cloud.jobEnvironment(), AWS_MAX_ATTEMPTS: '1' };
    failedAt((await examined(cloud, { ...job, AWS_ENDPOINT_URL_STS: closed })).report, 'role', 'service-unreachable');
    const proxy = await startProxy(t, { port: cloud.port, status: 403 });
    const { report } = await examined(cloud, { ...job, AWS_ENDPOINT_URL: undefined, HTTPS_PROXY: `http://${CANARY}:${CANARY}@127.0.0.1:${proxy.port}` });
    failedAt(report, 'pool', 'proxy-refused');
    assert.deepEqual(proxy.hosts(), ['cognito-identity.us-west-2.amazonaws.com:443']);
  });

  test('on a terminal, says meanwhile that it works', POSIX, async (t) => {
    const cloud = await cloudWithStores(t);
    cloud.fail({ operation: 'GetId', fault: { delayMs: 2000 } });
    const { exitCode, stdout, said } = await atTerminal(['doctor', ...flagsOf(cloud)], { environment: environmentOf(cloud.jobEnvironment()) });
    assert.equal(exitCode, 0);
    assert.match(said, /Checking … \d+ s/);
    assert.doesNotMatch(stdout, /Checking/);
  });
});

describe('doctor on a developer’s machine', TOGETHER, () => {
  test('says which credentials and which region were found, and whose they are', async (t) => {
    const cloud = await cloudWithStores(t);
    const { accessKeyId, secretAccessKey, sessionToken } = person(cloud);
    const own = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken };
    const { exitCode, stdout, stderr } = await doctor(cloud, { AWS_REGION: 'us-west-2', ...own }, [], []);
    assert.deepEqual([exitCode, stderr], [0, '']);
    assert.match(stdout, /^region +ok +us-west-2, from AWS_REGION$/m);
    assert.match(stdout, /^credentials +ok +\d+ ms +arn:aws:sts::123456789012:assumed-role\/developer\/mona,\s+from the environment variable AWS_ACCESS_KEY_ID$/m);
    assert.doesNotMatch(stdout, /^stores|^answer/m);
    const { report } = await examined(cloud, { ...own }, ['--aws-region', 'us-west-2'], []);
    assert.deepEqual(report.legs.map(({ facts }) => facts), [
      { region: 'us-west-2', from: '--aws-region' },
      { account: '123456789012', arn: 'arn:aws:sts::123456789012:assumed-role/developer/mona', source: 'the environment variable AWS_ACCESS_KEY_ID' },
    ]);
  });

  test('names the source of the AWS SDK’s search: a profile, its process, a role', async (t) => {
    const cloud = await cloudWithStores(t);
    const keys = person(cloud);
    const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken } = keys;
    const file = path.join(folder, 'process.json');
    await writeFile(file, JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey, SessionToken }));
    const print = `"${process.execPath}" -p "fs.readFileSync(process.argv[1],'utf8')" "${file}"`;
    cloud.setup.roles['arn:aws:iam::123456789012:role/reader'] = role(principalTrust('arn:aws:iam::123456789012:role/developer'), ALL);
    const home = await homeWith(`[profile keys]\nregion = us-west-2\n${profile(keys)}[profile process]\nregion = us-west-2\ncredential_process = ${print}\n` +
      '[profile role]\nregion = us-west-2\nrole_arn = arn:aws:iam::123456789012:role/reader\nsource_profile = keys\n');
    for (const [name, source, arn] of [
      ['keys', /keys of a profile/, 'developer'],
      ['process', /credential_process/, 'developer'],
      ['role', /a role that was assumed/, 'reader'],
    ]) {
      const { exitCode, report } = await examined(cloud, home, ['--profile', name], []);
      assert.equal(exitCode, 0, name);
      const [region, credentials] = report.legs;
      assert.equal(region.facts.from, `the profile ${name}`);
      assert.match(credentials.facts.source, source);
      assert.ok(credentials.facts.arn.includes(`assumed-role/${arn}/`), credentials.facts.arn);
    }
  });

  test('says what is missing, all of it: the region, and the credentials', async (t) => {
    const cloud = await cloudWithStores(t);
    const home = await homeWith('');
    const none = await examined(cloud, home, ['--repository', 'octo-org/octo-repo'], []);
    assert.equal(none.exitCode, 1);
    assert.deepEqual(none.report.legs.map(({ leg, status }) => [leg, status]), [['region', 'failed'], ['credentials', 'failed'], ['stores', 'not-reached']]);
    assert.match(none.report.fix.hint, /--aws-region/);
    assert.equal(none.report.legs[1].problem.code, 'credentials-unavailable');
    failedAt((await examined(cloud, home, ['--aws-region', 'us-west-2'], [])).report, 'credentials', 'credentials-unavailable', ['region', 'credentials']);
    const keys = { ...home, AWS_ACCESS_KEY_ID: CANARY, AWS_SECRET_ACCESS_KEY: CANARY };
    failedAt((await examined(cloud, keys, [], [])).report, 'region', 'invalid-input', ['region', 'credentials']);
    assert.deepEqual(cloud.requests, []);
    failedAt((await examined(cloud, keys, ['--aws-region', 'us-west-2'], [])).report, 'credentials', 'credentials-refused', ['region', 'credentials']);
  });

  test('asks for the stores of a repository and an environment that are named', async (t) => {
    const cloud = await cloudWithStores(t);
    const { accessKeyId, secretAccessKey, sessionToken } = person(cloud);
    const own = { AWS_REGION: 'us-west-2', AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken };
    const at = ['--repository', 'octo-org/octo-repo', '--namespace', 'octo-enterprise'];
    const { exitCode, report } = await examined(cloud, own, [...at, '--environment', 'production'], []);
    assert.deepEqual([exitCode, report.stores.length], [0, 4]);
    failedAt((await examined(cloud, own, [...at.slice(0, 2), '--namespace', 'other'], [])).report, 'stores', 'store-not-found', ['region', 'credentials', 'stores']);
    cloud.setup.roles['arn:aws:iam::123456789012:role/developer'].policies = [];
    failedAt((await examined(cloud, own, at, [])).report, 'stores', 'store-access-denied', ['region', 'credentials', 'stores']);
  });

  test('goes to a second role, and takes the repository from the job’s token if there is a job', async (t) => {
    const cloud = await cloudWithStores(t);
    const { accessKeyId, secretAccessKey, sessionToken } = person(cloud);
    const own = { AWS_REGION: 'us-west-2', AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken };
    const reader = 'arn:aws:iam::123456789012:role/reader';
    cloud.setup.roles[reader] = role(principalTrust('arn:aws:iam::123456789012:role/developer'), ALL);
    const at = ['--repository', 'octo-org/octo-repo', '--namespace', 'octo-enterprise', '--chain-role-arn', reader, '--role-session-name', 'doctor'];
    const chained = await examined(cloud, own, at, []);
    assert.deepEqual([chained.exitCode, chained.report.legs.map(({ leg }) => leg)], [0, ['region', 'credentials', 'chain', 'stores']]);
    assert.ok(chained.report.legs[2].facts.arn.endsWith('assumed-role/reader/doctor'));
    cloud.setup.roles[reader].policies = [];
    failedAt((await examined(cloud, own, at, [])).report, 'stores', 'store-access-denied', ['region', 'credentials', 'chain', 'stores']);

    const way = ['region', 'credentials', 'token', 'stores'];
    const values = ['--identity', 'environment', '--values', 'TOKEN,secret'];
    const issuer = ['--github-enterprise-name', 'octo-enterprise', '--oidc-issuer', cloud.url];
    const job = await examined(cloud, { ...own, ...cloud.jobEnvironment() }, [...values, ...issuer], []);
    assert.deepEqual([job.exitCode, job.report.legs.map(({ leg }) => leg), job.report.stores.length], [0, way, 2]);
    const { report } = await examined(cloud, own, values, []);
    failedAt(report, 'token', 'id-token-permission-missing', way);
    assert.match(report.fix.hint, /Pass `--repository`/);
  });

  test('with the flags of a job, says that this is none', async (t) => {
    const cloud = await cloudWithStores(t);
    const { report } = await examined(cloud, { ACTIONS_ID_TOKEN_REQUEST_URL: undefined });
    failedAt(report, 'token', 'id-token-permission-missing');
    assert.match(report.fix.hint, /not a job of GitHub Actions[\s\S]*leave out `--cognito-identity-pool-id`/);
  });

  test('ends with 2 if it is not used as its help says', async (t) => {
    const cloud = await cloudWithStores(t);
    for (const flags of [
      ['extra'],
      ['--identity', 'guess'],
      ['--profile', 'x', '--identity', 'cognito'],
      ['--environment', 'production'],
      ['--aws-region', 'Oregon'],
      ['--values', 'A,secrt'],
      ['--timeout-seconds', '0'],
    ]) {
      const { exitCode, stdout, stderr } = await run(cloud, ['--json', ...flags], await homeWith(''));
      assert.deepEqual([exitCode, stdout], [2, ''], flags.join(' '));
      assert.match(stderr, /^env-kvstore: invalid-input: /);
    }
    assert.deepEqual(cloud.requests, []);
  });
});

const ALL = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/** A pool that maps more claims. */
function mapping(...claims) {
  return ({ identityPools, poolId, providerArn }) => Object.assign(identityPools[poolId].tagMaps[providerArn].PrincipalTags, Object.fromEntries(claims.map((claim) => [claim, claim])));
}

function withoutAction({ Statement }, action) {
  for (const statement of Statement) statement.Action = [statement.Action].flat().filter((known) => known !== action);
  Statement.splice(0, Statement.length, ...Statement.filter(({ Action }) => Action.length > 0));
}

/** A cloud whose stores hold a canary: the secrets of the repository and of production, unless told. */
async function cloudWithStores(t, { configure, stores = ['secrets', 'env/production/secrets'] } = {}) {
  const cloud = await startCloud({ configure });
  t.after(() => cloud.close());
  for (const name of stores) cloud.putSecret(`${STORES}/${name}`, { TOKEN: `${CANARY}-value` });
  return cloud;
}

/** Somebody who may do everything, and whose keys are canaries by their form. */
function person(cloud) {
  return cloud.addPerson('developer', ALL);
}

function profile({ accessKeyId, secretAccessKey, sessionToken }) {
  return `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\naws_session_token = ${sessionToken}\n`;
}

async function homeWith(config) {
  const home = await mkdtemp(path.join(folder, 'home-'));
  await mkdir(path.join(home, '.aws'));
  await writeFile(path.join(home, '.aws/config'), config);
  return { HOME: home, USERPROFILE: home };
}

function flagsOf({ url, setup }) {
  return ['--cognito-identity-pool-id', setup.poolId, '--cognito-role-arn', setup.roleArn, '--github-enterprise-name', 'octo-enterprise', '--oidc-issuer', url];
}

function environmentOf(more) {
  return { HOME: folder, USERPROFILE: folder, AWS_EC2_METADATA_DISABLED: 'true', ...more };
}

/** Whatever it says, it says nothing that is secret. */
async function run(cloud, args, more) {
  const environment = environmentOf({ AWS_ENDPOINT_URL: cloud.url, ...more });
  const ended = await runCli(['doctor', ...args], { environment });
  const secrets = [environment.ACTIONS_ID_TOKEN_REQUEST_TOKEN, environment.AWS_SECRET_ACCESS_KEY, environment.AWS_SESSION_TOKEN, environment.AWS_ACCESS_KEY_ID];
  for (const secret of secrets.filter(Boolean)) assert.ok(!`${ended.stdout}${ended.stderr}`.includes(secret), 'a credential was shown');
  assert.doesNotMatch(`${ended.stdout}${ended.stderr}`, new RegExp(`${CANARY}|eyJ[\\w-]{10}|A[SK]IA[A-Z2-7]{12}`));
  return ended;
}

function doctor(cloud, more = cloud.jobEnvironment(), flags = [], base = flagsOf(cloud)) {
  return run(cloud, [...base, ...flags], more);
}

async function examined(cloud, more, flags = [], base = flagsOf(cloud)) {
  const { exitCode, stdout, stderr } = await doctor(cloud, more, ['--json', ...flags], base);
  assert.equal(stderr, '');
  return { exitCode, report: JSON.parse(stdout) };
}

/** Every leg before it was well, none after it was reached, and it is what to fix. */
function failedAt({ ok, legs, fix }, leg, code, way = LEGS) {
  assert.deepEqual(legs.map((each) => each.leg), way);
  const at = way.indexOf(leg);
  assert.deepEqual(legs.map(({ status }) => status), way.map((_, index) => (index < at ? 'ok' : index === at ? 'failed' : 'not-reached')), JSON.stringify(fix));
  assert.deepEqual([ok, fix.leg, fix.code], [false, leg, code]);
  assert.ok(fix.message.length > 0 && fix.hint.length > 0);
}
