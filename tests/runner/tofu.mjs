// OpenTofu and the providers that play hashicorp/aws and hashicorp/vault (tests/terraform/). No package registry has either of them as a program, so
// Go builds both from the sources that go.sum names.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const built = path.join(root, '.tofu');
const PROGRAMS = [
  // Three minutes on two cores; 0.1 GB.
  { program: 'tofu', from: 'tests/terraform/tofu', what: 'github.com/opentofu/opentofu/cmd/tofu' },
  { program: 'terraform-provider-aws', from: 'tests/terraform/provider', what: '.' },
  // The same program: it knows by its name which provider it is.
  { program: 'terraform-provider-vault', from: 'tests/terraform/provider', what: '.' },
];

/** Why tests with it are skipped; false if Go is installed, or all programs are there without it. */
export function withoutTofu() {
  const isInstalled = spawnSync('go', ['version']).status === 0;
  return !isInstalled && stale().length > 0 && 'Go is not installed: https://go.dev/dl';
}

/** The steps that build what is missing or older than its sources; each is done when `done` is called. */
export function stale() {
  const wanted = PROGRAMS.map(({ program, from, what }) => ({ program, what, cwd: path.join(root, from), stamp: path.join(built, `${program}.sha256`) }));
  const isStale = ({ program, cwd, stamp }) => !existsSync(path.join(built, program)) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== hash(cwd);
  return wanted.filter(isStale).map(({ program, what, cwd, stamp }) => ({
    program,
    cwd,
    arguments: ['build', '-mod=readonly', '-trimpath', '-ldflags=-s -w', '-o', path.join(built, program), what],
    environment: { CGO_ENABLED: '0' },
    done() {
      mkdirSync(built, { recursive: true });
      writeFileSync(stamp, hash(cwd));
    },
  }));
}

/** A function that runs tofu in a folder, against an account that is a JSON file. */
export function tofuFor(account) {
  const remedy = 'node tests/run.mjs install';
  assert.deepEqual(stale().map(({ program }) => program), [], `not built, or older than their sources: ${remedy}`);
  const configuration = `${account}.tofurc`;
  writeFileSync(configuration, `provider_installation {\n  dev_overrides {\n    "hashicorp/aws" = ${JSON.stringify(built)}\n    "hashicorp/vault" = ${JSON.stringify(built)}\n  }\n}\n`);
  const environment = {
    PATH: process.env.PATH,
    HOME: path.dirname(account),
    CHECKPOINT_DISABLE: '1',
    TF_CLI_CONFIG_FILE: configuration,
    TF_CLI_ARGS: '-no-color',
    TF_IN_AUTOMATION: '1',
    TERRAFORM_AWS_ACCOUNT: account,
    TERRAFORM_AWS_SCHEMA: path.join(root, 'tests/vectors/terraform-aws.json'),
    TERRAFORM_VAULT_SCHEMA: path.join(root, 'tests/vectors/terraform-vault.json'),
  };
  return (cwd, ...args) => spawnSync(path.join(built, 'tofu'), args, { cwd, env: environment, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}

/** Of all files of a module, none of which is in a folder. */
function hash(folder) {
  const files = readdirSync(folder).sort().map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]);
  return createHash('sha256').update(JSON.stringify(files)).digest('hex');
}
