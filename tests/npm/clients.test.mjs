// Clients that nobody here wrote, with credentials that the committed command line hands out: boto3, the AWS CLI and the AWS SDK
// for JavaScript v3, against the local cloud, which checks tokens, trust and signatures, and against moto.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/clients.test.mjs` runs the command line on another Node.

import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { startCloud } from '../cloud/cloud.mjs';
import { sessionArn, withSeveralRoles } from '../cloud/several-roles.mjs';
import { startMoto } from '../moto/server.mjs';
import { CLI, NODE, runCli, runProgram } from '../runner/command.mjs';
import { readFileCommands } from '../runner/file-commands.mjs';
import { runStep } from '../runner/step.mjs';
import { inVenv } from '../runner/venv.mjs';
import { STSClient, GetCallerIdentityCommand } from '../tools/node_modules/@aws-sdk/client-sts/dist-cjs/index.js';
import { fromIni } from '../tools/node_modules/@aws-sdk/credential-provider-ini/dist-cjs/index.js';
import { fromProcess } from '../tools/node_modules/@aws-sdk/credential-provider-process/dist-cjs/index.js';

const SESSION = '17712345678@6dcb09b5b57875f334f61aebed695e2e4193db5e';
const POSIX = { skip: process.platform === 'win32' && 'paths of Windows need quotes that each client reads its own way' };

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-clients-'));
const moto = await startMoto();
const githubOfMoto = await startCloud();
after(async () => {
  moto.stop();
  await githubOfMoto.close();
  await rm(folder, { recursive: true });
});

