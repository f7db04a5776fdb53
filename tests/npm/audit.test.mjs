// `env-kvstore audit`: what it prints, in each form, and how it ends. What it finds, admin/tests/ tests.
//
// `NODE_UNDER_TEST=/path/to/node node --test tests/npm/audit.test.mjs` runs it on another Node.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { runCli } from '../runner/command.mjs';
import { inVenv } from '../runner/venv.mjs';

const EXAMPLE = fileURLToPath(new URL('../../docs/use-cases/kvstore.json', import.meta.url));
const CLOUDTRAIL = fileURLToPath(new URL('../vectors/cloudtrail', import.meta.url));
const PAGE = fileURLToPath(new URL('../../docs/auditing.md', import.meta.url));
const SCHEMA = fileURLToPath(new URL('../vectors/sarif/sarif-schema-2.1.0.json', import.meta.url));

const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-audit-'));
after(() => rm(folder, { recursive: true }));

const audit = (...args) => runCli(['audit', ...args], { environment: {}, cwd: folder });

describe('audit', () => {
  test('says who can read each store, the tenant and the events once for a role', async () => {
    const { exitCode, stdout, stderr } = await audit('--file', EXAMPLE);
    assert.deepEqual([exitCode, stderr], [0, '']);
    assert.match(stdout, /^github-actions, through the pool github-actions\n  requires: enterprise_id is 9266 and event_name is deployment or /m);
    assert.match(
      stdout,
      /^octo-enterprise\/repo\/octo-org\/app\/env\/production\/secrets\nocto-enterprise\/repo\/octo-org\/app\/env\/production\/variables\n  github-actions: repository is octo-org\/app and repository_id is 456789 and\n    environment is production and ref is refs\/heads\/main\n/m,
    );
    assert.match(stdout, /^Findings: none$/m);
    assert.match(stdout, /^Not evaluated\n\n- service and resource control policies/m);
    assert.equal(stdout.match(/enterprise_id is 9266/g).length, 3);
    assert.deepEqual(stdout.split('\n').filter((line) => line.length > 80 && line.trim().includes(' ')), []);
  });

  test('says what a repository could read, and by which role', async () => {
    const { stdout } = await audit('--file', EXAMPLE, '--repository', 'octo-org/app');
    assert.match(stdout, /^octo-org\/app\n  octo-enterprise\/repo\/octo-org\/app\/env\/production\/secrets by github-actions:\n    environment is production and ref is refs\/heads\/main\n/m);
    assert.match(stdout, /^More repositories than can be listed\n  platform\/deploy by platform-deploy: job_workflow_ref is/m);
    assert.doesNotMatch(stdout, /octo-org\/web/);
    const { stdout: none } = await audit('--file', EXAMPLE, '--repository', 'octo-org/app', '--role', 'platform-deploy', '--by', 'store');
    assert.deepEqual(none.match(/^Stores: .*\n\n.*$/m)[0], 'Stores: 1\n\nplatform/deploy');
    const byRole = await audit('--file', EXAMPLE, '--by', 'role');
    assert.match(byRole.stdout, /^github-pull-requests, .*\n  requires: .*event_name is pull_request\n  reads octo-enterprise\/repo\/octo-org\/app\/env\/pull-request\/secrets\n/m);
  });

  test('gives all of it as JSON, with what the table leaves out', async () => {
    const { stdout } = await audit('--file', EXAMPLE, '--json');
    const report = JSON.parse(stdout);
    assert.deepEqual([report.version, report.command, report.account, report.stores.length, report.roles.length], [1, 'audit', '123456789012', 11, 3]);
    const production = report.stores.find(({ name }) => name.endsWith('app/env/production/secrets'));
    const [{ clauses, allowedBy }] = production.readers[0].cases;
    const byClaim = Object.fromEntries(clauses.map(({ claim, values }) => [claim, values]));
    assert.deepEqual([byClaim.enterprise_id, byClaim.ref, byClaim.event_name.length], [['9266'], ['refs/heads/main'], 7]);
    assert.ok(allowedBy.some((statement) => statement.startsWith('trust policy of the role github-actions, statement 1')));
    assert.deepEqual(report.repositories.map(({ name }) => name), ['*', 'octo-org/app', 'octo-org/mono', 'octo-org/web']);
    const formatted = await audit('--file', EXAMPLE, '--format', 'json');
    assert.equal(formatted.stdout, stdout);
  });

  test('compares with other rules by what they admit', async () => {
    const document = JSON.parse(await readFile(EXAMPLE, 'utf8'));
    document.bindings[1].when.ref = ['refs/heads/main'];
    document.bindings[3].because = 'another reason';
    await writeFile(path.join(folder, 'same.json'), JSON.stringify(document));
    const same = await audit('--file', 'same.json', '--against', EXAMPLE);
    assert.match(same.stdout, /^Differences: none$/m);
    delete document.bindings[1].when.ref;
    document.expect = [];
    await writeFile(path.join(folder, 'wider.json'), JSON.stringify(document));
    const { differences } = JSON.parse((await audit('--file', 'wider.json', '--against', EXAMPLE, '--json')).stdout);
    assert.deepEqual(differences[0], {
      what: 'readers',
      place: 'octo-enterprise/repo/octo-org/app/env/production/secrets, role github-actions',
      effect: 'wider',
      expected: differences[0].expected,
      actual: differences[0].expected.replace(' and ref is refs/heads/main', ''),
    });
    assert.match((await audit('--file', EXAMPLE, '--against', 'wider.json')).stdout, /^narrower: readers of octo-enterprise/m);
  });

  test('writes SARIF that its schema takes, and ends with 4 from the severity that is given', async () => {
    await writeFile(path.join(folder, 'kvstore.json'), JSON.stringify(await nearTheLimit()));
    const { exitCode, stdout, stderr } = await audit('--format', 'sarif', '--output', 'audit.sarif', '--fail-on', 'low');
    assert.deepEqual([exitCode, stdout, stderr], [4, '', 'There is a finding of severity low or worse.\n']);
    const sarif = JSON.parse(await readFile(path.join(folder, 'audit.sarif'), 'utf8'));
    validate(path.join(folder, 'audit.sarif'));
    const [{ results, tool }] = sarif.runs;
    assert.deepEqual([results.length, results[0].ruleId, results[0].level], [1, 'policy-near-limit', 'note']);
    assert.equal(tool.driver.rules[results[0].ruleIndex].id, 'policy-near-limit');
    assert.equal(results[0].locations[0].physicalLocation.artifactLocation.uri, 'kvstore.json');
    sarif.runs[0].results[0].level = 'catastrophe';
    await writeFile(path.join(folder, 'wrong.sarif'), JSON.stringify(sarif));
    assert.throws(() => validate(path.join(folder, 'wrong.sarif')), /catastrophe/);
    assert.equal((await audit('--fail-on', 'medium')).exitCode, 0);
    const table = await audit();
    assert.match(table.stdout, /^Findings: 0 high, 0 medium, 1 low\n\nlow: A policy is nearly as long as AWS allows \(policy-near-limit\)\n  at role other\n/m);
  });

  test('says who did read it, by CloudTrail, as docs/auditing.md shows', async () => {
    const logs = path.join(folder, 'AWSLogs');
    await mkdir(logs);
    for (const name of ['sessions.json', 'reads.json']) await writeFile(path.join(logs, `${name}.gz`), gzipSync(await readFile(path.join(CLOUDTRAIL, name))));
    const { exitCode, stdout, stderr } = await audit('--file', EXAMPLE, '--cloudtrail', logs);
    assert.deepEqual([exitCode, stderr], [0, '']);
    const [, shown] = /```\n(What CloudTrail shows[\s\S]*?)```/.exec(await readFile(PAGE, 'utf8'));
    assert.ok(stdout.includes(`\n\n${shown}`), stdout);
    assert.match(stdout, /^Not evaluated\n[\s\S]*^Allowed, but never read\n\n/m);
    const { usage } = JSON.parse((await audit('--file', EXAMPLE, '--cloudtrail', path.join(logs, 'sessions.json.gz'), '--cloudtrail', path.join(logs, 'reads.json.gz'), '--json')).stdout);
    assert.deepEqual([usage.events, usage.uses.map(({ reads }) => reads)], [12, [1, 2, 0, 1, 1]]);
    await writeFile(path.join(folder, 'other.json'), '{"Events": []}');
    for (const [args, message] of [
      [['--cloudtrail', 'other.json'], /other\.json:1: is not a log file of CloudTrail/],
      [['--cloudtrail', 'nowhere.json'], /nowhere\.json: no such file/],
      [['--cloudtrail', logs, '--format', 'sarif'], /--cloudtrail has no place in sarif/],
    ]) {
      const refused = await audit('--file', EXAMPLE, ...args);
      assert.deepEqual([refused.exitCode, refused.stdout], [2, ''], args.join(' '));
      assert.match(refused.stderr, message);
    }
  });

  test('refuses what it cannot use, and says why', async () => {
    await mkdir(path.join(folder, 'empty'));
    await writeFile(path.join(folder, 'bad.json'), '{ "version": 2 }');
    for (const [args, message] of [
      [['--file', EXAMPLE, '--snapshot', 'empty'], /--file and --snapshot are both given/],
      [['--file', 'empty'], /empty is a folder/],
      [['--snapshot', EXAMPLE], /is no folder/],
      [['--file', 'nowhere.json'], /nowhere\.json: /],
      [['--file', 'bad.json'], /bad\.json:1 \/version: /],
      [['--file', EXAMPLE, '--against', 'bad.json'], /bad\.json:1 \/version: /],
      [['--file', EXAMPLE, '--format', 'xml'], /--format xml: one of table, json, sarif, html is expected/],
      [['--file', EXAMPLE, '--by', 'store', '--fail-on', 'critical'], /--fail-on critical: one of low, medium, high is expected/],
      [['--file', EXAMPLE, '--json', '--format', 'sarif'], /--json and another --format/],
      [['--file', EXAMPLE, '--role', 'platform'], /there is no role platform in /],
      [['--file', EXAMPLE, '--repository', 'app'], /--repository is not OWNER\/NAME/],
    ]) {
      const ended = await audit(...args);
      assert.deepEqual([ended.exitCode, ended.stdout], [2, ''], args.join(' '));
      assert.match(ended.stderr, message);
    }
  });
});

/** The example with a role whose policy is nearly as long as AWS allows. */
async function nearTheLimit() {
  const document = JSON.parse(await readFile(EXAMPLE, 'utf8'));
  const read = [...Array(75).keys()].map((number) => `secret:${'long'.repeat(8)}/${number}`);
  const when = { job_workflow_ref: 'octo-org/platform/.github/workflows/other.yml@refs/tags/v1' };
  document.bindings.push({ name: 'many', role: 'other', repository: '*', when, read });
  return document;
}

function validate(file) {
  const program = 'import json, jsonschema, sys; jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))';
  execFileSync(inVenv('python'), ['-c', program, SCHEMA, file], { encoding: 'utf8', stdio: 'pipe' });
}
