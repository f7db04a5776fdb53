import { fstatSync } from 'node:fs';
import type { Command } from '../command.ts';
import { EnvKvstoreError } from '../errors.ts';
import { common, isInActions, maskInLog, print } from '../output.ts';
import { run } from '../run.ts';
import { missing } from '../usage.ts';

export const get: Command = {
  name: 'get',
  summary: 'print one value',
  usage: 'NAME [--yes]',
  operands: 'words',
  about: [
    'Prints one value as it is, without a line break after it. Reads the key NAME of the secrets stores, unless --values or ' +
      '--secrets has a line for NAME. Refuses to print to a terminal, and to a pipe of a CI job, which may lead to its log.',
  ],
  inputs: ['values', 'connection', 'session'],
  flags: [{ name: 'yes', help: 'Print to a terminal or to the pipe of a CI job too.' }],
  examples: [
    {
      what: 'On your own machine, with AWS credentials of your own:',
      command: `env-kvstore get DATABASE_URL --identity environment \\
  --repository octo-org/octo-repo --namespace octo-org \\
  --aws-region us-west-2 --aws-account-id 123456789012 > database-url`,
    },
  ],
  exitCodes: [['3', 'get would have shown the value']],
  outsideActions: `Outside GitHub Actions, use AWS credentials of your own: \`--identity environment\` and \`--repository OWNER/NAME\`.`,

  async run({ options, switches, operands: [name, ...more] }) {
    if (name === undefined || more.length > 0) missing('one NAME');
    if (!/^[A-Za-z_]\w*$/.test(name)) missing('a NAME of letters, digits and _: for another key, give a line of --values');
    if (!switches.has('yes')) refuseToShow();
    const isGiven = options['values'] || options['secrets'];
    const lines = isGiven ? options : { ...options, values: `${name},secret` };
    const { plan, values } = await run('values', { ...common, options: lines }).catch((error: EnvKvstoreError) => {
      if (isGiven || error.code !== 'key-missing') throw error;
      const hint = `${error.hint} A variable is read by \`--values ${name},variable\`.`;
      throw new EnvKvstoreError({ code: error.code, message: error.message, hint });
    });
    const found = values.find((value) => value.name === name);
    if (!found) {
      const message = `there is no value for ${name}`;
      throw new EnvKvstoreError({ code: 'key-missing', message, hint: 'Give it a line in --values or --secrets.' });
    }
    await maskInLog(plan.masks);
    await print(found.value);
    return 0;
  },
};

/** A pipe of a CI job may lead to its log; a file does not. */
function refuseToShow(): void {
  const isCi = isInActions() || !['', 'false', undefined].includes(process.env['CI']);
  const isLog = isCi && !isRegularFile();
  if (process.stdout.isTTY || isLog) {
    throw new EnvKvstoreError({
      code: 'would-be-shown',
      message: `stdout is ${process.stdout.isTTY ? 'a terminal' : 'that of a CI job'}, where others may read the value`,
      hint: 'Pass it to one command with `env-kvstore exec`, write it to a file, or pass --yes.',
    });
  }
}

function isRegularFile(): boolean {
  try {
    return fstatSync(1).isFile();
  } catch {
    return false;
  }
}
