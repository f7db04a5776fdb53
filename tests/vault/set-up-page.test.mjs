// docs/set-up-vault.md: its kvstore.json, its commands and its snapshot, done as they are written, with OpenBao in place of Vault.

import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { GitHub } from '../cloud/github.mjs';
import { newSigningKey } from '../cloud/jwt.mjs';
import { CLI, NODE, runProgram } from '../runner/command.mjs';
import { inVenv } from '../runner/venv.mjs';
import { startOpenBao } from './openbao.mjs';

const pages = Object.fromEntries(
  await Promise.all(['set-up-vault', 'explain'].map(async (name) => [name, (await readFile(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8')).replaceAll('\r\n', '\n')])),
);
const blockOf = (page, name) => new RegExp(`<!-- test: ${name} -->\\s*\`\`\`\\w+\\n([^]*?)\`\`\``).exec(pages[page])[1];
const POSIX = { skip: process.platform === 'win32' && 'the commands are for a POSIX shell' };
const GITHUB = 'https://token.actions.githubusercontent.com';
const STORE = 'octo-org/repo/octo-org/octo-repo/env/production/secrets';

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-set-up-vault-'));
const bin = path.join(folder, 'bin');
await mkdir(bin);
await symlink(inVenv('bao'), path.join(bin, 'vault'));
await writeFile(path.join(bin, 'env-kvstore'), `#!/bin/sh\nexec '${NODE}' '${CLI}' "$@"\n`);
await chmod(path.join(bin, 'env-kvstore'), 0o755);
const [bao, key] = await Promise.all([startOpenBao(), newSigningKey()]);
const github = new GitHub({ origin: GITHUB, issuer: GITHUB, key, now: Date.now });
after(async () => {
  await bao.stop();
  await rm(folder, { recursive: true });
});
const { auth } = await bao.does('POST', 'auth/token/create', { policies: ['root'] });
const environment = { PATH: `${bin}${path.delimiter}${process.env.PATH}`, HOME: folder, BAO_ADDR: bao.url, BAO_TOKEN: auth.client_token, BAO_CACERT: bao.certificateFile };

async function sh(commands, more = {}) {
  const ended = await runProgram(['bash', '-e', '-c', commands], { cwd: folder, environment: { ...environment, ...more }, stdio: ['ignore', 'pipe', 'pipe'] });
  assert.equal(ended.exitCode, 0, ended.stderr + ended.stdout);
  return ended;
}

describe('docs/set-up-vault.md', POSIX, () => {
  test('leads from kvstore.json to a value that a job reads, and to a snapshot that is as the file says', async () => {
    await writeFile(path.join(folder, 'kvstore.json'), blockOf('set-up-vault', 'set-up-vault.json'));
    const generated = await sh(blockOf('set-up-vault', 'set-up-vault-generate'));
    assert.match(generated.stderr, /2 allowed, \d\d denied/);
    const config = path.join(folder, 'generated/vault/config.json');
    const { oidc_discovery_url: issuer, bound_issuer } = JSON.parse(await readFile(config, 'utf8'));
    // OpenBao cannot reach GitHub from here.
    const pem = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' });
    await writeFile(config, JSON.stringify({ bound_issuer, jwt_validation_pubkeys: [pem] }));
    // The test's server has an engine at secret/ already.
    await sh(blockOf('set-up-vault', 'set-up-vault-engine').replace('-path=secret', '-path=another'));
    const script = blockOf('set-up-vault', 'set-up-vault-apply');
    await sh(script);
    // Once more changes nothing, and is no error.
    await sh(script);
    await sh(`printf %s postgres://app@db | ${blockOf('set-up-vault', 'set-up-vault-put')}`);

    const claims = { iss: issuer, aud: 'https://vault.example.com:8200', repository_owner_id: '9919', environment: 'production', ref: 'refs/heads/main' };
    const login = (others) => bao.call('POST', 'auth/jwt/login', { role: 'production', jwt: github.mintToken({ ...claims, ...others }) }, { 'x-vault-token': '' });
    const { body } = await login({});
    const read = await bao.does('GET', `secret/data/${STORE}`, undefined, { 'x-vault-token': body.auth.client_token });
    assert.deepEqual(read.data.data, { DATABASE_URL: 'postgres://app@db' });
    for (const others of [{ ref: 'refs/heads/x' }, { repository_owner_id: '1' }, { event_name: 'pull_request' }]) assert.equal((await login(others)).status, 400);

    // The metadata of a login are those of the last one.
    await login({ run_id: '2' });
    const { data } = await bao.does('GET', `identity/entity/id/${body.auth.entity_id}`);
    assert.deepEqual([data.aliases[0].name, data.aliases[0].metadata.run_id], ['1296269', '2']);

    const audited = await sh(blockOf('set-up-vault', 'set-up-vault-snapshot'));
    assert.match(audited.stdout, /^Roles of Vault, at auth\/jwt: 1$/m);
    assert.match(audited.stdout, /^Findings: none$/m);
    assert.match(audited.stdout, /^Differences on Vault: none$/m);
  });

  test('files of oidc_bindings become a kvstore.json, and what is otherwise is printed with its line', async () => {
    const binding = (name, subject) => ({ audience: 'https://github.com/octo-org', vault_role_name: name, bound_subject: subject, vault_policies: ['app'] });
    const bindings = [binding('app-prod', 'repo:octo-org/app:ref:refs/heads/main'), binding('app-any', 'repo:octo-org/app:ref:refs/heads/*')];
    const answers = { tenant: 'organization', organization: 'octo-org', organization_id: '9919', url: bao.url, 'id of octo-org/app': '456789' };
    await Promise.all(['bindings', 'policies'].map((name) => mkdir(path.join(folder, name))));
    await writeFile(path.join(folder, 'bindings/team.json'), JSON.stringify(bindings, null, 2));
    await writeFile(path.join(folder, 'policies/app.hcl'), 'path "secret/data/app/deploy" {\n  capabilities = ["read"]\n}\n');
    await writeFile(path.join(folder, 'answers.json'), JSON.stringify(answers));
    const command = blockOf('set-up-vault', 'set-up-vault-init').trimEnd();
    const made = await sh(`${command} --answers answers.json --file carried.json --to carried --json`);
    assert.match(made.stderr, /^bindings\/team\.json:13 \/1\/bound_subject: `repo:octo-org\/app:ref:refs\/heads\/\*` has a wildcard: .*: the binding is left out$/m);
    const { bindings: names, targets, notes } = JSON.parse(made.stdout);
    assert.deepEqual([names, targets, notes.length], [['app-prod'], ['terraform', 'matrix'], 3]);
    const carried = JSON.parse(await readFile(path.join(folder, 'carried.json'), 'utf8'));
    assert.deepEqual(carried.bindings, [{ name: 'app-prod', repository: 'octo-org/app', when: { ref: 'refs/heads/main' }, read: ['secret:app/deploy'] }]);
    assert.match(await readFile(path.join(folder, 'carried/terraform/vault/roles.tf'), 'utf8'), /"app-prod" = \{/);
  });

  test('a denial is explained as docs/explain.md shows', async () => {
    await writeFile(path.join(folder, 'kvstore.json'), blockOf('set-up-vault', 'set-up-vault.json'));
    const { stdout } = await sh(blockOf('explain', 'set-up-vault-explain'));
    assert.equal(stdout, blockOf('explain', 'set-up-vault-explain-output'));
  });
});
