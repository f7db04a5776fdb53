import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AuditQuestion } from '../../host/admin.d.ts';
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
    { name: 'snapshot', value: 'FOLDER', isFile: true, help: 'The rules: a snapshot of the account, in place of --file.' },
    { name: 'against', value: 'PATH', isFile: true, help: 'Other rules to compare with: kvstore.json, or the folder of a snapshot.' },
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
    { what: 'A page to look at:', command: 'env-kvstore audit --format html --output audit.html' },
    { what: 'For code scanning:', command: 'env-kvstore audit --format sarif --output audit.sarif' },
  ],
  exitCodes: [['4', '--fail-on: there is such a finding']],

  async run({ own, switches }) {
    const { repository, role, against, output } = own;
    if (repository !== undefined && !/^[^/\s]+\/[^/\s]+$/.test(repository)) throw wrongUsage('--repository is not OWNER/NAME');
    const format = chosen('format', own['format'] ?? (switches.has('json') ? 'json' : 'table'), FORMATS);
    if (switches.has('json') && format !== 'json') throw wrongUsage('--json and another --format are both given', 'Leave out one of them.');
    const by = chosen('by', own['by'] ?? (repository === undefined ? 'store' : 'repository'), VIEWS);
    const failOn = own['fail-on'] === undefined ? undefined : chosen('fail-on', own['fail-on'], SEVERITIES);
    const { from: place, ...rules } = await rulesOf(own);
    const columns = (output === undefined && process.stdout.columns) || COLUMNS;
    const asked: AuditQuestion = { repository, role, format, by, columns, failOn, artifact: artifactOf(place), version: VERSION };
    const answer = (await admin()).audit(rules, against === undefined ? undefined : await rulesAt(against), asked);
    refuseProblems(answer.problems, [place, against].filter((one) => one !== undefined).join(' or '), 'Correct what is named. Nothing was written.');
    const isPlain = format === 'table' || format === 'html';
    const text = isPlain ? answer.text : jsonText(JSON.parse(answer.text), format === 'json' ? { version: 1, command: 'audit' } : {});
    if (output === undefined) await print(text);
    else writeFileSync(output, text);
    if (answer.fails) console.error(`There is a finding of severity ${failOn} or worse.`);
    return answer.fails ? REACHED : 0;
  },
};

function chosen<T extends string>(flag: string, value: string, values: T[]): T {
  const known = values.find((one) => one === value);
  if (known === undefined) throw wrongUsage(`--${flag} ${printable(value)}: one of ${values.join(', ')} is expected`);
  return known;
}

/** As code scanning takes it: from the working directory, with slashes. */
function artifactOf(place: string): string {
  return (path.relative('', place) || place).split(path.sep).join('/');
}
