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
    const request = {
      principal: { Federated: identity.provider },
      resource: roleArn,
      context: {
        ...identity.conditionKeys,
        'aws:FederatedProvider': [identity.provider],
        'sts:RoleSessionName': [sessionName],
        ...tagKeys('aws:RequestTag', identity.tags),
        ...(hasTags(identity.tags) && { 'aws:TagKeys': Object.keys(identity.tags) }),
        ...(identity.transitiveKeys.length > 0 && { 'sts:TransitiveTagKeys': identity.transitiveKeys }),
      },
    };
    const actions = hasTags(identity.tags) ? [assume, 'sts:TagSession'] : [assume];
    const policies = trustPolicies(role, roleArn);
    return actions.find((action) => this.#decide(policies, { ...request, action }) !== 'allow');
  }

  /**
   * May a session assume another role, and tag that role's session? The trust policy must allow it. Where that names
   * the caller's role, in the same account, nothing else need allow it; where it names an account, or comes from
   * another one, the caller's own policies must as well.
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
   * @param {object} question
   * @param {import('./sessions.mjs').Session} question.caller
   * @param {string} question.region
   * @param {import('./setup.mjs').Role | undefined} question.role
   * @param {string} question.roleArn
   * @param {string} question.sessionName
   * @param {Record<string, string>} question.requested tags
   * @param {Record<string, string>} question.inherited tags, which need permission as much
   * @param {string[]} question.transitiveKeys
   * @returns {string | undefined} the action that is refused
   */
  refusedRole({ caller, region, role, roleArn, sessionName, requested, inherited, transitiveKeys }) {
    if (!role) return 'sts:AssumeRole';
    const context = {
      ...this.#sessionContext(caller),
      'aws:RequestedRegion': [region],
      'aws:ResourceAccount': [roleArn.split(':')[4]],
      'sts:RoleSessionName': [sessionName],
      ...tagKeys('aws:RequestTag', requested),
      ...(hasTags(requested) && { 'aws:TagKeys': Object.keys(requested) }),
      ...(transitiveKeys.length > 0 && { 'sts:TransitiveTagKeys': transitiveKeys }),
    };
    const tagged = hasTags({ ...inherited, ...requested });
    const actions = tagged ? ['sts:AssumeRole', 'sts:TagSession'] : ['sts:AssumeRole'];
    return actions.find((action) => !this.#trusts({ caller, role, roleArn }, { action, resource: roleArn, context }));
  }

  /** A session policy limits also what a trust policy grants to the role: then being named is not enough here. */
  #trusts({ caller, role, roleArn }, request) {
    const byTrust = this.#explain(trustPolicies(role, roleArn), { ...request, principal: { AWS: caller.arn } });
    if (byTrust.decision !== 'allow') return false;
    const byIdentity = this.#identityDecision(caller, { ...request, principal: null });
    const sameAccount = caller.accountId === roleArn.split(':')[4];
    const suffices = sameAccount && !caller.sessionPolicy && namesCaller(role.trustPolicy, byTrust, caller);
    return suffices ? byIdentity !== 'explicit-deny' : byIdentity === 'allow';
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

  /** A permissions boundary and a session policy can only take away: what all allow is allowed. */
  #identityDecision(session, request) {
    const { policies, boundary } = this.#principal(session);
    const byPolicies = this.#decide(policies, request);
    const ofPrincipal = boundary && byPolicies === 'allow' ? this.#decide([boundary], request) : byPolicies;
    if (!session.sessionPolicy || ofPrincipal !== 'allow') return ofPrincipal;
    return this.#decide([{ name: 'session policy', document: session.sessionPolicy }], request);
  }

  /** Session tags hide the role's own tags of the same key, in any case; a role's other tags show through. */
  #sessionContext(session) {
    const hidden = Object.keys(session.tags).map((key) => key.toLowerCase());
    const ownTags = Object.entries(this.#principal(session).tags);
    const shown = Object.fromEntries(ownTags.filter(([key]) => !hidden.includes(key.toLowerCase())));
    return {
      'aws:PrincipalArn': [session.userArn ?? session.roleArn],
      'aws:PrincipalAccount': [session.accountId],
      'aws:PrincipalType': [session.userArn ? 'User' : 'AssumedRole'],
      ...(session.userArn && { 'aws:username': [session.userArn.split('/').at(-1)] }),
      'aws:userid': [session.userId],
      ...(session.federatedProvider && { 'aws:FederatedProvider': [session.federatedProvider] }),
      ...tagKeys('aws:PrincipalTag', { ...shown, ...session.tags }),
    };
  }

  /** The role or the user. */
  #principal({ userArn, roleArn }) {
    return userArn ? this.setup.users[userArn] : this.setup.roles[roleArn];
  }

  #decide(policies, request) {
    return this.#explain(policies, request).decision;
  }

  /** The time is given only to policies that ask for it: a decision that does not rest on it is made once. */
  #explain(policies, { context, ...rest }) {
    const now = /aws:CurrentTime/i.test(JSON.stringify(policies)) && { 'aws:CurrentTime': [new Date(this.now()).toISOString().replace(/\.\d+/, '')] };
    const request = { ...rest, context: { ...context, ...now } };
    // The evaluator takes nothing else: a managed policy has an ARN too.
    const explanation = evaluate({ policies: policies.map(({ name, document }) => ({ name, document })), request });
    this.decisions.push({ at: this.now(), policies: policies.map(({ name }) => name), request, ...explanation });
    return explanation;
  }
}

function trustPolicies(role, roleArn) {
  return [{ name: `trust policy of ${roleArn.split('/').at(-1)}`, document: role.trustPolicy }];
}

/** Whether a statement that allows names the caller, or everyone: one that names an account leaves it to the account. */
function namesCaller({ Statement }, { statements }, { arn, roleArn }) {
  const allowed = statements.filter(({ matches, effect }) => matches && effect === 'Allow');
  const principals = allowed.flatMap(({ index }) => {
    const { Principal } = [Statement].flat()[index];
    return Principal?.AWS ?? Principal;
  });
  return principals.some((principal) => [arn, roleArn, '*'].includes(principal));
}

/** Condition keys of tags, such as `aws:PrincipalTag/repository`. */
export function tagKeys(prefix, tags) {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, [value]]));
}

function hasTags(tags) {
  return Object.keys(tags).length > 0;
}
