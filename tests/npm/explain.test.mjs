// `env-kvstore explain`: what it prints and how it ends; and the command that a denied step prints, pasted into a shell beside the
// rules by which the local cloud denied it.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/explain.test.mjs` runs it on another Node.

import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCloud } from '../cloud/cloud.mjs';
import { deployed, fillStores, stacksIn } from '../cloud/deployed.mjs';
import { CLI, NODE, runCli, runProgram } from '../runner/command.mjs';
import { runStep } from '../runner/step.mjs';

const EXAMPLE = fileURLToPath(new URL('../../docs/use-cases/kvstore.json', import.meta.url));
const SNAPSHOT = new URL('../vectors/snapshot.json', import.meta.url);
const POSIX = { skip: process.platform === 'win32' && 'the command is one for sh' };
const GITHUB = 'https://token.actions.githubusercontent.com';

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-explain-'));
after(() => rm(folder, { recursive: true }));
await copyFile(EXAMPLE, path.join(folder, 'kvstore.json'));

const explain = (...args) => runCli(['explain', ...args], { environment: {}, cwd: folder });
const MAIN = ['--job', 'repository=octo-org/app', 'environment=production', 'ref=refs/heads/main', '--read', 'env:production'];

describe('explain', () => {
  test('answers for people on stdout, and ends with 0 whatever the answer is', async () => {
    const allowed = await explain(...MAIN);
    assert.deepEqual([allowed.exitCode, allowed.stderr], [0, '']);
    assert.match(allowed.stdout, /^allowed: octo-enterprise\/repo\/octo-org\/app\/env\/production\/secrets by the role github-actions\n/);
    assert.match(allowed.stdout, /\nNot evaluated, and could still deny:\n/);
    const denied = await explain(...MAIN, '--job', 'ref=refs/heads/x');
    assert.equal(denied.exitCode, 0);
    assert.match(denied.stdout, /^denied: [\s\S]*\nFAILED +store tags [\s\S]*github:ref[\s\S]*refs\/heads\/main/);
    assert.match(denied.stdout, /\nnot reached +KMS key\n/);
  });

  test('gives the same as one object of JSON', async () => {
    const { stdout } = await explain(...MAIN, '--job', 'event_name=pull_request', '--variable', '--json');
    const { version, command, answer, role, store, gates } = JSON.parse(stdout);
    assert.deepEqual([version, command, answer, role, store], [1, 'explain', 'deny', 'github-actions', 'octo-enterprise/repo/octo-org/app/env/production/variables']);
    const failed = gates.find(({ result }) => result === 'failed');
    assert.deepEqual([failed.gate, failed.failures[0].key, failed.failures[0].has], ['trust-policy', 'aws:RequestTag/event_name', ['pull_request']]);
  });

  test('ends with 4 if the answer is not the expected one', async () => {
    const codes = await Promise.all([['allow', []], ['deny', []], ['deny', ['--job', 'ref=x']], ['allow', ['--job', 'ref=x']]].map(async ([expected, more]) => (await explain(...MAIN, ...more, '--expect', expected)).exitCode));
    assert.deepEqual(codes, [0, 4, 0, 4]);
  });

  test('reads claims as JSON, as the group of the log, and as an event of CloudTrail', async () => {
    const claims = { iss: `${GITHUB}/octo-enterprise`, aud: 'cognito-identity.amazonaws.com', repository: 'octo-org/app', repository_id: '456789', enterprise_id: '9266', environment: 'production', ref: 'refs/heads/main', event_name: 'push', run_id: '1', sha: 'a', actor_id: '7' };
    const lines = Object.entries(claims).map(([name, value]) => `2026-11-26T10:00:00.0000000Z ${name}: ${value}`);
    const { iss, aud, ...tags } = claims;
    const event = { eventName: 'AssumeRoleWithWebIdentity', requestParameters: { roleArn: 'arn:aws:iam::123456789012:role/github-actions', roleSessionName: '1@a', principalTags: tags } };
    const texts = [JSON.stringify(claims), ['##[group]Claims of the GitHub token', ...lines, '##[endgroup]'].join('\n'), JSON.stringify({ Records: [event] })];
    for (const input of texts) {
      const { exitCode, stdout, stderr } = await runCli(['explain', '--claims', '-', '--read', 'env:production', '--json'], { environment: {}, cwd: folder, input });
      assert.equal(exitCode, 0, stderr);
      assert.deepEqual([JSON.parse(stdout).answer, JSON.parse(stdout).assumed], ['allow', {}], stdout);
    }
  });

  test('ends with 2 for what cannot be asked, and says which part is wrong', async () => {
    await writeFile(path.join(folder, 'wrong.json'), '{ "version": 1 }');
    for (const [args, message] of [
      [[], /--job: no claim is given/],
      [['--job', 'nothing'], /--job: `nothing` is not NAME=VALUE/],
      [[...MAIN, '--read', 'production'], /--read: `production` is none of repo, env:NAME/],
      [[...MAIN, '--role', 'nobody'], /--role: no role is called `nobody`: github-actions/],
      [[...MAIN, '--expect', 'maybe'], /--expect is allow or deny/],
      [[...MAIN, '--file', 'nowhere.json'], /nowhere\.json/],
      [[...MAIN, '--file', 'wrong.json'], /wrong\.json:1/],
      [[...MAIN, '--snapshot', folder], /snapshot\.json/],
      [[...MAIN, '--snapshot', 'kvstore.json'], /no folder/],
      [[...MAIN, '--file', 'kvstore.json', '--snapshot', folder], /both/],
    ]) {
      const { exitCode, stdout, stderr } = await explain(...args);
      assert.deepEqual([exitCode, stdout], [2, ''], `${args}: ${stderr}`);
      assert.match(stderr, message, `${args}`);
    }
  });
});

