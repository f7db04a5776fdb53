// Where the committed command line finds credentials on a developer's machine: profiles, processes, roles, SSO, containers. The
// AWS SDK searches; what it finds must open a store of the local cloud, which verifies every signature.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/credentials.test.mjs` runs it on another Node.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { listening, startProxy } from '../cloud/proxy.mjs';
import { makeCertificates } from '../cloud/real-hosts.mjs';
import { principalTrust, role } from '../cloud/setup.mjs';
import { startTinyproxy, withoutTinyproxy } from '../cloud/tinyproxy.mjs';
import { runCli } from '../runner/command.mjs';
import { atTerminal } from '../runner/terminal.mjs';

const TOGETHER = { concurrency: 4 };
const POSIX = { skip: process.platform === 'win32' && 'Windows has no terminal of this kind' };
const CANARY = 'canary';
const STORE = 'octo-enterprise/repo/octo-org/octo-repo/secrets';
const TAGS = { enterprise: 'octo-enterprise', repository: 'octo-org/octo-repo', repository_id: '1296269' };
const GET = ['get', 'TOKEN', '--identity', 'environment', '--repository', 'octo-org/octo-repo', '--namespace', 'octo-enterprise'];
const VALUE = `${CANARY}-value`;
/** What follows in a profile. */
const SSO =
  'sso_session = octo\nsso_account_id = 123456789012\nsso_role_name = Developer\n' +
  '[sso-session octo]\nsso_region = us-west-2\nsso_start_url = https://octo.awsapps.com/start\n';

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-credentials-'));
after(() => rm(folder, { recursive: true }));
const certificates = await makeCertificates(folder);
const [cloud, tlsCloud] = await Promise.all([cloudWithReader(), cloudWithReader({ tls: certificates.server })]);
after(() => Promise.all([cloud.close(), tlsCloud.close()]));

