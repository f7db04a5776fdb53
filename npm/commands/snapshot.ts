import { spawn } from 'node:child_process';
import type { SnapshotChecked } from '../../host/admin.d.ts';
import type { Command } from '../command.ts';
import { EnvKvstoreError, printable, systemReason } from '../errors.ts';
import { admin } from '../load-admin.ts';
import { print } from '../output.ts';
import { printJson } from '../report.ts';
import { isEmptyOrAbsent, snapshotTexts } from '../snapshot-folder.ts';
import { missing, wrongUsage } from '../usage.ts';

const FOLDER = 'snapshot';

export const snapshot: Command = {
  name: 'snapshot',
  summary: 'collect what an account lets jobs read, for explain and audit',
  usage: '[FLAGS]',
  about: [
    'Prints a shell script of AWS CLI calls that only read: OIDC providers, identity pools with their principal tag maps, the roles that trust ' +
      'them with all their policies, names, tags and resource policies of secrets, and policies of KMS keys. It never reads the value of a secret. ' +
      'Whoever may read IAM reviews the script and runs it: sh snapshot.sh FOLDER.',
    '--run runs the script by sh, with the AWS CLI and the credentials that it finds, and checks what came. --check checks a folder that ' +
      'somebody else has collected. --policy prints the IAM policy that the script needs.',
  ],
  inputs: [],
  flags: [
    { name: 'to', value: 'FOLDER', isFile: true, help: `The folder to collect into, which must be empty or absent. Default, without --run: ${FOLDER}.` },
    { name: 'run', help: 'Run the script instead of printing it; needs --to.' },
    { name: 'check', value: 'FOLDER', isFile: true, help: 'Send nothing; say what a snapshot has, or what is wrong with it.' },
    { name: 'policy', help: 'Print the IAM policy that the script needs, instead of the script.' },
    { name: 'region', value: 'REGION', help: 'The region of the secrets and pools. Default: AWS_REGION, AWS_DEFAULT_REGION, or that of --pool-id.' },
    { name: 'pool-id', value: 'ID', repeated: true, help: 'Collect this identity pool alone. It can be repeated. Default: all of the region.' },
    { name: 'secret-prefix', value: 'PREFIX', repeated: true, help: 'Collect secrets whose names begin so. It can be repeated. Default: all of the region.' },
    { name: 'no-secret-policies', help: 'Leave out the resource policies of secrets, each of which takes a call.' },
    { name: 'json', help: 'With --run or --check: print one JSON object to stdout, with "version": 1.' },
  ],
  examples: [
    { what: 'For review, before an administrator runs it:', command: 'env-kvstore snapshot --region us-west-2 > snapshot.sh' },
    { what: 'With your own credentials:', command: 'env-kvstore snapshot --run --to snapshot --region us-west-2' },
  ],

  async run({ own, switches }) {
    const isRun = switches.has('run');
    const alone = [isRun, own['check'] !== undefined, switches.has('policy')].filter(Boolean);
    if (alone.length > 1) throw wrongUsage('--run, --check and --policy exclude each other');
    if (switches.has('json') && !isRun && own['check'] === undefined) throw wrongUsage('--json needs --run or --check');
    if (own['check'] !== undefined) return report(own['check'], switches.has('json'));
    if (isRun && own['to'] === undefined) missing('--to with --run');
    const folder = own['to'] ?? FOLDER;
    if (isRun && !isEmptyOrAbsent(folder)) {
      throw wrongUsage(`${printable(folder)} is not an empty folder`, 'Choose another folder (--to), or empty it. Nothing was sent.');
    }
    const { script, policy, wrong } = (await admin()).snapshotScript({
      to: folder,
      region: regionOf(own),
      poolIds: linesOf(own['pool-id']),
      secretPrefixes: linesOf(own['secret-prefix']),
      noSecretPolicies: switches.has('no-secret-policies'),
    });
    if (wrong.length > 0) throw wrongUsage(wrong.map(([flag, problem]) => `--${flag}: ${problem}`).join('\n'), 'See env-kvstore snapshot --help.');
    if (!isRun) {
      await print(switches.has('policy') ? `${policy}\n` : script);
      return 0;
    }
    await collect(script, folder);
    return report(folder, switches.has('json'));
  },
};

function regionOf(own: Record<string, string | undefined>): string {
  const [pool] = linesOf(own['pool-id']);
  return own['region'] || process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION'] || pool?.split(':')[0] || missing('--region');
}

function linesOf(text: string | undefined): string[] {
  return text?.split('\n').filter((line) => line !== '') ?? [];
}

/** The script comes by stdin: no file of it is left. What it says is for people, and goes to stderr. */
async function collect(script: string, folder: string): Promise<void> {
  const reason = await new Promise<string | undefined>((resolve) => {
    const shell = spawn('sh', ['-s', '--', folder], { stdio: ['pipe', 2, 2] });
    shell.on('error', (error: NodeJS.ErrnoException) => resolve(`sh: ${systemReason(error)}`));
    shell.on('close', (exitCode, signal) => resolve(exitCode === 0 ? undefined : `the script ended with ${signal ?? exitCode}`));
    // A shell that ends early does not read all of it; why it ended is said by its exit code.
    shell.stdin?.on('error', () => {}).end(script);
  });
  if (reason === undefined) return;
  throw new EnvKvstoreError({
    code: 'snapshot-failed',
    message: `${reason}, and the snapshot in ${printable(folder)} is not complete`,
    hint: 'The lines above say which call failed. It needs sh, the AWS CLI, and credentials with the rights of env-kvstore snapshot --policy.',
  });
}

async function report(folder: string, isJson: boolean): Promise<number> {
  const files = snapshotTexts(folder);
  const checked: SnapshotChecked = (await admin()).checkSnapshot(files.map(([name]) => name), files.map(([, text]) => text));
  const { problems, account, region, providers, pools, roles, secrets, keys, notEvaluated } = checked;
  if (problems.length > 0) {
    const lines = problems.map(({ file, line, pointer, message }) => `${printable(file)}:${line}${pointer && ` ${printable(pointer)}`}: ${printable(message)}`);
    throw wrongUsage(`the snapshot in ${printable(folder)} cannot be used:\n${lines.join('\n')}`, 'Take it again, or correct the files.');
  }
  if (isJson) {
    await printJson({ command: 'snapshot', folder, account, region, providers, pools, roles, secrets, keys, notEvaluated });
    return 0;
  }
  const counts = [
    [providers, 'OIDC providers'],
    [pools, 'identity pools'],
    [roles, 'roles that trust them'],
    [secrets, 'secrets'],
    [keys, 'KMS keys'],
  ].map(([count, what]) => `  ${String(count).padStart(6)} ${what}\n`);
  const lacking = notEvaluated.map((what) => `- ${printable(what)}\n`);
  await print(`${printable(folder)}: account ${account}, ${region}\n${counts.join('')}Not in it, and not evaluated by explain and audit:\n${lacking.join('')}`);
  return 0;
}
