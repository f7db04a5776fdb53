// The committed command line as users start it, each command against the local cloud. Real clients of what it hands out are in
// clients.test.mjs; README.md's commands as they are written, in readme.test.mjs.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/command-line.test.mjs` runs it on another Node.

import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { listening } from '../cloud/proxy.mjs';
import { withSeveralRoles } from '../cloud/several-roles.mjs';
import { CLI, NODE, runCli as run, runProgram } from '../runner/command.mjs';
import { readFileCommands } from '../runner/file-commands.mjs';
import { Masker } from '../runner/masker.mjs';
import { inVenv } from '../runner/venv.mjs';

const TOGETHER = { concurrency: 4 };
const CANARY = 'canary';
const UNICODE = `${CANARY} "grüße" 'λ' 🗝 %0A $HOME \\n\tend `;
const LINES = `-----BEGIN-----\n${CANARY}-line\r\n-----END-----\n`;
const SESSION = '17712345678@6dcb09b5b57875f334f61aebed695e2e4193db5e';
const AUDIENCES = ['a', 'a,b', 'of the environment', 'of the flag'];
const POSIX = { skip: process.platform === 'win32' && 'Windows has neither signals nor modes of files' };

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-command-line-'));
const cloud = await startCloud({ configure: (setup) => withSeveralRoles(setup, AUDIENCES) });
after(async () => {
  await cloud.close();
  await rm(folder, { recursive: true });
});

const STORES = 'octo-enterprise/repo/octo-org/octo-repo';
cloud.putSecret(`${STORES}/secrets`, { TOKEN: `${CANARY}-repository`, UNICODE, LINES, EMPTY: '' });
cloud.putSecret(`${STORES}/env/production/secrets`, { TOKEN: `${CANARY}-production` });
cloud.putSecret(`${STORES}/variables`, { REPLICAS: 3 });
cloud.putSecret(`${STORES}/env/production/variables`, {});

const roleArn = (name) => `arn:aws:iam::${cloud.setup.accountId}:role/${name}`;
const ISSUER = ['--github-enterprise-name', 'octo-enterprise', '--oidc-issuer', cloud.url];
const POOL = ['--cognito-identity-pool-id', cloud.setup.poolId, ...ISSUER];
const FLAGS = [...POOL, '--cognito-role-arn', cloud.setup.roleArn];
const job = (more = {}) => ({ ...cloud.jobEnvironment(), HOME: folder, USERPROFILE: folder, ...more });
const IN_ACTIONS = { GITHUB_ACTIONS: 'true', CI: 'true' };

