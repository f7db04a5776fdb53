// tinyproxy, a proxy that nobody here wrote. https://tinyproxy.github.io

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** @param {string[]} settings lines of its configuration */
export async function startTinyproxy(t, settings) {
  const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-tinyproxy-'));
  const port = await closedPort();
  const file = path.join(folder, 'tinyproxy.conf');
  const lines = [`Port ${port}`, 'Listen 127.0.0.1', 'Timeout 60', 'MaxClients 50', 'LogLevel Warning', ...settings];
  await writeFile(file, `${lines.join('\n')}\n`);
  const child = spawn('tinyproxy', ['-d', '-c', file], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  t.after(async () => {
    child.kill();
    await ended;
    await rm(folder, { recursive: true });
  });
  for (let tries = 0; !(await accepts(port)); tries += 1) {
    assert.ok(tries < 200 && child.exitCode === null, `tinyproxy does not start with ${lines.join('; ')}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return { url: `http://127.0.0.1:${port}` };
}

/** Why it cannot be used here, if so. */
export function withoutTinyproxy() {
  if (process.platform === 'win32') return 'tinyproxy is not made for Windows';
  return spawnSync('tinyproxy', ['-v']).error ? 'tinyproxy is missing: apt-get install -y tinyproxy' : false;
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** Nobody listens there. */
export async function closedPort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
