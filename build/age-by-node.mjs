// Stands in for the ciphers and hashes that age's library takes from noble (build/bundle.mjs): the same ones of Node's OpenSSL. To
// reach what is `undefined` is an error.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';

const AEAD = 'chacha20-poly1305';
const TAG_BYTES = 16;

/** Only ever handed to the functions below. */
export const sha256 = 'sha256';
export const extract = undefined;
export const expand = undefined;

export function hmac(hash, key, message) {
  return createHmac(hash, key).update(message).digest();
}

/** Without a salt, RFC 5869 takes zeros, which HMAC makes of an empty key too. */
export function hkdf(hash, key, salt = new Uint8Array(), info, length) {
  return new Uint8Array(hkdfSync(hash, key, salt, info, length));
}

export function chacha20poly1305(key, nonce) {
  return {
    encrypt(text) {
      const cipher = createCipheriv(AEAD, key, nonce, { authTagLength: TAG_BYTES });
      return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
    },
    /** Throws unless the tag is right. */
    decrypt(sealed) {
      const decipher = createDecipheriv(AEAD, key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
    },
  };
}
