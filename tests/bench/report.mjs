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
export function settingTable({ rttMs, secretCount, rounds }, programs) {
  const quantities = [MS, CPU, PEAK, CONNECTIONS, REQUESTS];
  const ofProgram = ([key, { name, bytes }]) => [
    name,
    ...quantities.map((quantity) => shown(rounds.map((round) => quantity.of(round[key])), quantity.digits)),
    (bytes / 1000).toFixed(1),
  ];
  const ofRatio = (key) => [
    `this action ÷ ${programs[key].name}`,
    ...quantities.map((quantity) => shown(ratios(rounds, quantity, key), 2)),
    (programs.action.bytes / programs[key].bytes).toFixed(2),
  ];
  const title = `${secrets(secretCount)}, RTT ${rttMs} ms`;
  return table([
    [title, 'wall ms', 'CPU ms', 'peak MB', 'connections', 'requests', 'bundle KB'],
    ...Object.entries(programs).map(ofProgram),
    ...['floor', 'sdk'].map(ofRatio),
  ]);
}

/** The goals beside what was measured; a median has to meet them. */
export function goalTable(results, sizes) {
  const find = (rttMs, secretCount) =>
    results.find((measured) => measured.rttMs === rttMs && measured.secretCount === secretCount);
  const ratio = (what, quantity, rttMs, key, most) => {
    const measured = find(rttMs, STORE_COUNT);
    return [`${what}, ${secrets(STORE_COUNT)}, RTT ${rttMs} ms`, most, measured && ratios(measured.rounds, quantity, key)];
  };
  const inRoundTrips = ({ rounds, rttMs }) => rounds.map(({ action, floor }) => (action.wallMs - floor.wallMs) / rttMs);
  const many = find(40, 400);
  const goals = [
    ratio('wall ÷ floor', MS, 40, 'floor', 1.1),
    ratio('wall ÷ floor', MS, 0, 'floor', 1.5),
    ratio('wall ÷ AWS SDK', MS, 40, 'sdk', 0.6),
    ratio('CPU ÷ floor', CPU, 40, 'floor', 1.6),
    ratio('peak memory ÷ floor', PEAK, 40, 'floor', 1.3),
    ['round trips more than floor, 400 secrets, RTT 40 ms', 6, many && inRoundTrips(many)],
    ['KB of wasm', 450, [sizes.wasm / 1000]],
    ['KB of all that the runner loads', 700, [sizes.loaded / 1000]],
  ];
  return table([
    ['goal', 'at most', 'measured', 'met'],
    ...goals.map(([what, most, numbers]) => {
      const digits = Number.isInteger(most) ? 1 : 2;
      const met = numbers && (spread(numbers).median <= most ? 'yes' : 'no');
      return [what, String(most), numbers ? shown(numbers, digits) : 'not measured', met ?? ''];
    }),
  ]);
}

/** The page with what was measured between its marks. */
export function withSection(page, results, programs, sizes) {
  const section = `
${new Date().toISOString().slice(0, 10)}, ${conditions(results[0].rounds.length)}

![Wall time against the number of secrets and against the round trip](bench.svg)

${goalTable(results, sizes)}

<details>
<summary>All that was measured</summary>

${results.map((measured) => settingTable(measured, programs)).join('\n\n')}

</details>

`;
  return page.replace(MARKED, () => section);
}

/** What the numbers hold for, and how to read them. */
export function conditions(runs) {
  const system = `${type()} ${release()} ${arch()}`;
  const machine = `${cpus()[0].model.trim()}, ${availableParallelism()} cores, ${system}, Node ${process.version}`;
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
