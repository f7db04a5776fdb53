// The JSON of the set-up in docs/ is what `env-kvstore generate` makes from the file beside the page, to the order of its keys, and
// the account of the local cloud is the one in which those stacks are deployed.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCli } from '../runner/command.mjs';
import { deployed, stacksIn } from './deployed.mjs';
import { GITHUB_HOST, documentsIn } from './pages.mjs';
import { enterpriseSetup, organizationSetup } from './setup.mjs';

const GITHUB = `https://${GITHUB_HOST}`;
const ROLES = 'arn:aws:iam::123456789012:role';
const ALL = ['oidc-provider', 'identity-pool', 'tag-map', 'trust-policy', 'role-policy'];
const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file) => readFileSync(path.join(root, file), 'utf8').replaceAll('\r\n', '\n');

const folder = mkdtempSync(path.join(tmpdir(), 'env-kvstore-pages-'));
after(() => rmSync(folder, { recursive: true }));
const names = ['set-up-aws', 'organization', 'shared-workflow'];
const stacks = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await generated(name)])));

describe('the documented set-up', () => {
  for (const [name, role, prefix, documented] of [
    ['set-up-aws', 'github-actions', '', ALL],
    ['organization', 'github-actions', 'organization-', ALL],
    ['shared-workflow', 'platform-deploy', 'shared-', ['tag-map', 'trust-policy', 'role-policy']],
  ]) {
    test(`of docs/${name}.md is what generate makes from docs/${name}.json`, () => {
      const shown = documentsIn(GITHUB, [`docs/${name}.md`]);
      const made = documentsOf(deployed(stacks[name], GITHUB), `${ROLES}/${role}`);
      for (const document of documented) {
        assert.equal(JSON.stringify(shown[`${prefix}${document}`], null, 2), JSON.stringify(made[document], null, 2), document);
      }
      assert.ok(read(`docs/${name}.md`).includes(`(${name}.json)`), 'the page links its file');
    });
  }

  for (const [name, setupAt] of [['set-up-aws', enterpriseSetup], ['organization', organizationSetup]]) {
    test(`of docs/${name}.md is the account that the local cloud enforces`, () => {
      const { documents: _shown, ...account } = setupAt(GITHUB);
      const { documents: _none, ...made } = deployed(stacks[name], GITHUB);
      assert.deepEqual(account, made);
    });
  }

  test('adds a role to the account with a shared workflow, and changes nothing else but the tag map', () => {
    const [without, withRole] = ['set-up-aws', 'shared-workflow'].map((name) => deployed(stacks[name], GITHUB));
    const { [`${ROLES}/platform-deploy`]: added, ...others } = withRole.roles;
    assert.ok(added);
    assert.deepEqual(others, without.roles);
    const tagsOf = ({ identityPools, poolId, providerArn }) => identityPools[poolId].tagMaps[providerArn].PrincipalTags;
    assert.deepEqual(tagsOf(withRole), { ...tagsOf(without), runner_environment: 'runner_environment' });
  });

  test("has the quick start's first store, with its tag", () => {
    const { github, repositories } = JSON.parse(read('docs/organization.json'));
    const [, commands] = /<!-- test: quick-start -->\n```sh\n(.*?)\n```/s.exec(read('README.md'));
    const variables = Object.fromEntries([...commands.matchAll(/^(?:export )?([A-Z_]+)=(\S+)/gm)].map(([, name, value]) => [name, value]));
    const said = (text) => text.replaceAll(/\$([A-Z_]+)/g, (_, name) => variables[name]);
    assert.deepEqual([variables.GITHUB_OWNER, variables.GITHUB_OWNER_ID], [github.organization, github.organization_id]);
    assert.equal(repositories[variables.REPOSITORY].id, variables.REPOSITORY_ID);
    const [, name] = /--name "(.*?)"/.exec(commands);
    const [, Key, Value] = /--tags "Key=(.*?),Value=(.*?)"/.exec(commands);
    const made = stacks.organization.stores.flatMap(({ Resources }) => Object.values(Resources)).find(({ Properties }) => Properties.Name === said(name));
    assert.deepEqual(made.Properties.Tags, [{ Key, Value: said(Value) }]);
  });
});

async function generated(name) {
  const to = path.join(folder, name);
  const { exitCode, stderr } = await runCli(['generate', 'cloudformation', '--file', path.join(root, `docs/${name}.json`), '--to', to], { environment: {} });
  assert.equal(exitCode, 0, stderr);
  return stacksIn(to);
}

/** An account as the AWS CLI is told of it. */
function documentsOf({ oidcProviders, identityPools, poolId, providerArn, roles }, roleArn) {
  const { AccountId: _account, roles: _ofPool, tagMaps, ...pool } = identityPools[poolId];
  return {
    'oidc-provider': oidcProviders[providerArn],
    'identity-pool': pool,
    'tag-map': { IdentityPoolId: poolId, IdentityProviderName: providerArn, ...tagMaps[providerArn] },
    'trust-policy': roles[roleArn].trustPolicy,
    'role-policy': roles[roleArn].policies[0].document,
  };
}
