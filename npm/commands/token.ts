import path from 'node:path';
import { replaceFile } from '../../host/aws-files.ts';
import type { Command } from '../command.ts';
import { common, maskInLog, print } from '../output.ts';
import { PROPOSAL_FLAGS, settingsOfProposal } from '../proposal.ts';
import { run } from '../run.ts';
import { missing } from '../usage.ts';

export const token: Command = {
  name: 'token',
  summary: 'write the web identity token to a file, for AWS_WEB_IDENTITY_TOKEN_FILE',
  usage: '[--to FILE]',
  about: [
    'Writes the token that STS accepts to a file which only you can read. Prints the variables that AWS tools need beside it, in ' +
      'the form of GITHUB_ENV. In GitHub Actions it first masks the token, through stderr.',
    'AWS_WEB_IDENTITY_TOKEN_SERVER, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME, or a profile that has these settings, can replace the flags.',
  ],
  inputs: ['connection'],
  flags: [
    { name: 'to', value: 'FILE', isFile: true, help: 'The file to write. Default: the variable AWS_WEB_IDENTITY_TOKEN_FILE.' },
    ...PROPOSAL_FLAGS,
  ],
  examples: [
    {
      what: 'For the steps that follow:',
      command: `env-kvstore token --to "$RUNNER_TEMP/token" \\
  --cognito-identity-pool-id us-west-2:12345678-1234-1234-1234-1234567890ab \\
  --cognito-role-arn arn:aws:iam::123456789012:role/github-actions \\
  >> "$GITHUB_ENV"`,
    },
  ],
  outsideActions:
    'Outside GitHub Actions there is no token to request. To read values there, use `env-kvstore exec` or `env-kvstore get` with ' +
    '`--identity environment` and `--repository OWNER/NAME`.',

  async run({ options, own }) {
    const to = path.resolve(own['to'] || process.env['AWS_WEB_IDENTITY_TOKEN_FILE'] || missing('--to FILE'));
    if (/[\r\n]/.test(to)) missing('--to FILE, without line breaks');
    const { settings, tokenVariables } = await settingsOfProposal(options, own);
    const outcome = await run('web-identity-token', { ...common, options: settings, tokenVariables });
    await maskInLog(outcome.webIdentityToken!);
    replaceFile(to, outcome.webIdentityToken!);
    // What an AWS tool needs beside the file, in the form of GITHUB_ENV. The trust policy may demand this session name.
    const variables = {
      AWS_WEB_IDENTITY_TOKEN_FILE: to,
      AWS_ROLE_ARN: settings['cognitoRoleArn']?.trim(),
      AWS_ROLE_SESSION_NAME: outcome.sessionName,
    };
    const lines = Object.entries(variables).filter(([, value]) => value);
    await print(lines.map(([name, value]) => `${name}=${value}\n`).join(''));
    return 0;
  },
};
