// An AWS account as a platform team finds it: nothing is set up, and an administrator may do everything.

import { role } from './setup.mjs';

export const ADMINISTRATOR = 'arn:aws:iam::123456789012:role/administrator';
const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/** Takes away what the cloud was started with. GitHub's issuer stays what it is. */
export function emptyAccount({ setup }) {
  Object.assign(setup, { oidcProviders: {}, identityPools: {}, users: {} });
  setup.roles = {};
  addAdministrator(setup);
}

/** Nobody is trusted to assume it: sessions of it are issued. */
export function addAdministrator(setup) {
  setup.roles[ADMINISTRATOR] = role({ Version: '2012-10-17', Statement: [] }, EVERYTHING);
}
