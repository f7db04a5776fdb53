import { fstatSync } from 'node:fs';
import type { Arguments, Command } from '../command.ts';
import { awsVariables, PROFILE_FLAG } from '../credentials.ts';
import { EnvKvstoreError, printable } from '../errors.ts';
import { begin } from '../manage.ts';
import { common, isInActions, maskInLog, print } from '../output.ts';
import { run } from '../run.ts';
import { missing, wrongUsage } from '../usage.ts';
import { masksOf } from '../value-masks.ts';

export const get: Command = {
  name: 'get',
  summary: 'print one value',
  usage: 'NAME [--yes]',
  operands: 'words',
  about: [
    'Prints one value as it is, without a line break after it. Reads the key NAME of the secrets stores, unless --values, ' +
      '--secrets or --vault-secrets has a line for NAME. Refuses to print to a terminal, and to a pipe of a CI job, which may lead to its log.',
    'With --identity environment, the credentials are those that the AWS CLI would use: environment, profile, SSO, container or instance.',
    'With --version-id or --version-stage, it reads one store: of --environment if given, else of the repository. Without a pool, that is with the credentials of this machine.',
  ],
  inputs: ['values', 'connection', 'session'],
  flags: [
    { name: 'yes', help: 'Print to a terminal or to the pipe of a CI job too.' },
    { name: 'version-id', value: 'ID', help: 'Read this version of the store; `env-kvstore history` lists them.' },
    { name: 'version-stage', value: 'LABEL', help: 'Read the version with this label, such as AWSPREVIOUS.' },
    { name: 'variable', help: 'With --version-id or --version-stage: read the store of variables.' },
    PROFILE_FLAG,
  ],
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

  async run(args) {
    const { options, own, switches, operands: [name, ...more] } = args;
    if (name === undefined || more.length > 0) missing('one NAME');
    if (!/^[A-Za-z_]\w*$/.test(name)) missing('a NAME of letters, digits and _: for another key, give a line of --values');
    if (!switches.has('yes')) refuseToShow();
    if (own['version-id'] !== undefined || own['version-stage'] !== undefined) return printVersion(args, name);
    if (switches.has('variable')) throw wrongUsage('--variable goes with --version-id or --version-stage', `Pass --values ${name},variable.`);
    const environment = await awsVariables(options, own['profile']);
    const isGiven = ['values', 'secrets', 'vaultUrl', 'vaultSecrets'].some((name) => options[name as 'values']);
    const lines = isGiven ? options : { ...options, values: `${name},secret` };
    const { plan, values } = await run('values', { ...common, options: lines, environment }).catch((error: EnvKvstoreError) => {
      if (isGiven || error.code !== 'key-missing') throw error;
      const hint = `${error.hint} A variable is read by \`--values ${name},variable\`.`;
      throw new EnvKvstoreError({ code: error.code, message: error.message, hint });
    });
    const found = values.find((value) => value.name === name);
    if (!found) {
      const message = `there is no value for ${name}`;
      throw new EnvKvstoreError({ code: 'key-missing', message, hint: 'Give it a line in --values, --secrets or --vault-secrets.' });
    }
    await maskInLog(plan.masks);
    await print(found.value);
    return 0;
  },
};

/** One value of another version than the current one, of one store. */
async function printVersion(args: Arguments, name: string): Promise<number> {
  const { options, own, switches } = args;
  const [id, stage] = [own['version-id'], own['version-stage']];
  if (options['values'] || options['secrets'] || options['environmentStore']) {
    throw wrongUsage('--version-id and --version-stage read a key of one store, without --values, --secrets and --environment-store');
  }
  // They name the store here, and are no claims of a token.
  const { repository, environment, ...others } = options;
  const session = (await begin({ ...args, options: others, own: { ...own, repository, environment } }))!;
  const version = { ...(id !== undefined && { id }), ...(stage !== undefined && { stage }) };
  const { entries, unusable, store } = await session.ask({ task: 'read', source: { from: 'store', store: session.store, version } });
  const value = entries.find(([key]) => key === name)?.[1];
  if (value === undefined) {
    const problem = unusable.find(({ key }) => key === name)?.problem;
    const message = problem === undefined ? `${printable(store?.name ?? 'the store')} has no key ${name} in this version` : `${name}: ${printable(problem)}`;
    throw new EnvKvstoreError({ code: problem === undefined ? 'key-missing' : 'value-unusable', message, hint: '`env-kvstore history` shows which version changed which key.' });
  }
  if (!switches.has('variable')) await maskInLog(masksOf([value]));
  await print(value);
  return 0;
}

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
