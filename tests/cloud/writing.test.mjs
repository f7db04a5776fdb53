// Secrets Manager's write side in the local cloud: quotas, limits, lists, condition keys, and answers that are lost.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, beforeEach, describe, test } from 'node:test';
import { startCloud } from './cloud.mjs';
import { jobClient } from './job.mjs';

const DAY_MS = 24 * 60 * 60 * 1000;
const allow = (Action, Resource = '*', Condition = {}) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource, Condition }] });
const token = (number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

let clockOffsetMs = 0;
const cloud = await startCloud({ now: () => Date.now() + clockOffsetMs });
const { secretsManager } = jobClient(cloud);
const writer = cloud.addUser('writer', allow('*'));
let secretId = 'none';
after(() => cloud.close());
beforeEach(() => {
  secretId = `written/${randomUUID()}`;
  cloud.requests.length = 0;
  cloud.decisions.length = 0;
  cloud.clearFaults();
});

/** An operation on the secret of this test, by the writer unless somebody else is named. */
function call(operation, input = {}, caller = writer) {
  const name = operation === 'CreateSecret' ? { Name: secretId } : operation === 'ListSecrets' ? {} : { SecretId: secretId };
  // The clock of the cloud may be days ahead.
  return secretsManager({ ...caller, signedMsAgo: -clockOffsetMs }, operation, { ...name, ...input });
}

async function done(answer) {
  const { status, text, json } = await answer;
  assert.equal(status, 200, text);
  return json;
}

async function refused(answer, code, message = /./) {
  const { status, json } = await answer;
  assert.deepEqual([status, json.__type], [400, code], json.Message);
  assert.match(json.Message, message);
}

const put = (number, input = {}) => call('PutSecretValue', { ClientRequestToken: token(number), SecretString: `value ${number}`, ...input });

describe('a secret', () => {
  test('takes a hundred versions in a day, then none, and after a day drops the oldest that have no label', async (t) => {
    t.after(() => (clockOffsetMs = 0));
    await done(call('CreateSecret'));
    for (let number = 1; number <= 100; number += 1) await done(put(number));
    await refused(put(101), 'LimitExceededException', /100 versions/);
    // A repeated write makes no version.
    await done(put(100));
    clockOffsetMs = DAY_MS - 60_000;
    await refused(put(101), 'LimitExceededException');
    clockOffsetMs = DAY_MS + 60_000;
    await done(put(101));
    const ids = cloud.secret(secretId).versions.map(({ id }) => id);
    assert.deepEqual([ids.length, ids[0], ids.at(-1)], [100, token(2), token(101)]);
  });

  test('keeps old versions with a label, and counts them', async (t) => {
    t.after(() => (clockOffsetMs = 0));
    await done(call('CreateSecret'));
    await done(put(1));
    await done(put(2, { VersionStages: ['kept'] }));
    for (let number = 3; number <= 100; number += 1) await done(put(number));
    clockOffsetMs = 2 * DAY_MS;
    for (let number = 101; number <= 105; number += 1) await done(put(number));
    const { json } = await call('GetSecretValue', { VersionStage: 'kept' });
    assert.equal(json.SecretString, 'value 2');
    await refused(call('GetSecretValue', { VersionId: token(3) }), 'ResourceNotFoundException');
  });

  test('takes any number of versions where the quota is off', async (t) => {
    cloud.setup.versionQuota = false;
    t.after(() => (cloud.setup.versionQuota = true));
    await done(call('CreateSecret'));
    for (let number = 1; number <= 120; number += 1) await done(put(number));
    assert.equal(cloud.secret(secretId).versions.length, 120);
  });

  test('has at most twenty labels over all its versions', async () => {
    await done(call('CreateSecret', { ClientRequestToken: token(1), SecretString: 'one' }));
    const nineteen = Array.from({ length: 19 }, (_, place) => `label-${place}`);
    await done(put(2, { VersionStages: nineteen }));
    await refused(put(3, { VersionStages: ['one-more'] }), 'LimitExceededException', /20 staging labels/);
    await refused(call('UpdateSecretVersionStage', { VersionStage: 'one-more', MoveToVersionId: token(2) }), 'LimitExceededException');
    await done(put(4, { VersionStages: ['label-0'] }));
  });

  test('takes a value of 65,536 bytes and no larger one, and the refusal shows nothing of it', async () => {
    await done(call('CreateSecret', { ClientRequestToken: token(1), SecretString: 'x'.repeat(65_536) }));
    const tooLong = `canary${'é'.repeat(32_766)}`;
    const { json } = await put(2, { SecretString: tooLong });
    assert.equal(json.__type, 'ValidationException');
    assert.ok(!json.Message.includes('canary'));
    await refused(put(2, { SecretString: '' }), 'ValidationException');
    await refused(put(2, { SecretString: undefined }), 'InvalidParameterException');
    await refused(put(2, { SecretBinary: 'AA==' }), 'InvalidParameterException');
  });

  test('wants a token for each version, of 32 to 64 characters, and one to twenty labels', async () => {
    await refused(call('CreateSecret', { SecretString: 'one' }), 'InvalidParameterException', /ClientRequestToken/);
    await done(call('CreateSecret', { KmsKeyId: 'alias/stores', Description: 'of a test' }));
    await refused(put(1, { ClientRequestToken: undefined }), 'InvalidParameterException', /ClientRequestToken/);
    await refused(put(1, { ClientRequestToken: 'short' }), 'InvalidParameterException', /32-64 characters/);
    await refused(put(1, { VersionStages: [] }), 'ValidationException');
    await refused(put(1, { VersionStages: Array.from({ length: 21 }, (_, place) => `${place}`) }), 'ValidationException');
    const described = await done(call('DescribeSecret'));
    assert.deepEqual([described.KmsKeyId, described.Description], ['alias/stores', 'of a test']);
    assert.equal('VersionIdsToStages' in described, false);
  });

  test('tells its dates as seconds, and the day when it was read', async () => {
    await done(call('CreateSecret', { ClientRequestToken: token(1), SecretString: 'one' }));
    assert.equal('LastAccessedDate' in (await done(call('DescribeSecret'))), false);
    await done(call('GetSecretValue'));
    const { CreatedDate, LastChangedDate, LastAccessedDate } = await done(call('DescribeSecret'));
    assert.ok(Math.abs(CreatedDate - Date.now() / 1000) < 60 && LastChangedDate >= CreatedDate);
    assert.equal(LastAccessedDate % 86_400, 0);
    const { Versions } = await done(call('ListSecretVersionIds'));
    assert.equal(Versions[0].LastAccessedDate, LastAccessedDate);
  });

  test('in deletion is gone after its window, and until then can be restored and read', async (t) => {
    t.after(() => (clockOffsetMs = 0));
    await done(call('CreateSecret', { ClientRequestToken: token(1), SecretString: 'one' }));
    const { DeletionDate } = await done(call('DeleteSecret', { RecoveryWindowInDays: 7 }));
    assert.ok(Math.abs(DeletionDate - Date.now() / 1000 - 7 * 86_400) < 60);
    clockOffsetMs = 7 * DAY_MS - 60_000;
    await refused(call('DeleteSecret'), 'InvalidRequestException', /already scheduled/);
    await done(call('RestoreSecret'));
    assert.equal((await done(call('GetSecretValue'))).SecretString, 'one');
    await done(call('DeleteSecret'));
    clockOffsetMs += 30 * DAY_MS + 60_000;
    await refused(call('RestoreSecret'), 'ResourceNotFoundException');
    await refused(call('DeleteSecret'), 'ResourceNotFoundException');
    await done(call('DeleteSecret', { ForceDeleteWithoutRecovery: true }));
    await done(call('CreateSecret'));
  });
});

describe('lists', () => {
  const names = async (input) => (await done(call('ListSecrets', input))).SecretList.map(({ Name }) => Name);
  const filter = (Key, ...Values) => ({ Filters: [{ Key, Values }] });

  test('of secrets are filtered by prefix, in their case, and several filters must all pass', async () => {
    cloud.createSecret('listed/a', { tags: { 'github:repository': 'octo-org/a', Team: 'payments' }, description: 'Values of A' });
    cloud.createSecret('listed/b', { tags: { 'github:repository': 'octo-org/b' } });
    assert.deepEqual(await names(filter('name', 'listed/')), ['listed/a', 'listed/b']);
    assert.deepEqual(await names(filter('name', 'isted')), []);
    assert.deepEqual(await names(filter('name', 'Listed')), []);
    assert.deepEqual(await names(filter('name', 'listed/b', 'listed/a')), ['listed/a', 'listed/b']);
    assert.deepEqual(await names(filter('tag-key', 'Team')), ['listed/a']);
    assert.deepEqual(await names(filter('tag-key', 'team')), []);
    assert.deepEqual(await names(filter('tag-value', 'octo-org/')), ['listed/a', 'listed/b']);
    assert.deepEqual(await names(filter('description', 'values of')), ['listed/a']);
    assert.deepEqual(await names(filter('all', 'PAYMENTS')), ['listed/a']);
    assert.deepEqual(await names({ Filters: [...filter('name', 'listed/').Filters, ...filter('tag-key', '!Team').Filters] }), ['listed/b']);
    assert.deepEqual(await names({ ...filter('name', 'listed/'), SortOrder: 'desc', SortBy: 'name' }), ['listed/b', 'listed/a']);
    for (const key of ['owner', 'Name']) await refused(call('ListSecrets', filter(key, 'x')), 'ValidationException', /enum value set/);
    await refused(call('ListSecrets', filter('name', 'a*')), 'ValidationException');
    await refused(call('ListSecrets', filter('name')), 'InvalidParameterException');
  });

  test('go on by NextToken, in pages of the size that was asked for or smaller', async (t) => {
    for (const digit of [1, 2, 3, 4, 5]) cloud.createSecret(`paged/${digit}`);
    const read = async (input) => {
      const pages = [];
      let NextToken;
      do {
        const answer = await done(call('ListSecrets', { ...filter('name', 'paged/'), ...input, NextToken }));
        pages.push(answer.SecretList.length);
        NextToken = answer.NextToken;
      } while (NextToken);
      return pages;
    };
    assert.deepEqual(await read({}), [5]);
    assert.deepEqual(await read({ MaxResults: 2 }), [2, 2, 1]);
    cloud.setup.listPageSize = 3;
    t.after(() => (cloud.setup.listPageSize = 100));
    assert.deepEqual(await read({ MaxResults: 100 }), [3, 2]);
    for (const MaxResults of [0, 101]) await refused(call('ListSecrets', { MaxResults }), 'ValidationException');
    await refused(call('ListSecrets', { NextToken: 'x' }), 'InvalidNextTokenException');
  });
});

describe('IAM is asked', () => {
  test('for each action on the secret, with the keys that AWS names for it', async () => {
    const cases = [
      ['CreateSecret', { KmsKeyId: 'k-1', Description: 'd', Tags: [{ Key: 'a', Value: 'b' }] }, { Name: secretId, KmsKeyId: 'k-1', Description: 'd', KmsKeyArn: 'arn:aws:kms:us-west-2:123456789012:key/k-1' }],
      ['PutSecretValue', { ClientRequestToken: token(1), SecretString: 'one', VersionStages: ['x'] }, { SecretId: secretId, 'ResourceTag/a': 'b' }],
      ['GetSecretValue', { VersionStage: 'x' }, { SecretId: secretId, VersionStage: 'x', 'ResourceTag/a': 'b' }],
      ['UpdateSecretVersionStage', { VersionStage: 'y', MoveToVersionId: token(1) }, { SecretId: secretId, VersionStage: 'y', 'ResourceTag/a': 'b' }],
      ['DescribeSecret', {}, { SecretId: secretId, 'ResourceTag/a': 'b' }],
      ['ListSecretVersionIds', {}, { SecretId: secretId, 'ResourceTag/a': 'b' }],
      ['UpdateSecret', { Description: 'e', KmsKeyId: 'alias/k' }, { SecretId: secretId, Description: 'e', KmsKeyId: 'alias/k', 'ResourceTag/a': 'b' }],
      ['DeleteSecret', { RecoveryWindowInDays: 7 }, { SecretId: secretId, RecoveryWindowInDays: '7', 'ResourceTag/a': 'b' }],
      ['RestoreSecret', {}, { SecretId: secretId, 'ResourceTag/a': 'b' }],
      ['DeleteSecret', { ForceDeleteWithoutRecovery: true }, { SecretId: secretId, ForceDeleteWithoutRecovery: 'true', 'ResourceTag/a': 'b' }],
    ];
    for (const [operation, input, expected] of cases) {
      cloud.decisions.length = 0;
      await done(call(operation, input));
      const { action, resource, context } = cloud.decisions[0].request;
      assert.equal(action, `secretsmanager:${operation}`);
      assert.match(resource, new RegExp(`:secret:${secretId}`));
      const own = Object.entries(context).filter(([key]) => key.startsWith('secretsmanager:') && !key.endsWith('PrimaryRegion'));
      assert.deepEqual(Object.fromEntries(own.map(([key, [value]]) => [key.slice('secretsmanager:'.length), value])), expected, operation);
      if (operation !== 'CreateSecret') assert.deepEqual(context['aws:ResourceTag/a'], ['b'], operation);
    }
    cloud.decisions.length = 0;
    await done(call('ListSecrets'));
    assert.deepEqual(cloud.decisions.map(({ request }) => [request.action, request.resource]), [['secretsmanager:ListSecrets', '*']]);
  });

  test('for TagResource too, where a secret is created with tags', async () => {
    const creator = cloud.addUser('creator', allow('secretsmanager:CreateSecret'));
    const Tags = [{ Key: 'a', Value: 'b' }];
    await refused(call('CreateSecret', { Tags }, creator), 'AccessDeniedException', /secretsmanager:TagResource/);
    assert.equal(cloud.secret(secretId), undefined);
    await done(call('CreateSecret', {}, creator));
  });

  test('for the tags that are asked for, and again for those that would be left', async () => {
    const ofTeam = { StringEquals: { 'secretsmanager:ResourceTag/team': 'a' } };
    const actions = ['secretsmanager:TagResource', 'secretsmanager:UntagResource'];
    const tagger = cloud.addUser('tagger', allow(actions, '*', { ...ofTeam, 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'stage'] } }));
    cloud.createSecret(secretId, { tags: { team: 'a' } });
    await done(call('TagResource', { Tags: [{ Key: 'stage', Value: 'x' }] }, tagger));
    await refused(call('TagResource', { Tags: [{ Key: 'other', Value: 'x' }] }, tagger), 'AccessDeniedException');
    await refused(call('TagResource', { Tags: [{ Key: 'team', Value: 'b' }] }, tagger), 'AccessDeniedException');
    await refused(call('UntagResource', { TagKeys: ['team'] }, tagger), 'AccessDeniedException');
    assert.deepEqual(cloud.secret(secretId).tags, { team: 'a', stage: 'x' });
  });

  test('and nobody who may not learns whether a secret exists', async () => {
    const stranger = cloud.addUser('stranger', allow('s3:*'));
    for (const operation of ['DescribeSecret', 'PutSecretValue', 'TagResource', 'DeleteSecret', 'UpdateSecretVersionStage']) {
      const input = { SecretString: 'x', ClientRequestToken: token(1), Tags: [], VersionStage: 'x' };
      const message = async (id) => (await call(operation, { ...input, SecretId: id }, stranger)).json.Message.replaceAll(id, 'ID');
      cloud.createSecret(secretId);
      assert.equal(await message(secretId), await message('written/none'), operation);
    }
  });

  test('for a person as for the tags of the session', async () => {
    const policy = allow('secretsmanager:DescribeSecret', '*', { StringEquals: { 'secretsmanager:ResourceTag/team': '${aws:PrincipalTag/team}' } });
    cloud.createSecret(secretId, { tags: { team: 'payments' } });
    const person = (tags) => cloud.addPerson('AWSReservedSSO_team', policy, { tags });
    await done(call('DescribeSecret', {}, person({ team: 'payments' })));
    await refused(call('DescribeSecret', {}, person({ team: 'search' })), 'AccessDeniedException');
    await refused(call('DescribeSecret', {}, person({})), 'AccessDeniedException');
  });
});