describe('clients', { concurrency: 3, ...POSIX }, () => {
  describe('with two profiles of two roles in one file', { concurrency: 3 }, () => {
    test('boto3 has both at once, in the threads of one process', async (t) => {
      const { cloud, environment } = await twoProfiles(t);
      const arns = await boto3(environment, ['build', 'deploy', 'build', 'deploy'], `
        def arn(profile):
            return boto3.Session(profile_name=profile).client("sts").get_caller_identity()["Arn"]
        with ThreadPoolExecutor() as threads:
            answer = list(threads.map(arn, arguments))
      `);
      const [build, deploy] = ['build', 'deploy'].map((name) => sessionArn(cloud.setup, name, SESSION));
      assert.deepEqual(arns, [build, deploy, build, deploy]);
    });

    test('boto3 starts the process once for a hundred calls', async (t) => {
      const { cloud, environment } = await twoProfiles(t);
      const calls = await boto3(environment, ['build'], `
        sts = boto3.Session(profile_name=arguments[0]).client("sts")
        answer = len([sts.get_caller_identity() for _ in range(100)])
      `);
      assert.equal(calls, 100);
      assert.equal(count(cloud, 'GetCallerIdentity'), 100);
      assert.equal(count(cloud, 'GitHubToken'), 1);
    });

    test('the AWS CLI takes the one that it is told', async (t) => {
      const { cloud, environment } = await twoProfiles(t);
      const arns = await Promise.all(['build', 'deploy'].map((name) => awsCli(environment, name)));
      assert.deepEqual(arns, ['build', 'deploy'].map((name) => sessionArn(cloud.setup, name, SESSION)));
    });

    test('the AWS SDK for JavaScript has both at once', async (t) => {
      const { cloud, environment, config } = await twoProfiles(t);
      const arns = await inEnvironment(environment, async () => {
        const arn = async (profile, provider) => {
          const credentials = provider({ profile, configFilepath: config, filepath: '/nowhere' });
          const client = new STSClient({ region: 'us-west-2', endpoint: cloud.url, credentials });
          return (await client.send(new GetCallerIdentityCommand())).Arn;
        };
        return Promise.all([arn('build', fromIni), arn('deploy', fromProcess)]);
      });
      assert.deepEqual(arns, ['build', 'deploy'].map((name) => sessionArn(cloud.setup, name, SESSION)));
    });

    test('boto3 and the AWS SDK for JavaScript are told whose account it is', async (t) => {
      const { cloud, environment, config } = await twoProfiles(t);
      const { accountId } = cloud.setup;
      const script = 'answer = boto3.Session(profile_name=arguments[0]).get_credentials().get_frozen_credentials().account_id';
      assert.equal(await boto3(environment, ['build'], script), accountId);
      const provider = fromProcess({ profile: 'build', configFilepath: config, filepath: '/nowhere' });
      assert.equal((await inEnvironment(environment, provider)).accountId, accountId);
    });

    test('a client is told by a profile that cannot have credentials what the job lacks', async (t) => {
      const { environment } = await twoProfiles(t);
      const { ACTIONS_ID_TOKEN_REQUEST_URL, ...lacking } = environment;
      const ended = await aws(lacking, 'build');
      assert.notEqual(ended.exitCode, 0);
      assert.match(ended.stderr, /id-token-permission-missing: .*permissions: id-token: write/);
    });

    test('boto3 and the AWS CLI have credentials of moto by them', async () => {
      const own = { url: moto.url, setup: { ...githubOfMoto.setup, poolId: moto.setup.poolId } };
      const environment = await profilesOf(own, {
        ...githubOfMoto.jobEnvironment(),
        AWS_ENDPOINT_URL: moto.url,
      }, githubOfMoto.url);
      const [python, build, deploy] = await Promise.all([
        boto3(environment, ['build', 'deploy'], 'answer = [boto3.Session(profile_name=p).client("sts").get_caller_identity()["Arn"] for p in arguments]'),
        awsCli(environment, 'build'),
        awsCli(environment, 'deploy'),
      ]);
      const expected = ['build', 'deploy'].map((name) => sessionArn(githubOfMoto.setup, name, SESSION));
      assert.deepEqual(python, expected);
      assert.deepEqual([build, deploy], expected);
    });
  });

  describe('with what configure made of a file for the proposal', { concurrency: 2 }, () => {
    const proposed = (setup) =>
      [
        '; kept',
        '[default]',
        'region = us-west-2',
        `role_arn = arn:aws:iam::${setup.accountId}:role/audit`,
        'web_identity_token_server = GitHub',
        '[profile "in-quotes"]',
        '  region = us-west-2',
        `  role_arn = arn:aws:iam::${setup.accountId}:role/audit`,
        '  role_session_name = named.in,the=file',
        '  web_identity_token_server = GitHub,a, b',
        '[profile nested]',
        's3 =',
        '  addressing_style = path',
        '',
      ].join('\n');

    test('boto3, the AWS CLI and the AWS SDK for JavaScript find each profile, and their own settings', async (t) => {
      const cloud = await severalRoles(t, ['a, b']);
      const [from, config] = await Promise.all([scratch('proposed', proposed(cloud.setup)), scratch('translated', '')]);
      const environment = jobOf(cloud, { AWS_CONFIG_FILE: config });
      const flags = ['--github-enterprise-name', 'octo-enterprise', '--oidc-issuer', cloud.url];
      const done = await runCli(['configure', '--from', from, '--to', config, ...flags], { environment });
      assert.deepEqual([done.exitCode, done.stdout, done.stderr], [0, '', '']);

      const [unnamed, named] = [sessionArn(cloud.setup, 'audit', SESSION), sessionArn(cloud.setup, 'audit', 'named.in,the=file')];
      const [python, cli, node] = await Promise.all([
        boto3(environment, ['default', 'in-quotes'], `
          import botocore.configloader
          nested = botocore.configloader.load_config("${config}")["profiles"]["nested"]
          answer = [boto3.Session(profile_name=p).client("sts").get_caller_identity()["Arn"] for p in arguments] + [nested]
        `),
        awsCli(environment, 'in-quotes'),
        inEnvironment(environment, async () => {
          const arn = async (profile) => {
            const credentials = fromIni({ profile, configFilepath: config, filepath: '/nowhere' });
            return (await new STSClient({ region: 'us-west-2', endpoint: cloud.url, credentials }).send(new GetCallerIdentityCommand())).Arn;
          };
          return Promise.all([arn('default'), arn('in-quotes')]);
        }),
      ]);
      assert.deepEqual(python, [unnamed, named, { s3: { addressing_style: 'path' } }]);
      assert.equal(cli, named);
      assert.deepEqual(node, [unnamed, named]);
      const audiences = cloud.requests.filter(({ operation }) => operation === 'GitHubToken').map(({ detail }) => detail.audience);
      assert.deepEqual([...new Set(audiences)].sort(), ['a, b', 'sts.amazonaws.com']);
    });

    test('botocore would have refused the role beside the process', async (t) => {
      const cloud = await severalRoles(t);
      const config = await scratch('refused', `[default]\nregion = us-west-2\nrole_arn = arn:aws:iam::${cloud.setup.accountId}:role/audit\ncredential_process = ${NODE} ${CLI}\n`);
      const { exitCode, stderr } = await aws(jobOf(cloud, { AWS_CONFIG_FILE: config }), 'default');
      assert.notEqual(exitCode, 0);
      assert.match(stderr, /source_profile|credential_source|Partial credentials/);
    });
  });

  describe('installed in a folder', { concurrency: 2 }, () => {
    const proposed = (setup) => `[profile audit]\nregion = us-west-2\nrole_arn = arn:aws:iam::${setup.accountId}:role/audit\nweb_identity_token_server = GitHub\n`;
    const configure = async (cloud, name) => {
      const parent = await mkdtemp(path.join(folder, 'installed-'));
      const installed = path.join(parent, name);
      await cp(path.dirname(path.dirname(CLI)), installed, { recursive: true });
      const [from, to] = [await scratch('proposed', proposed(cloud.setup)), path.join(parent, 'translated')];
      const flags = ['--from', from, '--to', to, '--github-enterprise-name', 'octo-enterprise', '--oidc-issuer', cloud.url];
      const environment = jobOf(cloud, { AWS_CONFIG_FILE: to });
      const command = [NODE, path.join(installed, 'npm/cli.mjs'), 'configure', ...flags];
      const done = await runProgram(command, { environment, cwd: parent, stdio: ['ignore', 'pipe', 'pipe'] });
      return { ...done, parent, to, environment };
    };

    for (const name of ['plain+@=,', 'with spaces  two', "it's", '(x86) [a] {b} ~ * ?', '-dash']) {
      test(`named ${name} every client runs it`, async (t) => {
        const cloud = await severalRoles(t);
        const { exitCode, stderr, to, environment } = await configure(cloud, name);
        assert.equal(exitCode, 0, stderr);
        const arns = await Promise.all([
          boto3(environment, [], 'answer = boto3.Session(profile_name="audit").client("sts").get_caller_identity()["Arn"]'),
          awsCli(environment, 'audit'),
          inEnvironment(environment, async () => {
            const credentials = fromIni({ profile: 'audit', configFilepath: to, filepath: '/nowhere' });
            return (await new STSClient({ region: 'us-west-2', endpoint: cloud.url, credentials }).send(new GetCallerIdentityCommand())).Arn;
          }),
        ]);
        assert.deepEqual(arns, Array(3).fill(sessionArn(cloud.setup, 'audit', SESSION)));
      });
    }

    test('whose name some client would run or take apart it is not configured', async (t) => {
      const cloud = await severalRoles(t);
      const hostile = ['$(touch x)', '`touch x`', '"', "a'\"", 'a;touch x', 'a&touch x', 'a|touch x', '%PATH%', 'a!b', '#a', 'a>x', 'ü', 'a\nb'];
      for (const name of hostile) {
        const { exitCode, stdout, stderr, parent } = await configure(cloud, name);
        assert.deepEqual([exitCode, stdout], [2, ''], name);
        assert.match(stderr, /^env-kvstore: invalid-input: the path of this program has a character that cannot be quoted [^\n]*--command[^\n]*\n$/);
        assert.deepEqual(await readdir(parent), [name], 'neither a file nor what the name would have run');
      }
    });
  });

  test('with a profile that the action has overwritten every client is who the action was', async (t) => {
    const cloud = await severalRoles(t);
    const { setup } = cloud;
    const build = `role_arn = arn:aws:iam::${setup.accountId}:role/build`;
    const { ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN } = cloud.jobEnvironment();
    for (const old of [
      `${build}\nsource_profile = other`,
      `${build}\ncredential_source = Environment`,
      `${build}\nweb_identity_token_file = /nowhere`,
      'sso_session = mine\nsso_account_id = 111111111111\nsso_role_name = theirs',
      'login_session = arn:aws:iam::111111111111:user/theirs',
      'credential_process = false',
    ]) {
      const other = '[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = x\n';
      const config = await scratch('config', `[profile ci]\n${old}\noutput = json\n[ci]\n${old}\n[sso-session mine]\nsso_region = us-west-2\nsso_start_url = https://sso.invalid\n`);
      const credentials = await scratch('credentials', `${other}[ci]\n${old}\naws_access_key_id = AKIAOLD\naws_secret_access_key = x\n`);
      const files = { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials };
      const step = await runStep({
        node: NODE,
        inputs: {
          'cognito-identity-pool-id': setup.poolId,
          'cognito-role-arn': setup.roleArn,
          'github-enterprise-name': 'octo-enterprise',
          'oidc-issuer': cloud.url,
          'export-aws-credentials': 'profile:ci',
          'overwrite-aws-profile': 'true',
        },
        environment: { ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN, AWS_ENDPOINT_URL: cloud.url, HOME: folder, ...files },
      });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      const environment = { AWS_ENDPOINT_URL: cloud.url, HOME: folder, ...files };
      const [python, node] = await Promise.all([
        boto3(environment, [], 'answer = boto3.Session(profile_name="ci").client("sts").get_caller_identity()["Arn"]'),
        inEnvironment(environment, async () => {
          const provider = fromIni({ profile: 'ci', configFilepath: config, filepath: credentials });
          return (await new STSClient({ region: 'us-west-2', endpoint: cloud.url, credentials: provider }).send(new GetCallerIdentityCommand())).Arn;
        }),
      ]);
      const expected = sessionArn(setup, 'github-actions', SESSION);
      assert.deepEqual([python, node], [expected, expected], old);
    }
  });

  test('boto3 assumes the role by the file of token, and the variables that token wrote', async (t) => {
    const cloud = await severalRoles(t);
    for (const [name, flags] of [
      ['build', ['--cognito-identity-pool-id', cloud.setup.poolId]],
      ['audit', ['--identity', 'web-identity', '--aws-region', 'us-west-2']],
    ]) {
      const roleArn = `arn:aws:iam::${cloud.setup.accountId}:role/${name}`;
      const args = ['token', ...flags, '--cognito-role-arn', roleArn, '--to', path.join(folder, `token-${name}`)];
      const issuer = ['--github-enterprise-name', 'octo-enterprise', '--oidc-issuer', cloud.url];
      const { exitCode, stdout, stderr } = await runCli([...args, ...issuer], { environment: jobOf(cloud) });
      assert.equal(exitCode, 0, stderr);
      const environment = { ...readFileCommands(stdout), AWS_ENDPOINT_URL: cloud.url, HOME: folder };
      const arn = await boto3(environment, [], 'answer = boto3.client("sts", region_name="us-west-2").get_caller_identity()["Arn"]');
      assert.equal(arn, sessionArn(cloud.setup, name, SESSION));
    }
  });
});