describe('env-kvstore', TOGETHER, () => {
  describe('credential-process', TOGETHER, () => {
    test('writes exactly what AWS tools read, of a session of an hour, and nothing else', async () => {
      const began = Date.now();
      const { exitCode, stdout, stderr } = await run(['credential-process', ...FLAGS], { environment: job() });
      assert.deepEqual([exitCode, stderr], [0, '']);
      assert.match(stdout, /^\{[^\n]*\}\n$/);
      const credentials = JSON.parse(stdout);
      assert.deepEqual(Object.keys(credentials), ['Version', 'AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration', 'AccountId']);
      assert.equal(credentials.AccountId, cloud.setup.accountId);
      assert.equal(credentials.Version, 1);
      assert.match(credentials.AccessKeyId, /^ASIA/);
      const lives = Date.parse(credentials.Expiration) - began;
      assert.ok(lives > 3_590_000 && lives < 3_660_000, credentials.Expiration);
    });

    test('asks for another duration if told to, and leaves it to the role whether that may be', async () => {
      const args = ['credential-process', ...FLAGS, '--role-duration-seconds'];
      const began = Date.now();
      const short = await run([...args, '900'], { environment: job() });
      const lives = Date.parse(JSON.parse(short.stdout).Expiration) - began;
      assert.ok(lives > 890_000 && lives < 960_000, `${lives}`);
      failed(await run([...args, '43200'], { environment: job() }), 'role-duration-refused');
      failed(await run([...args, '12'], { environment: job() }), 'invalid-input', 2);
    });

    test('masks nothing in GitHub Actions: AWS tools capture both streams, and the runner would not see it', async () => {
      const { exitCode, stdout, stderr } = await run(['credential-process', ...FLAGS], { environment: job(IN_ACTIONS) });
      assert.deepEqual([exitCode, stderr], [0, '']);
      assert.match(stdout, /^\{[^\n]*\}\n$/);
    });

    test('says in one line that the job lacks a permission, and which, and where to read more', async () => {
      const { HOME } = job();
      const ended = await run(['credential-process', ...FLAGS], { environment: { HOME, AWS_ENDPOINT_URL: cloud.url } });
      failed(ended, 'id-token-permission-missing');
      assert.match(ended.stderr, /^[^\n]*permissions: id-token: write[^\n]*\nhttps:\/\/\S*#id-token-permission-missing\n$/);
    });

    test('warns that AWS_ACCESS_KEY_ID shadows the profile, without showing it', async () => {
      const environment = job({ AWS_ACCESS_KEY_ID: `${CANARY}-key-id`, AWS_SECRET_ACCESS_KEY: `${CANARY}-key` });
      const { exitCode, stdout, stderr } = await run(['credential-process', ...FLAGS], { environment });
      assert.equal(exitCode, 0);
      assert.equal(Object.keys(JSON.parse(stdout)).length, 6);
      assert.match(stderr, /^env-kvstore: AWS_ACCESS_KEY_ID is set: AWS tools use it instead of a profile[^\n]*\n$/);
    });

    test('chains a second role, and takes the credentials that are there', async () => {
      const { accessKeyId, secretAccessKey, sessionToken } = cloud.issueCredentials(cloud.setup.roleArn, { sessionName: 'laptop' });
      const environment = { HOME: folder, AWS_ENDPOINT_URL: cloud.url, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
      const args = ['credential-process', '--identity', 'environment', '--aws-region', 'us-west-2'];
      const lasting = await run(args, { environment });
      assert.deepEqual(JSON.parse(lasting.stdout), { Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey });
      assert.equal(lasting.stderr, '');
      const temporary = await run(args, { environment: { ...environment, AWS_SESSION_TOKEN: sessionToken } });
      assert.equal(JSON.parse(temporary.stdout).SessionToken, sessionToken);
      const chained = await run(['credential-process', ...FLAGS, '--chain-role-arn', roleArn('nowhere')], { environment: job() });
      failed(chained, 'chain-role-denied');
    });

    for (const [what, operation, fault, code] of [
      ['GitHub gives no token', 'GitHubToken', { status: 500, body: `${CANARY}` }, 'github-token-unavailable'],
      ["GitHub's token is none", 'GitHubToken', { status: 200, body: `{"value":"${CANARY}"}` }, 'github-token-malformed'],
      ['Cognito refuses', 'GetId', { awsError: 'NotAuthorizedException', message: 'Invalid login token.' }, 'github-token-refused'],
      ['Cognito answers with a page', 'GetOpenIdToken', 'htmlOk', 'answer-unusable'],
      ['the role does not trust', 'AssumeRoleWithWebIdentity', { awsError: 'AccessDenied', status: 403 }, 'assume-role-denied'],
      ['STS answers with half of it', 'AssumeRoleWithWebIdentity', 'halfAnswer', 'service-unreachable'],
      ['STS has a fault', 'AssumeRoleWithWebIdentity', { status: 503, body: CANARY }, 'service-fault'],
    ]) {
      test(`says on stderr alone, without a secret, that ${what}`, async (t) => {
        const own = await ownCloud(t);
        own.fail({ operation, fault, times: Infinity });
        const ended = await run(['credential-process', ...own.flags], { environment: own.job({ AWS_MAX_ATTEMPTS: '1', AWS_ACCESS_KEY_ID: `${CANARY}` }) });
        failed(ended, code);
      });
    }

    test('gives up when its time is over', async (t) => {
      const own = await ownCloud(t);
      own.fail({ operation: 'GetId', fault: 'noAnswer', times: Infinity });
      failed(await run(['credential-process', ...own.flags, '--timeout-seconds', '1'], { environment: own.job() }), /^(deadline-exceeded|service-unreachable)$/);
    });
  });

  describe('the proposal for botocore', TOGETHER, () => {
    let files = 0;
    /** What a run with these profiles asks of a cloud that nothing else asks. */
    const exchange = async (own, { args = [], environment = {}, profiles = '', flags = own.issuer }) => {
      own.requests.length = 0;
      const config = path.join(folder, `proposal-config-${(files += 1)}`);
      await writeFile(config, profiles);
      const ended = await run(['credential-process', ...flags, ...args], {
        environment: own.job({ AWS_CONFIG_FILE: config, AWS_REGION: 'us-west-2', ...environment }),
      });
      const the = (operation) => own.requests.find((request) => request.operation === operation)?.detail;
      const assumed = the('AssumeRoleWithWebIdentity');
      return {
        ...ended,
        audience: the('GitHubToken')?.audience,
        role: assumed?.RoleArn.split('/')[1],
        session: assumed?.RoleSessionName,
        seconds: assumed?.DurationSeconds,
        requests: own.requests.length,
      };
    };
    const AUDIT = `role_arn = ${roleArn('audit')}`;
    const asked = ({ stderr, audience, role, session }, expected) => {
      assert.deepEqual({ audience, role, session }, { session: SESSION, role: 'audit', ...expected }, stderr);
    };

    test('takes a server by each form of its grammar, and asks it for the audience', async (t) => {
      const own = await ownCloud(t);
      const { ACTIONS_ID_TOKEN_REQUEST_URL: MY_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN: MY_TOKEN } = own.jobEnvironment();
      const github = { ACTIONS_ID_TOKEN_REQUEST_URL: undefined, ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined };
      const others = { ...github, MY_URL, MY_TOKEN };
      for (const [server, audience, environment] of [
        ['GitHub', 'sts.amazonaws.com', {}],
        ['GitHub,a', 'a', {}],
        ['GitHub,a,b', 'a,b', {}],
        ['MY_URL,MY_TOKEN', 'sts.amazonaws.com', others],
        ['MY_URL,MY_TOKEN,a,b', 'a,b', others],
      ]) {
        const done = await exchange(own, { profiles: `[default]\n${AUDIT}\nweb_identity_token_server = ${server}\n`, environment });
        assert.equal(done.exitCode, 0, `${server}: ${done.stderr}`);
        asked(done, { audience });
      }
    });

    test('tells a server that there is not, and variables that are not set, before anything is sent', async (t) => {
      const own = await ownCloud(t);
      for (const [server, environment, message] of [
        ['GitLab', {}, /unknown server name/],
        ['github,a', {}, /github and a are not set/],
        ['MY-URL,MY_TOKEN', {}, /is neither/],
        ['MY_URL,MY_TOKEN', {}, /MY_URL and MY_TOKEN are not set/],
        ['MY_URL,MY_TOKEN', { MY_URL: 'https://tokens.invalid', MY_TOKEN: '' }, /MY_TOKEN is not set/],
        ['MY_URL,MY_TOKEN', { MY_URL: `${CANARY} no url`, MY_TOKEN: CANARY }, /MY_URL is not an https URL/],
      ]) {
        const ended = await exchange(own, { environment: { AWS_WEB_IDENTITY_TOKEN_SERVER: server, AWS_ROLE_ARN: roleArn('audit'), ...environment } });
        failed(ended, 'invalid-input', 2);
        assert.match(ended.stderr, message, server);
        assert.equal(ended.requests, 0);
      }
    });

    test('lets the environment beat the profile key by key, a profile that is named beat that, and flags beat all', async (t) => {
      const own = await ownCloud(t);
      const profiles = [
        `[default]\n${AUDIT}\nweb_identity_token_server = GitHub,a\nrole_session_name = of-the-profile\nduration_seconds = 1000`,
        `[profile other]\n${AUDIT}\nweb_identity_token_server = GitHub,a,b\nrole_session_name = of-another`,
      ].join('\n');
      const of = (environment, ...args) => exchange(own, { profiles, environment, args });
      asked(await of({}), { audience: 'a', session: 'of-the-profile' });
      asked(await of({ AWS_PROFILE: 'other' }), { audience: 'a,b', session: 'of-another' });
      asked(await of({ AWS_PROFILE: '' }), { audience: 'a', session: 'of-the-profile' });
      const environment = { AWS_WEB_IDENTITY_TOKEN_SERVER: 'GitHub,of the environment' };
      const partly = await of(environment);
      asked(partly, { audience: 'of the environment', session: 'of-the-profile' });
      assert.equal(partly.seconds, '1000');
      asked(await of({ AWS_ROLE_SESSION_NAME: 'of-the-environment' }), { audience: 'a', session: 'of-the-environment' });
      asked(await of({ AWS_ROLE_ARN: roleArn('nowhere') }), { audience: 'a', role: 'nowhere', session: 'of-the-profile' });
      const whole = { ...environment, AWS_ROLE_SESSION_NAME: 'of-the-environment', AWS_ROLE_ARN: roleArn('nowhere'), AWS_PROFILE: 'default' };
      asked(await of(whole, '--profile', 'other'), { audience: 'a,b', session: 'of-another' });
      const server = ['--web-identity-token-server', 'GitHub,of the flag'];
      asked(await of(whole, ...server), { audience: 'of the flag', role: 'nowhere', session: 'of-the-environment' });
      asked(await of(whole, '--profile', 'other', ...server), { audience: 'of the flag', session: 'of-another' });
      const flags = ['--cognito-role-arn', roleArn('audit'), '--role-session-name', 'of-the-flag', '--audience', 'a'];
      asked(await of(whole, ...server, ...flags), { audience: 'a', session: 'of-the-flag' });
      asked(await of(whole, '--profile', 'other', ...flags), { audience: 'a', session: 'of-the-flag' });
    });

    test('takes nothing where no server is named: AWS_ROLE_ARN may be the role of the machine', async (t) => {
      const own = await ownCloud(t);
      const eks = { AWS_ROLE_ARN: roleArn('audit'), AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere', AWS_ROLE_SESSION_NAME: 'eks' };
      const profiles = `[default]\n${AUDIT}\nsource_profile = base\nrole_session_name = of-the-profile\n`;
      const alone = await exchange(own, { environment: eks, profiles });
      failed(alone, 'invalid-input', 2);
      assert.match(alone.stderr, /--cognito-identity-pool-id: is required/);
      assert.equal(alone.requests, 0);
      const flags = await exchange(own, { environment: eks, profiles, flags: own.flags });
      asked(flags, { audience: 'cognito-identity.amazonaws.com', role: 'github-actions' });
    });

    test('takes a pool with a server, and then the token for the pool', async (t) => {
      const own = await ownCloud(t);
      const environment = { AWS_WEB_IDENTITY_TOKEN_SERVER: 'GitHub', AWS_ROLE_ARN: roleArn('build') };
      const done = await exchange(own, { environment, flags: own.flags.slice(0, -2) });
      asked(done, { audience: 'cognito-identity.amazonaws.com', role: 'build' });
    });

    test('does not mix the role or the rules of a profile without a server into a command that has one', async (t) => {
      const own = await ownCloud(t);
      const profiles = `[default]\nrole_arn = ${roleArn('nowhere')}\nsource_profile = base\nduration_seconds = 43200\nrole_session_name = other\n`;
      const args = ['--web-identity-token-server', 'GitHub', '--cognito-role-arn', roleArn('audit')];
      const done = await exchange(own, { profiles, args });
      asked(done, { audience: 'sts.amazonaws.com' });
      assert.equal(done.seconds, '3600');
    });

    test('tells a profile that is named and not there, or has no server', async (t) => {
      const own = await ownCloud(t);
      const absent = await exchange(own, { args: ['--profile', 'absent'] });
      failed(absent, 'invalid-input', 2);
      assert.match(absent.stderr, /there is no such profile in .*proposal-config/);
      const plain = await exchange(own, { profiles: `[profile plain]\n${AUDIT}\nsource_profile = x\n`, args: ['--profile', 'plain'] });
      failed(plain, 'invalid-input', 2);
      assert.match(plain.stderr, /no web_identity_token_server/);
    });

    test('needs no config file', async (t) => {
      const own = await ownCloud(t);
      for (const HOME of ['/nowhere', CLI]) {
        const done = await exchange(own, { environment: { HOME, USERPROFILE: HOME, AWS_CONFIG_FILE: undefined }, flags: own.flags });
        assert.equal(done.exitCode, 0, done.stderr);
      }
    });

    test('sends the bearer to no other machine in the clear', async (t) => {
      const own = await ownCloud(t);
      const seen = [];
      const elsewhere = createServer(({ headers }, response) => {
        seen.push(headers);
        response.end('{"value":"x"}');
      });
      await listening(t, elsewhere);
      // An address of this machine that is no loopback name.
      const url = `http://0.0.0.0:${elsewhere.address().port}/?x=1`;
      const server = { AWS_WEB_IDENTITY_TOKEN_SERVER: 'MY_URL,MY_TOKEN', AWS_ROLE_ARN: roleArn('audit'), MY_URL: url, MY_TOKEN: CANARY };
      failed(await exchange(own, { environment: server }), 'invalid-input', 2);
      const github = { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: CANARY };
      failed(await exchange(own, { environment: github, flags: own.flags }), 'invalid-input', 2);
      assert.deepEqual(seen, []);
    });

    test('follows no redirect with the bearer', async (t) => {
      const own = await ownCloud(t);
      const seen = [];
      const elsewhere = createServer((request, response) => {
        seen.push(request.url);
        response.end('{"value":"x"}');
      });
      await listening(t, elsewhere);
      own.fail({ operation: 'GitHubToken', fault: { redirect: `http://127.0.0.1:${elsewhere.address().port}/` }, times: Infinity });
      failed(await exchange(own, { flags: own.flags, environment: { AWS_MAX_ATTEMPTS: '1' } }), 'github-token-unavailable');
      assert.deepEqual(seen, []);
    });
  });

  describe('configure', TOGETHER, () => {
    const PROPOSED = [
      '# ours',
      '[default]',
      'region = eu-central-1',
      '[profile audit]',
      'region = us-west-2',
      `role_arn = ${roleArn('audit')}`,
      'web_identity_token_server = GitHub,sts.amazonaws.com',
      'output = json',
      '',
    ].join('\n');
    const file = async (name, text) => {
      await writeFile(path.join(folder, name), text);
      return path.join(folder, name);
    };

    test('writes to stdout, by the path of this program, what else is in the file untouched', async () => {
      const from = await file('proposed', PROPOSED);
      const { exitCode, stdout, stderr } = await run(['configure', '--from', from, '--github-enterprise-name', 'octo-enterprise'], { environment: job() });
      assert.deepEqual([exitCode, stderr], [0, '']);
      const [before, process, after] = stdout.split(/(credential_process = .*\n)/);
      assert.equal(before, '# ours\n[default]\nregion = eu-central-1\n[profile audit]\nregion = us-west-2\n');
      assert.equal(after, 'output = json\n');
      const flags = `--web-identity-token-server GitHub,sts.amazonaws.com --cognito-role-arn ${roleArn('audit')} --aws-region us-west-2 --github-enterprise-name octo-enterprise`;
      assert.ok(process.includes(` credential-process ${flags}`), process);
      if (!/[^\w@+:,./-]/.test(NODE + CLI)) assert.ok(process.startsWith(`credential_process = ${NODE} ${CLI} `), process);
    });

    test('writes a file that only its user can read, in the place of another or of itself', POSIX, async () => {
      const from = await file('proposed-in-place', PROPOSED);
      await chmod(from, 0o644);
      const link = path.join(folder, 'link-to-proposed');
      await symlink(from, link);
      const args = ['configure', '--from', link, '--to', link, '--command', '/opt/env-kvstore'];
      const { exitCode, stdout } = await run(args, { environment: job() });
      assert.deepEqual([exitCode, stdout], [0, '']);
      assert.match(await readFile(from, 'utf8'), /^credential_process = \/opt\/env-kvstore credential-process --web/m);
      assert.equal((await stat(from)).mode & 0o777, 0o600);
    });

    test('replaces no other file unasked', async () => {
      const from = await file('proposed-beside', PROPOSED);
      const to = await file('others', '[profile mine]\n');
      const args = ['configure', '--from', from, '--to', to, '--command', '/opt/env-kvstore'];
      failed(await run(args, { environment: job() }), 'invalid-input', 2);
      assert.equal(await readFile(to, 'utf8'), '[profile mine]\n');
      assert.equal((await run([...args, '--overwrite'], { environment: job() })).exitCode, 0);
      assert.match(await readFile(to, 'utf8'), /credential_process/);
    });

    test('tells of keys that AWS tools would take before the command, or refuse beside it', async () => {
      for (const key of ['web_identity_token_file', 'aws_access_key_id', 'credential_process']) {
        const from = await file(`proposed-with-${key}`, `${PROPOSED}\n${key} = x\n`);
        const ended = await run(['configure', '--from', from], { environment: job() });
        failed(ended, 'invalid-input', 2);
        assert.match(ended.stderr, new RegExp(`${key} is already set`));
      }
    });

    test('warns that it lies in the checkout, if it does and is what is written', POSIX, async () => {
      const from = await file('proposed-in-checkout', PROPOSED);
      const root = path.dirname(path.dirname(path.dirname(CLI)));
      const link = path.join(folder, 'link-to-checkout');
      await symlink(root, link);
      for (const [GITHUB_WORKSPACE, args, warns] of [
        [root, [], true],
        [link, [], true],
        [`${root}/`, [], true],
        [root, ['--command', 'env-kvstore'], false],
        [folder, [], false],
        [`${root}-2`, [], false],
        ['', [], false],
        [undefined, [], false],
      ]) {
        const { exitCode, stderr } = await run(['configure', '--from', from, ...args], { environment: job({ GITHUB_WORKSPACE }) });
        assert.equal(exitCode, 0);
        if (warns) assert.match(stderr, /^env-kvstore: this program is in the checkout \(GITHUB_WORKSPACE\)[^\n]*npm install --global[^\n]*\n$/);
        else assert.equal(stderr, '', `${GITHUB_WORKSPACE}`);
      }
    });

    test('warns that AWS_ACCESS_KEY_ID shadows what it writes', async () => {
      const from = await file('proposed-shadowed', PROPOSED);
      const { exitCode, stderr } = await run(['configure', '--from', from], { environment: job({ AWS_ACCESS_KEY_ID: 'x' }) });
      assert.equal(exitCode, 0);
      assert.match(stderr, /AWS_ACCESS_KEY_ID is set/);
    });

    test('lists all that is wrong, and writes nothing', async () => {
      const wrong = `[profile a]\nweb_identity_token_server = GitLab\n[profile b]\nweb_identity_token_server = GitHub\ncredential_process = x\nrole_session_name = 100%\n`;
      const from = await file('wrong', wrong);
      const to = path.join(folder, 'not-written');
      const ended = await run(['configure', '--from', from, '--to', to], { environment: job() });
      failed(ended, 'invalid-input', 2);
      assert.match(ended.stderr, /profile `a`: .*unknown server name/);
      assert.match(ended.stderr, /profile `b`: credential_process is already set/);
      assert.match(ended.stderr, /profile `b`: role_session_name has a character/);
      await assert.rejects(stat(to), { code: 'ENOENT' });
      const nothing = await file('nothing', '[default]\nregion = x\n');
      failed(await run(['configure', '--from', nothing], { environment: job() }), 'invalid-input', 2);
    });

    test('tells a file that is not there, not text, or not to be written', async () => {
      failed(await run(['configure'], { environment: job() }), 'invalid-input', 2);
      failed(await run(['configure', '--from', '/nowhere'], { environment: job() }), 'file-failed');
      const latin = path.join(folder, 'latin-1');
      await writeFile(latin, Buffer.concat([Buffer.from(`${PROPOSED}# gr`), Buffer.from([0xfc]), Buffer.from('n\n')]));
      failed(await run(['configure', '--from', latin], { environment: job() }), 'invalid-input', 2);
      const from = await file('proposed-nowhere', PROPOSED);
      failed(await run(['configure', '--from', from, '--to', path.join(from, 'below')], { environment: job() }), 'file-failed');
    });
  });

  describe('token', TOGETHER, () => {
    test('goes to a file of its user, in the place of an older one; what belongs to it is for GITHUB_ENV', async () => {
      const to = path.join(folder, 'token');
      await writeFile(to, 'older and longer'.repeat(1000), { mode: 0o644 });
      const { exitCode, stdout, stderr } = await run(['token', ...FLAGS, '--to', to], { environment: job() });
      assert.deepEqual([exitCode, stderr], [0, '']);
      assert.deepEqual(readFileCommands(stdout), {
        AWS_WEB_IDENTITY_TOKEN_FILE: to,
        AWS_ROLE_ARN: cloud.setup.roleArn,
        AWS_ROLE_SESSION_NAME: SESSION,
      });
      assert.match(await readFile(to, 'utf8'), /^eyJ[\w.-]+$/);
      if (process.platform !== 'win32') assert.equal((await stat(to)).mode & 0o777, 0o600);
      assert.deepEqual((await readdir(folder)).filter((name) => name.startsWith('token.')), []);
    });

    test('goes to AWS_WEB_IDENTITY_TOKEN_FILE unless told otherwise, and nowhere if that is empty', async () => {
      const to = path.join(folder, 'below', 'token');
      const done = await run(['token', ...FLAGS], { environment: job({ AWS_WEB_IDENTITY_TOKEN_FILE: to }) });
      assert.equal(done.exitCode, 0, done.stderr);
      assert.match(await readFile(to, 'utf8'), /^eyJ/);
      for (const [args, AWS_WEB_IDENTITY_TOKEN_FILE] of [[[], undefined], [[], ''], [['--to', ''], ''], [['--to', 'a\nB=c'], undefined]]) {
        failed(await run(['token', ...FLAGS, ...args], { environment: job({ AWS_WEB_IDENTITY_TOKEN_FILE }) }), 'invalid-input', 2);
      }
      failed(await run(['token', ...FLAGS, '--to', folder], { environment: job() }), 'file-failed');
    });

    test("may be GitHub's, and of a job whose role is known later", async () => {
      const to = path.join(folder, 'github-token');
      const args = ['token', ...ISSUER, '--identity', 'web-identity', '--aws-region', 'us-west-2', '--to', to];
      const { exitCode, stdout, stderr } = await run(args, { environment: job() });
      assert.equal(exitCode, 0, stderr);
      assert.deepEqual(Object.keys(readFileCommands(stdout)), ['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_SESSION_NAME']);
      const [, claims] = (await readFile(to, 'utf8')).split('.');
      assert.equal(JSON.parse(Buffer.from(claims, 'base64url')).aud, 'sts.amazonaws.com');
    });

    test("is masked in the job's log", async () => {
      const to = path.join(folder, 'masked-token');
      const { stdout, stderr } = await run(['token', ...FLAGS, '--to', to], { environment: job(IN_ACTIONS) });
      assert.equal(stderr, `\n::add-mask::${await readFile(to, 'utf8')}\n`);
      assert.doesNotMatch(stdout, /eyJ/);
    });
  });

  describe('exec', TOGETHER, () => {
    const LAPTOP = ['--identity', 'environment', '--aws-region', 'us-west-2', '--repository', 'octo-org/octo-repo', '--namespace', 'octo-enterprise'];
    const exec = (command, { values = 'REPLICAS,variable', args = [], environment = laptop(), ...options } = {}) =>
      run(['exec', ...LAPTOP, ...args, '--values', values, '--', ...command], { environment, ...options });
    const node = (script) => [NODE, '-e', script];

    test('gives the values to the command and to nothing else', async () => {
      const files = Object.fromEntries(['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY'].map((name) => [name, path.join(folder, name)]));
      await Promise.all(Object.values(files).map((name) => writeFile(name, '')));
      const script = 'process.stdout.write(JSON.stringify([process.env.TOKEN, process.env.LINES, process.env.U, process.env.REPLICAS, process.env.OTHER]))';
      const args = ['exec', ...FLAGS, '--values', 'TOKEN,secret\nLINES,secret', '--values', 'REPLICAS,variable', '--secrets', 'U=shared/u', '--', ...node(script)];
      cloud.putSecret('shared/u', UNICODE);
      cloud.setup.roles[cloud.setup.roleArn].policies.push({ name: 'shared', document: cloud.setup.documents['role-policy-for-secrets'] });
      const { exitCode, stdout, stderr } = await run(args, { environment: job({ ...files, OTHER: 'kept' }) });
      assert.equal(exitCode, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), [`${CANARY}-production`, LINES, UNICODE, '3', 'kept']);
      assert.equal(stderr, '');
      for (const name of Object.values(files)) assert.equal(await readFile(name, 'utf8'), '');
    });

    test("masks the values in the job's log before the command starts, and nowhere else", async () => {
      const values = 'TOKEN,secret\nLINES,secret\nUNICODE,secret\nREPLICAS,variable';
      const script = 'for (const n of ["TOKEN", "LINES", "UNICODE"]) { console.error(process.env[n]); console.log(process.env[n]) }';
      const { stdout, stderr } = await exec(node(script), { values, environment: laptop(IN_ACTIONS) });
      assert.equal(stdout, `${CANARY}-repository\n${LINES}\n${UNICODE}\n`);
      const masker = new Masker();
      const shown = stderr.split('\n').flatMap((line) => {
        const mask = /^::add-mask::(.*)$/.exec(line)?.[1];
        if (mask === undefined) return [masker.mask(line)];
        masker.add(mask.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%'));
        return [];
      });
      assert.ok(!shown.join('\n').includes(CANARY), shown.join('\n'));
      assert.ok(!stdout.split('\n').map((line) => masker.mask(line)).join('\n').includes(CANARY));
      const outside = await exec(node(''), { values });
      assert.deepEqual([outside.exitCode, outside.stderr], [0, '']);
    });

    test('ends as the command does', async () => {
      for (const exitCode of [0, 1, 2, 42, 125, 255]) {
        assert.equal((await exec(node(`process.exit(${exitCode})`))).exitCode, exitCode);
      }
    });

    test('ends with 125 if it fails itself, and the command is not started', async () => {
      const print = node('console.log("started")');
      failed(await exec(print, { values: 'ABSENT,secret' }), 'key-missing', 125);
      failed(await exec(print, { values: 'nonsense' }), 'invalid-input', 125);
      failed(await exec([]), 'invalid-input', 125);
      failed(await exec(print, { args: [`--unknown=${CANARY}`] }), 'invalid-input', 125);
      failed(await run(['exec', ...LAPTOP, '--', ...print], { environment: laptop() }), 'invalid-input', 125);
    });

    test('ends with 127 if there is no such command, and with 126 if it cannot be run', POSIX, async () => {
      const plain = path.join(folder, 'plain');
      await writeFile(plain, 'no program');
      for (const [command, exitCode, reason] of [
        ['no-such-command', 127, 'no such file or directory (ENOENT)'],
        ['', 126, 'ERR_INVALID_ARG_VALUE'],
        [plain, 126, 'permission denied (EACCES)'],
        [folder, 126, 'permission denied (EACCES)'],
        [`${plain}/below`, 126, 'not a directory (ENOTDIR)'],
      ]) {
        const ended = await exec([command]);
        assert.deepEqual([ended.exitCode, ended.stdout, ended.stderr], [exitCode, '', `env-kvstore: ${command}: ${reason}\n`]);
      }
    });

    test('leaves the arguments of the command alone', async () => {
      const args = ['--values', 'x', '--', '-h', '--help', '', 'two words', '$HOME', '*'];
      const { stdout, stderr } = await exec([...node('console.log(JSON.stringify(process.argv.slice(1)))'), '--', ...args]);
      assert.equal(stdout, `${JSON.stringify(args)}\n`, stderr);
    });

    test('leaves stdin and stdout to the command, to which a slow writer is one that it waits for', POSIX, async () => {
      const whole = await exec(['cat'], { input: UNICODE });
      assert.deepEqual([whole.exitCode, whole.stdout, whole.stderr], [0, UNICODE, '']);
      const slowly = await exec(['sh', '-c', 'echo started; exec cat'], {
        stdio: ['pipe', 'pipe', 'pipe'],
        onStart: ({ stdin, stdout }) =>
          stdout.once('data', () => {
            setTimeout(() => stdin.write('one\n'), 200);
            setTimeout(() => stdin.end('two\n'), 500);
          }),
      });
      assert.deepEqual([slowly.exitCode, slowly.stderr], [0, '']);
      assert.match(slowly.stdout, /one\ntwo\n$/);
    });

    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGALRM']) {
      test(`passes ${signal} on, and ends as the command then does`, POSIX, async () => {
        const waits = (does) => node(`process.on('${signal}', () => ${does}); console.log('ready'); setInterval(() => {}, 1000)`);
        const kill = { onStart: (child) => child.stdout.once('data', () => child.kill(signal)) };
        const handled = await exec(waits('process.exit(7)'), kill);
        assert.deepEqual([handled.exitCode, handled.signal], [7, null]);
        const died = await exec(['sh', '-c', 'echo ready; exec sleep 30'], kill);
        assert.deepEqual([died.exitCode, died.signal], [null, signal]);
      });
    }

    test('dies by the signal that ended the command', POSIX, async () => {
      for (const signal of ['SIGKILL', 'SIGTERM', 'SIGUSR1']) {
        const ended = await exec(['sh', '-c', `kill -${signal.slice(3)} $$`]);
        assert.deepEqual([ended.exitCode, ended.signal, ended.stderr], [null, signal, '']);
      }
      // Node ignores this one, so its number is told.
      assert.equal((await exec(['sh', '-c', 'kill -PIPE $$'])).exitCode, 128 + 13);
    });

    test('ends by a signal that comes while values are still being loaded', POSIX, async (t) => {
      const own = await ownCloud(t);
      own.fail({ operation: 'GetId', fault: 'noAnswer', times: Infinity });
      const began = Date.now();
      const { signal, stdout } = await run(['exec', ...own.flags, '--values', 'A,secret', '--', 'echo', 'started'], {
        environment: own.job(),
        onStart: async (child) => {
          while (!own.requests.some(({ operation }) => operation === 'GetId')) await new Promise((resolve) => setTimeout(resolve, 20));
          child.kill('SIGTERM');
        },
      });
      assert.deepEqual([signal, stdout], ['SIGTERM', '']);
      assert.ok(Date.now() - began < 20_000);
    });

    test('leaves Ctrl-C to the terminal, which gives it to the command itself, once', POSIX, async () => {
      const script = 'let n = 0; process.on("SIGINT", () => { n += 1; setTimeout(() => { console.log("interrupts", n); process.exit(7) }, 300) }); console.log("ready"); setInterval(() => {}, 1000)';
      const ended = await onTerminal(['exec', ...LAPTOP, '--values', 'REPLICAS,variable', '--', ...node(script)], { afterReady: '\x03' });
      assert.match(ended.stdout, /interrupts 1\r\n$/);
      assert.equal(ended.exitCode, 7);
    });

    test('takes the credentials of a laptop for the stores that they may read, and no others', async () => {
      const print = node('console.log(process.env.TOKEN)');
      const production = await exec(print, { values: 'TOKEN,secret', args: ['--environment', 'production'] });
      assert.equal(production.stdout, `${CANARY}-production\n`, production.stderr);
      const repository = await exec(print, { values: 'TOKEN,secret' });
      assert.equal(repository.stdout, `${CANARY}-repository\n`);
      const other = await exec(print, { values: 'TOKEN,secret', args: ['--repository', 'octo-org/other'] });
      failed(other, /^store-(access-denied|not-found)$/, 125);
      const { AWS_ACCESS_KEY_ID, ...without } = laptop();
      failed(await exec(print, { environment: { ...without, AWS_EC2_METADATA_DISABLED: 'true' } }), 'credentials-unavailable', 125);
    });
  });

  describe('get', TOGETHER, () => {
    const get = (args, options) => run(['get', ...args, ...FLAGS], { environment: job(), ...options });

    test('writes the value as it is, and no line break', async () => {
      for (const [name, value] of Object.entries({ UNICODE, LINES, TOKEN: `${CANARY}-production` })) {
        const { exitCode, stdout, stderr } = await get([name]);
        assert.deepEqual([exitCode, stdout, stderr], [0, value, '']);
      }
      const empty = await get(['EMPTY']);
      assert.deepEqual([empty.exitCode, empty.stdout], [0, ''], empty.stderr);
      const named = await get(['COUNT', '--values', 'OTHER,secret,TOKEN', '--values', 'COUNT,variable,REPLICAS']);
      assert.equal(named.stdout, '3', named.stderr);
      assert.equal((await get(['TOKEN', '--values', '*,secret'])).stdout, `${CANARY}-production`);
    });

    test('writes to no terminal unless told so', POSIX, async () => {
      const refused = await onTerminal(['get', 'TOKEN', ...FLAGS], { environment: job() });
      assert.equal(refused.exitCode, 3);
      assert.match(refused.stdout, /^env-kvstore: would-be-shown: stdout is a terminal, /);
      assert.ok(!refused.stdout.includes(CANARY));
      const shown = await onTerminal(['get', 'TOKEN', '--yes', ...FLAGS], { environment: job() });
      assert.deepEqual([shown.exitCode, shown.stdout], [0, `${CANARY}-production`]);
    });

    test('writes to no pipe of a CI job unless told so, and asks nobody for the value', async (t) => {
      const own = await ownCloud(t);
      for (const environment of [{ CI: 'true' }, { CI: '1' }, { GITHUB_ACTIONS: 'true' }]) {
        const ended = await run(['get', 'TOKEN', ...own.flags], { environment: own.job(environment) });
        failed(ended, 'would-be-shown', 3);
        assert.match(ended.stderr, /stdout is that of a CI job/);
      }
      assert.equal(own.requests.length, 0);
      const said = await get(['TOKEN', '--yes'], { environment: job({ CI: 'true' }) });
      assert.deepEqual([said.exitCode, said.stdout, said.stderr], [0, `${CANARY}-production`, '']);
      for (const CI of ['', 'false']) assert.equal((await get(['TOKEN'], { environment: job({ CI }) })).exitCode, 0);
    });

    test('writes to a file of a CI job, masked', async () => {
      const file = path.join(folder, 'value');
      const fd = openSync(file, 'w');
      const { exitCode, stderr } = await get(['TOKEN'], { environment: job(IN_ACTIONS), stdio: ['ignore', fd, 'pipe'] });
      closeSync(fd);
      assert.equal(exitCode, 0, stderr);
      assert.equal(await readFile(file, 'utf8'), `${CANARY}-production`);
      assert.match(stderr, /^\n(::add-mask::[^\n]*\n)+$/);
    });

    test('fails if the value cannot be written', { skip: process.platform !== 'linux' && '/dev/full is on Linux only' }, async () => {
      const fd = openSync('/dev/full', 'w');
      const ended = await get(['TOKEN'], { stdio: ['ignore', fd, 'pipe'] });
      closeSync(fd);
      failed(ended, 'file-failed');
      assert.match(ended.stderr, /no space left on device \(ENOSPC\)/);
      const command = ['bash', '-o', 'pipefail', '-c', '"$@" | true', 'bash', NODE, CLI, 'get', 'TOKEN', ...FLAGS];
      const unread = await runProgram(command, { environment: job(), stdio: ['ignore', 'pipe', 'pipe'] });
      failed(unread, 'file-failed');
      assert.match(unread.stderr, /broken pipe \(EPIPE\)/);
    });

    test('tells what it lacks', async () => {
      failed(await get(['ABSENT']), 'key-missing');
      failed(await get(['ABSENT', '--values', 'TOKEN,secret']), 'key-missing');
      failed(await get(['ABSENT', '--values', 'ABSENT,secret,,optional']), 'key-missing');
      for (const names of [[], ['A', 'B'], ['A,variable'], ['A\nB'], ['*'], ['']]) failed(await get(names), 'invalid-input', 2);
    });
  });

  describe('on wrong usage', TOGETHER, () => {
    const COMMANDS = readdirSync(new URL('../../npm/commands/', import.meta.url)).map((file) => path.basename(file, '.ts'));

    test('help is given, of the whole and of each command, wherever it is asked for', async () => {
      const help = await run(['--help'], { environment: {} });
      assert.deepEqual([help.exitCode, help.stderr], [0, '']);
      for (const command of COMMANDS) {
        assert.match(help.stdout, new RegExp(`^  ${command} `, 'm'));
        const own = await run([command, '--help'], { environment: {} });
        assert.deepEqual([own.exitCode, own.stderr], [0, '']);
        assert.ok(own.stdout.startsWith(`Usage: env-kvstore ${command} `));
        assert.deepEqual(await run(['help', command], { environment: {} }), own);
      }
      for (const args of [['-h'], ['help'], ['help', '--help']]) assert.equal((await run(args, { environment: {} })).stdout, help.stdout);
      assert.match((await run(['get', 'A', '--yes', '-h'], { environment: {} })).stdout, /^Usage: env-kvstore get/);
      const nothing = await run([], { environment: {} });
      assert.deepEqual([nothing.exitCode, nothing.stdout], [2, help.stdout]);
      failed(await run(['help', 'gett'], { environment: {} }), 'invalid-input', 2);
    });

    test('help fits 80 columns, and has an example of each command that the command takes', async () => {
      for (const command of ['', ...COMMANDS]) {
        const { stdout } = await run(['help', command].filter(Boolean), { environment: {} });
        assert.deepEqual(stdout.split('\n').filter((line) => line.length > 80), [], command);
        if (command === '') continue;
        const examples = stdout.split('\nExample. ').slice(1).map((example) => example.split('\n\n')[0].split('\n').slice(1).join('\n').trimEnd());
        assert.ok(examples.length > 0, command);
        for (const example of examples) {
          // The words as a shell hands them over, and a flag more: that alone is refused.
          const seen = `env-kvstore() { printf '%s\\0' "$@"; }; RUNNER_TEMP=${folder}\n`;
          const lines = example.replace(/^  source <\((.*)\)$/, '$1').replace(/( \\\n)? +>>? \S+$/, '');
          const { stdout: words, stderr } = await runProgram(['bash', '-c', seen + lines], { environment: { HOME: folder } });
          const [name, ...args] = words.split('\0').slice(0, -1);
          assert.equal(name, command, `${lines}: ${stderr}`);
          const ended = await run([name, ...args.slice(0, args.indexOf('--') >>> 0), '--no-such', '1'], { environment: {} });
          assert.match(ended.stderr, /there is no flag --no-such\b/, ended.stderr);
        }
      }
    });

    const SWITCHES = ['allow-any-key', 'allow-empty', 'create', 'dry-run', 'effective', 'help', 'json', 'overwrite', 'pristine', 'raw', 'replace', 'stores', 'variable', 'yes'];

    test('every flag that the help of a command names is one of its flags', async () => {
      for (const command of COMMANDS) {
        const { stdout } = await run([command, '--help'], { environment: {} });
        const flags = new Set([...stdout.matchAll(/--[a-z][a-z-]+/g)].map(([flag]) => flag));
        const args = [...flags].flatMap((flag) => (SWITCHES.includes(flag.slice(2)) ? [] : [flag, 'x']));
        assert.ok(args.length >= 10 || ['audit', 'completion', 'generate', 'init'].includes(command));
        const { stderr } = await run([command, ...args, '--no-such'], { environment: {} });
        assert.match(stderr, /there is no flag --no-such\b/, command);
      }
    });

    test('the version is that of the package', async () => {
      const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url)));
      for (const flag of ['--version', '-v']) assert.equal((await run([flag], { environment: {} })).stdout, `${version}\n`);
    });

    test('no value that was given is repeated', async () => {
      for (const [args, message] of [
        [[`--unknown=${CANARY}`], /no such command: --unknown\. /],
        [['get', 'A', `--unknown=${CANARY}`], /no flag --unknown\. /],
        [['get', 'A', '--github-token', CANARY], /no flag --github-token\. /],
        [['get', 'A', `--yes=${CANARY}`], /flag --yes takes no value/],
        [['get', 'A', '--values'], /has no value/],
        [['get', 'A', '-x', CANARY], /no flag -x\. /],
        [['get', 'A', '-help'], /no flag -e\. |no flag -help/],
        [['credential-process', CANARY], /./],
        [['credential-process', '--cognito-role-arn'], /has no value/],
        [['configure', '--from', '--to'], /--from has no value/],
        [['completion'], /one of bash, zsh, fish/],
        [['completion', CANARY], /one of bash, zsh, fish/],
      ]) {
        const ended = await run(args, { environment: {} });
        failed(ended, 'invalid-input', 2);
        assert.match(ended.stderr, message, args.join(' '));
      }
    });

    test('a command and a flag that there is not are repeated, with the nearest that there is', async () => {
      for (const [args, message] of [
        [['gte', 'A'], 'there is no such command: gte. Did you mean get? See env-kvstore --help.'],
        [['confgure'], 'there is no such command: confgure. Did you mean configure? See env-kvstore --help.'],
        [['--vresion'], 'there is no such command: --vresion. Did you mean --version? See env-kvstore --help.'],
        [['cred'], 'there is no such command: cred. Did you mean credential-process? See env-kvstore --help.'],
        [['something-else'], 'there is no such command: something-else. See env-kvstore --help.'],
        [['get', 'A', '--yse'], 'there is no flag --yse. Did you mean --yes? See env-kvstore get --help.'],
        [['exec', '--cognito-rolearn', 'x'], 'there is no flag --cognito-rolearn. Did you mean --cognito-role-arn? See env-kvstore exec --help.'],
        [['get', 'A', '--valeus=A,secret'], 'there is no flag --valeus. Did you mean --values? See env-kvstore get --help.'],
        [['get', 'A', '--nothing-like-it', 'x'], 'there is no flag --nothing-like-it. See env-kvstore get --help.'],
        [['\x1b[31m\n::add-mask::x\u202e'], 'there is no such command: \\u{1b}[31m\\u{a}::add-mask::x\\u{202e}. See env-kvstore --help.'],
        [['x'.repeat(50)], `there is no such command: ${'x'.repeat(40)}…. See env-kvstore --help.`],
      ]) {
        const { exitCode, stderr } = await run(args, { environment: {} });
        assert.deepEqual([exitCode, stderr], [args[0] === 'exec' ? 125 : 2, `env-kvstore: invalid-input: ${message}\n`]);
      }
    });

    test('older names of flags work, beside the current ones if they say the same', async () => {
      const { poolId } = cloud.setup;
      const older = [...ISSUER, '--identity-pool-id', poolId, '--role-arn', cloud.setup.roleArn];
      for (const flags of [older, [...older, ...FLAGS], [...FLAGS, ...older], [...FLAGS, '--role-arn', '']]) {
        const { exitCode, stdout, stderr } = await run(['get', 'TOKEN', ...flags], { environment: job() });
        assert.deepEqual([exitCode, stdout], [0, `${CANARY}-production`], stderr);
      }
      const wrong = await run(['get', 'TOKEN', ...FLAGS, '--role-arn', roleArn('nowhere')], { environment: job() });
      failed(wrong, 'invalid-input', 2);
      assert.match(wrong.stderr, /--role-arn is an older name of --cognito-role-arn, which has another value\./);
      const token = await run(['token', ...older, '--to', path.join(folder, 'older')], { environment: job() });
      assert.match(token.stdout, new RegExp(`^AWS_ROLE_ARN=${cloud.setup.roleArn}$`, 'm'), token.stderr);
    });

    test('outside GitHub Actions the way to read there comes first', async () => {
      const ways = { exec: ['--values', 'A,secret', '--', 'true'], get: ['A'], token: ['--to', path.join(folder, 'outside')] };
      for (const [command, args] of Object.entries(ways)) {
        for (const flags of [[], FLAGS]) {
          const { exitCode, stderr } = await run([command, ...flags, ...args], { environment: { AWS_ENDPOINT_URL: cloud.url } });
          const code = flags.length > 0 ? 'id-token-permission-missing' : 'invalid-input';
          assert.equal(exitCode, command === 'exec' ? 125 : flags.length > 0 ? 1 : 2, stderr);
          assert.match(stderr, new RegExp(`^env-kvstore: ${code}: `));
          const hint = stderr.slice(stderr.search(/Outside GitHub Actions/));
          assert.match(hint, /^Outside GitHub Actions[^`]*(`env-kvstore exec`[^`]*`env-kvstore get`[^`]*)?`--identity environment` and `--repository OWNER\/NAME`/, stderr);
          assert.match(hint, flags.length > 0 ? /permissions: id-token: write/ : /Correct the flags/);
        }
        const inJob = await run([command, ...FLAGS, ...args], { environment: { AWS_ENDPOINT_URL: cloud.url, ...IN_ACTIONS }, stdio: ['ignore', openSync(path.join(folder, 'out'), 'w'), 'pipe'] });
        assert.match(inJob.stderr, /id-token-permission-missing/);
        assert.doesNotMatch(inJob.stderr, /Outside/);
      }
      const wrong = await run(['exec', '--no-such', '--', 'true'], { environment: {} });
      assert.doesNotMatch(wrong.stderr, /Outside/);
    });

    test('a file that cannot be read or written is told in words', async () => {
      const plain = path.join(folder, 'plain-file');
      await writeFile(plain, '');
      for (const [args, words] of [
        [['--from', path.join(folder, 'nowhere')], 'no such file or directory (ENOENT)'],
        [['--from', folder], 'illegal operation on a directory (EISDIR)'],
        [['--from', path.join(plain, 'below')], 'not a directory (ENOTDIR)'],
      ]) {
        const ended = await run(['configure', ...args], { environment: {} });
        failed(ended, 'file-failed');
        assert.ok(ended.stderr.includes(`${args[1]}: ${words}. `), ended.stderr);
      }
    });

    test('of a flag that is given twice the last counts', async () => {
      const ended = await run(['get', 'TOKEN', ...FLAGS, '--cognito-role-arn', roleArn('nowhere')], { environment: job() });
      failed(ended, 'assume-role-denied');
      assert.match(ended.stderr, /role\/nowhere/);
    });
  });
});

/** A cloud whose requests and faults are no other test's. */
async function ownCloud(t) {
  const own = await startCloud({ configure: (setup) => withSeveralRoles(setup, AUDIENCES) });
  t.after(() => own.close());
  const issuer = ['--github-enterprise-name', 'octo-enterprise', '--oidc-issuer', own.url];
  return {
    ...own,
    issuer,
    flags: ['--cognito-identity-pool-id', own.setup.poolId, ...issuer, '--cognito-role-arn', own.setup.roleArn],
    job: (more = {}) => ({ ...own.jobEnvironment(), HOME: folder, USERPROFILE: folder, ...more }),
  };
}

/** No job, but a session that a person has, with the tags of the repository. */
function laptop(more = {}) {
  const tags = { enterprise: 'octo-enterprise', repository: 'octo-org/octo-repo', repository_id: '1296269', environment: 'production' };
  const session = cloud.issueCredentials(cloud.setup.roleArn, { sessionName: 'laptop', tags });
  return {
    HOME: folder,
    AWS_ENDPOINT_URL: cloud.url,
    AWS_ACCESS_KEY_ID: session.accessKeyId,
    AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
    AWS_SESSION_TOKEN: session.sessionToken,
    ...more,
  };
}

/** Runs the command line in a terminal of its own; what it says to it, on stdout and stderr, is `stdout`. */
async function onTerminal(args, { environment = laptop(), afterReady }) {
  const script = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
said = b""
while True:
    try:
        part = os.read(terminal, 1000)
    except OSError:
        break
    if not part:
        break
    said += part
    if sys.argv[1] and b"ready" in said:
        os.write(terminal, sys.argv[1].encode())
        sys.argv[1] = ""
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
  const command = [inVenv('python'), '-c', script, afterReady ?? '', NODE, CLI, ...args];
  return runProgram(command, { environment, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Asserts a failure that is told on stderr alone, by its code, and tells no secret. */
function failed({ exitCode, stdout, stderr }, code, expectedExitCode = 1) {
  const found = /^(?:env-kvstore: AWS_ACCESS_KEY_ID is set[^\n]*\n)?env-kvstore: ([\w-]+): /.exec(stderr)?.[1];
  if (code instanceof RegExp) assert.match(found, code, stderr);
  else assert.equal(found, code, stderr);
  assert.deepEqual([exitCode, stdout], [expectedExitCode, ''], stderr);
  assert.doesNotMatch(stderr, new RegExp(`${CANARY}|eyJ[\\w-]{10}|request-token-|ASIA[A-Z2-7]{12}`));
}
