// The versions of a secret and the labels at them: Secrets Manager's rules of PutSecretValue and UpdateSecretVersionStage.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version

import { AwsError } from './protocols.mjs';

const DAY_MS = 24 * 60 * 60 * 1000;
/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const MAX_VERSIONS = 100;
const MAX_LABELS = 20;

/**
 * @typedef {object} Version
 * @property {string} id
 * @property {string[]} stages labels; a version without one is deprecated
 * @property {number} createdAt milliseconds
 * @property {number} [accessedAt] milliseconds: the day, as AWS tells no more of it
 * @property {string | Uint8Array} value
 */

/**
 * A version of its own for each token. The same token with the same value is taken once; the first version of a secret is
 * the current one, whatever labels were asked for.
 * @param {import('./secrets.mjs').Secret} secret
 * @param {{ id: string, value: string | Uint8Array, stages: string[], now: number, quota: boolean }} wanted
 * @returns {Version}
 */
export function addVersion(secret, { id, value, stages, now, quota }) {
  const existing = secret.versions.find((version) => version.id === id);
  if (existing) {
    if (isSameValue(existing.value, value)) return existing;
    throw tokenInUse(secret, id);
  }
  const isFirst = secret.versions.length === 0;
  const labels = [...new Set(isFirst ? [...stages, 'AWSCURRENT'] : stages)];
  requireRoomForLabels(secret, labels, quota);
  if (quota) removeDeprecated(secret, now);
  if (quota && secret.versions.length >= MAX_VERSIONS) {
    throw new AwsError('LimitExceededException', `You have reached the quota of ${MAX_VERSIONS} versions of this secret.`);
  }
  const version = { id, stages: [], createdAt: now, value };
  secret.versions.push(version);
  for (const label of labels) attach(secret, label, version);
  return version;
}

/**
 * A compare-and-swap: a label that is at another version moves only if RemoveFromVersionId names that version.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
 * @param {import('./secrets.mjs').Secret} secret
 * @param {{ label: string, from?: string, to?: string, quota: boolean }} move
 */
export function moveLabel(secret, { label, from, to, quota }) {
  if (!from && !to) throw invalidParameter('You must specify MoveToVersionId or RemoveFromVersionId.');
  const [source, target] = [from, to].map((id) => id && existingVersion(secret, id));
  const holder = holderOf(secret, label);
  if (!from && holder && holder !== target) {
    throw invalidParameter(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder.id}, ` +
        'so you must explicitly reference that version in RemoveFromVersionId.',
    );
  }
  if (from && holder !== source) {
    throw invalidParameter(
      `When you move staging label ${label}, if you specify RemoveFromVersionId, it must be set to the version that currently has the staging label ${label}.`,
    );
  }
  if (target) {
    requireRoomForLabels(secret, [label], quota);
    attach(secret, label, target);
  } else if (label === 'AWSCURRENT') {
    throw invalidParameter("You can't remove the staging label AWSCURRENT. You can only move it to another version.");
  } else {
    detach(source, label);
  }
}

/** AWSCURRENT leaves AWSPREVIOUS behind; any other label simply moves. */
function attach(secret, label, version) {
  const holder = holderOf(secret, label);
  if (holder === version) return;
  if (holder) detach(holder, label);
  version.stages.push(label);
  if (label !== 'AWSCURRENT' || !holder) return;
  const previous = holderOf(secret, 'AWSPREVIOUS');
  if (previous) detach(previous, 'AWSPREVIOUS');
  holder.stages.push('AWSPREVIOUS');
}

function detach(version, label) {
  version.stages = version.stages.filter((held) => held !== label);
}

export function holderOf(secret, label) {
  return secret.versions.find(({ stages }) => stages.includes(label));
}

function existingVersion(secret, id) {
  const version = secret.versions.find((candidate) => candidate.id === id);
  if (version) return version;
  throw new AwsError('ResourceNotFoundException', `Secrets Manager can't find the specified secret version: ${id}.`);
}

/** AWSPREVIOUS is counted when it is there, and takes no room of its own while it moves. */
function requireRoomForLabels(secret, labels, quota) {
  const held = new Set(secret.versions.flatMap(({ stages }) => stages));
  for (const label of labels) held.add(label);
  if (!quota || held.size <= MAX_LABELS) return;
  throw new AwsError('LimitExceededException', `You have reached the quota of ${MAX_LABELS} staging labels of this secret.`);
}

/** Oldest first, down to what the next version needs; never one of the last 24 hours, never one with a label. */
function removeDeprecated(secret, now) {
  const old = secret.versions.filter(({ stages, createdAt }) => stages.length === 0 && now - createdAt >= DAY_MS);
  const surplus = old.slice(0, Math.max(0, secret.versions.length + 1 - MAX_VERSIONS));
  secret.versions = secret.versions.filter((version) => !surplus.includes(version));
}

export function tokenInUse({ arn }, token) {
  const message = `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${arn}.`;
  return new AwsError('ResourceExistsException', message);
}

export function isSameValue(one, other) {
  const areTexts = typeof one === 'string' && typeof other === 'string';
  const areBytes = typeof one !== 'string' && typeof other !== 'string';
  return areTexts ? one === other : areBytes && Buffer.from(one).equals(Buffer.from(other));
}

function invalidParameter(message) {
  return new AwsError('InvalidParameterException', message);
}
