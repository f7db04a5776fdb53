// `node tests/cloud/main.mjs [--port N] [--account] [--stacks FOLDER]`: serves until it is killed. The first line it prints is JSON:
// where it listens and what a job needs to use it.
//
// With --account it is an AWS account where nothing is set up, and prints lines for a shell: its administrator's credentials, and
// what a job of octo-org/octo-repo has. With --stacks too, the stacks that `env-kvstore generate
// cloudformation` has made in the folder have been deployed there, and the lines have the pool's id.

import { parseArgs } from 'node:util';
import { addAdministrator, ADMINISTRATOR, emptyAccount } from './account.mjs';
import { startCloud } from './cloud.mjs';
import { deployed, stacksIn, storesIn } from './deployed.mjs';
import { organizationSetup } from './setup.mjs';

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, account: { type: 'boolean', default: false }, stacks: { type: 'string' } } });
const port = Number(values.port);
if (values.account) await serveAccount();
else await serveSetup();

async function serveSetup() {
  const { url, issuer, setup, jobEnvironment } = await startCloud({ port });
  const { poolId, roleArn } = setup;
  console.log(JSON.stringify({ url, issuer, poolId, roleArn, jobEnvironment: jobEnvironment() }));
}

async function serveAccount() {
  const cloud = values.stacks === undefined ? await empty() : await withStacks(await stacksIn(values.stacks));
  const { accessKeyId, secretAccessKey, sessionToken } = cloud.issueCredentials(ADMINISTRATOR, { sessionName: 'me', durationSeconds: 43_200 });
  const variables = {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_REGION: cloud.setup.region,
    // The AWS CLI's version 1 reads no other.
    AWS_DEFAULT_REGION: cloud.setup.region,
    OIDC_ISSUER: cloud.url,
    ...(values.stacks !== undefined && { COGNITO_IDENTITY_POOL_ID: cloud.setup.poolId }),
    ...cloud.jobEnvironment(),
  };
  console.log(Object.entries(variables).map(([name, value]) => `export ${name}='${value}'`).join('\n'));
}

async function empty() {
  const cloud = await startCloud({ port, setupAt: organizationSetup });
  emptyAccount(cloud);
  return cloud;
}

async function withStacks(stacks) {
  const cloud = await startCloud({ port, setupAt: (origin) => deployed(stacks, origin) });
  addAdministrator(cloud.setup);
  for (const { name, tags } of storesIn(stacks)) cloud.createSecret(name, { tags });
  return cloud;
}
