import type { Command } from '../command.ts';
import { awsVariables, PROFILE_FLAG } from '../credentials.ts';
import { runCommand } from '../exec.ts';
import { common, maskInLog } from '../output.ts';
import { run } from '../run.ts';
import { missing } from '../usage.ts';

export const exec: Command = {
  name: 'exec',
  summary: 'run a command with values in its environment',
  usage: '--values LINES [FLAGS] -- COMMAND [ARGUMENTS]',
  operands: 'command',
  about: [
    'Runs a command with the values in its environment, and in no other. Signals and the exit code are passed on. In GitHub Actions ' +
      "it first masks the secrets, through stderr, because stdout is the command's.",
    'With --identity environment, the credentials are those that the AWS CLI would use: environment, profile, SSO, container or instance.',
  ],
  inputs: ['values', 'connection', 'session'],
  flags: [
    { name: 'pristine', help: 'Start from an empty environment: the command gets the values and nothing else; on Windows, SystemRoot too.' },
    PROFILE_FLAG,
  ],
  examples: [
    {
      what: 'In a job of GitHub Actions:',
      command: `env-kvstore exec --values DATABASE_URL,secret \\
  --cognito-identity-pool-id us-west-2:12345678-1234-1234-1234-1234567890ab \\
  --cognito-role-arn arn:aws:iam::123456789012:role/github-actions \\
  -- ./migrate`,
    },
    {
      what: 'On your own machine, with AWS credentials of your own:',
      command: `env-kvstore exec --values DATABASE_URL,secret --identity environment \\
  --repository octo-org/octo-repo --namespace octo-org \\
  --aws-region us-west-2 --aws-account-id 123456789012 -- ./migrate`,
    },
  ],
  // As `env` and `timeout` have it: told apart from what the command itself ends with.
  failsWith: 125,
  exitCodes: [
    ['125', 'exec itself failed'],
    ['126', 'the command cannot be run'],
    ['127', 'the command does not exist'],
    ['other', 'the exit code of the command'],
  ],
  outsideActions: `Outside GitHub Actions, use AWS credentials of your own: \`--identity environment\` and \`--repository OWNER/NAME\`.`,

  async run({ options, own, switches, operands: [command, ...args] }) {
    if (command === undefined) missing('a command after --');
    const environment = await awsVariables(options, own['profile']);
    const { plan, values } = await run('values', { ...common, options, environment });
    await maskInLog(plan.masks);
    const variables = Object.fromEntries(values.map(({ name, value }) => [name, value]));
    return runCommand(command, args, variables, switches.has('pristine'));
  },
};