describe('credentials on a developer’s machine', TOGETHER, () => {
  test('a profile that is named gives its keys and its region, and beats the keys of the environment', async () => {
    const { environment } = await machine({ config: `[profile work]\nregion = us-west-2\n${keys(session())}` });
    read(await get(environment, '--profile', 'work'));
    const shadowed = { ...environment, AWS_ACCESS_KEY_ID: 'AKIANOBODYKNOWSTHIS0', AWS_SECRET_ACCESS_KEY: CANARY, AWS_SESSION_TOKEN: CANARY };
    read(await get(shadowed, '--profile', 'work'));
    failed(await get(shadowed, '--aws-region', 'us-west-2'), 'credentials-refused');
  });

  test('AWS_PROFILE and the default profile are used if the environment has no keys', async () => {
    const { environment } = await machine({
      config: '[profile work]\nregion = us-west-2\n[default]\nregion = us-west-2\n',
      credentials: `[work]\n${keys(session())}[default]\n${keys(session())}`,
    });
    read(await get({ ...environment, AWS_PROFILE: 'work' }));
    read(await get(environment));
    const { accessKeyId, secretAccessKey, sessionToken } = session();
    const own = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken };
    // The files have no such profile: the environment's keys do not need it.
    read(await get({ ...environment, ...own, AWS_PROFILE: 'other' }, '--aws-region', 'us-west-2'));
  });

  test('a region that is given beats that of the profile', async () => {
    const { environment } = await machine({ config: `[profile work]\nregion = eu-central-1\n${keys(session())}` });
    failed(await get(environment, '--profile', 'work'), 'store-access-denied|store-not-found|store-refused|key-missing');
    read(await get(environment, '--profile', 'work', '--aws-region', 'us-west-2'));
    read(await get({ ...environment, AWS_REGION: 'us-west-2' }, '--profile', 'work'));
  });

  test('exec takes the same', async () => {
    const { environment } = await machine({ config: `[profile work]\nregion = us-west-2\n${keys(session())}` });
    const args = ['exec', ...GET.slice(2), '--profile', 'work', '--values', 'TOKEN,secret', '--', process.execPath, '-p', 'process.env.TOKEN + process.env.AWS_SECRET_ACCESS_KEY'];
    const { exitCode, stdout, stderr } = await runCli(args, { environment });
    assert.deepEqual([exitCode, stdout], [0, `${VALUE}undefined\n`], stderr);
  });

  test('a credential_process is run', async () => {
    const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken } = session();
    const file = await written('process.json', JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey, SessionToken }));
    const print = `"${process.execPath}" -p "fs.readFileSync(process.argv[1],'utf8')" "${file}"`;
    const { environment } = await machine({ config: `[profile work]\nregion = us-west-2\ncredential_process = ${print}\n` });
    read(await get(environment, '--profile', 'work'));
  });

  for (const [what, program] of [
    ['fails', `console.error('${CANARY}'); process.exit(3)`],
    ['prints no JSON', `console.log('${CANARY}')`],
    ['prints expired credentials', `console.log(JSON.stringify({ Version: 1, AccessKeyId: '${CANARY}', SecretAccessKey: '${CANARY}', Expiration: '2020-01-01T00:00:00Z' }))`],
  ]) {
    test(`a credential_process that ${what} is named, and nothing of what it printed is shown`, async () => {
      const file = await written(`process-${what.length}.cjs`, program);
      const { environment } = await machine({ config: `[profile work]\nregion = us-west-2\ncredential_process = "${process.execPath}" "${file}"\n` });
      const ended = await get(environment, '--profile', 'work');
      failed(ended, 'credentials-unavailable');
      assert.match(ended.stderr, /the profile work: its credential_process failed/);
    });
  }

  test('a role of a source profile is assumed, in the region of the profile', async () => {
    const own = `[source]\n${keys(session())}`;
    const { environment } = await machine({
      config: `[profile work]\nregion = us-west-2\nrole_arn = ${cloud.readerArn}\nsource_profile = source\nrole_session_name = laptop\n`,
      credentials: own,
    });
    read(await get(environment, '--profile', 'work'));
    const assumed = cloud.requests.find(({ operation, detail }) => operation === 'AssumeRole' && detail.RoleSessionName === 'laptop');
    assert.equal(assumed.detail.RoleArn, cloud.readerArn);
  });

  test('a role that refuses is told with the code of STS, and without keys', async () => {
    const { environment } = await machine({
      config: `[profile work]\nregion = us-west-2\nrole_arn = ${cloud.readerArn}-not\nsource_profile = source\n`,
      credentials: `[source]\n${keys(session())}`,
    });
    const ended = await get(environment, '--profile', 'work');
    failed(ended, 'credentials-unavailable');
    assert.match(ended.stderr, /AWS answered AccessDenied: .*sts:AssumeRole.*\(request id /);
  });

  test('the code of an MFA device is asked for at a terminal, and its absence is explained elsewhere', POSIX, async (t) => {
    const codes = [];
    const sts = await endpoint(t, (request, body) => {
      codes.push(new URLSearchParams(body).get('TokenCode'));
      const { accessKeyId, secretAccessKey, sessionToken } = session();
      return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>${accessKeyId}</AccessKeyId>
        <SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>${sessionToken}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
        </AssumeRoleResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleResponse>`;
    });
    const { environment } = await machine({
      config: `[profile work]\nregion = us-west-2\nrole_arn = ${cloud.readerArn}\nsource_profile = source\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n`,
      credentials: `[source]\n${keys(session())}`,
      environment: { AWS_ENDPOINT_URL_STS: sts },
    });
    const ended = await atTerminal([...GET, '--profile', 'work'], { environment, answers: [['MFA code of arn:aws:iam::123456789012:mfa/me', '123456\r']] });
    assert.deepEqual([ended.exitCode, ended.stdout, ended.isRestored], [0, VALUE, true], ended.text);
    assert.deepEqual(codes, ['123456']);
    assert.ok(!ended.text.includes('123456 '));
    const silent = await get(environment, '--profile', 'work');
    failed(silent, 'credentials-unavailable');
    assert.match(silent.stderr, /wants a code of an MFA device/);
  });

  describe('with SSO', TOGETHER, () => {
    const PROFILE = `[profile work]\nregion = us-west-2\n${SSO}`;
    const LATER = '2099-01-01T00:00:00Z';

    test('the cached token is given to the portal, which gives credentials', async (t) => {
      const asked = [];
      const portal = await endpoint(t, (request) => {
        const { pathname, searchParams } = new URL(request.url, 'http://portal');
        asked.push([pathname, searchParams.get('account_id'), searchParams.get('role_name'), request.headers['x-amz-sso_bearer_token']]);
        return JSON.stringify({ roleCredentials: { ...session(), expiration: Date.now() + 3_600_000 } });
      });
      const { environment } = await machine({ config: PROFILE, sso: ssoToken(LATER), environment: { AWS_ENDPOINT_URL_SSO: portal } });
      read(await get(environment, '--profile', 'work'));
      assert.deepEqual(asked, [['/federation/credentials', '123456789012', 'Developer', `${CANARY}-sso`]]);
    });

    test('an expired token, a missing one and one that the portal refuses say `aws sso login --profile NAME`', async (t) => {
      const portal = await endpoint(t, (_request, _body, response) => {
        response.writeHead(401, { 'x-amzn-errortype': 'UnauthorizedException' });
        return JSON.stringify({ message: 'Session token not found or invalid' });
      });
      for (const sso of [ssoToken('2020-01-01T00:00:00Z'), undefined, ssoToken(LATER)]) {
        const { environment } = await machine({ config: PROFILE, sso, environment: { AWS_ENDPOINT_URL_SSO: portal } });
        const ended = await get(environment, '--profile', 'work');
        failed(ended, 'sso-session-expired');
        assert.match(ended.stderr, /the SSO session of the profile work has expired.*Run `aws sso login --profile work`/);
        const byVariable = await get({ ...environment, AWS_PROFILE: 'work' });
        assert.match(byVariable.stderr, /aws sso login --profile work`/);
      }
    });
  });

  test('a container’s endpoint is asked, with its token', async (t) => {
    const asked = [];
    const url = await endpoint(t, (request) => {
      asked.push([request.url, request.headers.authorization]);
      const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token } = session();
      return JSON.stringify({ AccessKeyId, SecretAccessKey, Token, Expiration: '2099-01-01T00:00:00Z' });
    });
    const { environment } = await machine({
      environment: { AWS_REGION: 'us-west-2', AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/credentials`, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'of-the-container' },
    });
    // A proxy must not be asked for what is on this machine.
    read(await get({ ...environment, HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' }));
    assert.deepEqual(asked, [['/credentials', 'of-the-container']]);
  });

  test('a machine that has none is told what to do', async () => {
    const { environment } = await machine({ environment: { AWS_REGION: 'us-west-2' } });
    const ended = await get(environment);
    failed(ended, 'credentials-unavailable');
    assert.match(ended.stderr, /there are no AWS credentials on this machine.*aws sso login.*--profile.*AWS_ACCESS_KEY_ID/);
  });

  test('a profile that does not exist is an error, although the default profile has keys', async () => {
    const { environment } = await machine({ config: `[default]\nregion = us-west-2\n${keys(session())}` });
    for (const ended of [await get(environment, '--profile', 'wrok'), await get({ ...environment, AWS_PROFILE: 'wrok', AWS_REGION: 'us-west-2' })]) {
      failed(ended, 'credentials-unavailable');
      assert.match(ended.stderr, /the profile wrok: the files of AWS have no such profile/);
    }
  });

  test('--profile is refused with the identity of a job', async () => {
    const ended = await runCli(['get', 'TOKEN', '--profile', 'work', '--cognito-identity-pool-id', cloud.setup.poolId], { environment: {} });
    failed(ended, 'invalid-input', 2);
    assert.match(ended.stderr, /--profile goes with --identity environment/);
  });

  test('an endpoint without TLS that is not on this machine gets nothing', async () => {
    const { environment } = await machine({
      config: `[profile work]\nregion = us-west-2\nrole_arn = ${cloud.readerArn}\nsource_profile = source\n`,
      credentials: `[source]\n${keys(session())}`,
      environment: { AWS_ENDPOINT_URL_STS: 'http://sts.example' },
    });
    const ended = await get(environment, '--profile', 'work');
    failed(ended, 'credentials-unavailable');
    assert.match(ended.stderr, /the endpoint sts\.example is no https URL/);
  });
});

describe('the SDK’s own clients', TOGETHER, () => {
  const work = (environment) =>
    machine({
      config: `[profile work]\nregion = us-west-2\nrole_arn = ${tlsCloud.readerArn}\nsource_profile = source\n`,
      credentials: `[source]\n${keys(session(tlsCloud))}`,
      environment: { AWS_ENDPOINT_URL: undefined, AWS_CA_BUNDLE: certificates.authority, ...environment },
    });
  const HOSTS = ['secretsmanager.us-west-2.amazonaws.com:443', 'sts.us-west-2.amazonaws.com:443'];

  test('take HTTPS_PROXY and AWS_CA_BUNDLE, as tinyproxy sees it', { skip: withoutTinyproxy() }, async (t) => {
    const upstream = await startProxy(t, { port: tlsCloud.port });
    const proxy = await startTinyproxy(t, [`Upstream http 127.0.0.1:${upstream.port}`]);
    const { environment } = await work({ HTTPS_PROXY: proxy.url });
    read(await get(environment, '--profile', 'work'));
    assert.deepEqual(upstream.hosts(), HOSTS);
  });

  test('take the password of a proxy, which is in no error', async (t) => {
    const authorization = `Basic ${Buffer.from(`user:${CANARY}`).toString('base64')}`;
    const proxy = await startProxy(t, { port: tlsCloud.port, authorization });
    const { environment } = await work({ HTTPS_PROXY: proxy.url.replace('//', `//user:${CANARY}@`) });
    read(await get(environment, '--profile', 'work'));
    const refused = await get({ ...environment, HTTPS_PROXY: proxy.url.replace('//', `//user:${CANARY}-wrong@`) }, '--profile', 'work');
    failed(refused, 'credentials-unavailable');
    assert.match(refused.stderr, /the proxy answered 407/);
  });

  for (const [what, host, files] of [
    ['STS, for a token file', 'sts.us-west-2.amazonaws.com', { config: `web_identity_token_file = ${path.join(folder, 'token')}\nrole_arn = arn:aws:iam::123456789012:role/x\n` }],
    ['SSO', 'portal.sso.us-west-2.amazonaws.com', { config: SSO, sso: ssoToken('2099-01-01T00:00:00Z') }],
    ['SSO-OIDC, for another token', 'oidc.us-west-2.amazonaws.com', { config: SSO, sso: ssoToken('2020-01-01T00:00:00Z', { refreshToken: CANARY, clientId: 'c', clientSecret: CANARY }) }],
  ]) {
    test(`of ${what} take the proxy too`, async (t) => {
      await written('token', CANARY);
      const proxy = await startProxy(t, { port: tlsCloud.port, status: 403 });
      const environment = { AWS_ENDPOINT_URL: undefined, HTTPS_PROXY: proxy.url, AWS_MAX_ATTEMPTS: '1' };
      const own = await machine({ ...files, config: `[profile work]\nregion = us-west-2\n${files.config}`, environment });
      failed(await get(own.environment, '--profile', 'work'), 'credentials-unavailable|sso-session-expired');
      assert.deepEqual(proxy.hosts(), [`${host}:443`]);
    });
  }

  test('trust no other authority, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async (t) => {
    const proxy = await startProxy(t, { port: tlsCloud.port });
    const unchecked = { AWS_CA_BUNDLE: certificates.otherAuthority, NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1', AWS_MAX_ATTEMPTS: '1' };
    const { environment } = await work({ HTTPS_PROXY: proxy.url, ...unchecked });
    const ended = await get(environment, '--profile', 'work');
    failed(ended, 'credentials-unavailable');
    assert.match(ended.stderr, /could not be reached \((UNABLE_TO_|SELF_SIGNED)/);
  });
});

async function cloudWithReader(options = {}) {
  const started = await startCloud({
    ...options,
    configure(setup) {
      const reads = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' }] };
      setup.roles[`arn:aws:iam::${setup.accountId}:role/reader`] = role(principalTrust(setup.roleArn), reads);
    },
  });
  started.putSecret(STORE, { TOKEN: VALUE });
  return { ...started, readerArn: `arn:aws:iam::${started.setup.accountId}:role/reader` };
}

function session(of = cloud) {
  const { accessKeyId, secretAccessKey, sessionToken } = of.issueCredentials(of.setup.roleArn, { sessionName: 'laptop', tags: TAGS });
  return { accessKeyId, secretAccessKey, sessionToken };
}

function keys({ accessKeyId, secretAccessKey, sessionToken }) {
  return `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\naws_session_token = ${sessionToken}\n`;
}

/** A home with files of AWS's tools, and the environment of who lives there. */
async function machine({ config = '', credentials = '', sso, environment = {} } = {}) {
  const home = await mkdtemp(path.join(folder, 'home-'));
  const aws = path.join(home, '.aws');
  await mkdir(path.join(aws, 'sso/cache'), { recursive: true });
  await writeFile(path.join(aws, 'config'), config);
  await writeFile(path.join(aws, 'credentials'), credentials);
  if (sso) await writeFile(path.join(aws, `sso/cache/${sso.name}.json`), JSON.stringify(sso.token));
  return { home, environment: { HOME: home, USERPROFILE: home, AWS_ENDPOINT_URL: cloud.url, AWS_EC2_METADATA_DISABLED: 'true', ...environment } };
}

/** As `aws sso login` leaves it. */
function ssoToken(expiresAt, more = {}) {
  return { name: createHash('sha1').update('octo').digest('hex'), token: { accessToken: `${CANARY}-sso`, expiresAt, ...more } };
}

async function written(name, text) {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}

/** A server of one answer, on loopback. */
async function endpoint(t, answer) {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const text = answer(request, body, response);
    response.end(text);
  });
  await listening(t, server);
  return `http://127.0.0.1:${server.address().port}`;
}

function get(environment, ...args) {
  return runCli([...GET, ...args], { environment });
}

function read({ exitCode, stdout, stderr }) {
  assert.deepEqual([exitCode, stdout, stderr], [0, VALUE, '']);
}

/** Asserts a failure that tells its code, and no secret. */
function failed({ exitCode, stdout, stderr }, code, expectedExitCode = 1) {
  assert.match(stderr, new RegExp(`^env-kvstore: (${code}): `));
  assert.deepEqual([exitCode, stdout], [expectedExitCode, ''], stderr);
  assert.doesNotMatch(stderr, new RegExp(`${CANARY}|ASIA[A-Z2-7]{12}`));
}
