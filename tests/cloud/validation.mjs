// Parameter constraints of the services' models, refused in the words AWS uses for all of them.

import { AwsError } from './protocols.mjs';

/**
 * @typedef {object} Constraint
 * @property {string} member the parameter's name as messages spell it: lower camel case
 * @property {string | undefined} value
 * @property {number} [min] length
 * @property {number} [max] length
 * @property {string} [pattern] as the API reference prints it: the whole value must match
 * @property {boolean} [optional]
 */

/**
 * @param {string} code of the refusal: `ValidationError` in STS, `ValidationException` elsewhere
 * @param {Constraint[]} constraints
 */
export function requireValid(code, constraints) {
  const errors = constraints.flatMap(violations);
  if (errors.length === 0) return;
  const count = errors.length === 1 ? '1 validation error' : `${errors.length} validation errors`;
  throw new AwsError(code, `${count} detected: ${errors.join('; ')}`);
}

function violations({ member, value, min = 0, max = Infinity, pattern, optional }) {
  if (value === undefined || value === null) return optional ? [] : [failed('null', member, 'not be null')];
  if (typeof value !== 'string') throw new AwsError('SerializationException', `${member} is not a string`);
  const shown = `'${value}'`;
  const errors = [];
  if (value.length < min) errors.push(failed(shown, member, `have length greater than or equal to ${min}`));
  if (value.length > max) errors.push(failed(shown, member, `have length less than or equal to ${max}`));
  if (pattern && !new RegExp(`^(?:${pattern})$`, 'u').test(value)) {
    errors.push(failed(shown, member, `satisfy regular expression pattern: ${pattern}`));
  }
  return errors;
}

function failed(shown, member, rule) {
  return `Value ${shown} at '${member}' failed to satisfy constraint: Member must ${rule}`;
}
