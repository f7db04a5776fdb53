// The fault matrix: every call of the committed bundle, struck by every fault, once and for ever. What can pass is got
// over with the right values; what cannot ends the step with its code, in time, with nothing written. No case shows a
// token, a key, a value or words of an answer that is not AWS's. Calls of the enhanced flow, of a token exchange and of a second role
// are struck in runs that make them. A batch that is refused is the one refusal that does not
// end the step: its secrets are then read one by one.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/action/matrix.test.mjs` runs the bundle on another Node.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttpsServer } from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { startCloud } from '../cloud/cloud.mjs';
import { newSigningKey } from '../cloud/jwt.mjs';
import { enhancedFlowTrust, principalTrust, role, withTokenExchange } from '../cloud/setup.mjs';
import { runStep } from '../runner/step.mjs';

const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;
/** So many there are; a case that gets lost fails the matrix. */
const CASES = 700;
const TOGETHER = 6;
/** More clouds than cases at a time, taken in turn: what a step left under way as it ended reaches no other case. */
const CLOUDS = 2 * TOGETHER;
/** A step that has not ended by then hangs; it is killed, and its case fails. */
const HANGS_AFTER_MS = 45_000;
/** What a busy machine may add to `timeout-seconds`. */
const MARGIN_SECONDS = 10;
const MAX_ATTEMPTS = 3;

/** Stands in every value, and in every answer that is not in AWS's form for errors. */
const CANARY = 'canary';
const VALUES = { TOKEN: `${CANARY}-line 1\n${CANARY} 100% "2"`, LEVEL: `${CANARY}-level` };
const STORES = 'octo-enterprise/repo/octo-org/octo-repo';
/** Of the input `secrets`, by variable: as few as are read in a batch. */
const SHARED = Object.fromEntries([1, 2, 3, 4, 5, 6].map((i) => [`SHARED_${i}`, `${CANARY}-shared ${i}`]));
const SECRETS = Object.keys(SHARED).map((name) => `${name}=shared/${name}`).join('\n');
/** Of Parameter Store, by variable. */
const PARAMETER = { PARAMETER: `${CANARY}-parameter` };
const ARN = 'arn:aws:ssm:us-west-2:123456789012:parameter/matrix';
const BEFORE = {
  GITHUB_ENV: 'EARLIER=1\n',
  GITHUB_OUTPUT: 'earlier<<EOF\n2\nEOF\n',
  GITHUB_STEP_SUMMARY: '# Of another step\n',
};
const JSON_ERRORS = 'application/x-amz-json-1.1';

const BATCH = 'BatchGetSecretValue';
const ENHANCED = 'GetCredentialsForIdentity';
const CHAIN = 'AssumeRole';
const EXCHANGE = 'TokenExchange';
const PARAMETERS = 'GetParameters';
const PATH = 'GetParametersByPath';
const AWS = ['GetId', 'GetOpenIdToken', ENHANCED, 'AssumeRoleWithWebIdentity', CHAIN, 'GetSecretValue', BATCH, PARAMETERS, PATH];
/** Roles of the account beside README.md's, by what they are for. */
const ROLES = Object.fromEntries(
  ['enhanced', 'reader', 'github-actions-exchange'].map((name) => [name, `arn:aws:iam::123456789012:role/${name}`]),
);
const OPERATIONS = ['GitHubToken', 'JWKS', EXCHANGE, ...AWS];

/** What no one may read, by what it is. */
const MARKERS = {
  'a value, or words of an answer': new RegExp(CANARY, 'i'),
  'a request token': /request-token-/,
  'a JWT': /eyJ[\w-]+\.eyJ|eyJ[\w-]{10}/,
  'an access key id': /ASIA[0-9A-Z]{12}/,
  // Base64 of 30 and 300 bytes. A commit's hash has no capitals; one of Cognito's error codes is as long.
  'a secret key or a session token':
    /(?<![A-Za-z0-9+/])(?!InvalidIdentityPoolConfigurationException\b)(?=[a-z0-9+/]*[A-Z])[A-Za-z0-9+/]{40}/,
};

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-matrix-'));
after(() => rm(folder, { recursive: true }));
const [trusted, untrusted, githubKey] = await Promise.all([
  makeCertificate('trusted'),
  makeCertificate('untrusted'),
  newSigningKey(),
]);
const clouds = await Promise.all(Array.from({ length: CLOUDS }, newCloud));
after(() => Promise.all(clouds.map((cloud) => cloud.close())));

