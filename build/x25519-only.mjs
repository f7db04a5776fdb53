// Stands in for the modules of age's library that X25519 does without (build/bundle.mjs). What is `undefined` here is for recipients
// of other kinds: to reach it is an error, and nothing is encrypted.
export const MLKEM768P256 = undefined;
export const MLKEM768X25519 = undefined;
export const p256 = undefined;
export const scrypt = undefined;

/** Web Crypto multiplies; of this the library takes the base point alone, u = 9 (RFC 7748, section 4.1). */
export const x25519 = { GuBytes: Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 9 : 0)) };
