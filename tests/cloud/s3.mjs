// S3, as far as the migration needs it: PutObject, GetObject and ListObjectsV2, with the bucket in the path or in the host's name.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html

import { createHash } from 'node:crypto';
import { AwsError, s3Xml } from './protocols.mjs';
import { verifySignature } from './sigv4.mjs';

const SCOPE_OF_S3 = /Credential=[^,\s]+\/s3\/aws4_request/;
const BUCKET_HOST = /^(.+)\.s3[.-][^/]*amazonaws\.com(?:\.cn)?(?::\d+)?$/;
const MAX_KEYS = 1000;
/** What S3 calls what the other services have other names for. */
const SIGNATURE_ERRORS = {
  UnrecognizedClientException: ['InvalidAccessKeyId', 403],
  ExpiredTokenException: ['ExpiredToken', 400],
  InvalidSignatureException: ['SignatureDoesNotMatch', 403],
  MissingAuthenticationTokenException: ['AccessDenied', 403],
  IncompleteSignatureException: ['AuthorizationHeaderMalformed', 400],
};

/** @returns {import('./setup.mjs').Bucket} */
export function newBucket(setup, { account = setup.accountId, region = setup.region, policy, pageSize = MAX_KEYS } = {}) {
  return { accountId: account, region, policy, pageSize, objects: new Map() };
}

export class S3 {
  protocol = s3Xml;

  /** @param {{ setup: import('./setup.mjs').Setup, sessions: any, authorizer: import('./authorize.mjs').Authorizer, now: () => number }} options */
  constructor({ setup, sessions, authorizer, now }) {
    Object.assign(this, { setup, sessions, authorizer, now });
  }

  operationOf(call) {
    const { method, headers } = call;
    const isUnsigned = headers.authorization === undefined && headers['x-amz-content-sha256'] !== undefined;
    if (!isUnsigned && !SCOPE_OF_S3.test(headers.authorization ?? '')) return undefined;
    const { key } = placeOf(call);
    if (key !== '') return { PUT: 'PutObject', GET: 'GetObject' }[method] ?? `${method} of an object`;
    return method === 'GET' && call.query.get('list-type') === '2' ? 'ListObjectsV2' : `${method} of a bucket`;
  }

  detail(_input, call) {
    const { bucket, key } = placeOf(call);
    const owner = call.headers['x-amz-expected-bucket-owner'];
    return { bucket, ...(key && { key }), query: Object.fromEntries(call.query), ...(owner && { expectedBucketOwner: owner }) };
  }

  operations = {
    /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
    PutObject: (_input, call) => {
      const { bucket, key } = this.#open(call, 's3:PutObject', { ...encryptionKeys(call.headers) });
      const bytes = bodyOf(call);
      if (Buffer.byteLength(key) > 1024) throw new AwsError('KeyTooLongError', 'Your key is too long');
      if (call.headers['if-none-match'] === '*' && bucket.objects.has(key)) {
        throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
      }
      bucket.objects.set(key, { bytes, changedAt: this.now(), contentType: call.headers['content-type'] });
      return { headers: { etag: etagOf(bytes) } };
    },

    /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
    GetObject: (_input, call) => {
      const { bucket, key, allows } = this.#open(call, 's3:GetObject');
      const object = bucket.objects.get(key);
      // Whoever may not list a bucket does not learn whether an object exists.
      if (!object && !allows('s3:ListBucket')) throw accessDenied();
      if (!object) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
      const { bytes, contentType = 'binary/octet-stream', changedAt } = object;
      const headers = { 'content-type': contentType, etag: etagOf(bytes), 'last-modified': new Date(changedAt).toUTCString() };
      return { headers: { ...headers, 'content-length': String(bytes.length) }, body: bytes };
    },

    /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
    ListObjectsV2: (_input, call) => {
      const { query } = call;
      const prefix = query.get('prefix') ?? '';
      if (query.get('delimiter')) throw new AwsError('NotImplemented', 'The local cloud lists without a delimiter.', 501);
      const { bucket, name } = this.#open(call, 's3:ListBucket', { 's3:prefix': [prefix] });
      const wanted = Number(query.get('max-keys') ?? MAX_KEYS);
      if (!Number.isInteger(wanted) || wanted < 0) throw new AwsError('InvalidArgument', 'Argument max-keys must be an integer between 0 and 2147483647');
      const after = query.has('continuation-token') ? keyOfToken(query.get('continuation-token')) : (query.get('start-after') ?? '');
      const keys = [...bucket.objects.keys()].filter((key) => key.startsWith(prefix) && isAfter(key, after)).sort(byBytes);
      const page = keys.slice(0, Math.min(wanted, bucket.pageSize, MAX_KEYS));
      const isTruncated = wanted > 0 && page.length < keys.length;
      const shown = query.get('encoding-type') === 'url' ? (text) => encodeURIComponent(text).replaceAll('%2F', '/') : (text) => text;
      const Contents = page.map((key) => {
        const { bytes, changedAt } = bucket.objects.get(key);
        const LastModified = new Date(changedAt).toISOString();
        return { Key: shown(key), LastModified, ETag: etagOf(bytes), Size: bytes.length, StorageClass: 'STANDARD' };
      });
      return {
        xml: {
          ListBucketResult: {
            Name: name,
            Prefix: shown(prefix),
            MaxKeys: wanted,
            KeyCount: page.length,
            IsTruncated: isTruncated,
            ...(query.has('encoding-type') && { EncodingType: 'url' }),
            ...(query.has('continuation-token') && { ContinuationToken: query.get('continuation-token') }),
            ...(isTruncated && { NextContinuationToken: tokenOfKey(page.at(-1)) }),
            Contents,
          },
        },
      };
    },
  };

