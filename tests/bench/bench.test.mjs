// The bench, run once and small, so that it cannot rot. Times are never asserted: only counts that do not depend on them, and
// of the relay that nothing arrives sooner than it may.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/bench/bench.test.mjs` runs all of it on another Node.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startRelay } from './relay.mjs';
import { spread } from './report.mjs';

const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;
const BENCH = fileURLToPath(new URL('bench.mjs', import.meta.url));
const RTT_MS = 60;
/** What the bench runs the programs on unless it is told otherwise. */
const NODES = ['Node 20', 'Node 24'];

describe('the bench', () => {
  test('measures every program in every setting, and writes it down', async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-bench-test-'));
    t.after(() => rm(folder, { recursive: true }));
    await mkdir(path.join(folder, 'docs'));
    await writeFile(path.join(folder, 'docs/performance.md'), 'before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n');
    const options = ['--rtt', '10', '--secrets', '4,40', '--runs', '2', '--write'];
    const { stdout } = await promisify(execFile)(NODE, [BENCH, ...options], { cwd: folder });

    const [stores, secrets, goals, vault, ...others] = tables(stdout);
    assert.deepEqual(others, []);
    // Four dependent requests, then one for all stores; the action has the issuer's keys too, and a request for each store.
    counts(stores, '4 stores, RTT 10 ms', { action: [8, 9], floor: [4, 5], sdk: [7, 8] });
    // Two batches of twenty; the SDK's program asks for each alone.
    counts(secrets, '40 secrets, RTT 10 ms', { action: [6, 7], floor: [5, 6], sdk: [43, 44] });
    assert.equal(goals.length, 1 + 8);
    assert.deepEqual(goals[0], ['goal', 'at most', ...NODES, 'met']);
    for (const cells of goals.slice(1, 8)) assert.deepEqual(cells.slice(2), ['not measured', 'not measured', ''], cells[0]);
    assert.match(goals[8].at(-1), /^(yes|no)$/);

    // A login and the reads; the action ends its token too.
    for (const [what, requests] of Object.entries({ 'this action, 1 secret': 3, 'this action, 4 secrets': 6, 'floor, 4 secrets': 5, "vault-action's requests, 1 secret": 2 })) {
      for (const node of NODES) {
        const [row] = vault.filter(([first]) => first === `${what}, RTT 10 ms, ${node}`);
        assert.equal(row?.at(-1), String(requests), `${what}, ${node}`);
      }
    }

    const page = await readFile(path.join(folder, 'docs/performance.md'), 'utf8');
    assert.match(page, /^before\n<!-- bench -->\n\n\d{4}-\d\d-\d\d, .*\(bench\.svg\).*<!-- \/bench -->\nafter\n$/s);
    assert.deepEqual(tables(page), [goals, stores, secrets, vault]);
    const plot = await readFile(path.join(folder, 'docs/bench.svg'), 'utf8');
    assert.match(plot, /^<svg .*<\/svg>$/s);
    for (const text of ['this action', 'floor', 'AWS SDK', 'RTT 10 ms', '4 stores', 'Node 24']) assert.ok(plot.includes(text), text);
    assert.doesNotMatch(plot, /NaN|undefined|Infinity/);
  });

  test('takes the middle, or the mean of the two in the middle', () => {
    assert.deepEqual(spread([30, 10, 20]), { median: 20, min: 10, max: 30 });
    assert.deepEqual(spread([40, 10, 20, 30]), { median: 25, min: 10, max: 40 });
  });
});

describe('the relay', { concurrency: true }, () => {
  test('lets what is sent first wait for the connection, and delays each direction', async (t) => {
    const arrivals = [];
    const relay = await relayTo(t, (socket) =>
      socket.on('data', (data) => {
        arrivals.push(performance.now());
        socket.write(data);
      }),
    );
    const client = net.connect(relay.port, '127.0.0.1');
    const began = performance.now();
    client.write('first');
    assert.equal(String(await once(client, 'data')), 'first');
    const [firstThere, firstBack] = [arrivals[0], performance.now()];
    client.write('second');
    assert.equal(String(await once(client, 'data')), 'second');
    const [secondThere, secondBack] = [arrivals[1], performance.now()];
    client.destroy();

    assert.ok(firstThere - began >= RTT_MS * 1.5, `${firstThere - began}`);
    assert.ok(firstBack - firstThere >= RTT_MS / 2, `${firstBack - firstThere}`);
    assert.ok(secondThere - firstBack >= RTT_MS / 2, `${secondThere - firstBack}`);
    assert.ok(secondBack - secondThere >= RTT_MS / 2, `${secondBack - secondThere}`);
    assert.equal(relay.connections, 1);
  });

  for (const rttMs of [0, RTT_MS]) {
    test(`keeps the order, and an end of one direction ends that one alone (RTT ${rttMs} ms)`, async (t) => {
      const relay = await relayTo(t, (socket) => {
        let received = '';
        socket.on('data', (data) => (received += data));
        socket.on('end', () => socket.end(received));
      }, rttMs);
      const client = net.connect({ port: relay.port, host: '127.0.0.1', allowHalfOpen: true });
      const sent = Array.from({ length: 1000 }, (_, i) => `${i} `.repeat(100));
      sent.forEach((text) => client.write(text));
      client.end();
      let received = '';
      for await (const data of client) received += data;
      assert.equal(received, sent.join(''));
    });

    test(`passes on that a connection breaks, or cannot be made (RTT ${rttMs} ms)`, async (t) => {
      const relay = await relayTo(t, (socket) => socket.on('data', () => socket.resetAndDestroy()), rttMs);
      assert.equal(await failureOf(relay.port), 'ECONNRESET');
      const nowhere = await startRelay({ to: 1, rttMs });
      t.after(() => nowhere.close());
      assert.equal(await failureOf(nowhere.port), 'ECONNRESET');
    });
  }
});

/** Connections and requests of each program, on each Node. */
function counts([head, ...rows], title, expected) {
  assert.equal(head[0], title);
  const names = ['this action', 'floor', 'AWS SDK', 'this action ÷ floor', 'this action ÷ AWS SDK'];
  assert.deepEqual(rows.map(([name]) => name), NODES.flatMap((node) => names.map((name) => `${name}, ${node}`)));
  NODES.forEach((_, i) => {
    const [action, floor, sdk] = rows.slice(5 * i).map((cells) => cells.slice(4, 6).map(Number));
    assert.deepEqual({ action, floor, sdk }, expected);
  });
  for (const [name, ...cells] of rows) assert.doesNotMatch(cells.join(), /NaN|undefined|Infinity|-/, name);
}

/** The cells of every table, without the lines below the heads. */
function tables(text) {
  return text
    .split(/\n(?!\|)/)
    .map((block) => block.split('\n').filter((line) => /^\| [^-]/.test(line)))
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim())));
}

async function relayTo(t, onConnection, rttMs = RTT_MS) {
  const service = net.createServer({ allowHalfOpen: true }, onConnection);
  await new Promise((resolve) => service.listen(0, '127.0.0.1', resolve));
  const relay = await startRelay({ to: service.address().port, rttMs });
  t.after(async () => {
    await relay.close();
    service.close();
  });
  return relay;
}

async function failureOf(port) {
  const client = net.connect(port, '127.0.0.1');
  client.write('x');
  const [error] = await once(client, 'error');
  return error.code;
}