async function severalRoles(t, audiences) {
  const cloud = await startCloud({ configure: (setup) => withSeveralRoles(setup, audiences) });
  t.after(() => cloud.close());
  return cloud;
}

async function twoProfiles(t) {
  const cloud = await severalRoles(t);
  const environment = await profilesOf(cloud, jobOf(cloud), cloud.url);
  return { cloud, environment, config: environment.AWS_CONFIG_FILE };
}

/** A job that has set AWS_CONFIG_FILE and done no step before. */
async function profilesOf({ setup }, job, issuer) {
  const profiles = ['build', 'deploy'].map((name) => {
    const role = `arn:aws:iam::${setup.accountId}:role/${name}`;
    const flags = `--cognito-identity-pool-id ${setup.poolId} --cognito-role-arn ${role} --github-enterprise-name octo-enterprise --oidc-issuer ${issuer}`;
    return `[profile ${name}]\nregion = us-west-2\ncredential_process = ${NODE} ${CLI} credential-process ${flags}\n`;
  });
  return { HOME: folder, ...job, AWS_CONFIG_FILE: await scratch('config', profiles.join('\n')) };
}

function jobOf(cloud, more = {}) {
  return { ...cloud.jobEnvironment(), HOME: folder, ...more };
}

async function scratch(name, text) {
  const file = path.join(await mkdtemp(path.join(folder, 'file-')), name);
  await writeFile(file, text);
  return file;
}

