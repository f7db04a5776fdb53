// The way out of GitHub's own secrets, taken by the committed bundle as the runner starts it: to a bucket, where Debian's `age`
// decrypts what comes, and straight into the stores, by the policies of docs/.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/action/migration.test.mjs` runs the bundle on another Node.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { documentsIn } from '../cloud/pages.mjs';
import { role } from '../cloud/setup.mjs';
import { decrypted, newIdentity, withoutAge } from '../runner/age.mjs';
import { spoken } from '../runner/step.mjs';
import { CANARY, cloud, failed, newRepository, ONE_SECRET, run, storesOf, succeeded, TOGETHER } from './jobs.mjs';

const OURS = cloud.setup.accountId;
const THEIRS = '210987654321';
const REPOSITORY_ID = '1296269';
const OPEN = { 'github:migrate': 'open', 'github:repository_id': REPOSITORY_ID };
/** As GitHub gives it to a job, among the secrets. */
const JOBS_TOKEN = `ghs_${CANARY}-of-the-job`;
/** Of age's own specification; nobody here has its identity. */
const RECIPIENT = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-migration-'));
after(() => rm(folder, { recursive: true }));
const documents = documentsIn(cloud.url, ['docs/managing-values.md', 'docs/migrate.md']);
// The step's clock is the true one, which will be past the page's date.
const trust = JSON.parse(JSON.stringify(documents['migration-trust-policy']).replaceAll(/"\d{4}-07-01T00:00:00Z"/g, '"2999-01-01T00:00:00Z"'));
const MIGRATION = roleNamed('github-migration', documents['migration-role-policy']);
const BUCKETS = roleNamed('github-migration-to-s3', documents['migration-bucket-policy']);

function roleNamed(name, ...policies) {
  const arn = `arn:aws:iam::${OURS}:role/${name}`;
  cloud.setup.roles[arn] = role(trust, { Version: '2012-10-17', Statement: policies.flatMap(({ Statement }) => Statement) });
  return arn;
}

/** A step of a job of a new repository that migrates, and loads nothing unless it is told to. */
async function migrate({ secrets = {}, vars = {}, inputs = {}, claims = {}, repository = newRepository({}), ...rest }) {
  const context = { github_token: JOBS_TOKEN, ...secrets };
  const step = await run({
    repository,
    claims: { environment: undefined, repository_id: REPOSITORY_ID, ...claims },
    inputs: {
      'cognito-role-arn': MIGRATION,
      values: '',
      'existing-gh-secrets': JSON.stringify(context, null, 2),
      'existing-gh-variables': JSON.stringify(vars, null, 2),
      ...inputs,
    },
    ...rest,
  });
  assert.ok(!JSON.stringify(step.files).includes(JOBS_TOKEN));
  return { ...step, repository };
}

/** Empty containers of a repository, opened, as the platform team makes them. */
function newStores(names, { tags = OPEN, repository = newRepository({}) } = {}) {
  for (const name of names) cloud.createSecret(`${storesOf(repository)}/${name}`, { tags });
  return repository;
}

function current(repository, name) {
  const { versions } = cloud.secret(`${storesOf(repository)}/${name}`);
  const value = versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.value;
  return value === undefined ? undefined : JSON.parse(value);
}

function rows(summary) {
  return [...summary.matchAll(/^\| `(\w+)` \| (\w+) \| `(.*?)` \| (.*?) \|$/gm)].map(([, ...cells]) => cells);
}

/** Requests of the jobs of a repository, which name it in what they ask for. */
function requestsAbout(repository) {
  return cloud.requests.filter(({ detail }) => JSON.stringify(detail ?? {}).includes(`${repository}/`)).map(({ operation }) => operation);
}

