import type { Reports, StoreName, StoreShown, Task } from '../host/admin.d.ts';
import { confirmed, hasTerminal } from './ask.ts';
import type { Arguments } from './command.ts';
import { awsVariables, PROFILE_FLAG } from './credentials.ts';
import { printable } from './errors.ts';
import type { Flag } from './flag.ts';
import { repositoryOfRemote } from './git-remote.ts';
import { adminInstance } from './load-admin.ts';
import { common } from './output.ts';
import { whileWorking } from './progress.ts';
import { rawInputs, withHost } from './run.ts';
import { wrongUsage } from './usage.ts';

const REPOSITORY: Flag = {
  name: 'repository',
  value: 'OWNER/NAME',
  help: "Repository of the store. Default: the folder's git remote origin; with a job's own session, the job's repository.",
};
export const ENVIRONMENT: Flag = { name: 'environment', value: 'NAME', help: "Environment of the store. Default: none, which is the repository's own store." };
const VARIABLE: Flag = { name: 'variable', help: 'The store of variables. Default: that of secrets.' };
const JSON_FLAG: Flag = { name: 'json', help: 'Print one JSON object to stdout, with "version": 1.' };

export const YES: Flag = { name: 'yes', help: 'Write without a question.' };
export const DRY_RUN: Flag = { name: 'dry-run', help: 'Show what would be written, and write nothing.' };
export const ANY_KEY: Flag = { name: 'allow-any-key', help: 'Take keys that are not valid names of environment variables, and names that the action refuses.' };
/** What names a store, and how it is reached. */
export const STORE_FLAGS: Flag[] = [REPOSITORY, ENVIRONMENT, VARIABLE, PROFILE_FLAG, JSON_FLAG];
/** The same where operands name the stores. */
export const OPERAND_FLAGS: Flag[] = [
  { ...REPOSITORY, help: `Repository of operands that name none. ${REPOSITORY.help.split('. ').slice(1).join('. ')}` },
  { ...VARIABLE, help: 'Stores of variables. Default: those of secrets.' },
  PROFILE_FLAG,
  JSON_FLAG,
];

/** What tasks are done with: who asks, and about which repository. */
export interface Session {
  store: StoreName;
  isJson: boolean;
  /** Whether the repository is what the folder's git remote says. */
  isDerived: boolean;
  /** `doing` is null where somebody else says what is being done. */
  ask<T extends Task>(task: T, doing?: string | null): Promise<Reports[T['task']]>;
  /** The flags that lead to a store again, for a command to copy. */
  flagsTo(store: StoreShown): string[];
}

/**
 * Settles identity, credentials and store. `isWrite` is whether something may be changed: a repository that nobody has named is
 * then confirmed first. Resolves to nothing if that is declined.
 */
export async function begin(args: Arguments, { isWrite = false, asksAnyway = false, needsRepository = true } = {}): Promise<Session | undefined> {
  const { own, switches } = args;
  const options = { ...args.options, identity: identityOf(args.options) };
  const given = own['repository'];
  if (given !== undefined && !/^[\w.-]+\/[\w.-]+$/.test(given)) throw wrongUsage('--repository: it is not OWNER/NAME');
  const derived = given === undefined && options.identity === 'environment' && needsRepository ? await derivedRepository(isWrite) : undefined;
  const repository = given ?? derived;
  const store: StoreName = {
    ...(repository !== undefined && { repository }),
    ...(own['environment'] !== undefined && { environment: own['environment'] }),
    ...(switches.has('variable') && { variable: true }),
  };
  if (derived !== undefined && isWrite && !asksAnyway) {
    const isAgreed = await confirmed(`Write to ${derived}, the repository of the git remote origin?`, switches.has('yes'));
    if (!isAgreed) return declined();
  }
  const settings = { ...common, options, environment: await awsVariables(options, own['profile']) };
  return {
    store,
    isJson: switches.has('json'),
    isDerived: derived !== undefined,
    async ask(task, doing) {
      const { wasm: admin, trapped } = await adminInstance();
      const raw = rawInputs('manage', settings, admin);
      const asked = withHost(settings, trapped, (host) => admin.manage(raw, task, host, settings.spelling));
      return doing === null ? asked : whileWorking(doing ?? 'Reading', asked);
    },
    flagsTo: ({ repository, environment, kind }) => [
      ...(options.identity === 'environment' || given !== undefined ? ['--repository', repository] : []),
      ...(environment === undefined ? [] : ['--environment', environment]),
      ...(kind === 'variable' ? ['--variable'] : []),
      ...['namespace', 'profile', 'aws-region'].flatMap((name) => {
        const value = name === 'profile' ? own[name] : args.options[name === 'aws-region' ? 'awsRegion' : name];
        return value === undefined ? [] : [`--${name}`, value];
      }),
    ],
  };
}

/** Who asks: whoever is named; the job, where its pool is given; else whoever this machine is signed in as. */
function identityOf(options: Arguments['options']): string {
  return options['identity'] ?? (options['cognitoIdentityPoolId'] ? 'cognito' : 'environment');
}

async function derivedRepository(isWrite: boolean): Promise<string> {
  if (isWrite && !hasTerminal()) {
    throw wrongUsage('without a terminal to confirm the repository of the git remote, a write requires --repository OWNER/NAME', 'Nothing was sent.');
  }
  const repository = await repositoryOfRemote();
  if (repository !== undefined) return repository;
  throw wrongUsage('this command requires --repository OWNER/NAME: the git remote origin of this folder names no repository', 'Nothing was sent.');
}

/** A declined question ends the command with 1. */
export function declined(): undefined {
  console.error('Nothing was written.');
  return undefined;
}

/** What is above a question: the store that it is about. */
export function named({ name, region, account }: StoreShown, { isDerived }: Session): string {
  const place = [account, region].filter(Boolean).join(', ');
  return `${printable(name)} (${place})${isDerived ? '\nThe repository is that of the git remote origin.' : ''}`;
}