/** Where redirects lead; no request may arrive. */
const visits = [];
const elsewhere = await listening(
  createHttpsServer(trusted, (request, response) => {
    visits.push(request.url);
    response.end(JSON.stringify({ value: CANARY }));
  }),
);
/** Whoever trusts its certificate gets an answer. */
const impostor = await listening(createHttpsServer(untrusted, (_request, response) => response.end(CANARY)));
after(() => [elsewhere, impostor].forEach((server) => server.close()));

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} operation
 * @property {'once' | 'for ever'} span
 * @property {import('../cloud/faults.mjs').Fault} [fault] none where the connection is what fails
 * @property {string} [code] of the failure; none: the step recovers
 * @property {true} [oneByOne] recovers by reading each secret by itself
 * @property {number} [attempts] at the operation; none: up to three
 * @property {number} timeoutSeconds
 */

/** Ends of what is tried again, if it goes on for ever. GitHub's token endpoint has one for most of them. */
const [FAULTY, THROTTLED, UNREACHABLE, UNUSABLE, LATE] = [
  'service-fault',
  'throttled',
  'service-unreachable',
  'answer-unusable',
  'deadline-exceeded',
];
const TRANSIENT = [
  ...[500, 502, 503, 504].map((status) => [`HTTP ${status}`, page(status), FAULTY]),
  ['HTTP 429', page(429), THROTTLED],
  ['a reset connection', { reset: true }, UNREACHABLE],
  ['no answer', { noAnswer: true }, LATE],
  ['half an answer', { halfAnswer: true }, UNREACHABLE],
  ['an answer that drips', { drip: true }, LATE],
  ['an answer of 512 MB', { huge: true }, UNUSABLE],
  ['an empty answer', { status: 200, body: '', headers: { 'x-request-id': CANARY } }, UNUSABLE],
  ['an answer that is not JSON or XML', text(JSON_ERRORS, `${CANARY} entirely`), UNUSABLE],
  ['a page instead of an answer', page(200), UNUSABLE],
];
/** By AWS's code, all with HTTP 400. */
const TRANSIENT_AT_AWS = [
  ['ThrottlingException', THROTTLED],
  ['TooManyRequestsException', THROTTLED],
  ['RequestTimeoutException', FAULTY],
];
const TRANSIENT_AT_STS = [
  ['IDPCommunicationError', FAULTY],
  ['InvalidIdentityToken', FAULTY, "Couldn't retrieve verification key from your identity provider"],
];
const TRANSIENT_AT_SSM = [
  ['TooManyUpdates', THROTTLED],
  ['InternalServerError', FAULTY],
];
const UNKNOWN = 'FlyingMonkeysException';
/** What an exchange's answer ends the step with, whatever it is but a token. */
const NOT_EXCHANGED = 'token-exchange-refused';
/** Ends of no step: what the batch is refused, each of its secrets may be granted. */
const ONE_BY_ONE = undefined;

