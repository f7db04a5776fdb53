// The same for Vault: this action beside the least that a login and reads can take, and beside the requests of vault-action as it
// makes them, at a stand-in for Vault that is a round trip away.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startCloud } from '../cloud/cloud.mjs';
import { readFileCommands } from '../runner/file-commands.mjs';
import { MAIN } from '../runner/step.mjs';
import { startStandIn } from '../vault/stand-in.mjs';
import { makeCertificate } from './job.mjs';
import { startWideArea } from './wide-area.mjs';

const MEASURE = fileURLToPath(new URL('measure.py', import.meta.url));
const FLOOR = fileURLToPath(new URL('vault-floor.cjs', import.meta.url));
const VALUE = 'the value of a secret';

/** `requests` of Vault alone: this action's last one is the token's end. */
const PROGRAMS = {
  action: { name: 'this action', main: MAIN, environment: {} },
  floor: { name: 'floor', main: FLOOR, environment: {} },
  inTurn: { name: "vault-action's requests", main: FLOOR, environment: { IN_TURN: '1' } },
};

/**
 * @typedef {{ wallMs: number, cpuMs: number, requests: number }} Run
 * @typedef {{ rttMs: number, secretCount: number, byNode: Record<string, Record<keyof typeof PROGRAMS, Run>[]> }} MeasuredVault
 * @param {object} options
 * @param {import('./programs.mjs').NodeUnderTest[]} options.nodes
 * @param {{ rttMs: number, secretCount: number }[]} options.settings
 * @param {number} options.runs of each program in each setting, and one more before them that is not counted
 * @returns {Promise<MeasuredVault[]>}
 */
export async function measureVault({ nodes, settings, runs }) {
  const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-bench-vault-'));
  const tls = makeCertificate(folder);
  const cloud = await startCloud({ tls });
  const vault = await startStandIn(({ path: at }) => (at.startsWith('/v1/kv/') ? { status: 200, body: { data: { token: VALUE } } } : undefined), tls);
  const areas = await Promise.all([
    startWideArea({ to: cloud.port, services: ['github'] }),
    startWideArea({ to: Number(new URL(vault.url).port), services: ['vault'] }),
  ]);
  const [{ github }, { vault: vaultUrl }] = areas.map(({ origins }) => origins);
  const files = Object.fromEntries(['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY'].map((name) => [name, path.join(folder, name)]));

  async function run(node, { main, environment }, secretCount) {
    await Promise.all(Object.values(files).map((file) => writeFile(file, '')));
    vault.asked.length = 0;
    const entries = Array.from({ length: secretCount }, (_, i) => `kv/secret-${i + 1} token | SECRET_${i + 1}`);
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      GITHUB_ACTIONS: 'true',
      ...files,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${github}/_apis/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: cloud.jobEnvironment({ iss: github }).ACTIONS_ID_TOKEN_REQUEST_TOKEN,
      NODE_EXTRA_CA_CERTS: path.join(folder, 'certificate.pem'),
      'INPUT_OIDC-ISSUER': github,
      'INPUT_VAULT-URL': vaultUrl,
      'INPUT_VAULT-ROLE': 'deploy',
      'INPUT_VAULT-SECRETS': entries.join(';'),
      ...environment,
    };
    const output = path.join(folder, 'output');
    const { stdout } = await promisify(execFile)('python3', [MEASURE, output, node.path, main], { cwd: folder, env });
    const { exitCode, wallMs, cpuMs } = JSON.parse(stdout);
    assert.equal(exitCode, 0, await readFile(output, 'utf8'));
    const wanted = Object.fromEntries(entries.map((_, i) => [`SECRET_${i + 1}`, VALUE]));
    assert.deepEqual(readFileCommands(await readFile(files.GITHUB_ENV, 'utf8')), wanted);
    return { wallMs, cpuMs, requests: vault.asked.length };
  }

  async function round(node, secretCount) {
    const taken = {};
    for (const [name, program] of Object.entries(PROGRAMS)) taken[name] = await run(node, program, secretCount);
    return taken;
  }

  try {
    const results = [];
    for (const { rttMs, secretCount } of settings) {
      await Promise.all(areas.map((area) => area.setRtt(rttMs)));
      const byNode = Object.fromEntries(nodes.map(({ name }) => [name, []]));
      for (const node of nodes) await round(node, secretCount);
      for (let i = 0; i < runs; i++) {
        for (const node of nodes) byNode[node.name].push(await round(node, secretCount));
      }
      results.push({ rttMs, secretCount, byNode });
    }
    return results;
  } finally {
    await Promise.all([cloud.close(), vault.close(), ...areas.map((area) => area.close())]);
    await rm(folder, { recursive: true });
  }
}

/** The names of what is compared, by its key. */
export const VAULT_PROGRAMS = Object.fromEntries(Object.entries(PROGRAMS).map(([key, { name }]) => [key, name]));
