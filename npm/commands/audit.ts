import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AuditQuestion, Rules, Usage } from '../../host/admin.d.ts';
import { addCloudTrailFiles } from '../cloudtrail-files.ts';
import type { Command } from '../command.ts';
import { printable } from '../errors.ts';
import { admin } from '../load-admin.ts';
import { print } from '../output.ts';
import { jsonText } from '../report.ts';
import { refuseProblems, rulesAt, rulesOf } from '../rule-files.ts';
import { wrongUsage } from '../usage.ts';

declare const VERSION: string;

const FORMATS = ['table', 'json', 'sarif', 'html'];
const VIEWS = ['store', 'repository', 'role'];
const SEVERITIES = ['low', 'medium', 'high'];
const REACHED = 4;
interface Trail {
  usage: Usage;
  text: string;
}

/** Where the width of the terminal is not known, as in a log. */
const COLUMNS = 80;

export const audit: Command = {
  name: 'audit',
  summary: 'who can read each store, what is wrong with the rules, how they differ',
  usage: '[FLAGS]',
  about: [
    'Works out for every store which jobs can read it: trust policies, role policies, tags, boundaries, resource policies and keys are ' +
      "evaluated with a job's claims left open, and what remains is the condition on them. What cannot be decided counts as open, and is noted.",
    'The rules are those of kvstore.json, or of a snapshot of the account. Findings say what is wrong with them: docs/findings.md has each. ' +
      '--against adds how the rules differ from others, in what they let jobs read and not in how they are written; with kvstore.json there, ' +
      'a snapshot is checked for the tags and stores that the file demands. Sends nothing.',
  ],
  inputs: [],
  flags: [
    { name: 'file', value: 'FILE', isFile: true, help: 'The rules: kvstore.json. Default: kvstore.json.' },
    { name: 'snapshot', value: 'FOLDER', isFile: true, help: 'The rules: the folder of a snapshot of the account, or the file of a snapshot of Vault, in place of --file.' },
    { name: 'against', value: 'PATH', isFile: true, help: 'Other rules to compare with: kvstore.json, or a snapshot.' },
    { name: 'cloudtrail', value: 'PATH', isFile: true, repeated: true, help: "CloudTrail's log files, gzipped or not, or a folder of them: who did read what, and what nobody used. May be repeated." },
    { name: 'repository', value: 'OWNER/NAME', help: 'Only what jobs of this repository could read.' },
    { name: 'role', value: 'NAME', help: 'Only what is read by this role.' },
    { name: 'by', value: 'VIEW', help: 'List by store, repository or role. Default: store, or repository with --repository.' },
    { name: 'format', value: 'FORMAT', help: 'table, json, sarif (2.1.0, for code scanning) or html (one page). Default: table.' },
    { name: 'json', help: 'The same as --format json: one JSON object, with "version": 1.' },
    { name: 'fail-on', value: 'SEVERITY', help: 'End with 4 if there is a finding of this severity or a worse one: low, medium or high.' },
    { name: 'output', value: 'FILE', isFile: true, help: 'Write the report to this file instead of stdout. A file that exists is replaced.' },
  ],
  examples: [
    { what: 'Who can read what:', command: 'env-kvstore audit' },
    { what: 'Has the account what the file says?', command: 'env-kvstore audit --snapshot account --against kvstore.json --fail-on medium' },
    { what: 'Who did read it, by CloudTrail:', command: 'env-kvstore audit --snapshot account --cloudtrail AWSLogs' },
    { what: 'A page to look at:', command: 'env-kvstore audit --format html --output audit.html' },
    { what: 'For code scanning:', command: 'env-kvstore audit --format sarif --output audit.sarif' },
  ],
  exitCodes: [['4', '--fail-on: there is such a finding']],

  async run({ own, switches }) {
    const { repository, role, against, output } = own;
    if (repository !== undefined && !/^[^/\s]+\/[^/\s]+$/.test(repository)) throw wrongUsage('--repository is not OWNER/NAME');
    const format = chosen('format', own['format'] ?? (switches.has('json') ? 'json' : 'table'), FORMATS);
    if (own['cloudtrail'] !== undefined && format !== 'table' && format !== 'json') throw wrongUsage(`--cloudtrail has no place in ${format}`, 'Use the table or --json.');
    if (switches.has('json') && format !== 'json') throw wrongUsage('--json and another --format are both given', 'Leave out one of them.');
    const by = chosen('by', own['by'] ?? (repository === undefined ? 'store' : 'repository'), VIEWS);
    const failOn = own['fail-on'] === undefined ? undefined : chosen('fail-on', own['fail-on'], SEVERITIES);
    const { from: place, ...rules } = await rulesOf(own);
    const columns = (output === undefined && process.stdout.columns) || COLUMNS;
    const asked: AuditQuestion = { repository, role, format, by, columns, failOn, artifact: artifactOf(place), version: VERSION };
    const answer = (await admin()).audit(rules, against === undefined ? undefined : await rulesAt(against), asked);
    refuseProblems(answer.problems, [place, against].filter((one) => one !== undefined).join(' or '), 'Correct what is named. Nothing was written.');
    if (answer.unknownRole !== null) throw wrongUsage(`there is no role ${printable(answer.unknownRole)} in ${printable(place)}`, 'Leave out --role to see all.');
    const trail = own['cloudtrail'] === undefined ? undefined : await trailOf(own['cloudtrail'].split('\n'), rules, columns);
    const text = textIn(format, answer.text, trail);
    if (output === undefined) await print(text);
    else writeFileSync(output, text);
    if (answer.fails) console.error(`There is a finding of severity ${failOn} or worse.`);
    return answer.fails ? REACHED : 0;
  },
};

/** The report in its form, with what CloudTrail's files say; SARIF has no place for that. */
function textIn(format: string, report: string, trail: Trail | undefined): string {
  if (format === 'html') return report;
  if (format === 'table') return report + (trail?.text ?? '');
  const head = format === 'json' ? { version: 1, command: 'audit' } : {};
  return jsonText({ ...(JSON.parse(report) as object), ...(format === 'json' && trail && { usage: trail.usage }) }, head);
}

async function trailOf(paths: string[], rules: Rules, columns: number): Promise<Trail> {
  const core = await admin();
  // The rules have been read before, without a problem.
  core.beginTrail(rules);
  const problem = await addCloudTrailFiles(core, paths);
  if (problem) refuseProblems([problem], problem.file, 'CloudTrail writes JSON with `Records`, gzipped or not.');
  return core.finishTrail(rules, columns);
}

function chosen<T extends string>(flag: string, value: string, values: T[]): T {
  const known = values.find((one) => one === value);
  if (known === undefined) throw wrongUsage(`--${flag} ${printable(value)}: one of ${values.join(', ')} is expected`);
  return known;
}

/** As code scanning takes it: from the working directory, with slashes. */
function artifactOf(place: string): string {
  return (path.relative('', place) || place).split(path.sep).join('/');
}
