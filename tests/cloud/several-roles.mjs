// The roles of docs/several-roles.md.

import { role, webIdentityTrust } from './setup.mjs';

/**
 * `build` and `deploy` trust the identity pool, as the role of the set-up does; `audit` trusts GitHub's tokens themselves.
 * @param {import('./setup.mjs').Setup} setup
 * @param {string[]} [audiences] that tokens for `audit` may have beside the default one
 */
export function withSeveralRoles(setup, audiences = []) {
  const { accountId, documents, oidcProviders, providerArn, roles } = setup;
  oidcProviders[providerArn].ClientIDList.push('sts.amazonaws.com', ...audiences);
  const arn = (name) => `arn:aws:iam::${accountId}:role/${name}`;
  for (const name of ['build', 'deploy']) {
    roles[arn(name)] = role(documents['trust-policy'], documents['role-policy']);
  }
  const trust = webIdentityTrust(setup, { repository: 'octo-org/octo-repo' });
  roles[arn('audit')] = role(trust, documents['role-policy']);
}

/** How GetCallerIdentity names a session of these roles. */
export function sessionArn({ accountId }, name, sessionName) {
  return `arn:aws:sts::${accountId}:assumed-role/${name}/${sessionName}`;
}
