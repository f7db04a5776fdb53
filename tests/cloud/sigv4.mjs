// Verifies AWS Signature Version 4, from its description and with none of the client's code.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError } from './protocols.mjs';

const ALGORITHM = 'AWS4-HMAC-SHA256';
const ALLOWED_SKEW_MINUTES = 5;
const AUTHORIZATION = new RegExp(
  `^${ALGORITHM} +Credential=([^,\\s]+)[, ]+SignedHeaders=([^,\\s]+)[, ]+Signature=([0-9a-f]{64})$`,
);

/**
 * @param {object} call
 * @param {string} call.method
 * @param {string} call.path as sent
 * @param {URLSearchParams} call.query
 * @param {Record<string, string>} call.headers by lower-case name
 * @param {Buffer} call.bytes of the body
 * @param {string} service that the credential must be scoped to
 * @param {import('./sessions.mjs').Sessions} sessions
 * @param {number} now milliseconds
 * @returns {{ session: import('./sessions.mjs').Session, region: string }} who signed, and for which region
 */
export function verifySignature(call, service, sessions, now) {
  const { accessKeyId, scope, signedHeaders, signature } = parseAuthorization(call.headers.authorization);
  const [scopeDate, region, scopeService, terminator] = scope;

  const session = sessions.find(accessKeyId);
  if (!session || call.headers['x-amz-security-token'] !== session.sessionToken) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  if (now >= session.expiresAt) {
    throw new AwsError('ExpiredTokenException', 'The security token included in the request is expired');
  }
  if (scopeService !== service) throw invalid(`Credential should be scoped to correct service: '${service}'. `);
  if (!/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(region)) throw invalid('Credential should be scoped to a valid region. ');
  if (terminator !== 'aws4_request')
    throw invalid(`Credential should be scoped with a valid terminator: 'aws4_request'. `);

  requireSigned(call.headers, signedHeaders);
  const signedAt = requireFresh(call.headers['x-amz-date'], scopeDate, now);
  const expected = signatureOf(call, { secret: session.secretAccessKey, scope, signedHeaders, signedAt });
  if (!timingSafeEqual(Buffer.from(expected, 'hex'), Buffer.from(signature, 'hex'))) {
    throw invalid(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
        'and signing method. Consult the service documentation for details.',
    );
  }
  return { session, region };
}

function parseAuthorization(header) {
  if (!header) throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const match = AUTHORIZATION.exec(header.trim());
  const [accessKeyId, ...scope] = match?.[1].split('/') ?? [];
  if (scope.length !== 4) {
    throw new AwsError(
      'IncompleteSignatureException',
      'Authorization header requires Credential, SignedHeaders and Signature.',
    );
  }
  return { accessKeyId, scope, signedHeaders: match[2].split(';'), signature: match[3] };
}

/** What is not signed could be changed on the way. */
function requireSigned(headers, signedHeaders) {
  const required = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  for (const name of required) {
    if (!signedHeaders.includes(name)) {
      throw invalid(`'${name}' must be a 'SignedHeader' in the AWS 'Authorization' header.`);
    }
  }
}

function requireFresh(amzDate, scopeDate, now) {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate ?? '');
  if (!parts)
    throw new AwsError(
      'IncompleteSignatureException',
      "Authorization header requires existence of an 'X-Amz-Date' header.",
    );
  if (scopeDate !== amzDate.slice(0, 8)) {
    throw invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scopeDate}' != '${amzDate.slice(0, 8)}'.`,
    );
  }
  const [year, month, ...rest] = parts.slice(1).map(Number);
  const signedAt = Date.UTC(year, month - 1, ...rest);
  const allowed = ALLOWED_SKEW_MINUTES * 60_000;
  if (signedAt < now - allowed) {
    throw invalid(
      `Signature expired: ${amzDate} is now earlier than ${iso(now - allowed)} (${iso(now)} - ${ALLOWED_SKEW_MINUTES} min.)`,
    );
  }
  if (signedAt > now + allowed) {
    throw invalid(
      `Signature not yet current: ${amzDate} is still later than ${iso(now + allowed)} (${iso(now)} + ${ALLOWED_SKEW_MINUTES} min.)`,
    );
  }
  return amzDate;
}

function signatureOf(call, { secret, scope, signedHeaders, signedAt }) {
  const canonicalRequest = [
    call.method,
    scope[2] === 's3' ? s3Path(call.path) : canonicalPath(call.path),
    canonicalQuery(call.query),
    ...signedHeaders.map((name) => `${name}:${(call.headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    scope[2] === 's3' ? (call.headers['x-amz-content-sha256'] ?? '') : sha256(call.bytes),
  ].join('\n');
  const stringToSign = [ALGORITHM, signedAt, scope.join('/'), sha256(canonicalRequest)].join('\n');
  const signingKey = scope.reduce((key, part) => hmac(key, part), `AWS4${secret}`);
  return hmac(signingKey, stringToSign).toString('hex');
}

/** Encoded once for the wire and, by every service but S3, once more for the signature. */
function canonicalPath(path) {
  return path.split('/').map(encode).join('/');
}

/** S3's keys are encoded once. */
function s3Path(path) {
  return path.split('/').map((part) => encode(decodeURIComponent(part))).join('/');
}

function canonicalQuery(query) {
  const pairs = [...query].map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return pairs.sort().join('&');
}

function encode(text) {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function iso(milliseconds) {
  return new Date(milliseconds).toISOString().replace(/[-:]|\.\d+/g, '');
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key, text) {
  return createHmac('sha256', key).update(text).digest();
}

function invalid(message) {
  return new AwsError('InvalidSignatureException', message);
}
