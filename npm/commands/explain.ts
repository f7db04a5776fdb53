import type { Asked, Explained } from '../../host/admin.d.ts';
import type { Command } from '../command.ts';
import { printable } from '../errors.ts';
import { KVSTORE_FILE, refuseProblems, rulesOf } from '../rule-files.ts';
import { admin } from '../load-admin.ts';
import { print } from '../output.ts';
import { printJson } from '../report.ts';
import { readTextFile } from '../text-files.ts';
import { wrongUsage } from '../usage.ts';

const NOT_AS_EXPECTED = 4;
const ANSWERS = ['allow', 'deny'];
/** Which part of the command line a question can be wrong in. */
const PARTS: Record<NonNullable<Explained['wrong']>[0], string> = { claims: '--claims', job: '--job', read: '--read', role: '--role', vault: '--vault' };

export const explain: Command = {
  name: 'explain',
  summary: 'say why a job is denied a secret, or let in',
  usage: '--job NAME=VALUE... [--read WHAT] [FLAGS]',
  operands: 'words',
  about: [
    'Asks, as AWS does, whether one job may read one secret, or assume one role: issuer, audience, tag map, session tags, trust policy, role ' +
      'policy, the tags of the store, its key. It prints what passed, and of the first gate that fails the statement, each condition with what ' +
      'it wants and what the job has, what would let the job in, and whom else that would let in. Sends nothing.',
    'The rules are those of kvstore.json, or of a snapshot of an account (--snapshot). Policies that neither has, such as those of AWS ' +
      'Organizations, are listed as not evaluated.',
    'On Vault the gates are the issuer, the bound audiences, the bound subject and the bound claims of a role, and then its policies.',
    "The job is described by --job, or by --claims: a JSON object, the log's group \"Claims of the GitHub token\" pasted as it is, or CloudTrail's " +
      'event AssumeRoleWithWebIdentity. Of a job that --job alone describes, kvstore.json adds what follows from its repository, and the first ' +
      'event that the role lets in; the output says so. Every other claim that is not given counts as absent.',
  ],
  inputs: [],
  flags: [
    { name: 'job', value: 'NAME=VALUE', repeated: true, help: 'A claim of the job; an empty one is absent. May be repeated; further NAME=VALUE can follow without it.' },
    { name: 'claims', value: 'FILE', isFile: true, help: 'A file with the claims. - is stdin. --job wins over it.' },
    { name: 'read', value: 'WHAT', help: 'What the job reads: repo, env:NAME, env:$environment or secret:NAME; by a snapshot of Vault a path, as secret/data/NAME. Without it the role alone is asked for.' },
    { name: 'vault', help: 'Ask Vault, and not AWS, if the rules have both.' },
    { name: 'variable', help: 'Ask for the store of variables, and not of secrets.' },
    { name: 'role', value: 'ROLE', help: 'The name or ARN of the role. Default: the one that comes nearest.' },
    { name: 'file', value: 'FILE', isFile: true, help: `The rules. Default: ${KVSTORE_FILE}.` },
    { name: 'snapshot', value: 'FOLDER', isFile: true, help: 'A snapshot as the rules: the folder of one of an account (env-kvstore snapshot), or the file of one of a Vault.' },
    { name: 'namespace', value: 'NAME', help: "The first segment of stores' names. Default: that of the rules, or else the claim enterprise or repository_owner." },
    { name: 'expect', value: 'allow|deny', help: 'End with 4 if the answer is the other one.' },
    { name: 'json', help: 'Print one JSON object to stdout, with "version": 1.' },
  ],
  examples: [
    { what: "Why a branch does not get production's secrets:", command: 'env-kvstore explain --job repository=octo-org/app environment=production \\\n  ref=refs/heads/x --read env:production' },
    { what: 'In CI, that pull requests never read them:', command: 'env-kvstore explain --job repository=octo-org/app event_name=pull_request \\\n  environment=production --read env:production --expect deny' },
  ],
  exitCodes: [[String(NOT_AS_EXPECTED), '--expect: the answer is the other one']],

  async run({ own, switches, operands }) {
    const expected = own['expect'];
    if (expected !== undefined && !ANSWERS.includes(expected)) throw wrongUsage(`--expect is allow or deny, and not ${printable(expected)}`);
    const rules = await rulesOf(own);
    const asked: Asked = {
      // Of two values of a claim the one behind --job counts, and of these the last.
      pairs: [...operands, ...(own['job']?.split('\n') ?? [])],
      variable: switches.has('variable'),
      vault: switches.has('vault'),
      ...(own['claims'] !== undefined && { claims: await readTextFile(own['claims']) }),
      ...(own['read'] !== undefined && { read: own['read'] }),
      ...(own['role'] !== undefined && { role: own['role'] }),
      ...(own['namespace'] !== undefined && { namespace: own['namespace'] }),
    };
    const { problems, wrong, explanation, text } = (await admin()).explain(rules, asked);
    refuseProblems(problems, rules.from);
    if (wrong || !explanation) throw wrongUsage(wrong ? `${PARTS[wrong[0]]}: ${wrong[1]}` : 'nothing was asked');
    if (switches.has('json')) {
      await printJson({ command: 'explain', ...explanation });
    } else {
      await print(text);
    }
    if (expected === undefined || expected === explanation.answer) return 0;
    console.error(`env-kvstore: expected ${expected}, and the answer is ${explanation.answer}`);
    return NOT_AS_EXPECTED;
  },
};