/** Refusals that no repetition changes: AWS's code, the step's code, AWS's message where it matters. */
const COGNITO_REFUSALS = [
  ['ResourceNotFoundException', 'identity-pool-not-found'],
  ['NotAuthorizedException', 'classic-flow-disabled', 'Basic (classic) flow is not enabled.'],
  ['InvalidParameterException', 'classic-flow-disabled', 'Basic (classic) flow is not enabled, use another.'],
  ['NotAuthorizedException', 'issuer-not-in-identity-pool', 'Token is not from a supported provider of this pool.'],
  ['InvalidParameterException', 'issuer-not-in-identity-pool', 'Invalid providerName.'],
  ['InvalidParameterException', 'issuer-not-in-identity-pool', 'Value at logins is not valid.'],
  ['NotAuthorizedException', 'issuer-not-in-identity-pool', 'Invalid login token. Incorrect token audience.'],
  ['NotAuthorizedException', 'issuer-not-in-identity-pool', 'Unauthenticated access is not supported.'],
  ['NotAuthorizedException', 'github-token-refused', 'Invalid login token.'],
  ['ExternalServiceException', 'issuer-not-reachable-by-cognito'],
  ['InvalidIdentityPoolConfigurationException', 'identity-pool-misconfigured'],
  ['InvalidParameterException', 'cognito-refused', 'Something is wrong.'],
  [UNKNOWN, 'cognito-refused'],
];
/** What is wrong with the session is wrong for one secret as for many. */
const OF_THE_SESSION = [
  ['UnrecognizedClientException', 'credentials-refused'],
  ['InvalidClientTokenId', 'credentials-refused'],
  ['ExpiredTokenException', 'credentials-refused'],
  ['InvalidSignatureException', 'signature-refused'],
  ['SignatureDoesNotMatch', 'signature-refused'],
  ['RequestExpired', 'signature-refused'],
  ['RequestInTheFuture', 'signature-refused'],
  ['RequestTimeTooSkewed', 'signature-refused'],
];
/** What is wrong with a parameter, whoever names it. */
const OF_PARAMETERS = [
  ['AccessDeniedException', 'store-access-denied'],
  ['AccessDenied', 'store-access-denied'],
  ['AccessDeniedException', 'store-not-decryptable', 'The ciphertext refers to a customer master key that you may not use.'],
  ['InvalidKeyId', 'store-not-decryptable'],
  ['ValidationException', 'store-refused'],
  ...OF_THE_SESSION,
  [UNKNOWN, 'store-refused'],
];
/** What is wrong with a request for a role, whoever makes it. */
const OF_AN_ASSUMPTION = [
  ['PackedPolicyTooLarge', 'session-tags-too-large'],
  ['RegionDisabledException', 'sts-region-disabled'],
  ['ValidationError', 'role-duration-refused', 'The requested DurationSeconds exceeds the MaxSessionDuration.'],
  ['ValidationError', 'assume-role-refused'],
  [UNKNOWN, 'assume-role-refused'],
];
const REFUSALS = {
  GetId: COGNITO_REFUSALS,
  GetOpenIdToken: COGNITO_REFUSALS,
  [ENHANCED]: COGNITO_REFUSALS.map(([awsError, code, ...message]) =>
    awsError === 'InvalidIdentityPoolConfigurationException'
      ? [awsError, 'assume-role-denied']
      : [awsError, code, ...message],
  ),
  AssumeRoleWithWebIdentity: [
    ['AccessDenied', 'assume-role-denied'],
    ['AccessDeniedException', 'assume-role-denied'],
    ['ExpiredTokenException', 'cognito-token-expired'],
    ['InvalidIdentityToken', 'cognito-token-refused'],
    ['SignatureDoesNotMatch', 'assume-role-refused'],
    ...OF_AN_ASSUMPTION,
  ],
  [CHAIN]: [
    ['AccessDenied', 'chain-role-denied'],
    ['AccessDeniedException', 'chain-role-denied'],
    ['ExpiredToken', 'credentials-refused'],
    ...OF_THE_SESSION,
    ...OF_AN_ASSUMPTION,
  ],
  GetSecretValue: [
    ['ResourceNotFoundException', 'store-not-found'],
    ['AccessDeniedException', 'store-access-denied'],
    ['AccessDenied', 'store-access-denied'],
    ...OF_THE_SESSION,
    ['DecryptionFailure', 'store-not-decryptable'],
    ['InvalidRequestException', 'store-not-readable'],
    [UNKNOWN, 'store-refused'],
  ],
  [BATCH]: [
    ['AccessDeniedException', ONE_BY_ONE],
    ['AccessDenied', ONE_BY_ONE],
    ['ResourceNotFoundException', ONE_BY_ONE],
    ['InvalidParameterException', ONE_BY_ONE],
    ['ValidationException', ONE_BY_ONE],
    ['UnknownOperationException', ONE_BY_ONE],
    ['DecryptionFailure', ONE_BY_ONE],
    ['InvalidRequestException', ONE_BY_ONE],
    [UNKNOWN, ONE_BY_ONE],
    ...OF_THE_SESSION,
  ],
  [PARAMETERS]: [['ParameterVersionNotFound', 'store-not-found'], ...OF_PARAMETERS],
  [PATH]: [['InvalidNextToken', 'store-refused'], ...OF_PARAMETERS],
};
/** GitHub's two and the exchange are refused by status alone. JWKS is not refused by 404: that sends to the issuer's configuration. */
const STATUS_REFUSALS = {
  GitHubToken: [400, 401, 403, 404].map((status) => [status, 'github-token-unavailable']),
  JWKS: [400, 401, 403].map((status) => [status, 'issuer-keys-unavailable']),
  [EXCHANGE]: [400, 401, 403, 404].map((status) => [status, NOT_EXCHANGED]),
};
/** Where a connection of each operation goes, if it is not the cloud. */
const LED_BY = {
  GitHubToken: (url) => ({ environment: { ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/_apis/token?api-version=2.0` } }),
  JWKS: (url) => ({ inputs: { 'oidc-issuer': url } }),
  // The exchange takes tokens for its own origin alone.
  [EXCHANGE]: (url, { exchange }) => ({ inputs: { 'token-exchange-url': `${url}/exchange?issuerId=github`, audience: exchange.origin } }),
  GetId: (url) => ({ environment: { AWS_ENDPOINT_URL_COGNITO_IDENTITY: url } }),
  GetOpenIdToken: (url) => ({ environment: { AWS_ENDPOINT_URL_COGNITO_IDENTITY: url } }),
  [ENHANCED]: (url) => ({ environment: { AWS_ENDPOINT_URL_COGNITO_IDENTITY: url } }),
  // Nothing else is asked of STS where the enhanced flow gives the first session.
  [CHAIN]: (url) => ({ environment: { AWS_ENDPOINT_URL_STS: url } }),
  AssumeRoleWithWebIdentity: (url) => ({ environment: { AWS_ENDPOINT_URL_STS: url } }),
  GetSecretValue: (url) => ({
    environment: { AWS_ENDPOINT_URL_SECRETS_MANAGER: url },
    inputs: { values: 'TOKEN,secret' },
  }),
  [BATCH]: (url) => ({
    environment: { AWS_ENDPOINT_URL_SECRETS_MANAGER: url },
    inputs: { values: '', secrets: SECRETS },
  }),
  [PARAMETERS]: (url) => ({ environment: { AWS_ENDPOINT_URL_SSM: url } }),
  [PATH]: (url) => ({ environment: { AWS_ENDPOINT_URL_SSM: url } }),
};

/** Runs that make the call, where the usual one does not. */
const RUNS_WITH = {
  [EXCHANGE]: ({ exchange }) => ({
    identity: 'web-identity',
    'token-exchange-url': `${exchange.origin}/exchange?issuerId=github`,
    'cognito-role-arn': ROLES['github-actions-exchange'],
    'aws-region': 'us-west-2',
  }),
  [ENHANCED]: { identity: 'cognito-enhanced', 'cognito-role-arn': ROLES.enhanced },
  [CHAIN]: { identity: 'cognito-enhanced', 'cognito-role-arn': ROLES.enhanced, 'chain-role-arn': ROLES.reader },
  // The values of the stores are known when a batch is struck.
  [BATCH]: { secrets: SECRETS },
  [PARAMETERS]: { secrets: `PARAMETER=${ARN}/PARAMETER` },
  [PATH]: { secrets: `*=${ARN}/*` },
};
/** What such a run loads beside the stores. */
const LOADS_WITH = { [BATCH]: SHARED, [PARAMETERS]: PARAMETER, [PATH]: PARAMETER };

let ran = 0;

describe('the fault matrix', { concurrency: TOGETHER }, () => {
  after(() => {
    console.log(`${ran} cases of the fault matrix ran`);
    assert.equal(ran, CASES);
  });

  for (const struck of OPERATIONS.flatMap(casesOf)) {
    test(struck.name, async () => {
      ran += 1;
      await withCloud((cloud) => (struck.fault ? answered(cloud, struck) : refusedTls(cloud, struck)));
    });
  }
});

test('the search for leaks finds each secret in each place, and nothing in what may be shown', async () => {
  const cloud = clouds[0];
  const session = cloud.issueCredentials(cloud.setup.roleArn, { sessionName: 'x' });
  const secrets = [
    VALUES.TOKEN,
    cloud.jobEnvironment().ACTIONS_ID_TOKEN_REQUEST_TOKEN,
    cloud.mintGithubToken(),
    cloud.mintGithubToken().slice(0, 50),
    session.accessKeyId,
    session.secretAccessKey,
    session.sessionToken,
    session.sessionToken.slice(100, 180),
  ];
  const clean = { exitCode: 1, stdout: '::add-mask::' + secrets[2], stderr: '', files: BEFORE };
  noLeak(clean);
  noLeak({ ...clean, stdout: `Assumed ${session.arn}, at 6dcb09b5b57875f334f61aebed695e2e4193db5e` });
  noLeak({ ...clean, exitCode: 0, files: { ...BEFORE, GITHUB_ENV: `TOKEN=${VALUES.TOKEN}` } });
  for (const secret of secrets) {
    assert.throws(() => noLeak({ ...clean, stdout: `a\nb ${secret}` }), /stdout/);
    assert.throws(() => noLeak({ ...clean, stderr: secret }), /stderr/);
    for (const file of Object.keys(BEFORE)) {
      assert.throws(() => noLeak({ ...clean, files: { ...BEFORE, [file]: `x=${secret}` } }), new RegExp(file));
    }
  }
});

/** @returns {Case[]} */
function casesOf(operation) {
  const ofToken = operation === 'GitHubToken';
  const atAws = AWS.includes(operation);
  // A fault of the issuer is told as what it keeps the step from, not with AWS's advice.
  const ofItself = { JWKS: 'issuer-keys-unavailable', [EXCHANGE]: NOT_EXCHANGED }[operation];
  const endOf = (code) => (ofItself && [FAULTY, THROTTLED].includes(code) ? ofItself : code);
  const both = (what, fault, once, forEver) =>
    Object.entries({ once, 'for ever': forEver }).map(([span, end]) => ({
      name: `${what} of ${operation} ${span} ${outcomeOf(end)}`,
      operation,
      span,
      fault,
      timeoutSeconds: 30,
      ...end,
    }));
  const transient = (what, fault, code) => {
    // An exchange that answers with something else than a token is not asked again.
    if (operation === EXCHANGE && code === UNUSABLE) return permanent(what, fault, NOT_EXCHANGED);
    const onlyLate = code === LATE;
    return both(what, fault, { attempts: 2 }, {
      code: ofToken && !onlyLate ? 'github-token-unavailable' : endOf(code),
      ...(onlyLate ? { timeoutSeconds: 2 } : { attempts: MAX_ATTEMPTS }),
    });
  };
  const outcomeOf = ({ code, oneByOne }) => {
    if (code) return `ends the step with ${code}`;
    return oneByOne ? 'leads to reading one by one' : 'is got over';
  };
  const permanent = (what, fault, code) => {
    const end = { code, attempts: 1, ...(code === ONE_BY_ONE && { oneByOne: true }) };
    return both(what, fault, end, end);
  };
  const refusal = ([awsError, , message]) => ({ awsError, message });
  const named = ([awsError, , message]) => (message ? `${awsError} (${message})` : awsError);

  const transientAtAws = [
    ...TRANSIENT_AT_AWS,
    ...(operation === 'AssumeRoleWithWebIdentity' ? TRANSIENT_AT_STS : []),
    ...([PARAMETERS, PATH].includes(operation) ? TRANSIENT_AT_SSM : []),
  ];
  // Another name of this machine: to a client it is another host.
  const location = `https://localhost:${elsewhere.port}/${CANARY}`;
  const redirect = { status: 302, headers: { location }, body: CANARY };
  return [
    ...TRANSIENT.flatMap((row) => transient(...row)),
    ...(atAws ? transientAtAws : []).flatMap((row) => transient(named(row), refusal(row), row[1])),
    ...permanent('a redirect', redirect, { GitHubToken: 'github-token-unavailable', [EXCHANGE]: NOT_EXCHANGED }[operation] ?? UNUSABLE),
    ...permanent('a certificate that is not trusted', undefined, 'tls-not-trusted'),
    ...(REFUSALS[operation] ?? []).flatMap((row) => permanent(named(row), refusal(row), row[1])),
    ...(STATUS_REFUSALS[operation] ?? []).flatMap(([status, code]) => permanent(`HTTP ${status}`, page(status), code)),
  ];
}

/** A case whose fault is the cloud's answer. */
async function answered(cloud, { operation, span, fault, code, oneByOne, attempts, timeoutSeconds }) {
  // Of two stores that are read at the same time the second is struck: the values of the first are known by then.
  const skip = operation === 'GetSecretValue' ? 1 : 0;
  cloud.fail({ operation, skip, times: span === 'once' ? 1 : Infinity, fault });
  const step = await run(cloud, { inputs: { 'timeout-seconds': String(timeoutSeconds), ...inputsFor(operation, cloud) } });
  checkEnd(step, { code, timeoutSeconds, expected: { ...VALUES, ...LOADS_WITH[operation] } });
  if (operation === BATCH) checkReading(cloud, step, { oneByOne });
  const seen = cloud.requests.filter((request) => request.operation === operation).length - skip;
  if (attempts) assert.equal(seen, attempts, `${seen} attempts`);
  else assert.ok(seen >= 1 && seen <= MAX_ATTEMPTS, `${seen} attempts`);
  if (code) checkNothingAfter(cloud, operation);
}

/** The stores are read by themselves; the rest only if the batch is refused, and that is told once. */
function checkReading(cloud, { log, commands }, { oneByOne }) {
  const asked = cloud.requests.filter(({ operation }) => operation === 'GetSecretValue');
  const shared = asked.map(({ detail }) => detail.SecretId).filter((id) => id.startsWith('shared/'));
  assert.deepEqual(shared.sort(), oneByOne ? Object.keys(SHARED).map((name) => `shared/${name}`) : []);
  const notices = commands.filter(({ command }) => command === 'notice').map(({ data }) => data);
  assert.equal(notices.length, oneByOne ? 1 : 0, log.join('\n'));
  if (oneByOne) assert.match(notices[0], /^6 secrets of us-west-2 are read one by one.*BatchGetSecretValue was refused/);
}

/**
 * A case whose connections meet another server: as many of them as one attempt may make, or all. That is the attempt's own,
 * and the one that was opened early, if it has failed by the time it is wanted: it is replaced without a word.
 */
async function refusedTls(cloud, { operation, span, code, timeoutSeconds }) {
  const isSecondCall = ['GetOpenIdToken', ENHANCED].includes(operation);
  const ofAnAttempt = isSecondCall ? 1 : 2;
  if (isSecondCall) {
    // The connection of the first call is closed, so that the second needs a new one.
    const headers = { 'content-type': JSON_ERRORS, connection: 'close' };
    const IdentityId = `${cloud.setup.region}:00000000-0000-0000-0000-000000000000`;
    cloud.fail({ operation: 'GetId', fault: { status: 200, headers, body: JSON.stringify({ IdentityId }) } });
  }
  let strikes = 0;
  const front = await listening(
    net.createServer((socket) => {
      const isDue = !isSecondCall || cloud.requests.some((request) => request.operation === 'GetId');
      const isStruck = isDue && (span === 'for ever' || strikes < ofAnAttempt);
      if (isDue) strikes += 1;
      const port = operation === EXCHANGE ? new URL(cloud.exchange.origin).port : cloud.port;
      const upstream = net.connect(isStruck ? impostor.port : port, '127.0.0.1');
      socket.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
      upstream.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.pipe(upstream).pipe(socket);
    }),
  );
  try {
    const { inputs, environment } = LED_BY[operation](`https://127.0.0.1:${front.port}`, cloud);
    const limit = { 'timeout-seconds': String(timeoutSeconds) };
    const step = await run(cloud, { inputs: { ...limit, ...inputsFor(operation, cloud), ...inputs }, environment });
    checkEnd(step, { code, timeoutSeconds, expected: { ...VALUES, ...LOADS_WITH[operation] } });
    assert.ok(strikes >= 1 && strikes <= ofAnAttempt, `${strikes} connections`);
    assert.ok(!cloud.requests.some((request) => request.operation === operation), 'no request on such a connection');
    checkNothingAfter(cloud, operation);
  } finally {
    front.close();
  }
}

function inputsFor(operation, cloud) {
  const inputs = RUNS_WITH[operation];
  return typeof inputs === 'function' ? inputs(cloud) : inputs;
}

/** A job of no environment wants a secret and a variable: two stores are read. */
async function run(cloud, { inputs, environment }) {
  const started = performance.now();
  const step = await runStep({
    node: NODE,
    killAfterMs: HANGS_AFTER_MS,
    before: BEFORE,
    inputs: {
      'cognito-identity-pool-id': cloud.setup.poolId,
      'cognito-role-arn': cloud.setup.roleArn,
      'github-enterprise-name': 'octo-enterprise',
      'oidc-issuer': cloud.url,
      values: 'TOKEN,secret\nLEVEL,variable',
      ...inputs,
    },
    environment: {
      ...cloud.jobEnvironment({ environment: undefined }),
      NODE_EXTRA_CA_CERTS: trusted.file,
      ...environment,
    },
  });
  return { ...step, seconds: (performance.now() - started) / 1000 };
}

/** What holds in every case. */
function checkEnd(step, { code, timeoutSeconds, expected = VALUES }) {
  noLeak(step);
  const log = step.log.join('\n');
  assert.equal(step.stderr, '');
  assert.ok(step.seconds < timeoutSeconds + MARGIN_SECONDS, `it took ${step.seconds} s\n${log}`);
  assert.deepEqual(visits, [], 'a redirect was followed');
  assert.ok(step.summary.startsWith(BEFORE.GITHUB_STEP_SUMMARY), step.summary);
  const codes = [...log.matchAll(/^Error: ([\w-]+): /gm)].map(([, found]) => found);
  if (code) {
    assert.deepEqual(codes, [code], log);
    assert.equal(step.exitCode, 1, log);
    assert.equal(step.files.GITHUB_ENV, BEFORE.GITHUB_ENV);
    assert.equal(step.files.GITHUB_OUTPUT, BEFORE.GITHUB_OUTPUT);
  } else {
    assert.deepEqual(codes, [], log);
    assert.equal(step.exitCode, 0, log);
    assert.deepEqual(step.env, { EARLIER: '1', ...expected });
    assert.equal(step.outputs.earlier, '2');
    assert.equal(step.outputs['values-loaded'], String(Object.keys(expected).length));
  }
}

/** Nothing later is asked for: a token that is of no use goes nowhere. */
function checkNothingAfter(cloud, operation) {
  const later = operation === 'GitHubToken' ? AWS : OPERATIONS.slice(OPERATIONS.indexOf(operation) + 1);
  const asked = cloud.requests.map((request) => request.operation).filter((asked) => later.includes(asked));
  assert.deepEqual(asked, []);
}

/** Values may stand in masks, and in `GITHUB_ENV` of a step that succeeded. Nothing else may stand anywhere. */
function noLeak({ exitCode, stdout, stderr, files }) {
  const { GITHUB_ENV, ...others } = files;
  const places = {
    stdout: stdout.split('\n').filter((line) => !line.startsWith('::add-mask::')).join('\n'),
    stderr,
    ...others,
    ...(exitCode !== 0 && { GITHUB_ENV }),
  };
  for (const [place, content] of Object.entries(places)) {
    for (const [what, marker] of Object.entries(MARKERS)) {
      assert.doesNotMatch(content, marker, `${what} in ${place}: ${content}`);
    }
  }
}

/** The cloud that has been idle for longest. */
async function withCloud(use) {
  const cloud = clouds.shift();
  try {
    await use(cloud);
  } finally {
    cloud.clearFaults();
    cloud.requests.length = 0;
    clouds.push(cloud);
  }
}

async function newCloud() {
  const cloud = await startCloud({ tls: trusted, githubKey, configure });
  cloud.putSecret(`${STORES}/secrets`, { TOKEN: VALUES.TOKEN });
  cloud.putSecret(`${STORES}/variables`, { LEVEL: VALUES.LEVEL });
  for (const [name, value] of Object.entries(SHARED)) cloud.putSecret(`shared/${name}`, value);
  cloud.putParameter('/matrix/PARAMETER', PARAMETER.PARAMETER, { type: 'SecureString' });
  return cloud;
}

/** Beside README.md's role. */
function configure(setup) {
  allowShared(setup);
  const { 'role-policy': policy } = setup.documents;
  withTokenExchange(setup);
  setup.roles[ROLES.enhanced] = role(enhancedFlowTrust(setup), policy);
  setup.roles[ROLES.reader] = role(principalTrust(ROLES.enhanced), policy);
}

/** Beside README.md's policy, which is about stores. */
function allowShared({ roles, roleArn }) {
  const Statement = [
    { Effect: 'Allow', Action: ['ssm:GetParameters', 'ssm:GetParametersByPath'], Resource: 'arn:aws:ssm:*:*:parameter/matrix/*' },
    { Effect: 'Allow', Action: 'secretsmanager:BatchGetSecretValue', Resource: '*' },
    { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: 'arn:aws:secretsmanager:*:*:secret:shared/*' },
  ];
  roles[roleArn].policies.push({ name: 'shared', document: { Version: '2012-10-17', Statement } });
}

/** As gateways and captive portals answer. */
function page(status) {
  return text('text/html', `<!doctype html><title>${CANARY}</title><p>${CANARY} <b>${status}</b>`, status);
}

function text(contentType, body, status = 200) {
  const headers = { 'content-type': contentType, 'set-cookie': `x=${CANARY}`, 'x-request-id': CANARY };
  return { status, body, headers };
}

async function listening(server) {
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  };
  return { port: server.address().port, close };
}

/** For this machine, signed by itself: who knows it trusts it. */
async function makeCertificate(name) {
  const [key, file] = [path.join(folder, `${name}.key`), path.join(folder, `${name}.pem`)];
  const keyOptions = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost';
  try {
    await promisify(execFile)('openssl', ['req', '-x509', ...keyOptions, '-keyout', key, '-out', file, '-days', '2',
      '-subj', `/CN=env-kvstore test ${name}`, '-addext', names]);
  } catch (error) {
    throw error.code === 'ENOENT' ? new Error('openssl is missing: apt-get install -y openssl') : error;
  }
  return { file, key: await readFile(key, 'utf8'), cert: await readFile(file, 'utf8') };
}
