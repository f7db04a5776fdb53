// The same sequences of calls, made by AWS's own SDK, at the local cloud and at two emulators that nobody here wrote. What
// the local cloud answers is written down step by step; where an emulator answers otherwise, that is written down too.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startMinistack } from '../ministack/server.mjs';
import { startMoto } from '../moto/server.mjs';
import * as sdk from '../tools/node_modules/@aws-sdk/client-secrets-manager/dist-cjs/index.js';
import { startCloud } from './cloud.mjs';

const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
const PENDING = 'env-kvstore-pending';
const [A, B, C, D, NOBODY] = ['a', 'b', 'c', 'd', 'f'].map((digit) => '00000000-0000-4000-8000-000000000000'.replaceAll('0', digit));
const current = (id) => ({ [id]: ['AWSCURRENT'] });
const fails = (code) => ({ fails: code });

/**
 * A step is the operation, its input (the secret's name is put in) and what comes of it: a code of AWS, or the part of the
 * answer that matters. `PUT` and `MOVE` are what a writer does that loses no update: a version under a label of its own, then
 * AWSCURRENT from the version that was read.
 */
const CREATE = (id, SecretString, expected = { VersionId: id }) => ['CreateSecret', { ClientRequestToken: id, SecretString }, expected];
const PUT = (id, SecretString, expected = { VersionId: id, VersionStages: [PENDING] }) => [
  'PutSecretValue',
  { ClientRequestToken: id, SecretString, VersionStages: [PENDING] },
  expected,
];
const MOVE = (from, to, expected = {}) => [
  'UpdateSecretVersionStage',
  { VersionStage: 'AWSCURRENT', RemoveFromVersionId: from, MoveToVersionId: to },
  expected,
];
const LABELS = (VersionIdsToStages) => ['DescribeSecret', {}, { VersionIdsToStages }];
const READ = (expected, input = {}) => ['GetSecretValue', input, typeof expected === 'string' ? { SecretString: expected } : expected];

