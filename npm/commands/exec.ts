import type { Command } from '../command.ts';
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
  ],
  inputs: ['values', 'connection', 'session'],
  flags: [],
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

  async run({ options, operands: [command, ...args] }) {
    if (command === undefined) missing('a command after --');
    const { plan, values } = await run('values', { ...common, options });
    await maskInLog(plan.masks);
    return runCommand(command, args, Object.fromEntries(values.map(({ name, value }) => [name, value])));
  },
};
