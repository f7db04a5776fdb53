// The platform team at its own machine: a person with the policy of docs/managing-values.md, as the command line finds them.

import { documentsIn } from '../cloud/pages.mjs';

/**
 * @param {Awaited<ReturnType<import('../cloud/cloud.mjs').startCloud>>} cloud
 * @param {string} home a folder without AWS's files
 */
export function platformAt(cloud, home) {
  const policy = documentsIn(cloud.url, ['docs/managing-values.md'])['writers-platform-policy'];
  const { accessKeyId, secretAccessKey, sessionToken } = cloud.addPerson('platform', policy);
  return {
    HOME: home,
    USERPROFILE: home,
    AWS_ENDPOINT_URL: cloud.url,
    AWS_REGION: 'us-west-2',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
}