const SEQUENCES = {
  'a value is put under a label of its own and becomes the current one by a move': [
    CREATE(A, 'one'),
    PUT(B, 'two'),
    READ('one'),
    LABELS({ [A]: ['AWSCURRENT'], [B]: [PENDING] }),
    READ('two', { VersionStage: PENDING }),
    MOVE(A, B),
    READ('two'),
    READ('one', { VersionStage: 'AWSPREVIOUS' }),
    LABELS({ [A]: ['AWSPREVIOUS'], [B]: [PENDING, 'AWSCURRENT'] }),
  ],
  'a move from a version that is not the current one any more is refused, and changes nothing': [
    CREATE(A, 'one'),
    PUT(B, 'two'),
    ['PutSecretValue', { ClientRequestToken: C, SecretString: 'three', VersionStages: [PENDING, 'other'] }, { VersionId: C }],
    MOVE(A, C),
    MOVE(A, B, fails('InvalidParameterException')),
    LABELS({ [A]: ['AWSPREVIOUS'], [C]: [PENDING, 'other', 'AWSCURRENT'] }),
    READ('three'),
  ],
  'a move that was done is refused when it is repeated': [
    CREATE(A, 'one'),
    PUT(B, 'two'),
    MOVE(A, B),
    MOVE(A, B, fails('InvalidParameterException')),
    READ('two'),
  ],
  'a move back takes AWSPREVIOUS along': [
    CREATE(A, 'one'),
    PUT(B, 'two'),
    MOVE(A, B),
    MOVE(B, A),
    READ('one'),
    LABELS({ [A]: ['AWSCURRENT'], [B]: [PENDING, 'AWSPREVIOUS'] }),
  ],
  'a move needs the version that it moves from, and one that it moves to': [
    CREATE(A, 'one'),
    PUT(B, 'two'),
    ['UpdateSecretVersionStage', { VersionStage: 'AWSCURRENT', MoveToVersionId: B }, fails('InvalidParameterException')],
    MOVE(A, NOBODY, fails('ResourceNotFoundException')),
    MOVE(B, B, fails('InvalidParameterException')),
    ['UpdateSecretVersionStage', { VersionStage: 'AWSCURRENT' }, fails('InvalidParameterException')],
    ['UpdateSecretVersionStage', { VersionStage: 'new', RemoveFromVersionId: A, MoveToVersionId: B }, fails('InvalidParameterException')],
    ['UpdateSecretVersionStage', { VersionStage: 'new', MoveToVersionId: B }, {}],
    ['UpdateSecretVersionStage', { VersionStage: 'new', RemoveFromVersionId: B }, {}],
    LABELS({ [A]: ['AWSCURRENT'], [B]: [PENDING] }),
  ],
  'a label moves to the version that is put with it': [
    CREATE(A, 'one'),
    PUT(B, 'two'),
    PUT(C, 'three'),
    LABELS({ [A]: ['AWSCURRENT'], [C]: [PENDING] }),
    READ('three', { VersionStage: PENDING }),
  ],
  'a token and its text are taken once, and with another text refused': [
    CREATE(A, 'one'),
    PUT(B, 'two'),
    PUT(B, 'two'),
    PUT(B, 'another', fails('ResourceExistsException')),
    READ('two', { VersionId: B }),
    LABELS({ [A]: ['AWSCURRENT'], [B]: [PENDING] }),
  ],
  'a put that was done is taken again after its version became the current one': [
    CREATE(A, 'one'),
    PUT(B, 'two'),
    MOVE(A, B),
    PUT(B, 'two', { VersionId: B, VersionStages: [PENDING, 'AWSCURRENT'] }),
    LABELS({ [A]: ['AWSPREVIOUS'], [B]: [PENDING, 'AWSCURRENT'] }),
  ],
  'the first version of an empty secret is the current one, whatever was asked': [
    ['CreateSecret', { Description: 'empty' }, {}],
    READ(fails('ResourceNotFoundException')),
    ['DescribeSecret', {}, { VersionIdsToStages: undefined, Description: 'empty' }],
    PUT(A, 'one', { VersionStages: [PENDING, 'AWSCURRENT'] }),
    READ('one'),
    PUT(B, 'two'),
    READ('one'),
  ],
  'without labels a put moves AWSCURRENT, and AWSPREVIOUS behind it': [
    CREATE(A, 'one'),
    ['PutSecretValue', { ClientRequestToken: B, SecretString: 'two' }, { VersionStages: ['AWSCURRENT'] }],
    ['PutSecretValue', { ClientRequestToken: C, SecretBinary: Buffer.from([0, 255]) }, { VersionStages: ['AWSCURRENT'] }],
    ['GetSecretValue', {}, { SecretBinary: 'AP8=', SecretString: undefined }],
    LABELS({ [B]: ['AWSPREVIOUS'], [C]: ['AWSCURRENT'] }),
    ['ListSecretVersionIds', { IncludeDeprecated: true }, { Versions: [A, B, C] }],
    ['ListSecretVersionIds', {}, { Versions: [B, C] }],
  ],
  'a version that lost its last label can still be read': [
    CREATE(A, 'one'),
    PUT(B, 'two'),
    ['UpdateSecretVersionStage', { VersionStage: PENDING, RemoveFromVersionId: B }, {}],
    READ('two', { VersionId: B }),
    LABELS(current(A)),
    MOVE(A, B),
    READ('two'),
  ],
  'a version id and a label that do not belong together are refused': [
    CREATE(A, 'one'),
    PUT(B, 'two'),
    READ('two', { VersionId: B, VersionStage: PENDING }),
    READ(fails('InvalidRequestException'), { VersionId: A, VersionStage: PENDING }),
    READ(fails('ResourceNotFoundException'), { VersionId: NOBODY }),
    READ(fails('ResourceNotFoundException'), { VersionStage: 'none' }),
  ],
  'a secret in deletion gives no value, takes none, and keeps its name until it is restored': [
    CREATE(A, 'one'),
    ['DeleteSecret', { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }, fails('InvalidParameterException')],
    ['DeleteSecret', { RecoveryWindowInDays: 6 }, fails('InvalidParameterException')],
    ['DeleteSecret', { RecoveryWindowInDays: 31 }, fails('InvalidParameterException')],
    ['DeleteSecret', { RecoveryWindowInDays: 7 }, { DeletionDate: 'date' }],
    READ(fails('InvalidRequestException')),
    PUT(B, 'two', fails('InvalidRequestException')),
    CREATE(C, 'new', fails('InvalidRequestException')),
    ['DescribeSecret', {}, { DeletedDate: 'date', VersionIdsToStages: current(A) }],
    ['ListSecrets', {}, { SecretList: [] }],
    ['ListSecrets', { IncludePlannedDeletion: true }, { SecretList: ['NAME'] }],
    ['TagResource', { Tags: [{ Key: 'a', Value: 'b' }] }, fails('InvalidRequestException')],
    ['RestoreSecret', {}, {}],
    READ('one'),
    ['DescribeSecret', {}, { DeletedDate: undefined }],
    ['DeleteSecret', { ForceDeleteWithoutRecovery: true }, { DeletionDate: 'date' }],
    READ(fails('ResourceNotFoundException')),
    CREATE(D, 'again'),
    READ('again'),
  ],
  'tags are added, replaced and taken away': [
    ['CreateSecret', { ClientRequestToken: A, SecretString: 'one', Tags: tags({ team: 'payments', stage: 'a' }) }, { VersionId: A }],
    ['TagResource', { Tags: tags({ stage: 'b', 'github:migrate': 'open' }) }, {}],
    ['DescribeSecret', {}, { Tags: tags({ 'github:migrate': 'open', stage: 'b', team: 'payments' }) }],
    ['UntagResource', { TagKeys: ['github:migrate', 'absent'] }, {}],
    ['DescribeSecret', {}, { Tags: tags({ stage: 'b', team: 'payments' }) }],
    ['UpdateSecret', { Description: 'of payments' }, { VersionId: undefined }],
    ['DescribeSecret', {}, { Description: 'of payments', VersionIdsToStages: current(A) }],
  ],
  'a name that is taken is refused, and the same creation is taken once': [
    CREATE(A, 'one'),
    CREATE(B, 'two', fails('ResourceExistsException')),
    CREATE(A, 'one'),
    READ('one'),
  ],
  'an update of the value is a version of its own, and its token is not taken twice': [
    CREATE(A, 'one'),
    ['UpdateSecret', { ClientRequestToken: B, SecretString: 'two' }, { VersionId: B }],
    ['UpdateSecret', { ClientRequestToken: B, SecretString: 'two' }, fails('ResourceExistsException')],
    LABELS({ [A]: ['AWSPREVIOUS'], [B]: ['AWSCURRENT'] }),
  ],
};

