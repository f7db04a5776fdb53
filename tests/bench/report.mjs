// What the measurements say: tables of Markdown that are as readable in a terminal, and the section of docs/performance.md.

import { arch, availableParallelism, cpus, release, type } from 'node:os';
import { STORE_COUNT } from './job.mjs';

/** What of docs/performance.md the bench writes. */
export const MARKED = /(?<=<!-- bench -->\n).*?(?=<!-- \/bench -->)/s;
const MS = { of: (run) => run.wallMs, digits: 0 };
const CPU = { of: (run) => run.cpuMs, digits: 0 };
const PEAK = { of: (run) => run.peakBytes / 1e6, digits: 1 };
const CONNECTIONS = { of: (run) => run.connections, digits: 0 };
const REQUESTS = { of: (run) => run.requests, digits: 0 };

/** @typedef {import('./rounds.mjs').Measured} Measured */

/** Median and range of numbers. */
export function spread(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/**
 * All that was measured in one setting.
 * @param {Measured} measured
 */
export function settingTable({ rttMs, secretCount, byNode }, programs) {
  const quantities = [MS, CPU, PEAK, CONNECTIONS, REQUESTS];
  const ofProgram = (node, rounds) => ([key, { name, bytes }]) => [
    `${name}, ${node}`,
    ...quantities.map((quantity) => shown(rounds.map((round) => quantity.of(round[key])), quantity.digits)),
    (bytes / 1000).toFixed(1),
  ];
  const ofRatio = (node, rounds) => (key) => [
    `this action ÷ ${programs[key].name}, ${node}`,
    ...quantities.map((quantity) => shown(ratios(rounds, quantity, key), 2)),
    (programs.action.bytes / programs[key].bytes).toFixed(2),
  ];
  const title = `${secrets(secretCount)}, RTT ${rttMs} ms`;
  return table([
    [title, 'wall ms', 'CPU ms', 'peak MB', 'connections', 'requests', 'bundle KB'],
    ...Object.entries(byNode).flatMap(([node, rounds]) => [
      ...Object.entries(programs).map(ofProgram(node, rounds)),
      ...['floor', 'sdk'].map(ofRatio(node, rounds)),
    ]),
  ]);
}

/** The goals beside what was measured on each Node; each median has to meet them. */
export function goalTable(results, sizes, nodes) {
  const ratio = (what, quantity, rttMs, secretCount, key, most) => ({
    what: `${what}, ${secrets(secretCount)}, RTT ${rttMs} ms`,
    most,
    numbersOf: measuredAt(rttMs, secretCount, (rounds) => ratios(rounds, quantity, key)),
  });
  const measuredAt = (rttMs, secretCount, numbers) => (node) => {
    const measured = results.find((known) => known.rttMs === rttMs && known.secretCount === secretCount);
    return measured && numbers(measured.byNode[node.name]);
  };
  const roundTrips = (rounds) => rounds.map(({ action, floor }) => (action.wallMs - floor.wallMs) / 40);
  const goals = [
    ratio('wall ÷ floor', MS, 40, STORE_COUNT, 'floor', 1.08),
    ratio('wall ÷ floor', MS, 0, STORE_COUNT, 'floor', 1.5),
    ratio('wall ÷ AWS SDK', MS, 40, STORE_COUNT, 'sdk', 0.6),
    ratio('CPU ÷ floor', CPU, 40, STORE_COUNT, 'floor', 1.6),
    ratio('CPU ÷ floor', CPU, 40, 400, 'floor', 1.6),
    ratio('peak memory ÷ floor', PEAK, 40, STORE_COUNT, 'floor', 1.3),
    { what: 'round trips more than floor, 400 secrets, RTT 40 ms', most: 6, numbersOf: measuredAt(40, 400, roundTrips) },
    { what: 'KB of all that the runner loads', most: 700, numbersOf: () => [sizes.loaded / 1000] },
  ];
  return table([
    ['goal', 'at most', ...nodes.map(({ name }) => name), 'met'],
    ...goals.map(({ what, most, numbersOf }) => {
      const digits = Number.isInteger(most) ? 1 : 2;
      const measured = nodes.map(numbersOf);
      const isMet = measured.every((numbers) => numbers && spread(numbers).median <= most);
      return [
        what,
        String(most),
        ...measured.map((numbers) => (numbers ? shown(numbers, digits) : 'not measured')),
        measured.includes(undefined) ? '' : isMet ? 'yes' : 'no',
      ];
    }),
  ]);
}

/**
 * Vault's runs: one table of all settings.
 * @param {import('./vault.mjs').MeasuredVault[]} results
 * @param {Record<string, string>} names of the programs
 */
export function vaultTable(results, names) {
  const quantities = [MS, CPU, REQUESTS];
  return table([
    ['Vault', 'wall ms', 'CPU ms', 'requests'],
    ...results.flatMap(({ rttMs, secretCount, byNode }) => Object.entries(byNode).flatMap(([node, rounds]) => [
      ...Object.entries(names).map(([key, name]) => [
        `${name}, ${counted(secretCount)}, RTT ${rttMs} ms, ${node}`,
        ...quantities.map((quantity) => shown(rounds.map((round) => quantity.of(round[key])), quantity.digits)),
      ]),
      ...Object.keys(names).filter((key) => key !== 'action').map((key) => [
        `this action ÷ ${names[key]}, ${counted(secretCount)}, RTT ${rttMs} ms, ${node}`,
        ...quantities.map((quantity) => shown(ratios(rounds, quantity, key), 2)),
      ]),
    ])),
  ]);
}

function counted(count) {
  return count === 1 ? '1 secret' : `${count} secrets`;
}

/** The page with what was measured between its marks. */
export function withSection(page, results, programs, sizes, nodes, vault) {
  const section = `
${new Date().toISOString().slice(0, 10)}, ${conditions(results[0].byNode[nodes[0].name].length, nodes)}

![Wall time against the number of secrets and against the round trip](bench.svg)

${goalTable(results, sizes, nodes)}

<details>
<summary>All that was measured</summary>

${results.map((measured) => settingTable(measured, programs)).join('\n\n')}

</details>

${vault}

`;
  return page.replace(MARKED, () => section);
}

/** What the numbers hold for, and how to read them. */
export function conditions(runs, nodes) {
  const system = `${type()} ${release()} ${arch()}`;
  const machine = `${cpus()[0].model.trim()}, ${availableParallelism()} cores, ${system}, Node ${nodes.map(({ version }) => version).join(' and ')}`;
  return (
    `${machine}. Median [least..most] of ${runs} runs of each, in turn; ratios run by run. Each way of a round trip is late ` +
    'by up to 1 ms, as timers are. 1 KB is 1000 bytes.'
  );
}

function ratios(rounds, { of }, key) {
  return rounds.map((round) => of(round.action) / of(round[key]));
}

function shown(numbers, digits) {
  const { median, min, max } = spread(numbers);
  const [shownMedian, least, most] = [median, min, max].map((number) => number.toFixed(digits));
  return least === most ? shownMedian : `${shownMedian} [${least}..${most}]`;
}

/** What a number of secrets is called. */
export function secrets(count) {
  return count === STORE_COUNT ? `${count} stores` : `${count} secrets`;
}

/** The first row is the head. */
function table([head, ...rows]) {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((cells) => cells[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
