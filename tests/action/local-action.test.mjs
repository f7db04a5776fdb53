// The action as its users try it on their own machine, without a workflow: @github/local-action reads action.yml, loads what
// `main` names, and calls its `run`. https://github.com/github/local-action
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/action/local-action.test.mjs` runs it on another Node.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCloud } from '../cloud/cloud.mjs';
import { NODE, runProgram } from '../runner/command.mjs';
import { readFileCommands } from '../runner/file-commands.mjs';
import { MAIN } from '../runner/step.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tools = path.join(root, 'tests/tools');
const CANARY = 'canary';

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-local-action-'));
const cloud = await startCloud();
after(async () => {
  await cloud.close();
  await rm(folder, { recursive: true });
});
cloud.putSecret('octo-enterprise/repo/octo-org/octo-repo/secrets', { TOKEN: `${CANARY}-token` });

describe('@github/local-action', { concurrency: 2 }, () => {
  test('runs the action, which exports the values', async () => {
    const { exitCode, stdout, exported } = await localAction({ values: 'TOKEN,secret' });
    assert.equal(exitCode, 0, stdout);
    assert.deepEqual(exported, { TOKEN: `${CANARY}-token` });
    assert.match(stdout, /│ 'cognito-identity-pool-id' +│/, 'it has read action.yml');
    const lines = stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    assert.ok(stdout.includes(`::add-mask::${CANARY}-token\n`) && !lines.join('\n').includes(CANARY));
  });

  test('ends with the failure of the action, of which nothing is exported', async () => {
    const { exitCode, stdout, exported } = await localAction({ values: 'TOKEN,secret\nABSENT,secret' });
    assert.equal(exitCode, 1, stdout);
    assert.match(stdout, /^::error title=[^:]*::key-missing: /m);
    assert.deepEqual(exported, {});
  });
});

/** Without `environment`, whose store would have to exist or be warned of. */
async function localAction(inputs) {
  const own = await mkdtemp(path.join(folder, 'run-'));
  const file = (name) => path.join(own, name);
  const files = Object.fromEntries(['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY'].map((name) => [name, file(name)]));
  const given = {
    'cognito-identity-pool-id': cloud.setup.poolId,
    'cognito-role-arn': cloud.setup.roleArn,
    'github-enterprise-name': 'octo-enterprise',
    'oidc-issuer': cloud.url,
    ...inputs,
  };
  const variables = Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const settings = { ...files, ...cloud.jobEnvironment({ environment: undefined }), ...Object.fromEntries(variables) };
  const dotenv = Object.entries(settings).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
  await Promise.all([...Object.values(files).map((name) => writeFile(name, '')), writeFile(file('.env'), dotenv.join(''))]);
  // From the folder where it is installed: it starts `tsx` by `npm exec`.
  const local = path.join(tools, 'node_modules/@github/local-action/bin/local-action.js');
  const ended = await runProgram([NODE, local, root, path.relative(root, MAIN), file('.env')], {
    cwd: tools,
    environment: { PATH: path.dirname(NODE) + path.delimiter + process.env.PATH, HOME: own, npm_config_offline: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { ...ended, exported: readFileCommands(await readFile(files.GITHUB_ENV, 'utf8')) };
}
