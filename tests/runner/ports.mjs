// Servers that a test starts: a port for each, and the wait until it answers.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits at most a minute. */
export async function answers(url, name) {
  for (const until = Date.now() + 60_000; Date.now() < until; ) {
    if (await fetch(url).then((response) => response.ok, () => false)) return;
    await sleep(100);
  }
  throw new Error(`${name} did not start`);
}