const MOVED = 'GetSecretValue does not follow a moved AWSCURRENT';
/** By emulator and sequence: the steps (from 1) that the emulator answers otherwise, and why. A step that is cured must be taken off. */
const DIFFERENCES = {
  ministack: {
    'a move from a version that is not the current one any more is refused, and changes nothing': {
      6: 'a label that is put with a version stays at the version that had it',
    },
    'a label moves to the version that is put with it': {
      4: 'a label that is put with a version stays at the version that had it',
      5: 'and the older one is read',
    },
    'a token and its text are taken once, and with another text refused': {
      4: 'a token that was used replaces the text of its version',
      5: 'and this is read',
    },
    'a put that was done is taken again after its version became the current one': {
      4: 'a put that is repeated takes AWSCURRENT away',
      5: 'and no version has it',
    },
    'the first version of an empty secret is the current one, whatever was asked': {
      1: 'a secret without a value has a version without one, which is the current one',
      2: 'so it can be read',
      3: 'and is described',
      4: 'and the first value does not become the current one',
      5: 'nor is it read',
      7: 'the same',
    },
    'without labels a put moves AWSCURRENT, and AWSPREVIOUS behind it': { 6: 'versions without a label are deleted' },
    'a version id and a label that do not belong together are refused': { 4: 'beside a version id no label is looked at' },
    'a secret in deletion gives no value, takes none, and keeps its name until it is restored': {
      8: 'a name in deletion is refused by the code of a name that is taken',
    },
    'a name that is taken is refused, and the same creation is taken once': { 3: 'CreateSecret looks at no ClientRequestToken' },
    'an update of the value is a version of its own, and its token is not taken twice': {
      2: 'UpdateSecret looks at no ClientRequestToken',
      3: 'the same',
      4: 'and there is one version more',
    },
  },
  moto: {
    'a value is put under a label of its own and becomes the current one by a move': { 7: MOVED },
    'a move from a version that is not the current one any more is refused, and changes nothing': { 7: MOVED },
    'a move that was done is refused when it is repeated': { 5: MOVED },
    'a version that lost its last label can still be read': { 7: MOVED },
    'a move needs the version that it moves from, and one that it moves to': {
      4: 'a version that is not there is refused by another code, after the label was taken off',
      6: 'a call with neither version breaks it',
      10: 'so the label is gone',
    },
    'without labels a put moves AWSCURRENT, and AWSPREVIOUS behind it': {
      6: 'the ARN of the answer is the name',
      7: 'versions without a label are always listed',
    },
    'a secret in deletion gives no value, takes none, and keeps its name until it is restored': {
      7: 'a secret in deletion takes values',
      8: 'a name in deletion is refused by the code of a name that is taken',
      9: 'the value of step 7 is described',
      11: 'and listed',
      12: 'a secret in deletion takes tags',
      15: 'both are there after it is restored',
    },
    'an update of the value is a version of its own, and its token is not taken twice': { 3: 'UpdateSecret takes a token twice' },
  },
};

