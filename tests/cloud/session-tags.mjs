// Session tags: from the claims of a token, or from the parameters of AssumeRole and the session that asks.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html

import { AwsError } from './protocols.mjs';
import { requireValid } from './validation.mjs';

const TAGS_CLAIM = 'https://aws.amazon.com/tags';
/** Each tag may be a claim of its own instead. */
const FLAT_CLAIM = `${TAGS_CLAIM}/principal_tags/`;
const MOST_TAGS = 50;
const TEXT = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*';
const KEY = { min: 1, max: 128, pattern: TEXT };
const VALUE = { max: 256, pattern: TEXT };

/**
 * What a token's tags are, and which of them are transitive; of those, AWS does not say which it refuses.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
 */
export function tagsOfToken(claims) {
  const { principal_tags: principalTags, transitive_tag_keys: transitiveKeys = [] } = claims[TAGS_CLAIM] ?? flatTags(claims);
  const tags = Object.entries(principalTags ?? {}).map(([key, value]) => [key, [value].flat()[0]]);
  const text = new RegExp(`^${TEXT}$`, 'u');
  const valid = ([key, value]) => key.length <= 128 && value.length <= 256 && text.test(key) && text.test(value);
  if (!tags.every(valid)) throw invalidTags();
  const keys = tags.map(([key]) => key);
  requireDistinct(keys);
  if (!transitiveKeys.every((key) => includes(keys, key))) throw invalidTags();
  return { tags: Object.fromEntries(tags), transitiveKeys };
}

function flatTags(claims) {
  const flat = Object.entries(claims).filter(([name]) => name.startsWith(FLAT_CLAIM));
  return {
    principal_tags: Object.fromEntries(flat.map(([name, value]) => [name.slice(FLAT_CLAIM.length), value])),
    transitive_tag_keys: claims[`${TAGS_CLAIM}/transitive_tag_keys`],
  };
}

/**
 * The tags that AssumeRole is asked for, and those that the caller's session hands on, which nobody can replace.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining
 * @param {Record<string, string>} input the form
 * @param {import('./sessions.mjs').Session} caller
 */
export function tagsOfRequest(input, caller) {
  const tags = numbersOf(input, 'Tags').map((number) => {
    const [key, value] = ['Key', 'Value'].map((name) => input[`Tags.member.${number}.${name}`]);
    return { number, key, value };
  });
  const transitive = numbersOf(input, 'TransitiveTagKeys').map((number) => {
    return { number, key: input[`TransitiveTagKeys.member.${number}`] };
  });
  requireValid('ValidationError', [
    ...tags.map(({ number, key }) => ({ member: `tags.${number}.member.key`, value: key, ...KEY })),
    ...tags.map(({ number, value }) => ({ member: `tags.${number}.member.value`, value, ...VALUE })),
    ...transitive.map(({ number, key }) => ({ member: `transitiveTagKeys.${number}.member`, value: key, ...KEY })),
  ]);
  requireDistinct(tags.map(({ key }) => key));

  const inherited = Object.entries(caller.tags).filter(([key]) => includes(caller.transitiveTagKeys, key));
  const requestedKeys = tags.map(({ key }) => key);
  const transitiveKeys = transitive.map(({ key }) => key);
  if (!transitiveKeys.every((key) => includes(requestedKeys, key))) {
    throw invalidParameter('The specified transitive tag key must be included in the requested tags.');
  }
  if (inherited.some(([key]) => includes(requestedKeys, key))) {
    throw invalidParameter(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
  }
  requireDistinct([...requestedKeys, ...inherited.map(([key]) => key)]);
  return {
    requested: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    inherited: Object.fromEntries(inherited),
    transitiveKeys,
  };
}

/** The query protocol writes a list as `Tags.member.1`, `Tags.member.2`, an empty one as `Tags=`. */
function numbersOf(input, list) {
  const pattern = new RegExp(`^${list}\\.member\\.(\\d+)`);
  const numbers = Object.keys(input).flatMap((name) => pattern.exec(name)?.[1] ?? []);
  return [...new Set(numbers)];
}

/** In more than case. */
function requireDistinct(keys) {
  const distinct = new Set(keys.map((key) => key.toLowerCase())).size;
  if (distinct < keys.length || keys.length > MOST_TAGS) throw invalidTags();
}

function includes(keys, wanted) {
  return keys.some((key) => key.toLowerCase() === wanted.toLowerCase());
}

function invalidTags() {
  return new AwsError('ValidationError', 'Unable to validate tags');
}

function invalidParameter(message) {
  return new AwsError('InvalidParameterValue', message);
}
