// moto, an emulator of AWS from PyPI, filled by setup.py.

import { execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { answers, freePort } from '../runner/ports.mjs';
import { inVenv } from '../runner/venv.mjs';

/** @returns {Promise<{ url: string, setup: { poolId: string, roleArn: string, shared: Record<string, string> }, stop: () => void }>} */
export async function startMoto() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = spawn(inVenv('moto_server'), ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  await answers(`${url}/moto-api/`, 'moto');
  const script = fileURLToPath(new URL('setup.py', import.meta.url));
  const setup = execFileSync(inVenv('python'), [script, url, 'octo-enterprise', 'octo-org/octo-repo']);
  return { url, setup: JSON.parse(setup), stop: () => server.kill() };
}