for (const emulator of ['ministack', 'moto']) {
  describe(`the local cloud and ${emulator}`, { concurrency: false }, () => {
    let cloud;
    let other;
    const clients = {};

    before(async () => {
      cloud = await startCloud();
      clients.cloud = clientOf(cloud.url, cloud.addUser('writer', EVERYTHING));
      other = await (emulator === 'moto' ? startMoto() : startMinistack());
      const keys = emulator === 'moto' ? { accessKeyId: 'test', secretAccessKey: 'test' } : other.addUser('writer', EVERYTHING);
      clients.other = clientOf(other.url, keys);
    });
    after(async () => {
      await Promise.all([cloud?.close(), other?.stop()]);
    });

    for (const [sentence, steps] of Object.entries(SEQUENCES)) {
      test(sentence, async () => {
        const name = `differential/${sentence.replaceAll(/\W+/g, '-').slice(0, 60)}`;
        const expected = steps.map(([operation, , answer]) => [operation, answer]);
        const [ofCloud, ofOther] = await Promise.all([run(clients.cloud, name, steps), run(clients.other, name, steps, emulator)]);
        const seen = ofCloud.map((answer, place) => [steps[place][0], like(answer, steps[place][2])]);
        assert.deepEqual(seen, expected);
        const differing = steps.flatMap((_, place) => (isSame(ofCloud[place], ofOther[place]) ? [] : [place + 1]));
        assert.deepEqual(differing, Object.keys(DIFFERENCES[emulator]?.[sentence] ?? {}).map(Number));
      });
    }
  });
}

