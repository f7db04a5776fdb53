import path from 'node:path';
import type { Command } from '../command.ts';
import { printable } from '../errors.ts';
import { keep, staleness } from '../generated-files.ts';
import { proved, refuseWrong } from '../generating.ts';
import { KVSTORE_FILE, textsOf } from '../rule-files.ts';
import { admin } from '../load-admin.ts';
import { releasedAction } from '../released.ts';
import { printJson } from '../report.ts';
import { missing } from '../usage.ts';

const TARGETS = ['terraform', 'cloudformation', 'vault', 'matrix', 'workflows', 'wrapper'];
const STALE = 4;

export const generate: Command = {
  name: 'generate',
  summary: 'make the set-up of AWS or Vault and its proof from kvstore.json',
  usage: 'TARGET [FLAGS]',
  operands: 'words',
  choices: TARGETS,
  about: [
    `TARGET is ${TARGETS.slice(0, -1).join(', ')} or ${TARGETS.at(-1)}.`,
    'Reads kvstore.json and the files of kvstore.d beside it, works out the roles, session tags and stores that they need, and asks the ' +
      'policies: each binding must read what it says, and nothing else may. Only if all of that holds are files written, all of them or none.',
    'terraform makes a module for Terraform and OpenTofu: identity pool, roles, and stores, which hold no values. cloudformation makes the same as ' +
      'a stack for the identity pool and the roles, and stacks for the stores. If kvstore.json has a vault, terraform makes a module for Vault too: ' +
      'the JWT auth method, a role for each binding, and a policy for each role. vault makes the same as files for the command line of Vault or ' +
      'OpenBao, and a script that writes them. matrix makes a table of who reads what, and every question that ' +
      'the policies were asked, with its answer. Sends nothing.',
    'workflows makes a workflow for each binding that prints how many values it loaded. wrapper makes an action with your ids built in. For ' +
      'AWS both need pool_id in kvstore.json, which AWS hands out. They pin env-kvstore to the commit of this release, or to the one that action names.',
  ],
  inputs: [],
  flags: [
    { name: 'file', value: 'FILE', isFile: true, help: 'The file to read. Default: kvstore.json.' },
    { name: 'to', value: 'FOLDER', isFile: true, help: 'Where to write. Default: the folder generated beside the file.' },
    { name: 'check', help: 'Write nothing; end with 4 if the files are not those that would be written.' },
    { name: 'json', help: 'Print one JSON object to stdout, with "version": 1.' },
  ],
  examples: [
    { what: 'A module, to be applied with terraform or tofu:', command: 'env-kvstore generate terraform' },
    { what: 'Stacks for the account:', command: 'env-kvstore generate cloudformation' },
    { what: 'In CI, so that nobody forgets:', command: 'env-kvstore generate matrix --check' },
  ],
  exitCodes: [['4', '--check: the files are not up to date']],

  async run({ own, switches, operands: [target, ...more] }) {
    if (target === undefined || more.length > 0 || !TARGETS.includes(target)) missing(`one of ${TARGETS.join(', ')}`);
    const file = own['file'] ?? KVSTORE_FILE;
    const folder = own['to'] ?? path.join(path.dirname(file), 'generated');
    const texts = await textsOf(file);
    const generated = (await admin()).generate(texts.map(([name]) => name), texts.map(([, text]) => text), target, releasedAction());
    refuseWrong(generated, file);
    const { files, allowed, denied } = generated;
    const isCheck = switches.has('check');
    const stale = isCheck ? staleness(folder, target, files) : keep(folder, target, files);
    if (switches.has('json')) {
      await printJson({ command: 'generate', target, folder, files: files.map((made) => made.path), allowed, denied, check: isCheck, stale });
    }
    console.error(proved(generated));
    if (isCheck && stale.length > 0) {
      const list = stale.map((name) => `- ${printable(name)}\n`).join('');
      console.error(`Not up to date in ${printable(folder)}:\n${list}Run: env-kvstore generate ${target}`);
      return STALE;
    }
    console.error(isCheck ? `${printable(folder)} is up to date.` : `Wrote ${files.length} files to ${printable(folder)}.`);
    return 0;
  },
};
