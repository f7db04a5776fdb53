// `env-kvstore generate terraform` for Vault: the real tofu formats, validates, plans and applies the module, with a provider that has the
// schema of hashicorp/vault (tests/terraform/provider). What it applies is what `generate vault` writes, which tests/vault runs on OpenBao.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCli } from '../runner/command.mjs';
import { tofuFor, withoutTofu } from '../runner/tofu.mjs';

const EXAMPLE = new URL('../../docs/use-cases/vault.json', import.meta.url);
/** How docs/set-up-vault.md calls the module. */
const DOCUMENTED = /<!-- terraform: vault-module -->\n```hcl\n([^]*?)```/.exec(await readFile(new URL('../../docs/set-up-vault.md', import.meta.url), 'utf8'))[1];
const NOTHING_TO_CHANGE = 0;

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-terraform-vault-'));
after(() => rm(folder, { recursive: true }));

describe('generate terraform for Vault', { skip: withoutTofu() }, () => {
  for (const [what, change] of [
    ['the five use cases', () => {}],
    ['names, lists and a namespace', names],
  ]) {
    test(`${what}: what is applied is what generate vault writes`, async () => {
      const { at, tofu } = await project(what, change);
      done(tofu(at, 'fmt', '-check', '-diff', '-recursive'));
      done(tofu(path.join(at, 'generated/terraform/vault'), 'validate'));
      done(tofu(at, 'apply', '-auto-approve'));
      assert.equal(tofu(at, 'plan', '-detailed-exitcode').status, NOTHING_TO_CHANGE);
      const { values } = JSON.parse(done(tofu(at, 'show', '-json')).stdout);
      const resources = values.root_module.child_modules[0].resources;
      const all = (type) => resources.filter((resource) => resource.type === type).map((resource) => resource.values);
      const { vault } = JSON.parse(await readFile(path.join(at, 'kvstore.json'), 'utf8'));

      const [method] = all('vault_jwt_auth_backend');
      const config = JSON.parse(await readFile(path.join(at, 'generated/vault/config.json'), 'utf8'));
      assert.deepEqual({ oidc_discovery_url: method.oidc_discovery_url, bound_issuer: method.bound_issuer }, config);
      assert.deepEqual([method.path, method.type, method.namespace], [vault.auth_path ?? 'jwt', 'jwt', vault.namespace ?? null]);

      const roles = all('vault_jwt_auth_backend_role');
      assert.equal(roles.length, (await readdir(path.join(at, 'generated/vault/roles'))).length);
      for (const role of roles) {
        const written = JSON.parse(await readFile(path.join(at, `generated/vault/roles/${role.role_name}.json`), 'utf8'));
        // The provider splits a text at its commas, and hands Vault the list.
        const claims = Object.fromEntries(Object.entries(role.bound_claims).map(([claim, text]) => [claim, text.split(',')]));
        const applied = Object.fromEntries(Object.keys(written).map((key) => [key, key === 'bound_claims' ? claims : role[key]]));
        assert.deepEqual(applied, written, role.role_name);
        assert.deepEqual([role.backend, role.namespace], [method.path, method.namespace]);
      }
      for (const policy of all('vault_policy')) {
        assert.equal(policy.policy, await readFile(path.join(at, `generated/vault/policies/${policy.name}.hcl`), 'utf8'));
      }
      assert.deepEqual(Object.keys(values.outputs.env_kvstore.value.role_names).sort(), roles.map((role) => role.role_name).sort());
    });
  }

  test('a method that is there already stays as it is', async () => {
    const { at, tofu } = await project('existing', () => {}, '  create_auth_backend = false\n');
    done(tofu(at, 'apply', '-auto-approve'));
    const { Resources } = JSON.parse(await readFile(path.join(at, 'account.json'), 'utf8'));
    assert.deepEqual(Object.keys(Resources).sort(), ['vault_jwt_auth_backend_role', 'vault_policy']);
  });

  test('the state has no value and no resource that could hold one', async () => {
    const { at, tofu } = await project('state', () => {});
    done(tofu(at, 'apply', '-auto-approve'));
    const types = JSON.parse(await readFile(path.join(at, 'terraform.tfstate'), 'utf8')).resources.map(({ type }) => type);
    assert.deepEqual([...new Set(types)].sort(), ['vault_jwt_auth_backend', 'vault_jwt_auth_backend_role', 'vault_policy']);
  });
});

