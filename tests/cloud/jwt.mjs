// JSON Web Tokens with RSA signatures, as GitHub (RS256) and Cognito (RS512) issue them.
// https://datatracker.ietf.org/doc/html/rfc7519

import { createHmac, createPublicKey, generateKeyPair, randomUUID, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';

const DIGESTS = { RS256: 'sha256', RS512: 'sha512' };

/**
 * @typedef {object} SigningKey
 * @property {string} kid
 * @property {import('node:crypto').KeyObject} privateKey
 *
 * @typedef {object} DecodedJwt not verified
 * @property {Record<string, any>} header
 * @property {Record<string, any>} claims
 * @property {string} signed what the signature covers
 * @property {Buffer} signature
 */

/** @returns {Promise<SigningKey>} */
export async function newSigningKey() {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return { kid: randomUUID(), privateKey };
}

/** The public half as a JWKS lists it. */
export function publicJwk({ kid, privateKey }) {
  return { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' };
}

/**
 * @param {Record<string, any>} header its `alg` may also be `HS256` (with a secret as key) or `none`: forgeries
 * @param {Record<string, any>} claims
 * @param {import('node:crypto').KeyLike} [key]
 */
export function signJwt(header, claims, key) {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${signatureOf(header.alg, signed, key).toString('base64url')}`;
}

/** @returns {DecodedJwt | undefined} undefined if it is no JWT at all */
export function decodeJwt(token) {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const [header, claims] = parts.slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    const signature = Buffer.from(parts[2], 'base64url');
    return { header: { ...header }, claims: { ...claims }, signed: `${parts[0]}.${parts[1]}`, signature };
  } catch {
    return undefined;
  }
}

/**
 * The key comes from the issuer's published set, the algorithm from the verifier: a token chooses neither.
 * @param {DecodedJwt} jwt
 * @param {'RS256' | 'RS512'} algorithm
 * @param {SigningKey[]} keys
 */
export function hasValidSignature(jwt, algorithm, keys) {
  const key = keys.find(({ kid }) => kid === jwt.header.kid);
  if (!key || jwt.header.alg !== algorithm) return false;
  return verify(DIGESTS[algorithm], Buffer.from(jwt.signed), createPublicKey(key.privateKey), jwt.signature);
}

function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signatureOf(alg, signed, key) {
  if (alg === 'none') return Buffer.alloc(0);
  if (alg === 'HS256') return createHmac('sha256', key).update(signed).digest();
  return sign(DIGESTS[alg], Buffer.from(signed), key);
}
