// `import s3://`: what the action's migration has put into a bucket, and what Debian's `age` has encrypted, written into the stores
// by the policies of docs/migrate.md and docs/managing-values.md.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/s3-import.test.mjs` runs it on another Node.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { documentsIn } from '../cloud/pages.mjs';
import { role } from '../cloud/setup.mjs';
import { encryptedByAge, newIdentity, withoutAge } from '../runner/age.mjs';
import { NODE, runCli } from '../runner/command.mjs';
import { assertNothingLeaked, runStep } from '../runner/step.mjs';
import { atTerminal } from '../runner/terminal.mjs';

const POSIX = process.platform === 'win32' && 'Windows has no terminal of this kind';
const CANARY = 'canary';
const BUCKET = 'octo-migration';
const REPOSITORY = 'octo-org/octo-repo';
const OTHER = 'octo-org/other-repo';
const TOKEN = `ghs_${CANARY}`;

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-import-'));
const cloud = await startCloud();
after(async () => {
  await cloud.close();
  await rm(folder, { recursive: true });
});
const documents = documentsIn(cloud.url, ['docs/managing-values.md', 'docs/migrate.md']);
const importer = { Version: '2012-10-17', Statement: ['writers-platform-policy', 'migration-import-policy'].flatMap((name) => documents[name].Statement) };
const key = withoutAge() ? undefined : newIdentity(path.join(folder, 'migration.key'));
const environment = environmentOf(cloud.addPerson('importer', importer));
let objects;
beforeEach(() => {
  ({ objects } = cloud.addBucket(BUCKET, { pageSize: 2 }));
  cloud.requests.length = 0;
});

