// The policies of docs/managing-values.md, as the page shows them: who may write which store, and who may not.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, beforeEach, describe, test } from 'node:test';
import { startCloud } from './cloud.mjs';
import { credentialsIn, decode, jobClient } from './job.mjs';
import { documentsIn } from './pages.mjs';
import { role } from './setup.mjs';

const DAY_MS = 24 * 60 * 60 * 1000;
const REPOSITORY = 'octo-enterprise/repo/octo-org/octo-repo';
const OTHER = 'octo-enterprise/repo/octo-org/other-repo';
const documents = documentsIn('https://token.actions.githubusercontent.com', ['docs/managing-values.md']);
const until = Date.parse(documents['migration-trust-policy'].Statement[0].Condition.DateLessThan['aws:CurrentTime']);

/** A day before the date that the page names. */
let clockOffsetMs = until - DAY_MS - Date.now();
const cloud = await startCloud({ now: () => Date.now() + clockOffsetMs });
const { cognitoSignIn, assumeRole, secretsManager, signIn } = jobClient(cloud);
after(() => cloud.close());

/** @returns {Promise<string>} `yes`, or the code of the refusal */
async function may(caller, operation, input) {
  const { status, json } = await secretsManager({ ...caller, signedMsAgo: -clockOffsetMs }, operation, input);
  return status === 200 ? 'yes' : json.__type;
}

const DENIED = 'AccessDeniedException';
const value = () => ({ ClientRequestToken: randomUUID(), SecretString: '{"KEY":"value"}' });
const idOf = (name, label = 'AWSCURRENT') => cloud.secret(name).versions.find(({ stages }) => stages.includes(label)).id;

/** What a writer does with a store that exists, each step as it would be allowed. */
const WRITING = {
  DescribeSecret: () => ({}),
  GetSecretValue: () => ({}),
  PutSecretValue: () => ({ ...value(), VersionStages: ['env-kvstore-pending'] }),
  UpdateSecretVersionStage: (name) => ({
    VersionStage: 'AWSCURRENT',
    RemoveFromVersionId: idOf(name),
    MoveToVersionId: idOf(name, 'env-kvstore-pending'),
  }),
};
/** What only the platform does. */
const RULING = {
  TagResource: () => ({ Tags: [{ Key: 'github:migrate', Value: 'open' }] }),
  UntagResource: () => ({ TagKeys: ['github:ref', 'github:team', 'github:repository_id'] }),
  UpdateSecret: () => value(),
  DeleteSecret: () => ({ RecoveryWindowInDays: 30 }),
  RestoreSecret: () => ({}),
};

async function answers(caller, name, operations) {
  const found = [];
  for (const [operation, input] of Object.entries(operations)) found.push([operation, await may(caller, operation, { SecretId: name, ...input(name) })]);
  return Object.fromEntries(found);
}

const all = (operations, answer) => Object.fromEntries(Object.keys(operations).map((operation) => [operation, answer]));

async function allowsWriting(caller, name) {
  assert.deepEqual(await answers(caller, name, WRITING), all(WRITING, 'yes'), name);
}

/** Nothing is read either, by whatever version or label. */
async function deniesAll(caller, name) {
  const before = structuredClone(cloud.secret(name));
  assert.deepEqual(await answers(caller, name, { ...WRITING, ...RULING }), all({ ...WRITING, ...RULING }, DENIED), name);
  for (const selection of [{ VersionStage: 'AWSPREVIOUS' }, { VersionStage: 'env-kvstore-pending' }, { VersionId: idOf(name) }, { SecretId: before.arn }]) {
    assert.equal(await may(caller, 'GetSecretValue', { SecretId: name, ...selection }), DENIED, JSON.stringify(selection));
  }
  assert.equal(await may(caller, 'BatchGetSecretValue', { SecretIdList: [name] }), DENIED);
  assert.equal(await may(caller, 'ListSecretVersionIds', { SecretId: name, IncludeDeprecated: true }), DENIED);
  assert.deepEqual(cloud.secret(name), before);
}

/** A store with a current, a previous and a pending version. */
function store(name, tags = {}) {
  cloud.putSecret(name, { KEY: 'first' }, { tags });
  cloud.putSecret(name, { KEY: 'second' });
  cloud.putSecret(name, { KEY: 'third' }, { versionStage: 'env-kvstore-pending' });
}

