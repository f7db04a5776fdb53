// ministack, an emulator of AWS from PyPI that verifies signatures and evaluates the policies of users and roles.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { answers, freePort } from '../runner/ports.mjs';
import { inMinistackVenv, inVenv } from '../runner/venv.mjs';

/** @typedef {{ accessKeyId: string, secretAccessKey: string }} Keys */

/**
 * @returns {Promise<{ url: string, region: string, accountId: string, addUser: (name: string, policy: object) => Keys, stop: () => Promise<void> }>}
 *   `addUser` makes an IAM user with this policy. The keys `test`, `test` may do everything, and their signature is not verified
 */
export async function startMinistack() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { ...process.env, AUTH: 'true', GATEWAY_PORT: String(port), BIND_HOST: '127.0.0.1' };
  const server = spawn(inMinistackVenv('ministack'), [], { stdio: 'ignore', env });
  const ended = once(server, 'exit');
  const started = await Promise.race([answers(`${url}/_ministack/health`, 'ministack').then(() => true), ended.then(() => false)]);
  if (!started) throw new Error(`ministack ended with ${server.exitCode}`);
  return {
    url,
    region: 'us-west-2',
    accountId: '000000000000',
    addUser(name, policy) {
      const script = fileURLToPath(new URL('user.py', import.meta.url));
      return JSON.parse(execFileSync(inVenv('python'), [script, url, name, JSON.stringify(policy)], { encoding: 'utf8' }));
    },
    async stop() {
      server.kill();
      await ended;
    },
  };
}