describe('import s3://', { concurrency: false, skip: withoutAge() }, () => {
  test('writes what the action has encrypted into the stores of each repository and environment', async () => {
    const arn = `arn:aws:iam::${cloud.setup.accountId}:role/github-migration`;
    const trust = JSON.parse(JSON.stringify(documents['migration-trust-policy']).replaceAll(/"\d{4}-07-01T00:00:00Z"/g, '"2999-01-01T00:00:00Z"'));
    cloud.setup.roles[arn] = role(trust, documents['migration-bucket-policy']);
    const repository = await migrated(arn, '1', {}, { SHARED: `${CANARY} shared`, URL: `${CANARY} repository` }, { REPLICAS: '3' });
    const production = await migrated(arn, '2', { environment: 'prod/eu', workflow: 'Über uns / deploy' }, { SHARED: `${CANARY} shared`, URL: `${CANARY} production`, PEM: `-----\n${CANARY}\n` }, { REPLICAS: '3' });
    for (const step of [repository, production]) assertNothingLeaked(step, CANARY);
    assert.equal(objects.size, 2);

    const done = await run(['--create', '--tag', 'github:repository_id=1296269', '--yes']);
    assert.deepEqual([done.exitCode, done.stderr], [0, '']);
    const stores = `octo-enterprise/repo/${REPOSITORY}`;
    assert.deepEqual(current(`${stores}/secrets`), { SHARED: `${CANARY} shared`, URL: `${CANARY} repository` });
    assert.deepEqual(current(`${stores}/variables`), { REPLICAS: '3' });
    assert.deepEqual(current(`${stores}/env/prod/eu/secrets`), { URL: `${CANARY} production`, PEM: `-----\n${CANARY}\n` });
    assert.equal(cloud.secret(`${stores}/env/prod/eu/variables`), undefined, 'nothing of its own');
    assert.deepEqual(cloud.secret(`${stores}/secrets`).tags, { 'github:repository_id': '1296269' });
    assert.match(done.stdout, new RegExp(`^${stores}/env/prod/eu/secrets \\(created\\)\\n\\+ URL\\n\\+ PEM\\n`, 'm'));
    assert.match(done.stdout, /Wrote 3 stores\.\n$/);

    const again = await run(['--create', '--yes']);
    assert.match(again.stdout, /Nothing was written: nothing would change\.\n$/);
    assert.equal(cloud.secret(`${stores}/secrets`).versions.length, 1);
  });

  test('of a dry run shows the same and writes nothing, and of --json one object', async () => {
    put(1, { repository: 'octo-org/dry', secrets: { A: CANARY } });
    const dry = await run(['--create', '--dry-run', '--repository', 'octo-org/dry']);
    assert.equal(dry.exitCode, 0, dry.stderr);
    assert.match(dry.stdout, /\(does not exist yet\)\n\+ A\n[\s\S]*Nothing was written: this was a dry run\.\n$/);
    put(2, { repository: OTHER, secrets: { A: CANARY, 'NODE_OPTIONS': CANARY } });
    const json = await run(['--create', '--dry-run', '--json', '--repository', OTHER]);
    const report = JSON.parse(json.stdout);
    assert.deepEqual([report.version, report.command, report.dryRun, report.bucket], [1, 'import', true, BUCKET]);
    assert.deepEqual(report.stores.map(({ store, keys, written }) => [store.repository, keys, written]), [[OTHER, [{ key: 'A', change: '+' }], false]]);
    assert.match(report.stores[0].skipped[0].problem, /is refused as a name for a variable/);
    assert.equal(cloud.secret(`octo-enterprise/repo/${OTHER}/secrets`), undefined);
    assert.deepEqual(operations().filter((operation) => /^(Put|Create|Update)/.test(operation)), []);
  });

  test('takes the newest run of a workflow, and of several workflows the newest run for each key', async () => {
    const name = store('newest');
    const of = (run, more) => put(run, { repository: 'octo-org/newest', ...more });
    of(99, { workflow: 'a', secrets: { KEY: `${CANARY} old`, GONE: CANARY } });
    of(100, { workflow: 'a', secrets: { KEY: `${CANARY} of a`, A: CANARY } });
    of(98, { workflow: 'b', secrets: { KEY: `${CANARY} of b`, B: CANARY } });
    const { exitCode, stdout, stderr } = await run(['--yes', '--repository', 'octo-org/newest']);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(current(name), { KEY: `${CANARY} of a`, A: CANARY, B: CANARY });
    assert.match(stdout, /^KEY of octo-org\/newest differs between workflows: that of run 100 is taken\.$/m);
  });

  test('keeps other keys of a store, and writes no token of a job', async () => {
    const name = store('kept', '{ "THEIRS": 1.10 }');
    put(1, { repository: 'octo-org/kept', secrets: { OURS: CANARY, github_token: TOKEN } });
    assert.equal((await run(['--yes', '--repository', 'octo-org/kept'])).exitCode, 0);
    const { value } = cloud.secret(name).versions.find(({ stages }) => stages.includes('AWSCURRENT'));
    assert.equal(value, `{ "THEIRS": 1.10, "OURS": "${CANARY}" }`);
  });

  test('leaves others\' objects and objects for other keys alone, and falls back to an older run that is for this key', async () => {
    const name = store('foreign');
    const others = newIdentity(path.join(folder, 'others.key'));
    put(1, { repository: 'octo-org/foreign', secrets: { A: CANARY } });
    put(2, { repository: 'octo-org/foreign', secrets: { A: 'theirs' }, recipient: others.recipient });
    objects.set('octo-enterprise/readme.txt', object('no'));
    objects.set('octo-enterprise/octo-org/foreign/w/__noenv__/3.json', object('{"agePublicKey":1}'));
    objects.set('octo-enterprise/octo-org/foreign/w2/__noenv__/3.json', object(Buffer.from([0xff, 0xfe])));
    const { exitCode, stdout, stderr } = await run(['--yes', '--repository', 'octo-org/foreign']);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(current(name), { A: CANARY });
    const skipped = [...stdout.matchAll(/^Skipped s3:\/\/octo-migration\/octo-enterprise\/(.*): (.*)\.$/gm)].map(([, ...found]) => found);
    assert.deepEqual(skipped, [
      ['readme.txt', 'its key is not that of a migration'],
      ['octo-org/foreign/w/__noenv__/3.json', 'it is not an object of a migration'],
      ['octo-org/foreign/w2/__noenv__/3.json', 'it is not an object of a migration'],
      ['octo-org/foreign/deploy/__noenv__/2.json', 'it is encrypted for another key'],
    ].toSorted((one, other) => stdout.indexOf(one[0]) - stdout.indexOf(other[0])));
  });

  test('writes nothing at all if an object for this key is damaged', async () => {
    const name = store('damaged');
    put(1, { repository: 'octo-org/damaged', workflow: 'good', secrets: { A: CANARY } });
    const bytes = put(2, { repository: 'octo-org/damaged', workflow: 'bad', secrets: { B: CANARY } });
    const { agePublicKey, vars, secrets } = JSON.parse(bytes);
    const spoilt = secrets.replace(/.{10}(=*\n-----END)/, `AAAAAAAAAA$1`);
    assert.notEqual(spoilt, secrets);
    for (const [damaged, why] of [
      [{ agePublicKey, vars, secrets: spoilt }, /cannot be decrypted/],
      [{ agePublicKey, vars }, /cannot be decrypted/],
      [{ agePublicKey, vars: encryptedByAge('{"A":1}', key.recipient), secrets }, /vars are not a JSON object of strings/],
      [{ agePublicKey, vars, secrets: encryptedByAge(`not JSON ${CANARY}`, key.recipient) }, /secrets are not a JSON object of strings/],
    ]) {
      objects.set('octo-enterprise/octo-org/damaged/bad/__noenv__/2.json', object(JSON.stringify(damaged)));
      const { exitCode, stdout, stderr } = await run(['--yes', '--repository', 'octo-org/damaged']);
      assert.deepEqual([exitCode, stdout], [1, '']);
      assert.match(stderr, why);
      assert.match(stderr, /octo-org\/damaged\/bad\/__noenv__\/2\.json is damaged/);
      assert.deepEqual(current(name), {});
    }
  });

  test('takes the identity from stdin too, and shows nothing of it', async () => {
    const name = store('stdin');
    put(1, { repository: 'octo-org/stdin', secrets: { A: CANARY } });
    const args = ['import', `s3://${BUCKET}/octo-enterprise/`, '--age-identity', '-', '--aws-region', 'us-west-2', '--repository', 'octo-org/stdin', '--yes'];
    const done = await cli(args, { input: await readFile(key.file, 'utf8') });
    assert.equal(done.exitCode, 0, done.stderr);
    assert.deepEqual(current(name), { A: CANARY });
    const damaged = `${key.identity.slice(0, -1)}${key.identity.endsWith('Q') ? 'P' : 'Q'}`;
    for (const [input, why] of [
      ['', /has no identity/],
      ['# only a comment\n', /has no identity/],
      [`AGE-SECRET-KEY-PQ-1${key.identity.slice(16)}`, /something else than identities/],
      ['-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n', /something else than identities/],
      [damaged, /is damaged/],
    ]) {
      const { exitCode, stdout, stderr } = await cli(args, { input });
      assert.deepEqual([exitCode, stdout], [2, ''], stderr);
      assert.match(stderr, why);
      assert.ok(!stderr.includes(key.identity.slice(16, 40)), stderr);
    }
  });

  test('is used in one way only', async () => {
    for (const [args, why] of [
      [['import', `s3://${BUCKET}/x`, '--yes'], /requires --age-identity/],
      [['import', '.env', '--age-identity', key.file, '--repository', REPOSITORY, '--yes'], /--age-identity goes with s3:/],
      [['import', 's3://', '--age-identity', key.file, '--yes'], /is not s3:\/\/BUCKET\/PREFIX/],
      [['import', `s3://${BUCKET}/x`, '--age-identity', key.file, '--replace', '--yes'], /--replace does not go with s3:/],
      [['import', `s3://${BUCKET}/x`, '--age-identity', key.file, '--environment', 'production', '--yes'], /--environment does not go with s3:/],
      [['import', `s3://${BUCKET}/x`, '--age-identity', key.file], /there is no terminal/],
      [['import', 's3://Not_A_Bucket/x', '--age-identity', key.file, '--yes', '--aws-region', 'us-west-2'], /is not the name of a bucket/],
    ]) {
      const { exitCode, stdout, stderr } = await cli(args);
      assert.deepEqual([exitCode, stdout], [2, ''], stderr);
      assert.match(stderr, why);
    }
    assert.deepEqual(cloud.requests, []);
  });

  test('says why S3 refuses, and what there is nothing of', async () => {
    const none = await run(['--yes']);
    assert.deepEqual([none.exitCode, none.stdout], [2, '']);
    assert.match(none.stderr, /has no object of a migration that this identity can decrypt/);
    const outside = await cli(['import', `s3://${BUCKET}/other/`, '--age-identity', key.file, '--aws-region', 'us-west-2', '--yes']);
    assert.equal(outside.exitCode, 1);
    assert.match(outside.stderr, /bucket-refused: [\s\S]*s3:ListBucket/);
    put(1, { secrets: { A: CANARY } });
    const absent = await run(['--yes', '--repository', 'octo-org/octo-repo', '--namespace', 'octo-enterprise/repo/absent']);
    assert.match(absent.stderr, /store-not-found|store-access-denied/);
    cloud.addBucket(BUCKET, { account: '210987654321', policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' }] } });
    const theirs = await run(['--yes', '--secrets-manager-account-id', cloud.setup.accountId]);
    assert.match(theirs.stderr, /bucket-refused: [\s\S]*must belong to account 123456789012/);
  });

  test('lists over several pages, under keys with any characters', async () => {
    const name = store('pages');
    const workflows = ['a b', 'ü+&=%', '.github/workflows/ci.yml', 'd', 'e'];
    workflows.forEach((workflow, index) => put(index + 1, { repository: 'octo-org/pages', workflow, secrets: { [`KEY_${index}`]: CANARY } }));
    const { exitCode, stderr } = await run(['--yes', '--repository', 'octo-org/pages']);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(Object.keys(current(name)), workflows.map((_, index) => `KEY_${index}`));
    assert.equal(operations().filter((operation) => operation === 'ListObjectsV2').length, 3);
  });

  test('writes none of the stores whose values others change between plan and write, and says which were written before', async () => {
    const [first, second] = ['race-1', 'race-2'].map((repository) => store(repository));
    put(1, { repository: 'octo-org/race-1', secrets: { A: CANARY } });
    put(2, { repository: 'octo-org/race-2', secrets: { A: CANARY } });
    const meanwhile = ({ bytes }) => bytes.toString().includes(second) && cloud.putSecret(second, { A: 'of others' });
    cloud.fail({ operation: 'PutSecretValue', skip: 1, times: 1, fault: { meanwhile } });
    const { exitCode, stdout, stderr } = await run(['--yes']);
    cloud.clearFaults();
    assert.deepEqual([exitCode, stdout], [1, '']);
    assert.match(stderr, new RegExp(`Written before that: ${first}\n`));
    assert.match(stderr, /store-changed/);
    assert.deepEqual([current(first), current(second)], [{ A: CANARY }, { A: 'of others' }]);
  });

  test('asks once at a terminal, below the plan, and writes nothing if the answer is no', { skip: POSIX }, async () => {
    const name = store('asked');
    put(1, { repository: 'octo-org/asked', secrets: { A: CANARY } });
    const args = ['import', `s3://${BUCKET}/octo-enterprise/`, '--age-identity', key.file, '--aws-region', 'us-west-2'];
    const question = 'Write this store: 1 added?';
    const declined = await atTerminal(args, { environment, answers: [[question, 'n\r']] });
    assert.match(declined.text, new RegExp(`${name}\\s+\\+ A`));
    assert.match(declined.text, /Nothing was written\./);
    assert.deepEqual([declined.exitCode, current(name)], [1, {}]);
    const agreed = await atTerminal(args, { environment, answers: [[question, 'y\r']] });
    assert.equal(agreed.exitCode, 0, agreed.text);
    assert.doesNotMatch(declined.said + agreed.said + agreed.stdout, new RegExp(CANARY));
    assert.deepEqual(current(name), { A: CANARY });
  });
});

/** A run of the committed action. */
async function migrated(roleArn, run_id, claims, secrets, vars) {
  const step = await runStep({
    node: NODE,
    inputs: {
      'cognito-identity-pool-id': cloud.setup.poolId,
      'cognito-role-arn': roleArn,
      'github-enterprise-name': 'octo-enterprise',
      'oidc-issuer': cloud.url,
      'migrate-age-recipient': key.recipient,
      'migrate-s3-bucket': BUCKET,
      'existing-gh-secrets': JSON.stringify({ github_token: TOKEN, ...secrets }),
      'existing-gh-variables': JSON.stringify(vars),
    },
    environment: cloud.jobEnvironment({ environment: undefined, run_id, ...claims }),
  });
  assert.equal(step.exitCode, 0, step.log.join('\n'));
  return step;
}

/** An object as the action writes it, encrypted by age. */
function put(run, { repository = REPOSITORY, workflow = 'deploy', environment = '__noenv__', secrets = {}, vars = {}, recipient = key.recipient }) {
  const [encryptedVars, encryptedSecrets] = [vars, secrets].map((context) => encryptedByAge(JSON.stringify(context), recipient));
  const text = JSON.stringify({ agePublicKey: recipient, vars: encryptedVars, secrets: encryptedSecrets });
  objects.set(`octo-enterprise/${repository}/${workflow}/${environment}/${run}.json`, object(text));
  return text;
}

function object(text) {
  return { bytes: Buffer.from(text), changedAt: 0 };
}

/** The store of secrets of a repository. */
function store(repository, document = '{}') {
  const name = `octo-enterprise/repo/octo-org/${repository}/secrets`;
  cloud.putSecret(name, document);
  return name;
}

function current(name) {
  return JSON.parse(cloud.secret(name).versions.find(({ stages }) => stages.includes('AWSCURRENT')).value);
}

function operations() {
  return cloud.requests.map(({ operation }) => operation);
}

function run(args) {
  return cli(['import', `s3://${BUCKET}/octo-enterprise/`, '--age-identity', key.file, '--aws-region', 'us-west-2', ...args]);
}

/** Nothing that a command says has a value in it, or an identity. */
async function cli(args, options = {}) {
  const done = await runCli(args, { cwd: folder, ...options, environment });
  assert.doesNotMatch(done.stdout + done.stderr, new RegExp(`${CANARY}|AGE-SECRET-KEY-1\\w{20}`));
  return done;
}

function environmentOf({ accessKeyId, secretAccessKey, sessionToken }) {
  return {
    HOME: folder,
    AWS_ENDPOINT_URL: cloud.url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
}