describe("the platform team's policy", () => {
  const platform = () => cloud.addPerson('platform', documents['writers-platform-policy']);

  test('creates stores of the namespace with tags, writes, tags, deletes and restores them', async () => {
    const name = `${REPOSITORY}/env/${randomUUID()}/secrets`;
    const Tags = [{ Key: 'github:repository_id', Value: '1296269' }];
    assert.equal(await may(platform(), 'CreateSecret', { Name: name, Tags, ...value() }), 'yes');
    assert.equal(await may(platform(), 'CreateSecret', { Name: `${name}2` }), 'yes');
    await allowsWriting(platform(), name);
    for (const operation of ['TagResource', 'UntagResource', 'DeleteSecret', 'RestoreSecret']) {
      assert.equal(await may(platform(), operation, { SecretId: name, ...RULING[operation](name) }), 'yes', operation);
    }
    assert.equal(await may(platform(), 'ListSecrets', {}), 'yes');
    assert.equal(await may(platform(), 'ListSecretVersionIds', { SecretId: name }), 'yes');
  });

  test('does nothing outside the namespace, and deletes nothing at once', async () => {
    store('elsewhere/secret');
    await deniesAll(platform(), 'elsewhere/secret');
    assert.equal(await may(platform(), 'CreateSecret', { Name: 'octo-enterprise/other', ...value() }), DENIED);
    store(`${REPOSITORY}/kept`);
    assert.equal(await may(platform(), 'DeleteSecret', { SecretId: `${REPOSITORY}/kept`, ForceDeleteWithoutRecovery: true }), DENIED);
    assert.ok(cloud.secret(`${REPOSITORY}/kept`));
  });
});

describe("a team's policy", () => {
  const member = (team) => cloud.addPerson('team', documents['writers-team-policy'], { tags: team ? { team } : {} });
  beforeEach(() => {
    store(`${REPOSITORY}/secrets`, { 'github:team': 'payments' });
    store(`${OTHER}/secrets`, { 'github:team': 'search' });
    store(`${OTHER}/variables`);
    store('elsewhere/secrets', { 'github:team': 'payments' });
  });

  test("writes the team's store, and goes back", async () => {
    await allowsWriting(member('payments'), `${REPOSITORY}/secrets`);
    const back = { VersionStage: 'AWSCURRENT', RemoveFromVersionId: idOf(`${REPOSITORY}/secrets`), MoveToVersionId: idOf(`${REPOSITORY}/secrets`, 'AWSPREVIOUS') };
    assert.equal(await may(member('payments'), 'UpdateSecretVersionStage', { SecretId: `${REPOSITORY}/secrets`, ...back }), 'yes');
    assert.equal(await may(member('payments'), 'ListSecretVersionIds', { SecretId: `${REPOSITORY}/secrets` }), 'yes');
  });

  test('does not create, tag, untag or delete it', async () => {
    assert.deepEqual(await answers(member('payments'), `${REPOSITORY}/secrets`, RULING), all(RULING, DENIED));
    const tags = { Tags: [{ Key: 'github:team', Value: 'payments' }] };
    for (const input of [{}, tags, value()]) {
      assert.equal(await may(member('payments'), 'CreateSecret', { Name: `${REPOSITORY}/env/new/secrets`, ...input }), DENIED);
    }
    assert.equal(await may(member('payments'), 'ListSecrets', {}), DENIED);
    assert.deepEqual(cloud.secret(`${REPOSITORY}/secrets`).tags, { 'github:team': 'payments' });
  });

  test("neither reads nor writes another team's store, one without a team, or one outside the namespace", async () => {
    for (const name of [`${OTHER}/secrets`, `${OTHER}/variables`, 'elsewhere/secrets']) await deniesAll(member('payments'), name);
    await deniesAll(member('Payments'), `${REPOSITORY}/secrets`);
  });

  test('does nothing for a person without a team', async () => {
    for (const name of [`${REPOSITORY}/secrets`, `${OTHER}/secrets`, `${OTHER}/variables`]) await deniesAll(member(undefined), name);
  });
});

