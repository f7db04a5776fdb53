// The relays in a thread of their own, so that what the cloud computes does not hold up what is on its way.

import { once } from 'node:events';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { startRelay } from './relay.mjs';

if (!isMainThread) await serve();

/**
 * @param {object} options
 * @param {number} options.to the cloud's port
 * @param {string[]} options.services each with an origin of its own, as GitHub and AWS have
 */
export async function startWideArea({ to, services }) {
  const thread = new Worker(new URL(import.meta.url), { workerData: { to, services } });
  const ask = async (question) => {
    thread.postMessage(question);
    return (await once(thread, 'message'))[0];
  };
  const [ports] = await once(thread, 'message');
  return {
    /** By service. @type {Record<string, string>} */
    origins: Object.fromEntries(services.map((name, i) => [name, `https://127.0.0.1:${ports[i]}`])),
    setRtt: (rttMs) => ask({ rttMs }),
    /** How many connections each service has had so far. @returns {Promise<number[]>} */
    connections: () => ask({}),
    close: () => thread.terminate(),
  };
}

async function serve() {
  const { to, services } = workerData;
  const relays = await Promise.all(services.map(() => startRelay({ to })));
  parentPort.on('message', ({ rttMs }) => {
    if (rttMs !== undefined) relays.forEach((relay) => (relay.rttMs = rttMs));
    parentPort.postMessage(relays.map(({ connections }) => connections));
  });
  parentPort.postMessage(relays.map(({ port }) => port));
}