describe('the command that a denied step prints', POSIX, async () => {
  const generated = path.join(folder, 'generated');
  assert.equal((await runCli(['generate', 'cloudformation', '--file', EXAMPLE, '--to', generated], { environment: {} })).exitCode, 0);
  const stacks = await stacksIn(generated);
  const cloud = await startCloud({ setupAt: (origin) => deployed(stacks, origin) });
  after(() => cloud.close());
  fillStores(cloud, stacks, () => ({ KEY: 'value' }));
  const bin = path.join(folder, 'bin');
  await mkdir(bin);
  await writeFile(path.join(bin, 'env-kvstore'), `#!/bin/sh\nexec '${NODE}' '${CLI}' "$@"\n`);
  await chmod(path.join(bin, 'env-kvstore'), 0o755);
  const collected = JSON.parse(await readFile(SNAPSHOT, 'utf8'));
  const { poolId, providerArn, roleArn, identityPools, roles } = cloud.setup;
  const APP = { repository: 'octo-org/app', repository_id: '456789', enterprise_id: '9266', environment: 'production', ref: 'refs/heads/main' };

  /** Runs a step that is denied, and what it says to run, with the cloud and the snapshot changed alike. */
  async function pasted({ claims = {}, inputs = {}, change = () => () => {}, edit = () => {} }, code) {
    const undo = change();
    const step = await runStep({
      inputs: { 'cognito-identity-pool-id': poolId, 'cognito-role-arn': roleArn, 'github-enterprise-name': 'octo-enterprise', 'oidc-issuer': cloud.url, values: 'KEY,secret', 'environment-store': 'required', ...inputs },
      environment: cloud.jobEnvironment({ ...APP, ...claims }),
    });
    undo();
    const log = step.log.join('\n');
    assert.match(log, new RegExp(`Error: ${code}: `));
    const [command, ...others] = [...log.matchAll(/^ *(env-kvstore explain .*)$/gm)].map(([, line]) => line);
    assert.deepEqual(others, []);
    const files = structuredClone(collected);
    edit(files);
    const snapshot = await mkdtemp(path.join(folder, 'snapshot-'));
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(path.join(snapshot, name), text)));
    // The cloud plays GitHub's issuer.
    const line = command.replaceAll(cloud.url, GITHUB);
    const run = (more) => runProgram(['/bin/sh', '-c', `${line} ${more}`], { environment: { PATH: `${bin}:${process.env.PATH}` }, cwd: folder });
    const { exitCode, stdout, stderr } = await run(`--snapshot '${snapshot}' --json`);
    assert.equal(exitCode, 0, stderr);
    const { answer, gates } = JSON.parse(stdout);
    assert.equal(answer, 'deny', stdout);
    return { failed: gates.find(({ result }) => result === 'failed'), command, run };
  }

  const role = Object.keys(collected).find((name) => /^role-\d+\.json$/.test(name) && JSON.parse(collected[name]).Role.RoleName === 'github-actions');
  const edited = (files, name, change) => {
    const answer = JSON.parse(files[name]);
    change(answer);
    files[name] = JSON.stringify(answer);
  };

  test('explains a pull request', async () => {
    const { failed, run } = await pasted({ claims: { event_name: 'pull_request', ref: 'refs/pull/7/merge' } }, 'assume-role-denied');
    assert.deepEqual([failed.gate, failed.failures.map(({ key }) => key)], ['trust-policy', ['aws:RequestTag/event_name']]);
    // By the file alone too.
    const { stdout, exitCode } = await run('--expect deny');
    assert.equal(exitCode, 0);
    assert.match(stdout, /FAILED +trust policy/);
  });

  test('explains a branch, a recycled name, and a store of others', async () => {
    const branch = await pasted({ claims: { ref: 'refs/heads/x' } }, 'store-access-denied');
    assert.deepEqual([branch.failed.gate, branch.failed.failures.map(({ key }) => key)], ['store-tags', ['secretsmanager:ResourceTag/github:ref']]);
    assert.match(branch.command, / --read 'env:production'$/);
    const recycled = await pasted({ claims: { repository_id: '1' } }, 'store-access-denied');
    assert.deepEqual(recycled.failed.failures.map(({ key }) => key), ['secretsmanager:ResourceTag/github:repository_id']);
    const others = await pasted({ inputs: { values: '', secrets: 'X=platform/deploy:KEY' } }, 'store-access-denied');
    assert.deepEqual([others.failed.gate, others.failed.failures[0].element], ['role-policy', 'Resource']);
    assert.match(others.command, / --read 'secret:platform\/deploy'$/);
  });

  test('explains a pool that maps no claims, and a trust policy without sts:TagSession', async () => {
    const { PrincipalTags } = identityPools[poolId].tagMaps[providerArn];
    const map = identityPools[poolId].tagMaps[providerArn];
    const unmapped = await pasted(
      {
        change: () => set(map, 'PrincipalTags', {}),
        edit: (files) => edited(files, 'pool-1-tags-1.json', (answer) => (answer.PrincipalTags = {})),
      },
      'assume-role-denied',
    );
    assert.equal(unmapped.failed.gate, 'tag-map');
    assert.deepEqual(map.PrincipalTags, PrincipalTags);
    const { trustPolicy } = roles[roleArn];
    const untagged = await pasted(
      {
        change: () => set(trustPolicy, 'Statement', trustPolicy.Statement.slice(0, 1)),
        edit: (files) => edited(files, role, ({ Role }) => (Role.AssumeRolePolicyDocument.Statement.length = 1)),
      },
      'assume-role-denied',
    );
    assert.equal(untagged.failed.gate, 'trust-policy');
    assert.match(untagged.failed.text, /sts:TagSession/);
  });

  test('is inert, whatever a branch is called', async () => {
    const head = `x'$(touch pwned)'\`touch pwned\`"\n;touch pwned`;
    const { failed } = await pasted({ claims: { head_ref: head, ref: 'refs/heads/x' } }, 'store-access-denied');
    assert.equal(failed.gate, 'store-tags');
    await assert.rejects(readFile(path.join(folder, 'pwned')), { code: 'ENOENT' });
  });
});

/** Sets a property; what it returns sets it back. */
function set(object, key, value) {
  const before = object[key];
  object[key] = value;
  return () => (object[key] = before);
}
