import type { Examination, Machine } from '../../host/admin.d.ts';
import { pageOf } from '../../host/documentation.ts';
import type { Arguments, Command } from '../command.ts';
import { checkProfile, keysOf, PROFILE_FLAG, regionOf, regionVariables } from '../credentials.ts';
import { EnvKvstoreError, printable } from '../errors.ts';
import { adminInstance } from '../load-admin.ts';
import { common, isInActions, print } from '../output.ts';
import { whileWorking } from '../progress.ts';
import { printJson, table } from '../report.ts';
import { rawInputs, withHost } from '../run.ts';

const FAILED = 1;

export const doctor: Command = {
  name: 'doctor',
  summary: 'check each step from the job to its stores, and say what to fix first',
  usage: '[FLAGS]',
  about: [
    'In a job, it checks each leg by itself: the GitHub token, the identity pool or the token exchange, the session tags, the role, and the stores. It prints what each leg found and ' +
      'how long it took, and what to fix first. Pass the flags of the step that fails.',
    'On your own machine, it checks the region and the credentials; with --repository, the stores too.',
    'No value is read: the stores are asked for a version that does not exist, and the answer says whether they are there and can be read. So it cannot ' +
      'see whether a store has a value, or whether its KMS key decrypts it.',
  ],
  inputs: ['values', 'connection', 'session'],
  flags: [PROFILE_FLAG, { name: 'json', help: 'Print one JSON object to stdout, with "version": 1.' }],
  examples: [
    {
      what: 'In the job whose step fails:',
      command: `env-kvstore doctor \\
  --cognito-identity-pool-id us-west-2:12345678-1234-1234-1234-1234567890ab \\
  --cognito-role-arn arn:aws:iam::123456789012:role/github-actions`,
    },
    { what: 'On your own machine:', command: 'env-kvstore doctor --repository octo-org/octo-repo --environment production' },
  ],

  async run({ options: given, own, switches }) {
    const options = { ...given, identity: identityOf(given) };
    checkProfile(options, own['profile']);
    const { machine, environment } = options.identity === 'environment' ? await found(options, own['profile']) : { machine: NOTHING_FOUND, environment: {} };
    const { wasm: admin, trapped } = await adminInstance();
    const settings = { ...common, options, environment };
    const raw = rawInputs('manage', settings, admin);
    const examined = await whileWorking('Checking', withHost(settings, trapped, (host) => admin.doctor(raw, machine, host, settings.spelling)));
    const { ok, legs, stores, fix } = examined;
    const page = fix && { page: pageOf(fix.code) };
    if (switches.has('json')) await printJson({ command: 'doctor', ok, identity: options.identity, legs, stores, fix: fix && { ...fix, ...page } });
    else await print(told(examined));
    return ok ? 0 : FAILED;
  },
};

const NOTHING_FOUND: Machine = { sources: [], isJob: isInActions() };

/** Where a job could be, a pool or a runner says so; else it is the machine of a person. */
function identityOf(options: Arguments['options']): string {
  const isOfJob = options['cognitoIdentityPoolId'] || isInActions() || process.env['ACTIONS_ID_TOKEN_REQUEST_URL'];
  return options['identity'] ?? (isOfJob ? 'cognito' : 'environment');
}

/** The region and the keys of this machine, or why there are none. */
async function found(options: Arguments['options'], profile: string | undefined) {
  const home = options['cognitoRegion'];
  const region = (await regionOf(options, profile)) ?? (home ? { name: home, from: '--cognito-region' } : undefined);
  const isJob = isInActions();
  try {
    const { variables, sources } = await keysOf(profile, region?.name);
    return { machine: { sources, isJob, ...(region && { region }) }, environment: { ...regionVariables(region), ...variables } };
  } catch (reason) {
    if (!(reason instanceof EnvKvstoreError)) throw reason;
    const { code, message, hint } = reason;
    return { machine: { sources: [], isJob, ...(region && { region }), problem: { code, message, hint } }, environment: regionVariables(region) };
  }
}

function told({ legs, stores, fix }: Examination): string {
  const time = (ms: number | undefined) => (ms === undefined ? '' : `${Math.round(ms)} ms`);
  const words = { ok: 'ok', failed: 'FAILED', 'not-reached': 'not reached' };
  const parts = [table(['leg', 'result', 'time', 'found'], legs.map(({ leg, status, ms, summary }) => [leg, words[status], time(ms), summary]))];
  if (stores.length > 0) {
    const finding = { readable: 'can be read', missing: 'does not exist', denied: 'denied, or does not exist', failed: 'failed' };
    parts.push(table(['answer', 'time', 'store'], stores.map((store) => [finding[store.finding] + (store.finding === 'readable' || store.matters ? '' : ' (not needed)'), time(store.ms), store.name])));
  }
  if (fix) parts.push(`To fix first (${fix.leg}): ${fix.code}: ${lines(fix.message)}\n${lines(fix.hint)}\n${pageOf(fix.code)}\n`);
  return parts.join('\n');
}

function lines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
