// The verification of signatures that the core has Node do.

import assert from 'node:assert/strict';
import { constants, createHash, createPublicKey, generateKeyPairSync, privateEncrypt, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { verifyRs256 } = await bundled('../../host/node-host.ts');
const privateKey = readFileSync(new URL('../vectors/github-signing-key.pem', import.meta.url));
const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
const [modulus, exponent] = [jwk.n, jwk.e].map((number) => Buffer.from(number, 'base64url'));
const SIZE = modulus.length;
const message = Buffer.from('message');

/** What precedes a SHA-256 hash under the signature: https://www.rfc-editor.org/rfc/rfc8017#section-9.2 (note 1) */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

test('the holder of the key signs, and nobody else', () => {
  const signature = sign('RSA-SHA256', message, privateKey);
  assert.ok(isRight(signature));
  assert.ok(!verifyRs256(modulus, exponent, Buffer.from('another message'), signature));
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  assert.ok(!isRight(sign('RSA-SHA256', message, other.privateKey)));
  // As the core gives it: a part of its memory.
  assert.ok(isRight(new Uint8Array([1, 2, ...signature, 3]).subarray(2, SIZE + 2)));
});

test('another padding or hash is no signature', () => {
  for (const [hash, padding] of [
    ['RSA-SHA256', constants.RSA_PKCS1_PSS_PADDING],
    ['RSA-SHA1', constants.RSA_PKCS1_PADDING],
    ['RSA-SHA384', constants.RSA_PKCS1_PADDING],
    ['RSA-SHA512', constants.RSA_PKCS1_PADDING],
  ]) {
    assert.ok(!isRight(sign(hash, message, { key: privateKey, padding })), `${hash} ${padding}`);
  }
});

// What the holder of the key signs when the encoding is not as it has to be.
test('only the one encoding of the message is a signature', () => {
  const hash = createHash('sha256').update(message).digest();
  const right = encoded(DIGEST_INFO, hash);
  assert.ok(isRight(signed(right)));
  assert.deepEqual(signed(right), sign('RSA-SHA256', message, privateKey));

  const changed = (place, byte) => Buffer.from(right).fill(byte, place, place + 1);
  const wrong = {
    'the first byte': changed(0, 1),
    'the type of block': changed(1, 2),
    'a byte of the filling': changed(2, 0xfe),
    'the end of the filling': changed(SIZE - 52, 1),
    'a byte of the hash': changed(SIZE - 1, ~hash[31] & 0xff),
    'less filling, and garbage at the end': Buffer.concat([right.subarray(0, 10), right.subarray(SIZE - 52), Buffer.alloc(SIZE - 62, 7)]),
    'a length in two bytes': encoded(Buffer.concat([Buffer.from([0x30, 0x81, 0x31]), DIGEST_INFO.subarray(2)]), hash),
    'no parameters': encoded(Buffer.from('302f300b0609608648016503040201' + '0420', 'hex'), hash),
    'no description of the hash': encoded(Buffer.alloc(0), hash),
    'the hash of another message': encoded(DIGEST_INFO, createHash('sha256').update('another message').digest()),
  };
  for (const [what, bytes] of Object.entries(wrong)) {
    assert.equal(bytes.length, SIZE, what);
    assert.ok(!isRight(signed(bytes)), what);
  }
});

test('a number that is not below the modulus, or of another length, is no signature', () => {
  const signature = sign('RSA-SHA256', message, privateKey);
  assert.ok(!isRight(signature.subarray(1)), 'a byte less');
  assert.ok(!isRight(Buffer.concat([Buffer.alloc(1), signature])), 'a byte more');
  assert.ok(!isRight(Buffer.alloc(0)), 'nothing');
  const n = BigInt(`0x${modulus.toString('hex')}`);
  for (const number of [0n, 1n, n - 1n, n]) {
    assert.ok(!isRight(bytesOf(number, SIZE)), `${number}`);
  }
  const above = BigInt(`0x${signature.toString('hex')}`) + n;
  assert.ok(!isRight(bytesOf(above, above >> BigInt(8 * SIZE) ? SIZE + 1 : SIZE)), 'the same number modulo the key');
});

test('what OpenSSL takes for no key verifies nothing', () => {
  const signature = sign('RSA-SHA256', message, privateKey);
  const verifies = (...key) => {
    try {
      return verifyRs256(...key, message, signature);
    } catch {
      return false;
    }
  };
  const [none, one] = [Buffer.alloc(0), Buffer.from([1])];
  assert.ok(verifies(modulus, exponent));
  for (const key of [[none, exponent], [modulus, none], [none, none], [one, one], [modulus, one]]) {
    assert.ok(!verifies(...key), key.map((number) => number.toString('hex')).join(' '));
  }
});

function isRight(signature) {
  return verifyRs256(modulus, exponent, message, signature);
}

/** EMSA-PKCS1-v1_5 of what is given in place of the description of the hash. */
function encoded(digestInfo, hash) {
  const filling = Buffer.alloc(SIZE - 3 - digestInfo.length - hash.length, 0xff);
  return Buffer.concat([Buffer.from([0, 1]), filling, Buffer.from([0]), digestInfo, hash]);
}

/** The private operation alone. */
function signed(bytes) {
  return privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, bytes);
}

function bytesOf(number, length) {
  return Buffer.from(number.toString(16).padStart(2 * length, '0'), 'hex');
}

async function bundled(file) {
  const options = { bundle: true, format: 'esm', platform: 'node', write: false };
  const { outputFiles } = await build({ ...options, entryPoints: [fileURLToPath(new URL(file, import.meta.url))] });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}