describe('generate for Vault alone', () => {
  test('ends with 2 and the reason where only AWS has what is asked for', async () => {
    for (const target of ['cloudformation', 'wrapper']) {
      const refused = await runCli(['generate', target, '--file', fileURLToPath(EXAMPLE), '--to', path.join(folder, target)], { environment: {} });
      assert.equal(refused.exitCode, 2, refused.stderr);
      assert.match(refused.stderr, /vault\.json:1: `aws` is missing: this is about AWS, and the stores are on Vault alone/);
    }
    const nothing = await runCli(['generate', 'vault', '--file', fileURLToPath(new URL('kvstore.json', EXAMPLE)), '--to', path.join(folder, 'none')], { environment: {} });
    assert.equal(nothing.exitCode, 2, nothing.stderr);
    assert.match(nothing.stderr, /`vault` is missing/);
  });

  test('--check ends with 4 once a role was edited, or a binding is gone', async () => {
    const file = path.join(folder, 'checked.json');
    const to = path.join(folder, 'checked');
    const document = JSON.parse(await readFile(EXAMPLE, 'utf8'));
    const generate = async (...flags) => {
      await writeFile(file, JSON.stringify(document));
      return (await runCli(['generate', 'vault', '--file', file, '--to', to, ...flags], { environment: {} })).exitCode;
    };
    assert.deepEqual([await generate(), await generate('--check')], [0, 0]);
    document.bindings.pop();
    assert.deepEqual([await generate('--check'), await generate(), await generate('--check')], [4, 0, 0]);
    assert.ok(!(await readdir(path.join(to, 'vault/roles'))).includes('platform.json'));
    await writeFile(path.join(to, 'vault/roles/main.json'), '{}');
    assert.equal(await generate('--check'), 4);
  });
});

/** Words of HCL, what it would evaluate, and what is no identifier. */
function names(document) {
  Object.assign(document.vault, { mount: 'team/kv', auth_path: 'github/actions', namespace: 'admin/team', audience: 'vault:${x}', user_claim: 'sub' });
  document.bindings.push(
    { name: 'for each', repository: 'octo-org/web', when: { workflow: '%{ if true }', actor: ['a b', 'dependabot[bot]', '"quoted"'] }, read: ['secret:if', 'repo'] },
    { name: '1.x_y', repository: 'octo-org/web', when: { environment: ['a/b=c', 'a@b'] }, read: ['env:$environment'] },
  );
}

async function project(name, change, variables = '') {
  const at = path.join(folder, name.replaceAll(' ', '-'));
  await mkdir(at);
  const document = JSON.parse(await readFile(EXAMPLE, 'utf8'));
  change(document);
  const file = path.join(at, 'kvstore.json');
  await writeFile(file, JSON.stringify(document));
  for (const target of ['terraform', 'vault']) {
    const made = await runCli(['generate', target, '--file', file], { environment: {} });
    assert.equal(made.exitCode, 0, made.stderr);
  }
  await writeFile(path.join(at, 'account.json'), JSON.stringify({ Account: 'vault' }));
  await writeFile(path.join(at, 'main.tf'), DOCUMENTED.replace('terraform/vault"\n', `terraform/vault"\n${variables && `\n${variables}`}`));
  const tofu = tofuFor(path.join(at, 'account.json'));
  done(tofu(at, 'get'));
  return { at, tofu };
}

function done(ended) {
  assert.equal(ended.status, 0, ended.stdout + ended.stderr);
  return ended;
}