describe('a migration to a bucket', TOGETHER, () => {
  const toBucket = ({ bucket, recipient = RECIPIENT, inputs = {}, ...rest }) =>
    migrate({ ...rest, inputs: { 'cognito-role-arn': BUCKETS, 'migrate-s3-bucket': bucket, 'migrate-age-recipient': recipient, ...inputs } });
  const newBucket = (options) => {
    const name = 'octo-migration';
    cloud.setup.buckets[name] ??= cloud.addBucket(name, options);
    return name;
  };
  const objectsOf = (repository, bucket = 'octo-migration') =>
    [...cloud.setup.buckets[bucket].objects].filter(([key]) => key.startsWith(`octo-enterprise/${repository}/`));

  test('is decrypted by age: both contexts, without the job\'s token, for the recipient that the object names', { skip: withoutAge() }, async () => {
    const key = newIdentity(path.join(folder, 'identity'));
    const secrets = { PEM: `-----BEGIN-----\n${CANARY} é 🔑\r\n\t"\\`, LONG: CANARY.repeat(20_000), EMPTY: '' };
    const vars = { REPLICAS: '3' };
    const step = await toBucket({ bucket: newBucket(), recipient: key.recipient, secrets, vars });
    succeeded(step, {});
    const [[name, { bytes, contentType }]] = objectsOf(step.repository);
    assert.equal(name, `octo-enterprise/${step.repository}/deploy/__noenv__/${step.runId}.json`);
    assert.equal(contentType, 'application/json');
    const object = JSON.parse(bytes);
    assert.deepEqual(Object.keys(object), ['agePublicKey', 'vars', 'secrets']);
    assert.equal(object.agePublicKey, key.recipient);
    for (const text of [object.vars, object.secrets]) assert.match(text, /^-----BEGIN AGE ENCRYPTED FILE-----\n[\s\S]*-----END AGE ENCRYPTED FILE-----\n$/);
    assert.deepEqual(JSON.parse(decrypted(object.secrets, key)), secrets);
    assert.deepEqual(JSON.parse(decrypted(object.vars, key)), vars);
    // Not by a regular expression: what was found would be shown, and is long.
    assert.ok([CANARY, 'REPLICAS', 'EMPTY'].every((text) => !bytes.includes(text)));
  });

  test('puts the object under the names of the job, whatever characters they have', async () => {
    newBucket();
    for (const [claims, folders] of [
      [{ workflow: 'Über uns / deploy (1)+2&3' }, 'Über uns / deploy (1)+2&3/__noenv__'],
      [{ workflow: '.github/workflows/ci.yml', environment: 'production' }, '.github/workflows/ci.yml/production'],
      [{ workflow: 'a', environment: 'prod/eu' }, 'a/prod%2Feu'],
      [{ workflow: 'x//y%20z' }, 'x//y%20z/__noenv__'],
    ]) {
      const step = await toBucket({ bucket: 'octo-migration', secrets: { A: CANARY }, claims });
      succeeded(step, {});
      assert.deepEqual(objectsOf(step.repository).map(([key]) => key), [`octo-enterprise/${step.repository}/${folders}/${step.runId}.json`]);
    }
  });

  test('lists names in the log and in the summary, and nothing else of what it took', async () => {
    const step = await toBucket({ bucket: newBucket(), secrets: { DATABASE_URL: CANARY }, vars: { REPLICAS: `v-${CANARY}` } });
    succeeded(step, {});
    const to = `s3://octo-migration/octo-enterprise/${step.repository}/deploy/__noenv__/${step.runId}.json`;
    assert.deepEqual(rows(step.summary), [['DATABASE_URL', 'secret', to, 'encrypted'], ['REPLICAS', 'variable', to, 'encrypted']]);
    const log = step.log.join('\n');
    assert.ok(log.includes(`▸ Migrated from GitHub to ${to}, for ${RECIPIENT}\nsecret DATABASE_URL: encrypted\nvariable REPLICAS: encrypted`), log);
    assert.doesNotMatch(spoken(step), /BEGIN AGE|github_token|GITHUB_TOKEN/);
  });

  test('is refused by a bucket of another account, though its own policy lets everyone in', async () => {
    const everyone = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' }] };
    cloud.addBucket('their-bucket', { account: THEIRS, policy: everyone });
    // The role's own policy would not let it out either; here it does.
    const lax = roleNamed('lax', { Statement: [{ Effect: 'Allow', Action: 's3:PutObject', Resource: '*' }] });
    for (const arn of [lax, BUCKETS]) {
      const step = await toBucket({ bucket: 'their-bucket', secrets: { A: CANARY }, inputs: { 'cognito-role-arn': arn, values: ONE_SECRET } });
      failed(step, 'bucket-refused', new RegExp(`must belong to account ${OURS}`));
    }
    assert.equal(cloud.setup.buckets['their-bucket'].objects.size, 0);
  });

  test('fails, and exports nothing, where there is no bucket, or elsewhere, or the recipient is mistyped', async () => {
    const secrets = { A: CANARY };
    failed(await toBucket({ bucket: 'no-such-bucket', secrets }), 'bucket-refused', /no bucket of this name/);
    cloud.addBucket('frankfurt', { region: 'eu-central-1' });
    failed(await toBucket({ bucket: 'frankfurt', secrets }), 'bucket-refused', /not in region us-west-2/);
    const repository = newRepository({});
    failed(await toBucket({ repository, bucket: newBucket(), recipient: RECIPIENT.replace('cac8p', 'cac8q'), secrets }), 'recipient-unusable', /age1ql3z/);
    for (const recipient of [`age1pq1${'q'.repeat(58)}`, `age1tag1${'q'.repeat(58)}`, 'ssh-ed25519 AAAA', `AGE-SECRET-KEY-1${'Q'.repeat(58)}`]) {
      failed(await toBucket({ repository, bucket: newBucket(), recipient, secrets }), 'invalid-input', /migrate-age-recipient/);
    }
    assert.deepEqual(requestsAbout(repository), []);
  });

  test('writes no object of another repository: the role\'s policy names the job\'s own', async () => {
    const bucket = newBucket();
    const theirs = roleNamed('theirs', JSON.parse(JSON.stringify(documents['migration-bucket-policy']).replace('${aws:PrincipalTag/repository}', 'octo-org/other')));
    failed(await toBucket({ bucket, secrets: { A: CANARY }, inputs: { 'cognito-role-arn': theirs } }), 'bucket-refused', /may not write this object/);
  });

  test('goes where the variables store says only if the step allows it', async () => {
    const bucket = newBucket();
    const both = roleNamed('reader-and-writer', cloud.setup.documents['role-policy'], documents['migration-bucket-policy']);
    const repository = newRepository({ variables: { kvstore_migrate_age_public: RECIPIENT, kvstore_migrate_s3_bucket: bucket } });
    const inputs = { 'cognito-role-arn': both };
    const asked = await migrate({ repository, secrets: { A: CANARY }, inputs });
    succeeded(asked, {});
    assert.match(asked.log.join('\n'), /Notice: Nothing was migrated.*migrate-config-from-store: true/);
    assert.deepEqual(objectsOf(repository), []);
    const allowed = await migrate({ repository, secrets: { A: CANARY }, inputs: { ...inputs, 'migrate-config-from-store': 'true' } });
    succeeded(allowed, {});
    assert.equal(objectsOf(repository).length, 1);
  });

  test('a step without these inputs loads no other file and sends no other request', async () => {
    const repository = newRepository({ secrets: { TOKEN: `${CANARY}-token` } });
    const loading = { environment: { NODE_OPTIONS: `--require=${fileURLToPath(new URL('../runner/loaded-files.cjs', import.meta.url))}` } };
    const filesOf = (step) => step.log.filter((line) => line.startsWith('loaded: ')).map((line) => path.basename(line));
    const plain = await run({ repository, ...loading });
    succeeded(plain, { TOKEN: `${CANARY}-token` });
    assert.deepEqual(filesOf(plain), ['index.js']);
    // Each store that a job may have, once.
    assert.deepEqual(requestsAbout(repository), ['GetSecretValue', 'GetSecretValue']);
    const empty = await run({ repository, inputs: { 'existing-gh-secrets': '{}', 'existing-gh-variables': '{}' }, ...loading });
    assert.deepEqual(filesOf(empty), ['index.js']);
    const migrating = await toBucket({ bucket: newBucket(), secrets: { A: CANARY }, ...loading });
    assert.deepEqual(filesOf(migrating), ['index.js', 'age.js']);
  });
});

