import type { Command } from '../command.ts';
import { common, print, warnOfShadow } from '../output.ts';
import { PROPOSAL_FLAGS, settingsOfProposal } from '../proposal.ts';
import { run } from '../run.ts';

/** Tools refresh credentials a quarter of an hour before their end: of a shorter session they would ask at every call. */
const ROLE_DURATION_SECONDS = '3600';

export const credentialProcess: Command = {
  name: 'credential-process',
  summary: 'print credentials of a role, for credential_process in an AWS config file',
  usage: '--cognito-identity-pool-id POOL --cognito-role-arn ARN',
  about: [
    'Prints credentials of the role to stdout, in the form that AWS tools read from credential_process. They last 3600 seconds.',
    'AWS_WEB_IDENTITY_TOKEN_SERVER, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME, or a profile that has these settings, can replace the flags.',
  ],
  inputs: ['connection', 'session'],
  flags: PROPOSAL_FLAGS,
  examples: [
    {
      what: 'What AWS tools run, here by hand; in ~/.aws/config it is one line:',
      command: `env-kvstore credential-process \\
  --cognito-identity-pool-id us-west-2:12345678-1234-1234-1234-1234567890ab \\
  --cognito-role-arn arn:aws:iam::123456789012:role/github-actions`,
    },
  ],
  outsideActions: 'Outside GitHub Actions there is no token to request: use a profile with credentials of your own.',

  async run({ options, own }) {
    const { settings, tokenVariables } = await settingsOfProposal(options, own);
    if (settings['identity'] !== 'environment') warnOfShadow();
    const withDuration = { ...settings, roleDurationSeconds: settings['roleDurationSeconds'] ?? ROLE_DURATION_SECONDS };
    const { credentials } = await run('credentials', { ...common, options: withDuration, tokenVariables });
    const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId } = credentials!;
    // https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
    await print(
      `${JSON.stringify({
        Version: 1,
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        SessionToken: sessionToken,
        Expiration: expiration,
        AccountId: accountId,
      })}\n`,
    );
    return 0;
  },
};