/** What a script, which finds `arguments`, leaves as `answer`. */
async function boto3(environment, given, script) {
  const indents = script.split('\n').filter((line) => line.trim()).map((line) => /^ */.exec(line)[0].length);
  const lines = script.split('\n').map((line) => line.slice(Math.min(...indents)));
  const whole = [
    'import json, sys, boto3',
    'from concurrent.futures import ThreadPoolExecutor',
    'arguments = sys.argv[1:]',
    ...lines,
    'print(json.dumps(answer))',
  ].join('\n');
  const stdio = ['ignore', 'pipe', 'pipe'];
  const { exitCode, stdout, stderr } = await runProgram([inVenv('python'), '-c', whole, ...given], { environment, stdio });
  assert.equal(exitCode, 0, stderr);
  return JSON.parse(stdout);
}

async function awsCli(environment, profile) {
  const { exitCode, stdout, stderr } = await aws(environment, profile);
  assert.equal(exitCode, 0, stderr);
  return JSON.parse(stdout).Arn;
}

function aws(environment, profile) {
  const command = [inVenv('python'), inVenv('aws'), 'sts', 'get-caller-identity', '--profile', profile, '--output', 'json'];
  return runProgram(command, { environment, stdio: ['ignore', 'pipe', 'pipe'] });
}

function count(cloud, wanted) {
  return cloud.requests.filter(({ operation }) => operation === wanted).length;
}

let sdkRuns = Promise.resolve();

/** The SDK for JavaScript runs in this process, one job's environment at a time. */
function inEnvironment(environment, run) {
  const before = { ...process.env };
  const done = sdkRuns.then(async () => {
    Object.assign(process.env, environment);
    try {
      return await run();
    } finally {
      for (const name of Object.keys(environment)) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
  });
  sdkRuns = done.catch(() => {});
  return done;
}