describe('a migration to the stores', TOGETHER, () => {
  const toStores = ({ inputs = {}, ...rest }) => migrate({ ...rest, inputs: { 'migrate-to': 'stores', ...inputs } });

  test('fills empty containers, and what it filled is loaded by the same step, with its masks', async () => {
    const repository = newStores(['secrets', 'variables']);
    const loads = roleNamed('migrates-and-loads', documents['migration-role-policy'], cloud.setup.documents['role-policy']);
    const secrets = { PEM: `-----BEGIN-----\n${CANARY}-pem\n`, TOKEN: `${CANARY}-token` };
    const inputs = { 'cognito-role-arn': loads, values: 'TOKEN,secret\nREPLICAS,variable' };
    const step = await toStores({ repository, secrets, vars: { REPLICAS: '3' }, inputs });
    succeeded(step, { TOKEN: `${CANARY}-token`, REPLICAS: '3' });
    assert.equal(step.masker.mask(`a ${CANARY}-token b`), 'a *** b');
    assert.deepEqual(current(repository, 'secrets'), secrets);
    assert.deepEqual(current(repository, 'variables'), { REPLICAS: '3' });
  });

  test('overwrites nothing without migrate-overwrite, and lists what it did by name', async () => {
    const repository = newStores(['secrets', 'variables']);
    cloud.putSecret(`${storesOf(repository)}/secrets`, `{ "SAME": "${CANARY}-same", "OTHER": "${CANARY}-ours", "number": 1.10 }`);
    const secrets = { NEW: `${CANARY}-new`, SAME: `${CANARY}-same`, OTHER: `${CANARY}-theirs`, NODE_OPTIONS: CANARY };
    const step = await toStores({ repository, secrets });
    succeeded(step, {});
    const store = `${storesOf(repository)}/secrets`;
    assert.deepEqual(rows(step.summary).slice(0, 3), [
      ['NEW', 'secret', store, 'added'],
      ['SAME', 'secret', store, 'already there'],
      ['OTHER', 'secret', store, 'kept: the store has another value'],
    ]);
    assert.match(step.log.join('\n'), /^secret NODE_OPTIONS: not migrated: the name is refused/m);
    const { value } = cloud.secret(store).versions.find(({ stages }) => stages.includes('AWSCURRENT'));
    assert.equal(value, `{ "SAME": "${CANARY}-same", "OTHER": "${CANARY}-ours", "number": 1.10, "NEW": "${CANARY}-new" }`);
    const again = await toStores({ repository, secrets, inputs: { 'migrate-overwrite': 'true' } });
    succeeded(again, {});
    assert.match(again.log.join('\n'), /^secret OTHER: overwritten$/m);
    assert.equal(current(repository, 'secrets').OTHER, `${CANARY}-theirs`);
  });

  test('writes nothing where all is there: no version is made', async () => {
    const repository = newStores(['secrets']);
    const secrets = { A: CANARY };
    succeeded(await toStores({ repository, secrets }), {});
    const versions = cloud.secret(`${storesOf(repository)}/secrets`).versions.length;
    succeeded(await toStores({ repository, secrets }), {});
    assert.equal(cloud.secret(`${storesOf(repository)}/secrets`).versions.length, versions);
  });

  test('of an environment writes only what differs from the repository\'s store', async () => {
    const repository = newStores(['secrets', 'variables', 'env/production/secrets', 'env/production/variables']);
    const shared = { ORG: `${CANARY}-org`, URL: `${CANARY}-repository` };
    succeeded(await toStores({ repository, secrets: shared, vars: { V: '1' } }), {});
    const claims = { environment: 'production' };
    const step = await toStores({ repository, claims, secrets: { ...shared, URL: `${CANARY}-production`, OWN: `${CANARY}-own` }, vars: { V: '1' } });
    succeeded(step, {});
    assert.deepEqual(current(repository, 'env/production/secrets'), { URL: `${CANARY}-production`, OWN: `${CANARY}-own` });
    assert.equal(current(repository, 'env/production/variables'), undefined);
    assert.match(step.log.join('\n'), /^secret ORG: in the repository's store$/m);
    assert.deepEqual(current(repository, 'secrets'), shared);
  });

  test('takes the keys that migrate-keys names', async () => {
    const repository = newStores(['secrets', 'variables']);
    const step = await toStores({ repository, secrets: { A: CANARY, B: CANARY }, vars: { C: '1' }, inputs: { 'migrate-keys': 'A, GITHUB_TOKEN' } });
    succeeded(step, {});
    assert.deepEqual(current(repository, 'secrets'), { A: CANARY });
    assert.equal(current(repository, 'variables'), undefined);
    assert.match(step.log.join('\n'), /Warning: `migrate-keys` names what this job does not have: GITHUB_TOKEN/);
  });

  test('plants nothing in a store that is not open, and opens no guard, and exports nothing then', async () => {
    const secrets = { A: CANARY };
    const guarded = { ...OPEN, 'github:ref': 'refs/heads/main' };
    const branch = { ref: 'refs/heads/feature' };
    for (const [tags, claims] of [
      [{ 'github:repository_id': REPOSITORY_ID }, {}],
      [{ ...OPEN, 'github:migrate': 'closed' }, {}],
      [{ 'github:migrate': 'open' }, {}],
      [guarded, branch],
      [OPEN, { repository_id: '666' }],
    ]) {
      const repository = newStores(['secrets'], { tags });
      const step = await toStores({ repository, secrets, claims, inputs: { values: ONE_SECRET } });
      failed(step, 'store-access-denied', /secrets/);
      assert.deepEqual(cloud.secret(`${storesOf(repository)}/secrets`).versions, []);
      assert.deepEqual(cloud.secret(`${storesOf(repository)}/secrets`).tags, tags);
      const asked = requestsAbout(repository);
      assert.deepEqual(asked.filter((operation) => !['DescribeSecret', 'GetSecretValue'].includes(operation)), [], 'it did not even try');
    }
    const repository = newStores(['secrets'], { tags: guarded });
    succeeded(await toStores({ repository, secrets, claims: { ref: 'refs/heads/main' } }), {});
    assert.deepEqual(current(repository, 'secrets'), secrets);
  });

  test('makes no store', async () => {
    const step = await toStores({ secrets: { A: CANARY } });
    failed(step, 'store-not-found', /secrets/);
    assert.equal(cloud.secret(`${storesOf(step.repository)}/secrets`), undefined);
  });

  test('is not for the jobs\' own role', async () => {
    const repository = newStores(['secrets']);
    cloud.putSecret(`${storesOf(repository)}/secrets`, {});
    const step = await toStores({ repository, secrets: { A: CANARY }, inputs: { 'cognito-role-arn': cloud.setup.roleArn } });
    failed(step, 'store-access-denied', /PutSecretValue/);
    assert.deepEqual(current(repository, 'secrets'), {});
  });

  test('loses no update of another writer', async () => {
    const repository = newStores(['secrets']);
    const name = `${storesOf(repository)}/secrets`;
    cloud.putSecret(name, { OURS: CANARY });
    let isFirst = true;
    const meanwhile = ({ bytes }) => {
      if (isFirst && bytes.toString().includes(name)) cloud.putSecret(name, { OURS: CANARY, THEIRS: CANARY });
      isFirst &&= !bytes.toString().includes(name);
    };
    cloud.fail({ operation: 'UpdateSecretVersionStage', times: Infinity, fault: { meanwhile } });
    succeeded(await toStores({ repository, secrets: { A: CANARY } }), {});
    assert.equal(isFirst, false);
    assert.deepEqual(current(repository, 'secrets'), { OURS: CANARY, THEIRS: CANARY, A: CANARY });
  });

  test('says so where a job has nothing to migrate', async () => {
    const step = await toStores({});
    succeeded(step, {});
    assert.match(step.log.join('\n'), /Notice: Nothing was migrated: .*toJSON\(secrets\)/);
    assert.deepEqual(rows(step.summary), []);
  });
});
