// docs/use-cases/vault.json on a real OpenBao: the script of `env-kvstore generate vault` writes the roles and policies, and each question
// of `generate matrix` is asked as a job asks it, by a login with a token and a read with what that gives.

import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { GitHub, defaultClaims } from '../cloud/github.mjs';
import { newSigningKey } from '../cloud/jwt.mjs';
import { runCli, runProgram } from '../runner/command.mjs';
import { inVenv } from '../runner/venv.mjs';
import { startOpenBao } from './openbao.mjs';

const EXAMPLE = new URL('../../docs/use-cases/vault.json', import.meta.url);
const ISSUER = 'https://token.actions.githubusercontent.com/octo-enterprise';
const STORE = 'octo-enterprise/repo/octo-org/app/env/production/secrets';
const MAIN = { repository: 'octo-org/app', repository_id: '456789', enterprise_id: '9266', environment: 'production', ref: 'refs/heads/main', event_name: 'push' };

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-vault-'));
const [bao, key] = await Promise.all([startOpenBao(), newSigningKey()]);
const github = new GitHub({ origin: ISSUER, issuer: ISSUER, key, now: Date.now });
after(async () => {
  await bao.stop();
  await rm(folder, { recursive: true });
});

const file = path.join(folder, 'kvstore.json');
const generated = path.join(folder, 'generated');
const document = JSON.parse(await readFile(EXAMPLE, 'utf8'));
document.vault.url = bao.url;
await writeFile(file, JSON.stringify(document));
for (const target of ['vault', 'matrix']) await envKvstore('generate', target, '--file', file);
await applied(generated);
const { cases } = JSON.parse(await readFile(path.join(generated, 'matrix.json'), 'utf8'));
for (const store of new Set(cases.map(({ store }) => store))) await fill(store);

describe('the five use cases on OpenBao', () => {
  test('each question of the matrix is answered as the file says', async () => {
    const counts = { allowed: 0, denied: 0, atLogin: 0, atRead: 0 };
    for (const { what, role, job, store, allowed } of cases) {
      const answer = await readBy(role, job, store);
      assert.equal(answer.value !== undefined, allowed, `${what}: ${store} by ${role}: ${JSON.stringify(answer)}`);
      if (allowed) assert.equal(answer.value, `value of ${store}`);
      counts[allowed ? 'allowed' : 'denied'] += 1;
      if (answer.login >= 300) counts.atLogin += 1;
      else if (answer.read === 403) counts.atRead += 1;
      assert.ok(allowed || answer.login === 400 || answer.read === 403, JSON.stringify(answer));
    }
    console.log(`OpenBao: ${counts.allowed} allowed, ${counts.denied} denied, of which ${counts.atLogin} at the login and ${counts.atRead} at the read`);
    assert.ok(counts.allowed > 10 && counts.atLogin > 100 && counts.atRead > 10, JSON.stringify(counts));
  });

  test('a token reads the data of its paths and nothing around them, and lives five minutes', async () => {
    const { auth } = (await login('main', MAIN)).body;
    assert.deepEqual([auth.token_type, auth.lease_duration, auth.renewable, auth.policies], ['batch', 300, false, ['jwt-main']]);
    const { actor, repository, run_id: runId, role } = auth.metadata;
    assert.deepEqual({ actor, repository, runId, role }, { actor: 'octocat', repository: 'octo-org/app', runId: '17712345678', role: 'main' });
    const may = async (method, at) => (await bao.call(method, at, undefined, { 'x-vault-token': auth.client_token })).status;
    assert.equal(await may('GET', `secret/data/${STORE}`), 200);
    assert.equal(await may('GET', `secret/data/${STORE}?version=1`), 200);
    for (const [method, at] of [
      ['GET', `secret/metadata/${STORE}`],
      ['GET', `secret/subkeys/${STORE}`],
      ['LIST', `secret/metadata/${path.dirname(STORE)}`],
      ['POST', `secret/data/${STORE}`],
      ['DELETE', `secret/data/${STORE}`],
      ['GET', `secret/data/${STORE}/x`],
      ['GET', `secret/data/${path.dirname(STORE)}`],
      ['GET', `secret/data/${STORE.replace('app', '+')}`],
      ['GET', `kv1/${STORE}`],
      ['GET', 'auth/token/lookup-self'],
      ['GET', 'sys/mounts'],
    ]) {
      assert.equal(await may(method, at), 403, `${method} ${at}`);
    }
  });

  test('one entity is one repository, whatever its jobs', async () => {
    const entity = async (role, claims) => (await login(role, claims)).body.auth.entity_id;
    const billing = { ...MAIN, repository: 'octo-org/mono', repository_id: '456791', environment: 'billing', job_workflow_ref: document.bindings[3].when.job_workflow_ref };
    const [one, again, other] = [await entity('main', MAIN), await entity('main', { ...MAIN, run_id: '2', actor: 'hubot' }), await entity('billing', billing)];
    assert.equal(one, again);
    assert.notEqual(one, other);
  });

  for (const [what, claims, said] of [
    ['a token for AWS', { aud: 'cognito-identity.amazonaws.com' }, /invalid audience/],
    ['a token without an audience of its own', { aud: 'https://github.com/octo-org' }, /invalid audience/],
    ['an issuer of another enterprise', { iss: 'https://token.actions.githubusercontent.com/mallory' }, /invalid issuer/],
    ['a branch', { ref: 'refs/heads/x' }, /claim "ref" does not match/],
    ['no branch', { ref: undefined }, /claim "ref" is missing/],
    ['a pull request', { event_name: 'pull_request' }, /claim "event_name" does not match/],
    ['a repository that took the name', { repository_id: '666' }, /claim "repository_id" does not match/],
    ['another enterprise with our issuer', { enterprise_id: '666' }, /claim "enterprise_id" does not match/],
  ]) {
    test(`${what} is refused at the login, and explain says the same`, async () => {
      const refused = await login('main', { ...MAIN, ...claims });
      assert.equal(refused.status, 400);
      assert.match(refused.body.errors.join(), said);
      const all = { iss: ISSUER, aud: bao.url, actor_id: '1', ...MAIN, ...claims };
      const claimsFile = path.join(folder, 'claims.json');
      await writeFile(claimsFile, JSON.stringify(all));
      const explained = JSON.parse((await envKvstore('explain', '--file', file, '--claims', claimsFile, '--role', 'main', '--read', 'env:production', '--json')).stdout);
      assert.equal(explained.answer, 'deny');
      const gate = explained.gates.find(({ result }) => result === 'failed');
      const claim = /claim "(\w+)"/.exec(String(said))?.[1];
      assert.deepEqual([gate.gate, gate.failures[0]?.key], claim ? ['bound-claims', claim] : [/issuer/.test(String(said)) ? 'issuer' : 'audience', undefined]);
    });
  }

  test('what is read back from OpenBao is what the file says, and a change by hand is found', async () => {
    const snapshot = await snapshotOf('jwt');
    const audit = async () => {
      await writeFile(path.join(folder, 'vault.json'), JSON.stringify(snapshot));
      return JSON.parse((await envKvstore('audit', '--snapshot', path.join(folder, 'vault.json'), '--against', file, '--json')).stdout);
    };
    const same = await audit();
    assert.deepEqual([same.findings, same.vault.differences], [[], []]);
    assert.deepEqual(same.vault.paths.find(({ path: at }) => at === `secret/data/${STORE}`).readers.map(({ role }) => role), ['main']);
    snapshot.roles.main.bound_claims.ref = ['refs/heads/main', 'refs/heads/x'];
    snapshot.policies['jwt-main'] += '\npath "secret/data/*" {\n  capabilities = ["read"]\n}\n';
    const changed = await audit();
    assert.deepEqual(changed.vault.differences.map(({ role, what }) => [role, what]), [['main', 'bound claims'], ['main', 'paths']]);
    assert.deepEqual(changed.findings.map(({ id }) => id), ['vault-policy-is-wide']);
  });
});

