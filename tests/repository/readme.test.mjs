// What README.md and the pages of docs/ tell users to run, done as it is written: in a new project with the packed package, in a
// job whose GitHub and AWS are the local cloud, by their real names.
//
// A block after `<!-- test: NAME -->` is run by bash, Python or Node, or written to the file NAME. Those of YAML are run by
// tests/action/documented-workflows.test.mjs, those called set-up-... by tests/cloud/set-up-aws.test.mjs,
// those called vault-... by tests/vault/documented.test.mjs.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/repository/readme.test.mjs` runs them on another Node.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ADMINISTRATOR, emptyAccount } from '../cloud/account.mjs';
import { startCloud } from '../cloud/cloud.mjs';
import { deployed, stacksIn, storesIn } from '../cloud/deployed.mjs';
import { listening, startProxy } from '../cloud/proxy.mjs';
import { AWS, GITHUB, IAM, makeCertificates, PIPELINES } from '../cloud/real-hosts.mjs';
import { organizationSetup } from '../cloud/setup.mjs';
import { sessionArn, withSeveralRoles } from '../cloud/several-roles.mjs';
import { encryptedByAge, withoutAge } from '../runner/age.mjs';
import { NODE, runProgram } from '../runner/command.mjs';
import { readFileCommands } from '../runner/file-commands.mjs';
import { assertNothingLeaked, runStep } from '../runner/step.mjs';
import { inVenv, VENV_BIN } from '../runner/venv.mjs';
import { parseYaml } from '../runner/workflow.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file) => readFile(path.join(root, file), 'utf8').then((text) => text.replaceAll('\r\n', '\n'));
const names = (await readdir(path.join(root, 'docs'))).filter((name) => name.endsWith('.md'));
const pages = Object.fromEntries(await Promise.all(['README.md', ...names.map((name) => `docs/${name}`)].map(async (name) => [name, await read(name)])));
const text = Object.values(pages).join('\n');
const blocks = Object.fromEntries(
  [...text.matchAll(/<!-- test: ([\w.-]+) -->\s*```(\w+)\n(.*?)```/gs)].map(([, name, language, text]) => [name, { language, text }]),
);
const isRunHere = (name) => blocks[name].language !== 'yaml' && !/^(set-up|vault)-/.test(name);
const ran = new Set();
/** Of a program that nobody wanted to run. */
const RAN_HOSTILE = 'import { writeFileSync } from "node:fs"; writeFileSync("ran-hostile", process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN ?? "");';

const CANARY = 'canary';
const DATABASE_URL = `postgres://app:${CANARY}@db/app`;
const SESSION = '17712345678@6dcb09b5b57875f334f61aebed695e2e4193db5e';
const STORES = 'octo-enterprise/repo/octo-org/octo-repo';
const POSIX = { skip: process.platform === 'win32' && 'the commands are for a POSIX shell' };

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-readme-'));
const template = path.join(folder, 'template');
const certificates = await makeCertificates(folder);
const cloud = await startCloud({
  tls: certificates.server,
  configure(setup) {
    setup.oidcProviders[setup.providerArn].Url = `https://${GITHUB}/octo-enterprise`;
    withSeveralRoles(setup);
  },
});
const proxy = await startProxy({ after }, { port: cloud.port });
/** For those who read the `.npmrc` of this user. */
const registry = createServer((request, response) => void answerOfRegistry(request, response));
await listening({ after }, registry);
after(async () => {
  await cloud.close();
  await rm(folder, { recursive: true });
});
cloud.putSecret(`${STORES}/env/production/secrets`, { DATABASE_URL });
cloud.putSecret(`${STORES}/secrets`, {});
cloud.putSecret(`${STORES}/env/production/variables`, {});
cloud.putSecret(`${STORES}/variables`, { REPLICAS: 3 });
const arn = (role, session = SESSION) => sessionArn(cloud.setup, role, session);

