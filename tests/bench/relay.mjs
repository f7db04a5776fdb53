// A wide-area round trip on loopback. What a client sends is on its way for half a round trip, and so is what it gets; the
// connection takes one round trip to set up. On loopback the client's `connect` succeeds at once, so that round trip is
// added to what it sends first. Neither bandwidth is limited nor anything lost.
//
// Timers have a granularity of 1 ms: nothing arrives too early, all of it up to about 1 ms late. Without a round trip there
// are no timers.

import net from 'node:net';

/**
 * @param {object} options
 * @param {number} options.to port on loopback
 * @param {number} [options.rttMs]
 */
export async function startRelay({ to, rttMs = 0 }) {
  const sockets = new Set();
  const relay = {
    /** Counts for connections to come. */
    rttMs,
    /** How many there have been. */
    connections: 0,
    port: 0,
    close() {
      sockets.forEach((socket) => socket.destroy());
      return new Promise((resolve) => server.close(resolve));
    },
  };
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    relay.connections += 1;
    const { rttMs } = relay;
    const setUpAt = performance.now() + rttMs;
    const service = new net.Socket({ allowHalfOpen: true }).setNoDelay();
    for (const socket of [client, service]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    const toService = new Delay(rttMs / 2, setUpAt);
    // The service, too, learns of the connection only when the client's first bytes could be there.
    toService.add(() => service.connect(to, '127.0.0.1'));
    pass(client, service, toService);
    pass(service, client, new Delay(rttMs / 2));
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  relay.port = server.address().port;
  return relay;
}

/** Bytes, the end of them, and an end by error. */
function pass(from, to, delay) {
  from.on('data', (chunk) => delay.add(() => to.write(chunk)));
  from.on('end', () => delay.add(() => to.end()));
  from.on('error', () => delay.add(() => to.resetAndDestroy()));
}

/** What is added happens in its order, each a while later. */
class Delay {
  /** @type {{ at: number, happen: () => void }[]} */
  #waiting = [];

  /**
   * @param {number} ms
   * @param {number} [from] what is added before this time waits as if it had been added then
   */
  constructor(ms, from = 0) {
    Object.assign(this, { ms, from });
  }

  add(happen) {
    if (this.ms === 0) return happen();
    this.#waiting.push({ at: Math.max(performance.now(), this.from) + this.ms, happen });
    if (this.#waiting.length === 1) this.#wait();
  }

  #wait() {
    // A timer may fire up to 1 ms before its time; then it is set again.
    setTimeout(() => {
      while (this.#waiting[0]?.at <= performance.now()) this.#waiting.shift().happen();
      if (this.#waiting.length > 0) this.#wait();
    }, Math.ceil(this.#waiting[0].at - performance.now()));
  }
}