describe('an answer that is lost', () => {
  test('is that of a write that was done, which the same write does not do again', async () => {
    await done(call('CreateSecret', { ClientRequestToken: token(1), SecretString: 'one' }));
    cloud.fail({ operation: 'PutSecretValue', fault: 'answerLost' });
    await assert.rejects(put(2), /fetch failed/);
    assert.deepEqual(cloud.secret(secretId).versions.map(({ id }) => id), [token(1), token(2)]);
    await done(put(2));
    assert.equal(cloud.secret(secretId).versions.length, 2);
    assert.equal(cloud.requests.filter(({ applied }) => applied).length, 1);
  });

  test('can be any wrong answer, and a connection that is cut before leaves nothing behind', async () => {
    await done(call('CreateSecret'));
    cloud.fail({ operation: 'PutSecretValue', fault: { applied: true, status: 500 } });
    assert.equal((await put(1)).status, 500);
    assert.equal(cloud.secret(secretId).versions.length, 1);
    cloud.fail({ operation: 'PutSecretValue', skip: 1, fault: 'reset' });
    await done(put(2));
    await assert.rejects(put(3));
    assert.equal(cloud.secret(secretId).versions.length, 2);
  });

  test('can have another writer before it', async () => {
    await done(call('CreateSecret', { ClientRequestToken: token(1), SecretString: 'one' }));
    await done(put(2, { VersionStages: ['pending'] }));
    cloud.fail({ operation: 'UpdateSecretVersionStage', fault: { meanwhile: () => cloud.putSecret(secretId, 'theirs') } });
    const move = { VersionStage: 'AWSCURRENT', RemoveFromVersionId: token(1), MoveToVersionId: token(2) };
    await refused(call('UpdateSecretVersionStage', move), 'InvalidParameterException');
    assert.equal((await done(call('GetSecretValue'))).SecretString, 'theirs');
  });
});