describe('README.md and docs/', { concurrency: 3, ...POSIX }, () => {
  before(install);

  test('README.md has at most 240 lines', () => {
    assert.ok(pages['README.md'].split('\n').length - 1 <= 240);
  });

  test('mark every block that can be run, each by a name of its own', () => {
    for (const [name, text] of Object.entries(pages)) {
      const all = [...text.matchAll(/(<!-- test: [\w.-]+ -->\s*)?^```(\w+)\n/gm)];
      const unmarked = all.filter(([, marker, language]) => !marker && !['yaml', 'json', 'diff', 'hcl', 'mermaid', 'sql'].includes(language));
      assert.deepEqual(unmarked.map(([found]) => found), [], name);
    }
    const markers = [...text.matchAll(/<!-- test: ([\w.-]+) -->/g)].map(([, name]) => name);
    assert.deepEqual(markers.toSorted(), Object.keys(blocks).toSorted());
  });

  test('name only inputs that there are', async () => {
    const action = parseYaml(await read('action.yml')).inputs;
    const workflow = parseYaml(await read('.github/workflows/with-values.yml')).on.workflow_call.inputs;
    const uses = [...text.matchAll(/```yaml\n(.*?)```/gs)].flatMap(([, text]) => usesOf(parseYaml(text)));
    assert.ok(uses.length >= 9);
    for (const { uses: what, with: given = {} } of uses) {
      if (what.includes('/node24@')) continue;
      const known = what.includes('/with-values.yml@') ? workflow : action;
      assert.deepEqual(Object.keys(given).filter((name) => !(name in known)), [], what);
    }
  });

  test('give later steps the credentials of the session by one step', async () => {
    const [, yaml] = /```yaml\n(.*?)```/s.exec(pages['docs/several-roles.md']);
    const [{ with: inputs }] = usesOf(parseYaml(yaml));
    const { GITHUB_ENV, ...environment } = job(folder);
    const strings = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)]));
    const step = await runStep({ node: NODE, inputs: strings, environment });
    assert.equal(step.exitCode, 0, step.log.join('\n'));
    assertNothingLeaked(step, CANARY);
    const names = ['AWS_ACCESS_KEY_ID', 'AWS_DEFAULT_REGION', 'AWS_REGION', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
    assert.deepEqual(Object.keys(step.env).sort(), names);
    for (const name of names.filter((name) => !name.endsWith('REGION'))) assert.equal(step.masker.mask(step.env[name]), '***', name);
    const later = await bash(folder, 'aws sts get-caller-identity', { ...environment, ...step.env });
    assert.deepEqual(arnsIn(later), [arn('github-actions')]);
  });

  test('have two roles in one job for the AWS CLI', async () => {
    const project = await newProject(['aws-config']);
    const done = await run('several-roles', project);
    assert.deepEqual(arnsIn(done), [arn('build'), arn('deploy')]);
    assert.equal((await stat(path.join(project, 'runner-temp/aws-config'))).mode & 0o777, 0o600);
  });

  test('run nothing that a hostile checkout has, nor what its .npmrc leads to', async (t) => {
    const project = await newProject(['aws-config']);
    const visits = [];
    const hostile = createServer((request, response) => {
      visits.push(request.url);
      response.writeHead(404).end();
    });
    await listening(t, hostile);
    await writeFile(path.join(project, '.npmrc'), `registry=http://127.0.0.1:${hostile.address().port}/\nprefix=${project}/prefix\n`);
    const package_ = path.join(project, 'node_modules/env-kvstore');
    await rm(package_, { recursive: true });
    await mkdir(path.join(package_, 'dist/npm'), { recursive: true });
    await writeFile(path.join(package_, 'package.json'), '{"name":"env-kvstore","version":"1.0.0","bin":{"env-kvstore":"dist/npm/cli.mjs"}}');
    await writeFile(path.join(package_, 'dist/npm/cli.mjs'), `#!/usr/bin/env node\n${RAN_HOSTILE}`, { mode: 0o755 });
    const done = await run('several-roles', project);
    assert.deepEqual(arnsIn(done), [arn('build'), arn('deploy')]);
    await assert.rejects(stat(path.join(project, 'ran-hostile')), { code: 'ENOENT' });
    assert.deepEqual(visits, []);
    // What the page warns of is so.
    await bash(project, 'npx --yes env-kvstore@1 --version', job(project));
    await stat(path.join(project, 'ran-hostile'));
  });

  test('have two roles in one Python process, of which AWS_CONFIG_FILE is all that is set', async () => {
    const project = await newProject(['aws-config']);
    await run('several-roles', project);
    const AWS_CONFIG_FILE = path.join(project, 'runner-temp/aws-config');
    const done = await run('boto3', project, job(project, { AWS_CONFIG_FILE }));
    assert.equal(done.stdout, `${arn('build')}\n${arn('deploy')}\n`);
  });

  test('translate a file for the proposal into one that the AWS CLI reads', async () => {
    const project = await newProject(['proposed-config']);
    const done = await run('configure', project);
    assert.deepEqual(arnsIn(done), [arn('audit')]);
    assert.equal((await stat(path.join(project, 'runner-temp/aws-config'))).mode & 0o777, 0o600);
  });

  test('give values to a command, one to a file, and a token for AWS_WEB_IDENTITY_TOKEN_FILE', async () => {
    const project = await newProject();
    const done = await run('command-line', project);
    assert.equal(done.stdout, `deployed to ${DATABASE_URL} by 3\n`);
    const lines = done.stderr.split('\n').filter((line) => line !== '');
    assert.deepEqual(lines.filter((line) => !line.startsWith('::add-mask::')), []);
    assert.ok(lines.includes(`::add-mask::${DATABASE_URL}`));
    assert.equal(await readFile(path.join(project, 'database-url'), 'utf8'), DATABASE_URL);
    const file = path.join(project, 'runner-temp/aws-token');
    const exported = readFileCommands(await readFile(path.join(project, 'github-env'), 'utf8'));
    assert.deepEqual(exported, {
      AWS_WEB_IDENTITY_TOKEN_FILE: file,
      AWS_ROLE_ARN: cloud.setup.roleArn,
      AWS_ROLE_SESSION_NAME: SESSION,
    });
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const later = await bash(project, 'aws sts get-caller-identity', { ...job(project), ...exported, AWS_DEFAULT_REGION: 'us-west-2' });
    assert.deepEqual(arnsIn(later), [arn('github-actions')]);
  });

  test("give values to a command on a developer's machine", async () => {
    const project = await newProject();
    const tags = { enterprise: 'octo-enterprise', repository: 'octo-org/octo-repo', repository_id: '1296269', environment: 'production' };
    const session = cloud.issueCredentials(cloud.setup.roleArn, { sessionName: 'laptop', tags });
    const { ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN, GITHUB_ACTIONS, CI, ...environment } = job(project);
    const done = await run('laptop', project, {
      ...environment,
      AWS_ACCESS_KEY_ID: session.accessKeyId,
      AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
      AWS_SESSION_TOKEN: session.sessionToken,
    });
    assert.deepEqual([done.stdout, done.stderr], [`deployed to ${DATABASE_URL} by \n`, '']);
  });

  test('examine a job and a machine', async () => {
    const project = await newProject();
    const ofJob = await run('doctor', project);
    assert.match(ofJob.stdout, /^stores +ok +\d+ ms +\d of 4 can be read/m);
    const tags = { enterprise: 'octo-enterprise', repository: 'octo-org/octo-repo', repository_id: '1296269', environment: 'production' };
    const session = cloud.issueCredentials(cloud.setup.roleArn, { sessionName: 'laptop', tags });
    const { ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN, GITHUB_ACTIONS, CI, ...environment } = job(project);
    const ofMachine = await run('doctor-laptop', project, {
      ...environment,
      AWS_REGION: 'us-west-2',
      AWS_ACCESS_KEY_ID: session.accessKeyId,
      AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
      AWS_SESSION_TOKEN: session.sessionToken,
    });
    assert.match(ofMachine.stdout, /^credentials +ok [\s\S]*^stores +ok /m);
  });

  test('give clients of the AWS SDK their credentials', async () => {
    const project = await newProject();
    // The SDK knows no proxy.
    const done = await run('provider.mjs', project, job(project, { AWS_ENDPOINT_URL_STS: `https://127.0.0.1:${cloud.port}` }));
    assert.equal(done.stdout, `${arn('github-actions')}\n`);
  });

  test('give a Node program its values', async () => {
    const project = await newProject();
    const done = await run('values.mjs', project);
    assert.deepEqual([done.stdout, done.stderr], [`${DATABASE_URL.length} characters from ${STORES}/env/production/secrets\n`, '']);
  });

  test('install the command line and give a value to one command', async () => {
    const project = await newProject();
    const done = await run('exec', project);
    assert.match(done.stdout, new RegExp(`^deployed to ${DATABASE_URL} by $`, 'm'));
    assert.ok(done.stderr.includes(`::add-mask::${DATABASE_URL}\n`));
  });

  test('lead from an empty account to the first masked value', async (t) => {
    const { cloud, proxy, administrator } = await emptyAws(t);
    const project = await newProject();
    // The public repository cannot be cloned here: this clone is copied instead. Nothing else of the block is changed.
    const clone = 'git clone --depth 1 --branch v1 https://github.com/org/env-kvstore\n';
    const { text } = blocks['quick-start'];
    assert.ok(text.includes(clone));
    const script = text.replace(clone, `mkdir env-kvstore && cp -R '${path.join(root, 'docs')}' env-kvstore\n`);
    ran.add('quick-start');
    const done = await bash(project, script, administrator(project));
    await assert.rejects(stat(path.join(project, 'secrets.json')), { code: 'ENOENT' });

    const [, printed] = /^AWS is set up\..*?\n\n(.*?)\n\n/s.exec(done.stdout);
    const [{ uses, with: inputs }] = parseYaml(printed);
    assert.equal(uses, 'org/env-kvstore@v1');
    const { GITHUB_ENV, ...environment } = job(project, { ...cloud.jobEnvironment({ environment: undefined }), HTTPS_PROXY: proxy.url });
    environment.ACTIONS_ID_TOKEN_REQUEST_URL = `https://${PIPELINES}/_apis/token?api-version=2.0`;
    for (const values of [inputs.values, 'DATABASE_URL,secret']) {
      const step = await runStep({ node: NODE, inputs: { ...inputs, values }, environment });
      assert.equal(step.exitCode, 0, step.log.join('\n'));
      assert.deepEqual(step.env, { DATABASE_URL: 'postgres://app:correct-horse@db.example/app' });
      assert.equal(step.masker.mask(`connects to ${step.env.DATABASE_URL}`), 'connects to ***');
      assertNothingLeaked(step, 'correct-horse');
    }
    // The store has the tag of the repository's id: another repository of that name does not read it.
    const other = { ...environment, ...cloud.jobEnvironment({ environment: undefined, repository_id: '4321' }) };
    other.ACTIONS_ID_TOKEN_REQUEST_URL = environment.ACTIONS_ID_TOKEN_REQUEST_URL;
    const refused = await runStep({ node: NODE, inputs: { ...inputs, values: 'DATABASE_URL,secret' }, environment: other });
    assert.match(refused.log.join('\n'), /Error: store-access-denied: /);
    assert.deepEqual(proxy.hosts(), [...AWS, GITHUB, IAM, PIPELINES].map((host) => `${host}:443`).sort(), 'no other host was asked');
  });

  test('create a store and change it', async (t) => {
    const { cloud, administrator } = await emptyAws(t);
    const project = await newProject();
    const environment = administrator(project);
    await run('create-a-store', project, environment);
    await writeFile(path.join(project, 'editor'), '#!/bin/sh\nsed -i.bak s/correct-horse/battery-staple/ "$1"\n', { mode: 0o755 });
    await run('change-a-store', project, { ...environment, EDITOR: path.join(project, 'editor') });
    await assert.rejects(stat(path.join(project, 'store.json')), { code: 'ENOENT' });
    const read = "aws secretsmanager get-secret-value --secret-id octo-enterprise/repo/octo-org/octo-repo/env/production/secrets --query SecretString --output text";
    const { stdout } = await bash(project, read, environment);
    const document = { DATABASE_URL: 'postgres://app:battery-staple@db.example/app', SENTRY_DSN: 'https://key@sentry.example/1' };
    assert.deepEqual(JSON.parse(stdout), document);
    assert.ok(cloud.requests.some(({ operation }) => operation === 'PutSecretValue'));
  });

  test('write, compare, delete and restore stores', async (t) => {
    const { cloud, administrator } = await emptyAws(t);
    const project = await newProject();
    const environment = { ...administrator(project), PATH: job(project).PATH };
    const current = (name) => {
      const { value } = cloud.secret(`${STORES}/${name}`).versions.find(({ stages }) => stages.includes('AWSCURRENT'));
      return JSON.parse(value);
    };
    await writeFile(path.join(project, '.env'), `DATABASE_URL=${DATABASE_URL}\n`);
    await writeFile(path.join(project, 'key.pem'), `${CANARY}\n`);
    await writeFile(path.join(project, 'certificate.pem'), `${CANARY}\n`);
    const written = await run('write-values', project, environment);
    // The last command takes the files back.
    const { SESSION_KEY, ...others } = current('env/production/secrets');
    assert.match(SESSION_KEY, /^[0-9a-f]{64}$/);
    assert.deepEqual(others, { DATABASE_URL });
    assert.match(written.stdout, / AWSCURRENT[^\n]*\n  \+ SIGNING_CERTIFICATE\n  \+ SIGNING_KEY\n/);
    cloud.putSecret(`${STORES}/env/staging/secrets`, {});
    const compared = await run('compare-values', project, environment);
    assert.match(compared.stdout, /- DATABASE_URL|\+ DATABASE_URL/);
    assert.deepEqual(current('env/staging/secrets'), { DATABASE_URL });
    cloud.putSecret(`${STORES}/env/review-17/secrets`, { KEY: CANARY });
    const deleted = await run('delete-a-store', project, environment);
    assert.match(deleted.stdout, /can be restored, and its name cannot be used/);
    assert.deepEqual(current('env/review-17/secrets'), { KEY: CANARY });
    for (const { stdout, stderr } of [written, compared, deleted]) assert.doesNotMatch(stdout + stderr, new RegExp(`${CANARY}|${SESSION_KEY}`));
  });

  test('make the set-up and its proof from kvstore.json', async () => {
    const project = await newProject();
    await writeFile(path.join(project, 'kvstore.json'), blocks['kvstore.json'].text);
    ran.add('kvstore.json');
    const { stderr } = await run('generate', project, { PATH: job(project).PATH });
    assert.match(stderr, /is up to date\.\n$/);
    const matrix = await readFile(path.join(project, 'generated/matrix.md'), 'utf8');
    assert.match(matrix, /env\/production\/secrets` \| `github-actions` \| .*ref `refs\/heads\/main`/);
    const { Resources } = JSON.parse(await readFile(path.join(project, 'generated/cloudformation/stores-1.json'), 'utf8'));
    assert.equal(Object.keys(Resources).length, 4);
    // What the page says to write into the file, once the stack is deployed.
    const page = pages['docs/kvstore.md'];
    const [, pool] = /`("pool_id": "[^"]+")`/.exec(page);
    const [, action] = /`("action": "org\/env-kvstore@)SHA"`/.exec(page);
    const text = blocks['kvstore.json'].text.replace('"aws": {', `${action}${'0'.repeat(40)}",\n  "aws": { ${pool},`);
    await writeFile(path.join(project, 'kvstore.json'), text);
    await run('generate-workflows', project, { PATH: job(project).PATH });
    assert.deepEqual((await readdir(path.join(project, 'generated/workflows'))).sort(), ['README.md', 'all-jobs.yml', 'production.yml']);
    assert.match(await readFile(path.join(project, 'generated/wrapper/action.yml'), 'utf8'), /uses: org\/env-kvstore@0{40}\n/);
  });

  test('lead from an empty folder to a proven set-up and a first value in the local cloud', async () => {
    const project = await newProject();
    // As in the quick start, the clone is here already.
    const clone = 'git clone --depth 1 --branch v1 https://github.com/org/env-kvstore\n';
    const { text } = blocks['get-started-init'];
    assert.ok(text.includes(clone));
    ran.add('get-started-init');
    const begun = await bash(project, text.replace(clone, `ln -s '${root}' env-kvstore\n`), job(project));
    assert.match(begun.stderr, /2 allowed, \d\d denied\.\nWrote kvstore\.json and 4 files in generated\.\n/);
    const shell = { PATH: job(project).PATH, HOME: project };
    await run('get-started-generate', project, shell);
    const { stdout } = await run('get-started-value', project, shell);
    assert.match(stdout, /^::add-mask::postgres:\/\/app@db\.example\/app$/m);
    const exported = readFileCommands(await readFile(path.join(project, 'env.txt'), 'utf8'));
    assert.deepEqual(exported, { DATABASE_URL: 'postgres://app@db.example/app' });
    // A job of another branch is refused by what was generated.
    const stacks = await stacksIn(path.join(project, 'generated'));
    const own = await startCloud({ setupAt: (origin) => deployed(stacks, origin) });
    try {
      for (const { name, tags } of storesIn(stacks)) own.putSecret(name, { DATABASE_URL }, { tags });
      const inputs = { 'cognito-identity-pool-id': own.setup.poolId, 'cognito-role-arn': own.setup.roleArn, namespace: 'octo-org', 'oidc-issuer': own.url, values: 'DATABASE_URL,secret' };
      for (const [claims, code] of [[{}, undefined], [{ ref: 'refs/heads/other' }, 'store-access-denied'], [{ repository_id: '1' }, 'store-access-denied']]) {
        const step = await runStep({ node: NODE, inputs, environment: own.jobEnvironment(claims) });
        assert.equal(step.exitCode, code === undefined ? 0 : 1, step.log.join('\n'));
        if (code !== undefined) assert.match(step.log.join('\n'), new RegExp(`Error: ${code}: `));
      }
    } finally {
      await own.close();
    }
  });

  test('explain a denial, and print it as the page shows', async () => {
    const project = await newProject();
    await writeFile(path.join(project, 'kvstore.json'), blocks['kvstore.json'].text);
    const { stdout } = await run('explain', project, { PATH: job(project).PATH });
    ran.add('explain-output');
    assert.equal(stdout, blocks['explain-output'].text);
  });

  test('say who can read what, and fail a job for what is found', async () => {
    const project = await newProject();
    await writeFile(path.join(project, 'kvstore.json'), blocks['kvstore.json'].text);
    const { stdout } = await run('audit', project, { PATH: job(project).PATH });
    ran.add('audit-output');
    assert.ok(stdout.startsWith(blocks['audit-output'].text), stdout);
    assert.match(stdout, /^octo-org\/octo-repo\n  octo-org\/repo\/octo-org\/octo-repo\/env\/production\/secrets by github-actions:\n/m);
    assert.match(await readFile(path.join(project, 'audit.html'), 'utf8'), /^<!doctype html>[^]*<bdi>octo-org\/octo-repo<\/bdi>/);
    const { runs } = JSON.parse(await readFile(path.join(project, 'audit.sarif'), 'utf8'));
    assert.deepEqual(runs[0].results, []);
  });

  test('collect a snapshot of an account, and check what it has', async (t) => {
    const { administrator } = await emptyAws(t);
    const project = await newProject();
    const { stdout } = await run('snapshot', project, { ...administrator(project), PATH: [VENV_BIN, job(project).PATH].join(path.delimiter) });
    assert.match(stdout, /123456789012/);
    assert.match(await readFile(path.join(project, 'snapshot.sh'), 'utf8'), /^#!\/bin\/sh\n/);
  });

  test("take GitHub's secrets to the stores, and away from GitHub", async (t) => {
    const { cloud, administrator } = await emptyAws(t);
    const project = await newProject();
    const kept = await githubCommandLine(project, ['DATABASE_URL', 'NPM_TOKEN']);
    const environment = { ...administrator(project), PATH: job(project).PATH };
    const listed = await run('migration-inventory', project, environment);
    assert.match(listed.stdout, /DATABASE_URL\nNPM_TOKEN\n/);
    await run('migration-open', project, environment);
    const stores = ['secrets', 'variables', 'env/production/secrets', 'env/production/variables'].map((name) => cloud.secret(`${STORES}/${name}`));
    for (const { tags } of stores) assert.deepEqual(tags, { 'github:repository_id': '1296269', 'github:migrate': 'open' });
    // The workflow is run by tests/action/documented-workflows.test.mjs.
    for (const { name } of stores) cloud.putSecret(name, {});
    cloud.putSecret(`${STORES}/secrets`, { NPM_TOKEN: CANARY });
    cloud.putSecret(`${STORES}/env/production/secrets`, {});
    ran.add('migration-check');
    const missing = await runProgram(['bash', '-e', '-c', blocks['migration-check'].text], { cwd: project, environment, stdio: ['ignore', 'pipe', 'pipe'] });
    assert.equal(missing.exitCode, 4, missing.stderr);
    assert.match(missing.stdout + missing.stderr, /DATABASE_URL/);
    cloud.putSecret(`${STORES}/env/production/secrets`, { DATABASE_URL });
    const checked = await run('migration-check', project, environment);
    assert.doesNotMatch(checked.stdout + checked.stderr, new RegExp(CANARY));
    await run('migration-clean-up', project, environment);
    for (const { name } of stores) assert.deepEqual(cloud.secret(name).tags, { 'github:repository_id': '1296269' });
    assert.deepEqual(await kept(), []);
  });

  test("take GitHub's secrets through a bucket", async (t) => {
    if (withoutAge()) {
      ['migration-key', 'migration-import'].forEach((name) => ran.add(name));
      return t.skip(withoutAge());
    }
    const { cloud, administrator } = await emptyAws(t);
    const project = await newProject();
    const environment = { ...administrator(project), PATH: job(project).PATH };
    const { stdout } = await run('migration-key', project, environment);
    const [recipient] = /^age1\w{58}$/m.exec(stdout);
    const { objects } = cloud.addBucket('octo-migration');
    const [vars, secrets] = [{ REPLICAS: '3' }, { DATABASE_URL }].map((context) => encryptedByAge(JSON.stringify(context), recipient));
    const body = JSON.stringify({ agePublicKey: recipient, vars, secrets });
    objects.set('octo-enterprise/octo-org/octo-repo/deploy/production/1.json', { bytes: Buffer.from(body), changedAt: 0 });
    const done = await run('migration-import', project, environment);
    assert.match(done.stdout, /this was a dry run[\s\S]*Wrote 2 stores\./);
    assert.doesNotMatch(done.stdout + done.stderr, new RegExp(CANARY));
    const { value } = cloud.secret(`${STORES}/env/production/secrets`).versions.at(-1);
    assert.deepEqual(JSON.parse(value), { DATABASE_URL });
  });

  after(() => {
    assert.deepEqual([...ran].sort(), Object.keys(blocks).filter(isRunHere).sort(), 'every marked block has been run');
    const hosts = [...AWS, GITHUB, PIPELINES].map((host) => `${host}:443`);
    assert.deepEqual(proxy.hosts(), hosts.sort(), 'no other host was asked');
  });
});

/** GitHub and AWS by their real names, with nothing in the account, and what an administrator's shell has. */
async function emptyAws(t) {
  const cloud = await startCloud({
    tls: certificates.server,
    setupAt: organizationSetup,
    configure: (setup) => (setup.oidcProviders[setup.providerArn].Url = `https://${GITHUB}`),
  });
  t.after(() => cloud.close());
  emptyAccount(cloud);
  const proxy = await startProxy(t, { port: cloud.port });
  const { accessKeyId, secretAccessKey, sessionToken } = cloud.issueCredentials(ADMINISTRATOR, { sessionName: 'me' });
  const administrator = (project) => ({
    PATH: [VENV_BIN, process.env.PATH].join(path.delimiter),
    HOME: project,
    HTTPS_PROXY: proxy.url,
    AWS_CA_BUNDLE: certificates.authority,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_DEFAULT_REGION: 'us-west-2',
  });
  return { cloud, proxy, administrator };
}

/** Stands in for GitHub's command line, with these secrets. Resolves to what tells which of them are left. */
async function githubCommandLine(project, secrets) {
  const file = path.join(project, 'secrets-of-github');
  await writeFile(file, secrets.map((name) => `${name}\n`).join(''));
  const script = `#!/bin/sh
case "$1 $2" in
  'secret list') cat '${file}' ;;
  'variable list') echo REPLICAS ;;
  'secret delete') grep -v "^$3\$" '${file}' > '${file}.new' || true; mv '${file}.new' '${file}' ;;
  *) exit 1 ;;
esac
`;
  await writeFile(path.join(project, 'global/bin/gh'), script, { mode: 0o755 });
  return async () => (await readFile(file, 'utf8')).split('\n').filter(Boolean);
}

/** As the package will be on npm, without a registry. */
async function install() {
  await mkdir(template);
  const environment = { ...job(folder), npm_config_update_notifier: 'false' };
  const packed = await bash(root, `npm pack --silent --ignore-scripts --pack-destination '${folder}'`, environment);
  await writeFile(path.join(template, 'package.json'), '{"name":"a-project","private":true}');
  const tarball = path.join(folder, packed.stdout.trim());
  await bash(template, `npm install --offline --no-audit --no-fund '${tarball}'`, environment);
  // Once for all, since the tests run at the same time; where a block installs it again, npm asks the registry below.
  await bash(template, `npm install --global --offline --no-audit --no-fund '${tarball}'`, environment);
  await writeFile(path.join(folder, '.npmrc'), `registry=http://127.0.0.1:${registry.address().port}/\n`);
  await symlink(path.join(root, 'tests/tools/node_modules/@aws-sdk'), path.join(template, 'node_modules/@aws-sdk'));
  await writeFile(path.join(template, 'deploy'), '#!/bin/sh\necho "deployed to $DATABASE_URL by $REPLICAS"\n', { mode: 0o755 });
}

/** What the registry has: the packed package and nothing else. */
async function answerOfRegistry(request, response) {
  const { version, bin } = JSON.parse(await read('package.json'));
  const bytes = await readFile(path.join(folder, `env-kvstore-${version}.tgz`));
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const dist = { tarball: `http://${request.headers.host}/package.tgz`, integrity };
  const document = { name: 'env-kvstore', 'dist-tags': { latest: version }, versions: { [version]: { name: 'env-kvstore', version, bin, dist } } };
  if (request.url === '/package.tgz') response.end(bytes);
  else if (request.url === '/env-kvstore') response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
  else response.writeHead(404).end();
}

/** A checked-out repository with the package installed and these files of the README in it. */
async function newProject(files = []) {
  const project = await mkdtemp(path.join(folder, 'project-'));
  await cp(template, project, { recursive: true, verbatimSymlinks: true });
  await mkdir(path.join(project, 'runner-temp'));
  await cp(path.join(folder, 'global'), path.join(project, 'global'), { recursive: true, verbatimSymlinks: true });
  await writeFile(path.join(project, 'github-env'), '');
  for (const name of files) {
    assert.equal(blocks[name].language, 'ini');
    await writeFile(path.join(project, name), blocks[name].text);
    ran.add(name);
  }
  return project;
}

/** What the runner gives a step of a job that deploys to production, and the way to the cloud. */
function job(project, more = {}) {
  const { ACTIONS_ID_TOKEN_REQUEST_TOKEN } = cloud.jobEnvironment();
  return {
    PATH: [path.join(project, 'global/bin'), path.dirname(NODE), VENV_BIN, process.env.PATH].join(path.delimiter),
    HOME: folder,
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ENV: path.join(project, 'github-env'),
    RUNNER_TEMP: path.join(project, 'runner-temp'),
    ACTIONS_ID_TOKEN_REQUEST_URL: `https://${PIPELINES}/_apis/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN,
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: certificates.authority,
    AWS_CA_BUNDLE: certificates.authority,
    // Each has its own: those who install at the same time would be in each other's way.
    npm_config_prefix: path.join(project, 'global'),
    npm_config_cache: path.join(project, 'npm-cache'),
    npm_config_noproxy: '127.0.0.1',
    npm_config_update_notifier: 'false',
    ...more,
  };
}

/** Runs a block as it is written. */
async function run(name, project, environment = job(project)) {
  const { language, text } = blocks[name];
  ran.add(name);
  if (language === 'sh') return bash(project, text, environment);
  const file = path.join(project, language === 'js' ? name : 'script.py');
  await writeFile(file, text);
  return succeeded([language === 'js' ? NODE : inVenv('python'), file], project, environment);
}

/** As the runner runs a step without `shell`. */
function bash(cwd, script, environment) {
  return succeeded(['bash', '-e', '-c', script], cwd, environment);
}

async function succeeded(command, cwd, environment) {
  const ended = await runProgram(command, { cwd, environment, stdio: ['ignore', 'pipe', 'pipe'], hangsAfterMs: 600_000 });
  assert.equal(ended.exitCode, 0, `${ended.stdout}${ended.stderr}`);
  return ended;
}

function arnsIn({ stdout }) {
  return [...stdout.matchAll(/"Arn": "(.*)"/g)].map(([, found]) => found);
}

/** The steps and jobs in a piece of YAML that use this repository. */
function usesOf(value) {
  if (typeof value !== 'object' || value === null) return [];
  const own = typeof value.uses === 'string' && value.uses.startsWith('org/env-kvstore') ? [value] : [];
  return [...own, ...Object.values(value).flatMap(usesOf)];
}
