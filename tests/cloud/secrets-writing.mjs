// What changes a secret in Secrets Manager: its versions, their labels, its tags and whether it exists.

import { AwsError } from './protocols.mjs';
import { invalidParameter, invalidRequest, keyOf, requestTagKeys, requireNotDeleted, requireWellFormed } from './secrets-access.mjs';
import { addVersion, isSameValue, moveLabel, tokenInUse } from './versions.mjs';
import { requireValid } from './validation.mjs';

const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_BYTES = 65_536;
const MAX_TAGS = 50;
const LABEL = { min: 1, max: 256 };
const VERSION_ID = { min: 32, max: 64, optional: true };
const DESCRIPTION = { max: 2048, optional: true };
const KMS_KEY_ID = { max: 2048, optional: true };
const TAG_TEXT = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*';

/** @param {{ setup: any, secrets: import('./secrets.mjs').Secrets, access: import('./secrets-access.mjs').SecretsAccess, now: () => number }} cloud */
export function writing({ setup, secrets, access, now }) {
  const quota = () => setup.versionQuota;

  function changed(secret, answer = {}) {
    secret.changedAt = now();
    return { ARN: secret.arn, Name: secret.name, ...answer };
  }

  function addTo(secret, id, value, stages) {
    return addVersion(secret, { id, value, stages, now: now(), quota: quota() });
  }

  return {
    /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
    CreateSecret(input, caller) {
      const { Name, ClientRequestToken: token, Description, KmsKeyId } = input;
      requireValid('ValidationException', [
        { member: 'name', value: Name, min: 1, max: 512 },
        { member: 'description', value: Description, ...DESCRIPTION },
        { member: 'kmsKeyId', value: KmsKeyId, ...KMS_KEY_ID },
      ]);
      requireTokenLength(token);
      requireWellFormed(Name);
      const tags = tagsIn(input.Tags ?? []);
      const value = optionalValue(input);
      const ofTags = requestTagKeys(tags);
      const keys = { ...keyOf('Name', Name), ...keyOf('Description', Description), ...keysOfKms(KmsKeyId, caller), ...ofTags };
      access.askForNew('CreateSecret', Name, caller, keys);
      if (Object.keys(tags).length > 0) access.askForNew('TagResource', Name, caller, ofTags);

      const existing = secrets.named(Name, caller);
      if (existing?.deleted) {
        throw invalidRequest("You can't create this secret because a secret with this name is already scheduled for deletion.");
      }
      if (existing) return createdAlready(existing, token, value);
      if (value !== undefined) requireToken(token);
      const { region, accountId } = caller;
      const described = { ...(Description && { description: Description }), ...(KmsKeyId && { kmsKeyId: KmsKeyId }) };
      const secret = secrets.create(Name, { region, accountId, tags, ...described });
      const version = value === undefined ? undefined : addTo(secret, token, value, ['AWSCURRENT']);
      return changed(secret, version && { VersionId: version.id });
    },

    /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html */
    PutSecretValue(input, caller) {
      const { SecretId, ClientRequestToken: token, VersionStages: stages = ['AWSCURRENT'] } = input;
      requireTokenLength(token);
      requireLabels(stages);
      const value = optionalValue(input);
      const secret = access.open('PutSecretValue', SecretId, caller);
      requireNotDeleted(secret);
      if (value === undefined) throw invalidParameter('You must provide either SecretString or SecretBinary.');
      requireToken(token);
      const isNew = !secret.versions.some(({ id }) => id === token);
      const version = addTo(secret, token, value, stages);
      const answer = { VersionId: version.id, ...(version.stages.length > 0 && { VersionStages: version.stages }) };
      return isNew ? changed(secret, answer) : { ARN: secret.arn, Name: secret.name, ...answer };
    },

    /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html */
    UpdateSecret(input, caller) {
      const { SecretId, ClientRequestToken: token, Description, KmsKeyId } = input;
      requireValid('ValidationException', [
        { member: 'description', value: Description, ...DESCRIPTION },
        { member: 'kmsKeyId', value: KmsKeyId, ...KMS_KEY_ID },
      ]);
      requireTokenLength(token);
      const value = optionalValue(input);
      const keys = { ...keyOf('Description', Description), ...keysOfKms(KmsKeyId, caller) };
      const secret = access.open('UpdateSecret', SecretId, caller, keys);
      requireNotDeleted(secret);
      if (value !== undefined) requireToken(token);
      if (value !== undefined && secret.versions.some(({ id }) => id === token)) {
        throw tokenInUse(secret, token);
      }
      const version = value === undefined ? undefined : addTo(secret, token, value, ['AWSCURRENT']);
      if (Description !== undefined) secret.description = Description;
      if (KmsKeyId !== undefined) secret.kmsKeyId = KmsKeyId;
      return changed(secret, version && { VersionId: version.id });
    },

    UpdateSecretVersionStage({ SecretId, VersionStage: label, RemoveFromVersionId: from, MoveToVersionId: to }, caller) {
      requireValid('ValidationException', [
        { member: 'versionStage', value: label, ...LABEL },
        { member: 'removeFromVersionId', value: from, ...VERSION_ID },
        { member: 'moveToVersionId', value: to, ...VERSION_ID },
      ]);
      const secret = access.open('UpdateSecretVersionStage', SecretId, caller, keyOf('VersionStage', label));
      requireNotDeleted(secret);
      moveLabel(secret, { label, from, to, quota: quota() });
      return changed(secret);
    },

    /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_TagResource.html */
    TagResource({ SecretId, Tags }, caller) {
      if (!Array.isArray(Tags)) throw invalidParameter('Tags must be a list.');
      const added = tagsIn(Tags);
      const keys = requestTagKeys(added);
      const secret = access.open('TagResource', SecretId, caller, keys);
      requireNotDeleted(secret);
      const tags = { ...secret.tags, ...added };
      if (Object.keys(tags).length > MAX_TAGS) throw invalidParameter(`A secret can have at most ${MAX_TAGS} tags.`);
      access.askAfterwards('TagResource', secret, tags, caller, keys);
      secret.tags = tags;
      changed(secret);
      return {};
    },

    /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UntagResource.html */
    UntagResource({ SecretId, TagKeys }, caller) {
      const isKey = (key) => typeof key === 'string' && key.length >= 1 && key.length <= 128;
      if (!Array.isArray(TagKeys) || !TagKeys.every(isKey)) throw invalidParameter('TagKeys must be a list of tag keys.');
      const keys = TagKeys.length > 0 ? { 'aws:TagKeys': TagKeys } : {};
      const secret = access.open('UntagResource', SecretId, caller, keys);
      requireNotDeleted(secret);
      const tags = Object.fromEntries(Object.entries(secret.tags).filter(([key]) => !TagKeys.includes(key)));
      access.askAfterwards('UntagResource', secret, tags, caller, keys);
      secret.tags = tags;
      changed(secret);
      return {};
    },

    /**
     * A forced deletion is done at once here; AWS may take a moment, during which the name cannot be used.
     * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
     */
    DeleteSecret({ SecretId, RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force }, caller) {
      const keys = { ...keyOf('RecoveryWindowInDays', days), ...keyOf('ForceDeleteWithoutRecovery', force) };
      const { arn, secret } = access.look('DeleteSecret', SecretId, caller, keys);
      if (force && days !== undefined) {
        throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
      }
      if (days !== undefined && !(Number.isInteger(days) && days >= 7 && days <= 30)) {
        throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
      }
      if (force) {
        if (secret) secrets.remove(secret);
        return { ARN: arn, Name: secret?.name ?? SecretId, DeletionDate: now() / 1000 };
      }
      if (!secret) throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
      if (secret.deleted) {
        throw invalidRequest("You can't perform this operation on the secret because it was already scheduled for deletion.");
      }
      Object.assign(secret, { deleted: true, deletionAt: now() + (days ?? 30) * DAY_MS });
      return changed(secret, { DeletionDate: secret.deletionAt / 1000 });
    },

    /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RestoreSecret.html */
    RestoreSecret({ SecretId }, caller) {
      const secret = access.open('RestoreSecret', SecretId, caller);
      secret.deleted = false;
      delete secret.deletionAt;
      return changed(secret);
    },
  };
}