  /** The bucket, if it is there, belongs to whom the caller thinks, and the caller may do this. */
  #open(call, action, keys = {}) {
    const { session, region } = this.#signedBy(call);
    const { bucket: name, key } = placeOf(call);
    const bucket = Object.hasOwn(this.setup.buckets, name) ? this.setup.buckets[name] : undefined;
    if (!bucket) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
    if (region !== bucket.region) {
      const message = `The authorization header is malformed; the region '${region}' is wrong; expecting '${bucket.region}'`;
      throw new AwsError('AuthorizationHeaderMalformed', message);
    }
    const expectedOwner = call.headers['x-amz-expected-bucket-owner'];
    if (expectedOwner !== undefined && expectedOwner !== bucket.accountId) throw accessDenied();

    const allows = (asked) => {
      const ofBucket = `arn:aws:s3:::${name}`;
      const resource = asked === 's3:ListBucket' ? ofBucket : `${ofBucket}/${key}`;
      const { accountId, policy: resourcePolicy } = bucket;
      const ofRequest = { 'aws:RequestedRegion': [region], 'aws:ResourceAccount': [accountId], 's3:ResourceAccount': [accountId] };
      const context = { ...ofRequest, ...keys };
      return !this.authorizer.refusedAccess({ session, action: asked, resource, accountId, context, resourcePolicy });
    };
    if (!allows(action)) throw accessDenied();
    return { bucket, name, key, allows };
  }

  #signedBy(call) {
    try {
      return verifySignature(call, 's3', this.sessions, this.now());
    } catch (error) {
      const [code, status] = SIGNATURE_ERRORS[error.code] ?? [];
      if (!code) throw error;
      const isSkewed = /^Signature (?:expired|not yet current)/.test(error.message);
      throw new AwsError(isSkewed ? 'RequestTimeTooSkewed' : code, error.message, status);
    }
  }
}

/** Path style, or the bucket as the first part of the host's name. */
function placeOf({ path, headers }) {
  const decoded = decodeURIComponent(path.slice(1));
  const ofHost = BUCKET_HOST.exec(headers.host ?? '')?.[1];
  if (ofHost) return { bucket: ofHost, key: decoded };
  const [, bucket, key = ''] = /^([^/]*)(?:\/(.*))?$/s.exec(decoded);
  return { bucket, key };
}

/**
 * The body is what was signed, or what came over TLS without a signature of its own: whole, or in chunks before a checksum, as
 * the AWS CLI sends it there. Chunks that are signed are not taken apart.
 * @returns {Buffer}
 */
function bodyOf({ headers, bytes }) {
  const claimed = headers['x-amz-content-sha256'];
  if (claimed === undefined) throw new AwsError('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  if (claimed === 'UNSIGNED-PAYLOAD') return bytes;
  if (claimed === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') return unchunked(bytes, Number(headers['x-amz-decoded-content-length']));
  if (claimed.startsWith('STREAMING-')) throw new AwsError('NotImplemented', 'The local cloud takes no chunked bodies.', 501);
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (claimed === actual) return bytes;
  throw new AwsError('XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' header does not match what was computed.");
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html */
function unchunked(bytes, length) {
  const chunks = [];
  for (let start = 0; ; ) {
    const end = bytes.indexOf('\r\n', start);
    const size = end < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', start, end), 16);
    if (Number.isNaN(size)) throw new AwsError('IncompleteBody', 'The request body terminated unexpectedly');
    if (size === 0) break;
    chunks.push(bytes.subarray(end + 2, end + 2 + size));
    start = end + 2 + size + 2;
  }
  const body = Buffer.concat(chunks);
  if (body.length !== length) throw new AwsError('IncompleteBody', 'The body is not as long as x-amz-decoded-content-length says');
  return body;
}

function encryptionKeys(headers) {
  const names = ['x-amz-server-side-encryption', 'x-amz-server-side-encryption-aws-kms-key-id', 'x-amz-acl'];
  return Object.fromEntries(names.filter((name) => headers[name] !== undefined).map((name) => [`s3:${name}`, [headers[name]]]));
}

function etagOf(bytes) {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

function tokenOfKey(key) {
  return Buffer.from(`after ${key}`).toString('base64');
}

function keyOfToken(token) {
  const key = /^after (.*)$/s.exec(Buffer.from(token, 'base64').toString())?.[1];
  if (key === undefined) throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect');
  return key;
}

/** S3 lists in the order of the UTF-8 bytes. */
function byBytes(one, other) {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function isAfter(key, other) {
  return byBytes(key, other) > 0;
}

function accessDenied() {
  return new AwsError('AccessDenied', 'Access Denied', 403);
}
