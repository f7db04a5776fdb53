// moto, an emulator of AWS from PyPI, filled by setup.py.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inVenv } from '../runner/venv.mjs';

/** @returns {Promise<{ url: string, setup: { poolId: string, roleArn: string, shared: Record<string, string> }, stop: () => void }>} */
export async function startMoto() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = spawn(inVenv('moto_server'), ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  await answers(`${url}/moto-api/`);
  const script = fileURLToPath(new URL('setup.py', import.meta.url));
  const setup = execFileSync(inVenv('python'), [script, url, 'octo-enterprise', 'octo-org/octo-repo']);
  return { url, setup: JSON.parse(setup), stop: () => server.kill() };
}

async function answers(url) {
  for (let i = 0; i < 300; i += 1) {
    if (await fetch(url).then((response) => response.ok, () => false)) return;
    await sleep(100);
  }
  throw new Error('moto did not start');
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