/** A retry of the same creation is taken once; anything else with this name is another secret. */
function createdAlready(secret, token, value) {
  const version = secret.versions.find(({ id }) => id === token);
  if (value !== undefined && version && isSameValue(version.value, value)) {
    return { ARN: secret.arn, Name: secret.name, VersionId: version.id };
  }
  throw new AwsError('ResourceExistsException', `The operation failed because the secret ${secret.name} already exists.`);
}

/** @returns {string | Buffer | undefined} */
function optionalValue({ SecretString: text, SecretBinary: binary }) {
  if (text !== undefined && binary !== undefined) {
    throw invalidParameter("You can't specify both a binary secret value and a string secret value in the same secret.");
  }
  for (const [member, value] of [['SecretString', text], ['SecretBinary', binary]]) {
    if (value !== undefined && typeof value !== 'string') throw new AwsError('SerializationException', `${member} is not a string`);
  }
  const value = text ?? (binary === undefined ? undefined : Buffer.from(binary, 'base64'));
  if (value === undefined) return undefined;
  const member = text === undefined ? 'secretBinary' : 'secretString';
  const length = Buffer.byteLength(value);
  const rule = length === 0 ? 'greater than or equal to 1' : `less than or equal to ${MAX_BYTES}`;
  if (length >= 1 && length <= MAX_BYTES) return value;
  // The value itself is left out, which AWS does as well for what is marked as sensitive.
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must have length ${rule}`,
  );
}

function requireTokenLength(token) {
  if (token === undefined) return;
  if (typeof token !== 'string') throw new AwsError('SerializationException', 'ClientRequestToken is not a string');
  if (token.length < 32 || token.length > 64) throw invalidParameter('ClientRequestToken must be 32-64 characters long.');
}

/** The SDKs and the AWS CLI make one up; nobody else may forget it. */
function requireToken(token) {
  if (token === undefined) throw invalidParameter('You must provide a ClientRequestToken value. We recommend a UUID-type value.');
}

function requireLabels(stages) {
  if (!Array.isArray(stages) || stages.length < 1 || stages.length > 20) {
    throw new AwsError(
      'ValidationException',
      "1 validation error detected: Value at 'versionStages' failed to satisfy constraint: Member must have length between 1 and 20",
    );
  }
  requireValid('ValidationException', stages.map((value, place) => ({ member: `versionStages.${place + 1}.member`, value, ...LABEL })));
}

/** @param {{ Key: string, Value?: string }[]} list */
function tagsIn(list) {
  requireValid('ValidationException', [
    ...list.map(({ Key }, place) => ({ member: `tags.${place + 1}.member.key`, value: Key, min: 1, max: 128, pattern: TAG_TEXT })),
    ...list.map(({ Value }, place) => ({ member: `tags.${place + 1}.member.value`, value: Value, max: 256, pattern: TAG_TEXT, optional: true })),
  ]);
  const reserved = list.find(({ Key }) => Key.toLowerCase().startsWith('aws:'));
  if (reserved) throw invalidParameter(`Tag keys can't start with aws: ${reserved.Key}`);
  if (new Set(list.map(({ Key }) => Key)).size < list.length) throw invalidParameter("You can't specify the same tag key twice.");
  if (list.length > MAX_TAGS) throw invalidParameter(`A secret can have at most ${MAX_TAGS} tags.`);
  return Object.fromEntries(list.map(({ Key, Value = '' }) => [Key, Value]));
}

/** There is no KMS here that knows which key an alias means, so an alias has no ARN. */
function keysOfKms(id, { region, accountId }) {
  if (id === undefined) return {};
  const isName = !id.startsWith('arn:') && !id.startsWith('alias/') && id !== '';
  const arn = isName ? `arn:aws:kms:${region}:${accountId}:key/${id}` : id;
  return { ...keyOf('KmsKeyId', id), ...(/:key\//.test(arn) && keyOf('KmsKeyArn', arn)) };
}
