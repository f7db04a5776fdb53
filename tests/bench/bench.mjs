// `npm run bench`: this action beside the least that its job can take, and beside the same job written with the AWS SDK, as
// whole processes at a local cloud that a round trip is put before.
//
//   --rtt 0,40,150      round trips in milliseconds
//   --secrets 4,40,400  4 are the stores by convention; any other number of secrets are read by their names
//   --runs 9            of each program in each setting on each Node, in turn
//   --node PATH,PATH    the Nodes that run the programs; without it those that a runner has, of tests/tools
//   --write             into docs/performance.md and docs/bench.svg of the working directory
//
// Every round trip is measured with the first number of secrets, and every number at 40 ms, or the first round trip. There too
// one and four secrets of Vault are read.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { RUNNERS_NODES, distSizes, findNodes } from './programs.mjs';
import { MARKED, conditions, goalTable, settingTable, vaultTable, withSection } from './report.mjs';
import { measure } from './rounds.mjs';
import { VAULT_PROGRAMS, measureVault } from './vault.mjs';

const { values } = parseArgs({
  options: {
    rtt: { type: 'string', default: '0,40,150' },
    secrets: { type: 'string', default: '4,40,400' },
    runs: { type: 'string', default: '9' },
    node: { type: 'string', default: RUNNERS_NODES.join() },
    write: { type: 'boolean', default: false },
  },
});
const rtts = numbers('rtt', 0);
const secretCounts = numbers('secrets', 1);
const [runs] = numbers('runs', 1);
const cross = { rttMs: rtts.includes(40) ? 40 : rtts[0], secretCount: secretCounts[0] };
const settings = [
  ...rtts.map((rttMs) => ({ rttMs, secretCount: cross.secretCount })),
  ...secretCounts.slice(1).map((secretCount) => ({ rttMs: cross.rttMs, secretCount })),
];

const nodes = findNodes(values.node.split(','));

const page = values.write ? readFileSync('docs/performance.md', 'utf8') : '';
if (values.write && !MARKED.test(page)) throw new Error('docs/performance.md has no lines <!-- bench --> and <!-- /bench -->');

console.log(`${conditions(runs, nodes)}\n`);
const results = [];
const programs = await measure({
  nodes,
  settings,
  runs,
  onMeasured(measured, programs) {
    results.push(measured);
    console.log(`${settingTable(measured, programs)}\n`);
  },
});
console.log(`${goalTable(results, distSizes(), nodes)}\n`);
const ofVault = await measureVault({ nodes, settings: [1, 4].map((secretCount) => ({ rttMs: cross.rttMs, secretCount })), runs });
const vault = vaultTable(ofVault, VAULT_PROGRAMS);
console.log(vault);
if (values.write) {
  const { plot } = await import('./plot.mjs');
  mkdirSync('docs', { recursive: true });
  writeFileSync('docs/bench.svg', await plot(results, programs, cross, nodes.at(-1).name));
  writeFileSync('docs/performance.md', withSection(page, results, programs, distSizes(), nodes, vault));
}

function numbers(option, least) {
  const list = values[option].split(',').map(Number);
  if (list.every((number) => Number.isInteger(number) && number >= least)) return list;
  throw new Error(`--${option} ${values[option]}: whole numbers from ${least} on are wanted`);
}
