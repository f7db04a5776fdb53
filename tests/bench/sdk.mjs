// The same job written the usual way: the AWS SDK's clients with their defaults, and GitHub's toolkit.

import * as core from '@actions/core';
import { CognitoIdentityClient, GetIdCommand, GetOpenIdTokenCommand } from '@aws-sdk/client-cognito-identity';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';

async function run() {
  const poolId = core.getInput('cognito-identity-pool-id');
  const roleArn = core.getInput('cognito-role-arn');
  const issuer = `${core.getInput('oidc-issuer')}/${core.getInput('github-enterprise-name')}`;
  const region = poolId.split(':')[0];

  const token = await core.getIDToken('cognito-identity.amazonaws.com');
  const Logins = { [issuer.replace('https://', '')]: token };
  const cognito = new CognitoIdentityClient({ region });
  const { IdentityId } = await cognito.send(
    new GetIdCommand({ AccountId: roleArn.split(':')[4], IdentityPoolId: poolId, Logins }),
  );
  const { Token } = await cognito.send(new GetOpenIdTokenCommand({ IdentityId, Logins }));

  const sts = new STSClient({ region });
  const { Credentials } = await sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: roleArn,
      RoleSessionName: `${process.env.GITHUB_RUN_ID}@${process.env.GITHUB_SHA}`,
      WebIdentityToken: Token,
      DurationSeconds: 900,
    }),
  );

  const secretsManager = new SecretsManagerClient({
    region,
    credentials: {
      accessKeyId: Credentials.AccessKeyId,
      secretAccessKey: Credentials.SecretAccessKey,
      sessionToken: Credentials.SessionToken,
    },
  });
  const read = async (SecretId) => (await secretsManager.send(new GetSecretValueCommand({ SecretId }))).SecretString;

  const stores = core.getMultilineInput('stores').map(async (id) => {
    const values = Object.entries(JSON.parse(await read(id)));
    return values.map(([name, value]) => ({ name, value, isSecret: id.endsWith('/secrets') }));
  });
  const secrets = core.getMultilineInput('secrets').map(async (line) => {
    const [name, id] = line.split('=');
    return { name, value: await read(id), isSecret: true };
  });
  for (const { name, value, isSecret } of (await Promise.all([...stores, ...secrets])).flat()) {
    if (isSecret) core.setSecret(value);
    core.exportVariable(name, value);
  }
}

run().catch((error) => core.setFailed(error));
