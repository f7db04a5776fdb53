import path from 'node:path';
import type { Generated } from '../../host/admin.d.ts';
import type { Command } from '../command.ts';
import { EnvKvstoreError, printable } from '../errors.ts';
import { keep, staleness } from '../generated-files.ts';
import { admin } from '../load-admin.ts';
import { printJson } from '../report.ts';
import { refuseProblems, textsOf } from '../rule-files.ts';
import { missing } from '../usage.ts';

const TARGETS = ['cloudformation', 'matrix'];
const STALE = 4;
/** So many cases are shown of a proof that failed. */
const SHOWN = 10;

export const generate: Command = {
  name: 'generate',
  summary: 'make the set-up of AWS and its proof from kvstore.json',
  usage: 'cloudformation|matrix [FLAGS]',
  operands: 'words',
  choices: TARGETS,
  about: [
    'Reads kvstore.json and the files of kvstore.d beside it, works out the roles, session tags and stores that they need, and asks the ' +
      'policies: each binding must read what it says, and nothing else may. Only if all of that holds are files written, all of them or none.',
    'cloudformation makes a stack for the identity pool and the roles, and stacks for the stores, which hold no values. matrix makes a table of ' +
      'who reads what, and every question that the policies were asked, with its answer. Sends nothing.',
  ],
  inputs: [],
  flags: [
    { name: 'file', value: 'FILE', isFile: true, help: 'The file to read. Default: kvstore.json.' },
    { name: 'to', value: 'FOLDER', isFile: true, help: 'Where to write. Default: the folder generated beside the file.' },
    { name: 'check', help: 'Write nothing; end with 4 if the files are not those that would be written.' },
    { name: 'json', help: 'Print one JSON object to stdout, with "version": 1.' },
  ],
  examples: [
    { what: 'Stacks for the account:', command: 'env-kvstore generate cloudformation' },
    { what: 'In CI, so that nobody forgets:', command: 'env-kvstore generate matrix --check' },
  ],
  exitCodes: [['4', '--check: the files are not up to date']],

  async run({ own, switches, operands: [target, ...more] }) {
    if (target === undefined || more.length > 0 || !TARGETS.includes(target)) missing('one of cloudformation, matrix');
    const file = own['file'] ?? 'kvstore.json';
    const folder = own['to'] ?? path.join(path.dirname(file), 'generated');
    const texts = await textsOf(file);
    const generated = (await admin()).generate(texts.map(([name]) => name), texts.map(([, text]) => text), target);
    refuseWrong(generated, file);
    const { files, allowed, denied } = generated;
    const proved = `The policies answer ${allowed + denied} questions as the file says: ${allowed} allowed, ${denied} denied.`;
    const isCheck = switches.has('check');
    const stale = isCheck ? staleness(folder, target, files) : keep(folder, target, files);
    if (switches.has('json')) {
      await printJson({ command: 'generate', target, folder, files: files.map((made) => made.path), allowed, denied, check: isCheck, stale });
    }
    console.error(proved);
    if (isCheck && stale.length > 0) {
      const list = stale.map((name) => `- ${printable(name)}\n`).join('');
      console.error(`Not up to date in ${printable(folder)}:\n${list}Run: env-kvstore generate ${target}`);
      return STALE;
    }
    console.error(isCheck ? `${printable(folder)} is up to date.` : `Wrote ${files.length} files to ${printable(folder)}.`);
    return 0;
  },
};

function refuseWrong({ problems, failed }: Generated, file: string): void {
  refuseProblems(problems, file, 'Correct the file. Nothing was written.');
  if (failed.length > 0) {
    const lines = failed.slice(0, SHOWN).map(({ what, store, allowed }) => `- ${printable(what)}: ${printable(store)} is ${allowed ? 'denied' : 'allowed'}`);
    throw new EnvKvstoreError({
      code: 'proof-failed',
      message: `the policies do not do what ${printable(file)} says, in ${failed.length} of their answers:\n${lines.join('\n')}`,
      hint: 'Nothing was written. This is a fault of env-kvstore: please report it with the file.',
    });
  }
}