function clientOf(endpoint, { accessKeyId, secretAccessKey }) {
  const credentials = { accessKeyId, secretAccessKey };
  return new sdk.SecretsManagerClient({ endpoint, region: 'us-west-2', credentials, maxAttempts: 1 });
}

/**
 * ministack makes up the id of a secret's first version, whatever ClientRequestToken says: its id is replaced by the token.
 * @returns {Promise<(string | object)[]>} of each step the code of its error, or its answer without what differs by nature
 */
async function run(client, name, steps, emulator) {
  const answers = [];
  const madeUp = new Map();
  const replaced = (value, pairs) => pairs.reduce((text, [from, to]) => text.replaceAll(from, to), value);
  for (const [operation, input] of steps) {
    const named = { CreateSecret: { Name: name }, ListSecrets: { Filters: [{ Key: 'name', Values: [name] }] } }[operation] ?? { SecretId: name };
    try {
      const asked = Object.fromEntries(
        Object.entries(input).map(([key, value]) => [key, typeof value === 'string' && key.endsWith('VersionId') ? replaced(value, [...madeUp]) : value]),
      );
      const { $metadata, ...answer } = await client.send(new sdk[`${operation}Command`]({ ...named, ...asked }));
      if (operation === 'CreateSecret' && input.ClientRequestToken && emulator === 'ministack') madeUp.set(input.ClientRequestToken, answer.VersionId);
      const back = [...madeUp].map(([token, id]) => [id, token]);
      answers.push(plain(JSON.parse(replaced(JSON.stringify(plain(answer, name)), back)), name));
    } catch (error) {
      if (!error.$metadata) throw error;
      answers.push(fails(error.name));
    }
  }
  return answers;
}

/** One or both emulators leave these out. */
const UNTOLD = ['LastAccessedDate', 'KmsKeyIds', 'RotationEnabled'];

/** Dates, the account and the random end of an ARN differ by nature; an emulator may write what is empty or leave it out. */
function plain(value, name) {
  if (value instanceof Date) return 'date';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'string') return value === name ? 'NAME' : value.replace(/^(arn:.*):\d{12}:(.*)-\w{6}$/, '$1:ACCOUNT:$2-SUFFIX');
  if (Array.isArray(value)) return value.map((member) => plain(member, name)).sort((one, two) => compare(JSON.stringify(one), JSON.stringify(two)));
  if (value === null || typeof value !== 'object') return value;
  const isEmpty = (member) => [undefined, null, '', false].includes(member) || (typeof member === 'object' && !(member instanceof Date) && Object.keys(member).length === 0);
  const kept = Object.entries(value).filter(([key, member]) => key === 'SecretList' || (!isEmpty(member) && !UNTOLD.includes(key)));
  return Object.fromEntries(kept.sort(([one], [two]) => compare(one, two)).map(([key, member]) => [key, plain(member, name)]));
}

/** The part of an answer that a step speaks of; of lists, what they name. */
function like(answer, expected) {
  if (answer.fails || expected.fails) return answer;
  const shown = (key) => {
    if (key === 'Versions') return answer.Versions.map(({ VersionId }) => VersionId);
    if (key === 'SecretList') return answer.SecretList.map(({ Name }) => Name);
    if (key !== 'VersionIdsToStages' && key !== 'VersionStages') return answer[key];
    return answer[key] && inOrderOf(answer[key], expected[key]);
  };
  return Object.fromEntries(Object.keys(expected).map((key) => [key, shown(key)]));
}

/** Labels are a set. */
function inOrderOf(labels, expected) {
  if (!Array.isArray(labels)) return Object.fromEntries(Object.entries(labels).map(([id, own]) => [id, inOrderOf(own, expected[id] ?? [])]));
  return labels.toSorted((one, two) => expected.indexOf(one) - expected.indexOf(two));
}

function isSame(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

function compare(one, other) {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function tags(byKey) {
  return Object.entries(byKey).map(([Key, Value]) => ({ Key, Value }));
}
