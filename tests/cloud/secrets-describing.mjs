// What Secrets Manager tells of secrets without decrypting any: DescribeSecret, GetResourcePolicy, ListSecrets, ListSecretVersionIds.

import { AwsError } from './protocols.mjs';
import { invalidParameter } from './secrets-access.mjs';
import { paged } from './secrets-pages.mjs';

/** @param {{ setup: any, secrets: import('./secrets.mjs').Secrets, access: import('./secrets-access.mjs').SecretsAccess }} cloud */
export function describing({ setup, secrets, access }) {
  return {
    /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html */
    DescribeSecret({ SecretId }, caller) {
      const secret = access.open('DescribeSecret', SecretId, caller);
      const labels = labelsById(secret);
      return { ...described(secret), ...(labels && { VersionIdsToStages: labels }) };
    },

    /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetResourcePolicy.html */
    GetResourcePolicy({ SecretId }, caller) {
      const { arn, name, resourcePolicy } = access.open('GetResourcePolicy', SecretId, caller);
      return { ARN: arn, Name: name, ...(resourcePolicy && { ResourcePolicy: JSON.stringify(resourcePolicy) }) };
    },

    /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html */
    ListSecrets(input, caller) {
      access.askForAll('ListSecrets', caller);
      const { IncludePlannedDeletion = false, Filters = [], SortOrder = 'asc', SortBy = 'created-date' } = input;
      requireFilters(Filters);
      const sortKey = SORT_KEYS[SortBy];
      if (!sortKey) throw invalidParameter(`Invalid SortBy: ${SortBy}`);
      const found = secrets
        .of(caller)
        .filter((secret) => (IncludePlannedDeletion || !secret.deleted) && Filters.every((filter) => passes(secret, filter)))
        .sort((one, other) => compare(sortKey(one), sortKey(other)));
      const { page, next } = paged(SortOrder === 'desc' ? found.reverse() : found, input, setup.listPageSize);
      const entry = (secret) => {
        const labels = labelsById(secret);
        return { ...described(secret), ...(labels && { SecretVersionsToStages: labels }) };
      };
      return { SecretList: page.map(entry), ...next };
    },

    /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html */
    ListSecretVersionIds({ SecretId, IncludeDeprecated = false, ...paging }, caller) {
      const secret = access.open('ListSecretVersionIds', SecretId, caller);
      const shown = secret.versions.filter(({ stages }) => IncludeDeprecated || stages.length > 0);
      const { page, next } = paged(shown, paging, setup.listPageSize);
      const Versions = page.map(({ id, stages, createdAt, accessedAt }) => ({
        VersionId: id,
        ...(stages.length > 0 && { VersionStages: stages }),
        ...(accessedAt !== undefined && { LastAccessedDate: accessedAt / 1000 }),
        CreatedDate: createdAt / 1000,
        KmsKeyIds: [secret.kmsKeyId ?? 'DefaultEncryptionKey'],
      }));
      return { ARN: secret.arn, Name: secret.name, Versions, ...next };
    },
  };
}

/** Fields without a value are left out, as AWS says. */
function described({ arn, name, description, kmsKeyId, createdAt, changedAt, accessedAt, deletionAt, tags }) {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return {
    ARN: arn,
    Name: name,
    ...(description && { Description: description }),
    ...(kmsKeyId && { KmsKeyId: kmsKeyId }),
    CreatedDate: createdAt / 1000,
    LastChangedDate: changedAt / 1000,
    ...(accessedAt !== undefined && { LastAccessedDate: accessedAt / 1000 }),
    ...(deletionAt !== undefined && { DeletedDate: deletionAt / 1000 }),
    ...(Tags.length > 0 && { Tags }),
  };
}

function labelsById({ versions }) {
  const labelled = versions.filter(({ stages }) => stages.length > 0).map(({ id, stages }) => [id, stages]);
  return labelled.length > 0 ? Object.fromEntries(labelled) : undefined;
}

const SORT_KEYS = {
  'created-date': ({ createdAt }) => createdAt,
  'last-changed-date': ({ changedAt }) => changedAt,
  'last-accessed-date': ({ accessedAt }) => accessedAt ?? 0,
  name: ({ name }) => name,
};

function compare(one, other) {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** What a filter looks at. */
const ATTRIBUTES = {
  name: ({ name }) => [name],
  description: ({ description = '' }) => [description],
  'tag-key': ({ tags }) => Object.keys(tags),
  'tag-value': ({ tags }) => Object.values(tags),
  'primary-region': ({ region }) => [region],
  'owning-service': () => [],
};
const VALUE = /^!?[a-zA-Z0-9 :_@/+=.!-]*$/;

function requireFilters(filters) {
  if (!Array.isArray(filters) || filters.length > 10) throw invalidParameter('Filters must have at most 10 members.');
  for (const [place, { Key, Values }] of filters.entries()) {
    if (Key === undefined) throw invalidParameter('Invalid filter key');
    if (Key !== 'all' && !Object.hasOwn(ATTRIBUTES, Key)) {
      const keys = ['all', ...Object.keys(ATTRIBUTES)].join(', ');
      const at = `Value '${Key}' at 'filters.${place + 1}.member.key'`;
      throw invalid(`${at} failed to satisfy constraint: Member must satisfy enum value set: [${keys}]`);
    }
    if (!Array.isArray(Values) || Values.length < 1 || Values.length > 10) throw invalidParameter(`Invalid filter values for key: ${Key}`);
    const wrong = Values.find((value) => !VALUE.test(value));
    const at = `Value '${wrong}' at 'filters.${place + 1}.member.values'`;
    if (wrong !== undefined) throw invalid(`${at} failed to satisfy constraint: Member must satisfy regular expression pattern: ${VALUE.source}`);
  }
}

function invalid(message) {
  return new AwsError('ValidationException', `1 validation error detected: ${message}`);
}

/** Filters are ANDed, the values of one are ORed; `!` before a value negates it. */
function passes(secret, { Key, Values }) {
  return Values.some((value) => {
    const isNegated = value.startsWith('!');
    return matches(secret, Key, isNegated ? value.slice(1) : value) !== isNegated;
  });
}

/** By prefix; only descriptions ignore case. `all` looks for each word in every attribute, in any case. */
function matches(secret, key, value) {
  if (key !== 'all') {
    const fold = (text) => (key === 'description' ? text.toLowerCase() : text);
    return ATTRIBUTES[key](secret).some((attribute) => fold(attribute).startsWith(fold(value)));
  }
  const everything = Object.values(ATTRIBUTES).flatMap((attributes) => attributes(secret)).join('\n').toLowerCase();
  const words = value.toLowerCase().split(/[^a-z0-9]+/).filter((word) => word !== '');
  return words.every((word) => everything.includes(word));
}
