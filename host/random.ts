import { randomFillSync } from 'node:crypto';

/** Stands in for `globalThis.crypto.getRandomValues` in the bundle: the same bytes, without loading all of Web Crypto. */
export function getRandomValues(bytes: Uint8Array): Uint8Array {
  return randomFillSync(bytes);
}