/** Roles and policies that nobody should have, and what the server and `explain` say of them. */
describe('explain answers as OpenBao does', () => {
  const RULES = [
    ['secret/data/*', 'secret/data/a/b'],
    ['secret/data/a', 'secret/data/a/b'],
    ['secret/data/te*', 'secret/data/team/x'],
    ['secret/+/a', 'secret/data/a'],
    ['secret/data/+/b', 'secret/data/a/b'],
    ['secret/data/+', 'secret/data/a/b'],
    ['secret/data/+/b*', 'secret/data/a/bc'],
    ['secret/da*', 'secret/data/a'],
    ['secret/data/+x/b', 'secret/data/ax/b'],
    [['secret/data/*', 'secret/data/a/b!'], 'secret/data/a/b'],
    [['secret/data/a/*', 'secret/+/a/b!'], 'secret/data/a/b'],
    [['secret/+/+/b', 'secret/+/a/*!'], 'secret/data/a/b'],
    [['secret/data/a/b', 'secret/data/*!'], 'secret/data/a/b'],
  ];
  const GLOBS = [
    ['refs/*', 'refs/heads/a/b'],
    ['*', 'refs/heads/main'],
    ['refs/heads/*main', 'refs/heads/main'],
    ['refs/*/main', 'refs/heads/x/main'],
    ['refs/*/main', 'refs/main'],
    ['refs/heads/re?', 'refs/heads/rel'],
    ['refs/heads/[r]el', 'refs/heads/rel'],
    ['refs/**', 'refs/heads/rel'],
    ['*heads*', 'refs/heads/rel'],
    ['*heads', 'refs/heads/rel'],
    ['refs/heads/rel', 'refs/heads/rel*'],
  ];

  test('of patterns in paths and of globs in claims', async () => {
    const role = (more) => ({ role_type: 'jwt', user_claim: 'repository_id', bound_audiences: bao.url, token_no_default_policy: true, ...more });
    const questions = [];
    for (const [place, [patterns, at]] of RULES.entries()) {
      const text = [patterns].flat().map((one) => `path "${one.replace('!', '')}" {\n  capabilities = ["${one.endsWith('!') ? 'deny' : 'read'}"]\n}\n`);
      await bao.does('POST', `sys/policies/acl/odd-${place}`, { policy: text.join('') });
      await bao.does('POST', `auth/jwt/role/odd-${place}`, role({ bound_claims: { repository_id: '1' }, token_policies: [`odd-${place}`] }));
      await fill(at.replace('secret/data/', ''));
      questions.push([`odd-${place}`, { repository_id: '1' }, at]);
    }
    for (const [place, [glob, ref]] of GLOBS.entries()) {
      await bao.does('POST', `auth/jwt/role/glob-${place}`, role({ bound_claims_type: 'glob', bound_claims: { ref: glob }, token_policies: ['odd-0'] }));
      questions.push([`glob-${place}`, { repository_id: '1', ref }, 'secret/data/a/b']);
    }
    const snapshot = path.join(folder, 'odd.json');
    await writeFile(snapshot, JSON.stringify(await snapshotOf('jwt')));
    const answers = { allow: 0, deny: 0 };
    for (const [name, claims, at] of questions) {
      const really = (await readBy(name, claims, at.replace('secret/data/', ''))).value === undefined ? 'deny' : 'allow';
      const pairs = Object.entries(claims).map(([claim, value]) => `${claim}=${value}`);
      const { stdout } = await envKvstore('explain', '--snapshot', snapshot, '--role', name, '--read', at, '--json', '--job', ...pairs);
      assert.equal(JSON.parse(stdout).answer, really, `${name} ${JSON.stringify(claims)} ${at}`);
      answers[really] += 1;
    }
    assert.ok(answers.allow > 8 && answers.deny > 8, JSON.stringify(answers));
  });
});

