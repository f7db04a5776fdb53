// Runs the programs in turn, each as a process of its own, and keeps what each run took.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startJob } from './job.mjs';
import { loadPrograms } from './programs.mjs';

const MEASURE = fileURLToPath(new URL('measure.py', import.meta.url));

/**
 * @typedef {object} Run
 * @property {number} wallMs
 * @property {number} cpuMs
 * @property {number} peakBytes
 * @property {number} connections
 * @property {number} requests
 *
 * @typedef {Record<'action' | 'floor' | 'sdk', Run>} Round
 * @typedef {{ rttMs: number, secretCount: number, byNode: Record<string, Round[]> }} Measured rounds by the name of the Node
 */

/**
 * @param {object} options
 * @param {import('./programs.mjs').NodeUnderTest[]} options.nodes
 * @param {{ rttMs: number, secretCount: number }[]} options.settings
 * @param {number} options.runs of each program in each setting, and one more before them that is not counted
 * @param {(measured: Measured, programs: Awaited<ReturnType<typeof loadPrograms>>) => void} options.onMeasured
 * @returns {Promise<Awaited<ReturnType<typeof loadPrograms>>>}
 */
export async function measure({ nodes, settings, runs, onMeasured }) {
  const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-bench-'));
  try {
    const programs = await loadPrograms(folder);
    const job = await startJob(folder);
    try {
      for (const setting of settings) {
        await job.set(setting);
        for (const node of nodes) await round(node);
        const byNode = Object.fromEntries(nodes.map(({ name }) => [name, []]));
        for (let i = 0; i < runs; i++) {
          for (const node of nodes) byNode[node.name].push(await round(node));
        }
        onMeasured({ ...setting, byNode }, programs);
      }
      return programs;
    } finally {
      await job.close();
    }

    async function round(node) {
      const taken = {};
      for (const [name, { main }] of Object.entries(programs)) taken[name] = await run(job, node, main, folder);
      return taken;
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @returns {Promise<Run>} */
async function run(job, node, main, folder) {
  const env = await job.prepare();
  const before = await job.connections();
  const output = path.join(folder, 'output');
  const { stdout } = await promisify(execFile)('python3', [MEASURE, output, node.path, main], { cwd: folder, env });
  const { exitCode, ...taken } = JSON.parse(stdout);
  const requests = job.requests();
  const connections = (await job.connections()) - before;
  try {
    if (exitCode !== 0) throw new Error(`it ended with ${exitCode}`);
    await job.check();
  } catch (error) {
    throw new Error(`${main} did not do the job on ${node.name}: ${error.message}\n${await readFile(output, 'utf8')}`, { cause: error });
  }
  return { ...taken, connections, requests };
}
