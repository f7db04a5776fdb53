// `node tests/bench/audit.mjs`: what `env-kvstore audit` takes for more and more secrets and 200 roles, as a process of its own.
//
//   --secrets 250,1000,5000   numbers of secrets
//   --roles 200               roles of their own beside that of all repositories
//   --runs 3                  of each, the median counts
//   --write                   into docs/performance.md and docs/audit-scale.svg of the working directory

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { View, parse } from '../tools/node_modules/vega/build/vega.module.js';
import { compile } from '../tools/node_modules/vega-lite/build/index.js';
import { CLI, NODE } from '../runner/command.mjs';
import { inVenv } from '../runner/venv.mjs';
import { spread } from './report.mjs';

const MEASURE = fileURLToPath(new URL('measure.py', import.meta.url));
const MARKED = /<!-- audit-scale -->[^]*<!-- \/audit-scale -->/;

const { values } = parseArgs({
  options: {
    secrets: { type: 'string', default: '250,500,1000,2000,3500,5000' },
    roles: { type: 'string', default: '200' },
    runs: { type: 'string', default: '3' },
    write: { type: 'boolean', default: false },
  },
});
const roles = Number(values.roles);
const page = values.write ? readFileSync('docs/performance.md', 'utf8') : '';
if (values.write && !MARKED.test(page)) throw new Error('docs/performance.md has no lines <!-- audit-scale --> and <!-- /audit-scale -->');

const folder = mkdtempSync(path.join(tmpdir(), 'env-kvstore-audit-bench-'));
try {
  const points = values.secrets.split(',').map(Number).map(measured);
  const text = `${table(points)}\n`;
  console.log(text);
  if (values.write) {
    writeFileSync('docs/audit-scale.svg', await plot(points));
    const about = `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${roles} roles beside that of all repositories, median of ${values.runs}:`;
    const image = '![Time and memory of audit against the number of secrets](audit-scale.svg)';
    writeFileSync('docs/performance.md', page.replace(MARKED, `<!-- audit-scale -->\n\n${about}\n\n${text}\n${image}\n\n<!-- /audit-scale -->`));
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** What a kvstore.json with so many secrets takes. */
function measured(secrets) {
  const file = path.join(folder, `${secrets}.json`);
  writeFileSync(file, JSON.stringify(rules(secrets)));
  const output = path.join(folder, 'output');
  const runs = [...Array(Number(values.runs))].map(() => {
    const run = JSON.parse(execFileSync(inVenv('python'), [MEASURE, output, NODE, CLI, 'audit', '--file', file, '--json'], { encoding: 'utf8' }));
    const text = readFileSync(output, 'utf8');
    if (run.exitCode !== 0) throw new Error(text);
    const { stores } = JSON.parse(text);
    const unread = stores.filter(({ readers }) => readers.length !== 1);
    if (stores.length !== secrets || unread.length > 0) throw new Error(`${stores.length} stores, ${unread.length} not with one reader`);
    return run;
  });
  const median = (of) => spread(runs.map(of)).median;
  return { secrets, seconds: median(({ cpuMs }) => cpuMs) / 1000, wall: median(({ wallMs }) => wallMs) / 1000, megabytes: median(({ peakBytes }) => peakBytes) / 2 ** 20 };
}

/**
 * Of all secrets one in ten is of a role of its own; the others are pairs of secrets and variables, each of a repository's environment
 * and guarded by its branch.
 */
function rules(secrets) {
  const own = Math.floor(secrets / 10) & ~1;
  const repositories = {};
  const bindings = [];
  const pairs = (secrets - own) / 2;
  for (let index = 0; index < pairs; index += 1) {
    const repository = `octo-org/app-${index >> 1}`;
    repositories[repository] = { id: String(1000 + (index >> 1)) };
    const environment = index % 2 === 0 ? 'production' : 'staging';
    bindings.push({ name: `b${index}`, repository, when: { environment, ref: 'refs/heads/main' }, read: [`env:${environment}`] });
  }
  const owners = Math.min(roles, own);
  for (let index = 0; index < owners; index += 1) {
    const job_workflow_ref = `octo-org/platform/.github/workflows/w${index}.yml@refs/tags/v1`;
    const [from, to] = [index, index + 1].map((place) => Math.floor((place * own) / owners));
    const read = [...Array(to - from).keys()].map((number) => `secret:platform/${index}/${number}`);
    bindings.push({ name: `r${index}`, role: `role-${index}`, repository: '*', when: { job_workflow_ref }, read });
  }
  return {
    version: 1,
    github: { enterprise: 'octo-enterprise', enterprise_id: '9266' },
    aws: { account: '123456789012', region: 'us-west-2', pool: 'github-actions', role: 'github-actions' },
    repositories,
    bindings,
  };
}

function table(points) {
  const rows = points.map(({ secrets, wall, seconds, megabytes }) => `| ${secrets} | ${wall.toFixed(1)} s | ${seconds.toFixed(1)} s | ${Math.round(megabytes)} MB | ${((seconds / secrets) * 1000).toFixed(2)} ms |`);
  return ['| secrets | time | processor | memory | processor per secret |', '|---:|---:|---:|---:|---:|', ...rows].join('\n');
}

function plot(points) {
  const chart = (field, title) => ({
    title,
    width: 340,
    height: 220,
    data: { values: points },
    encoding: {
      x: { field: 'secrets', type: 'quantitative', axis: { title: 'secrets', grid: false } },
      y: { field, type: 'quantitative', scale: { zero: true }, axis: { title: null, tickCount: 6, domain: false } },
    },
    mark: { type: 'line', strokeWidth: 2, color: '#0072b2', point: { size: 45, color: '#0072b2' } },
  });
  const spec = {
    background: 'white',
    padding: 12,
    spacing: 30,
    config: { axis: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal' }, title: { anchor: 'start', fontSize: 14 }, view: { stroke: null } },
    resolve: { scale: { y: 'independent' } },
    hconcat: [chart('seconds', 'Processor time, seconds'), chart('megabytes', 'Peak memory, MB')],
  };
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}
