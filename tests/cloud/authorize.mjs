// Who may do what: puts a request into IAM's condition keys, has the policies evaluated and keeps every decision with
// its explanation, so that a test can ask which condition refused.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html

import { evaluate } from './policy.mjs';

/** @typedef {import('./policy.mjs').Explanation & { at: number, policies: string[], request: import('./policy.mjs').PolicyRequest }} Decision */

export class Authorizer {
  /** Oldest first. @type {Decision[]} */
  decisions = [];

  constructor(setup, now) {
    this.setup = setup;
    this.now = now;
  }

  /**
   * The trust policy decides twice: on assuming the role and, if the token carries tags, on tagging the session.
   * @returns {string | undefined} the action that is refused
   */
  refusedTrust({ role, roleArn, sessionName, identity }) {
    const assume = 'sts:AssumeRoleWithWebIdentity';
    if (!role) return assume;
    const policies = [{ name: `trust policy of ${roleArn.split('/').at(-1)}`, document: role.trustPolicy }];
    const request = {
      principal: { Federated: identity.provider },
      resource: roleArn,
      context: {
        [`${identity.provider}:aud`]: [identity.audience],
        [`${identity.provider}:sub`]: [identity.subject],
        [`${identity.provider}:amr`]: identity.methods,
        'aws:FederatedProvider': [identity.provider],
        'sts:RoleSessionName': [sessionName],
        ...tagKeys('aws:RequestTag', identity.tags),
        ...(hasTags(identity.tags) && { 'aws:TagKeys': Object.keys(identity.tags) }),
      },
    };
    const actions = hasTags(identity.tags) ? [assume, 'sts:TagSession'] : [assume];
    return actions.find((action) => this.#decide(policies, { ...request, action }) !== 'allow');
  }

  /**
   * May a session do this to a secret? In its own account the role's policy or the secret's may allow it, across
   * accounts both must; an explicit deny in either wins. (One thing is simpler than in AWS: a resource policy that names
   * its own account allows each of its roles, where AWS would leave that to the roles' policies.)
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
   * @param {object} question
   * @param {import('./sessions.mjs').Session} question.session
   * @param {string} question.action
   * @param {string} question.resource ARN or `*`
   * @param {string} question.accountId that owns the resource
   * @param {Record<string, string[]>} question.context condition keys of this action
   * @param {any} [question.resourcePolicy]
   * @returns {string | undefined} why not, in the words of AWS
   */
  refusedAccess({ session, action, resource, accountId, context, resourcePolicy }) {
    const request = { action, resource, context: { ...this.#sessionContext(session), ...context } };
    const identity = this.#identityDecision(session, { ...request, principal: null });
    const onResource = resourcePolicy
      ? this.#decide([{ name: 'resource policy', document: resourcePolicy }], {
          ...request,
          principal: { AWS: session.arn },
        })
      : 'implicit-deny';

    if (identity === 'explicit-deny') return 'with an explicit deny in an identity-based policy';
    if (onResource === 'explicit-deny') return 'with an explicit deny in a resource-based policy';
    const sameAccount = session.accountId === accountId;
    const allowed = sameAccount
      ? identity === 'allow' || onResource === 'allow'
      : identity === 'allow' && onResource === 'allow';
    if (allowed) return undefined;
    const silent = identity === 'allow' ? 'resource-based' : 'identity-based';
    return `because no ${silent} policy allows the ${action} action`;
  }

  /** A session policy can only take away: what both allow is allowed. */
  #identityDecision(session, request) {
    const ofRole = this.#decide(this.setup.roles[session.roleArn].policies, request);
    if (!session.sessionPolicy || ofRole !== 'allow') return ofRole;
    return this.#decide([{ name: 'session policy', document: session.sessionPolicy }], request);
  }

  /** Session tags hide the role's own tags of the same key, in any case; a role's other tags show through. */
  #sessionContext(session) {
    const hidden = Object.keys(session.tags).map((key) => key.toLowerCase());
    const ownTags = Object.entries(this.setup.roles[session.roleArn].tags);
    const shown = Object.fromEntries(ownTags.filter(([key]) => !hidden.includes(key.toLowerCase())));
    return {
      'aws:PrincipalArn': [session.roleArn],
      'aws:PrincipalAccount': [session.accountId],
      'aws:PrincipalType': ['AssumedRole'],
      'aws:userid': [session.userId],
      ...(session.federatedProvider && { 'aws:FederatedProvider': [session.federatedProvider] }),
      ...tagKeys('aws:PrincipalTag', { ...shown, ...session.tags }),
    };
  }

  #decide(policies, request) {
    const explanation = evaluate({ policies, request });
    this.decisions.push({ at: this.now(), policies: policies.map(({ name }) => name), request, ...explanation });
    return explanation.decision;
  }
}

/** Condition keys of tags, such as `aws:PrincipalTag/repository`. */
export function tagKeys(prefix, tags) {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, [value]]));
}

function hasTags(tags) {
  return Object.keys(tags).length > 0;
}