describe('the migration role', () => {
  const arn = `arn:aws:iam::${cloud.setup.accountId}:role/github-migration`;
  const { Statement } = documents['migration-trust-policy'];
  const { repository_id: id } = decode(cloud.mintGithubToken());
  cloud.setup.roles[arn] = role({ Version: '2012-10-17', Statement }, documents['migration-role-policy']);
  const open = { 'github:migrate': 'open', 'github:repository_id': id };

  async function assume(claims) {
    const { cognitoToken, sessionName } = await cognitoSignIn(claims);
    return assumeRole(cognitoToken, sessionName, { RoleArn: arn });
  }

  async function migrating(claims) {
    const { status, text } = await assume(claims);
    assert.equal(status, 200, text);
    return credentialsIn(text);
  }

  test('writes the stores of the job that are open, of its repository and of its environment', async () => {
    for (const name of ['secrets', 'variables', 'env/production/secrets', 'env/production/variables']) {
      store(`${REPOSITORY}/${name}`, open);
      await allowsWriting(await migrating(), `${REPOSITORY}/${name}`);
    }
    await allowsWriting(await migrating({ environment: undefined }), `${REPOSITORY}/secrets`);
  });

  test('writes an empty container, as the first of its versions', async () => {
    const name = `${REPOSITORY}/env/empty/secrets`;
    cloud.createSecret(name, { tags: open });
    const session = await migrating({ environment: 'empty' });
    assert.equal(await may(session, 'PutSecretValue', { SecretId: name, ...value(), VersionStages: ['env-kvstore-pending'] }), 'yes');
    assert.deepEqual(cloud.secret(name).versions.map(({ stages }) => stages.toSorted()), [['AWSCURRENT', 'env-kvstore-pending']]);
  });

  test('plants nothing in a store that is not open', async () => {
    for (const tags of [{}, { 'github:repository_id': id }, { ...open, 'github:migrate': 'closed' }, { ...open, 'github:migrate': 'Open' }]) {
      store(`${REPOSITORY}/secrets`, tags);
      await deniesAll(await migrating(), `${REPOSITORY}/secrets`);
    }
  });

  test('neither opens a store, nor takes a guard off it, nor creates one, though the store is open', async () => {
    store(`${REPOSITORY}/secrets`, { ...open, 'github:ref': 'refs/heads/main' });
    const session = await migrating();
    assert.deepEqual(await answers(session, `${REPOSITORY}/secrets`, RULING), all(RULING, DENIED));
    for (const input of [{}, value(), { Tags: [{ Key: 'github:migrate', Value: 'open' }] }]) {
      assert.equal(await may(session, 'CreateSecret', { Name: `${REPOSITORY}/env/new/secrets`, ...input }), DENIED);
    }
    assert.equal(await may(session, 'ListSecrets', {}), DENIED);
  });

  test("writes no store of another repository, nor of another environment, nor of one that had this one's name", async () => {
    for (const name of [`${OTHER}/secrets`, `${REPOSITORY}/env/staging/secrets`, `${REPOSITORY}/env/production/eu/secrets`]) {
      store(name, open);
      await deniesAll(await migrating(), name);
    }
    store(`${REPOSITORY}/env/production/secrets`, open);
    await deniesAll(await migrating({ environment: undefined }), `${REPOSITORY}/env/production/secrets`);
    await deniesAll(await migrating({ repository_id: '666' }), `${REPOSITORY}/env/production/secrets`);
    store(`${REPOSITORY}/secrets`, { 'github:migrate': 'open' });
    await deniesAll(await migrating(), `${REPOSITORY}/secrets`);
  });

  test("keeps to the store's guards: a branch's job writes nothing that only main's jobs may read", async () => {
    const name = `${REPOSITORY}/env/production/secrets`;
    const guards = { ref: 'refs/heads/main', event_name: 'push', job_workflow_ref: 'octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main' };
    for (const [guard, wanted] of Object.entries(guards)) {
      store(name, { ...open, [`github:${guard}`]: wanted });
      await allowsWriting(await migrating({ ...guards }), name);
      store(name, { ...open, [`github:${guard}`]: wanted });
      const other = { ref: 'refs/heads/feature', event_name: 'workflow_dispatch', job_workflow_ref: `${guards.job_workflow_ref}x` }[guard];
      await deniesAll(await migrating({ ...guards, [guard]: other }), name);
    }
  });

  test('says of a store that is missing that it is not there', async () => {
    const session = await migrating({ environment: 'none' });
    assert.equal(await may(session, 'DescribeSecret', { SecretId: `${REPOSITORY}/env/none/secrets` }), 'ResourceNotFoundException');
    assert.equal(await may(session, 'GetSecretValue', { SecretId: `${REPOSITORY}/env/none/secrets` }), 'ResourceNotFoundException');
    for (const operation of ['DescribeSecret', 'GetSecretValue']) assert.equal(await may(session, operation, { SecretId: `${OTHER}/none/secrets` }), DENIED);
  });

  test('is assumed by the enterprise for the listed events, until the date, and by nobody else', async (t) => {
    const refusal = async (claims) => /<Code>(.*)<\/Code>/.exec((await assume(claims)).text)?.[1] ?? 'let in';
    assert.equal(await refusal(), 'let in');
    for (const event_name of ['pull_request', 'pull_request_target', 'issue_comment', 'workflow_run']) {
      assert.equal(await refusal({ event_name }), 'AccessDenied', event_name);
    }
    assert.equal(await refusal({ enterprise_id: '666' }), 'AccessDenied');
    const before = clockOffsetMs;
    t.after(() => (clockOffsetMs = before));
    clockOffsetMs += 2 * DAY_MS;
    assert.equal(await refusal(), 'AccessDenied');
  });

  test("is needed: the jobs' own role writes nothing, though a store is open", async () => {
    store(`${REPOSITORY}/secrets`, open);
    const session = await signIn();
    const { GetSecretValue, ...writing } = WRITING;
    assert.deepEqual(await answers(session, `${REPOSITORY}/secrets`, { ...writing, ...RULING }), all({ ...writing, ...RULING }, DENIED));
  });
});