async function envKvstore(...args) {
  const ended = await runCli(args, { environment: { HOME: folder } });
  assert.equal(ended.exitCode, 0, ended.stderr);
  return ended;
}

/** OpenBao cannot reach GitHub from here, so it is given the local GitHub's keys; all else is written as it was made. */
async function applied(at) {
  const pem = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' });
  const config = path.join(at, 'vault/config.json');
  const { oidc_discovery_url: discovery, ...others } = JSON.parse(await readFile(config, 'utf8'));
  assert.deepEqual([discovery, others], [ISSUER, { bound_issuer: ISSUER }]);
  await writeFile(config, JSON.stringify({ ...others, jwt_validation_pubkeys: [pem] }));
  const { auth } = await bao.does('POST', 'auth/token/create', { policies: ['root'] });
  const environment = { VAULT_CLI: inVenv('bao'), BAO_ADDR: bao.url, BAO_TOKEN: auth.client_token, BAO_CACERT: bao.certificateFile, HOME: folder };
  const ended = await runProgram(['sh', path.join(at, 'vault/apply.sh')], { environment, stdio: ['ignore', 'pipe', 'pipe'] });
  assert.equal(ended.exitCode, 0, ended.stderr + ended.stdout);
  assert.equal((await readdir(path.join(at, 'vault/roles'))).length, 6);
}

function fill(store) {
  return bao.does('POST', `secret/data/${store}`, { data: { KEY: `value of ${store}` } });
}

/** A job has these claims and no others. */
function login(role, claims) {
  const none = Object.fromEntries(Object.keys(defaultClaims()).map((claim) => [claim, undefined]));
  const { actor, run_id, sha } = defaultClaims();
  const jwt = github.mintToken({ ...none, actor, run_id, sha, iss: ISSUER, aud: bao.url, sub: 'repo:octo-org/app', ...claims });
  return bao.call('POST', 'auth/jwt/login', { role, jwt }, { 'x-vault-token': '' });
}

async function readBy(role, claims, store) {
  const { status, body } = await login(role, claims);
  if (status !== 200) return { login: status, errors: body.errors };
  const read = await bao.call('GET', `secret/data/${store}`, undefined, { 'x-vault-token': body.auth.client_token });
  return { login: status, read: read.status, value: read.body?.data?.data?.KEY };
}

/** What docs/set-up-vault.md collects. */
async function snapshotOf(at) {
  const list = async (place) => (await bao.does('LIST', place)).data.keys;
  const data = async (place) => (await bao.does('GET', place)).data;
  const all = async (names, read) => Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(name)])));
  return {
    auth_path: at,
    config: await data(`auth/${at}/config`),
    roles: await all(await list(`auth/${at}/role`), (name) => data(`auth/${at}/role/${name}`)),
    policies: await all(await list('sys/policies/acl'), async (name) => (await data(`sys/policies/acl/${name}`)).policy ?? ''),
  };
}
