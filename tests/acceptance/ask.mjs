// Asks the questions of the plan in the job that this runs in, each by a run of the action as the runner starts it.

import { createHash } from 'node:crypto';
import { runStep } from '../runner/step.mjs';
import { expected } from './plan.mjs';

/** What of the job's environment the action gets: its token and how to reach AWS. */
const PASSED_ON = /^(ACTIONS_ID_TOKEN_REQUEST_(URL|TOKEN)|AWS_ENDPOINT_URL\w*|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|HOME)$/i;

/** The job's token, unverified: only its claims, for what to expect. */
export async function claimsOfJob(environment) {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = environment;
  if (!url) return undefined;
  const answer = await fetch(`${url}&audience=cognito-identity.amazonaws.com`, { headers: { authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`GitHub gives no token: ${answer.status}`);
  const { value } = await answer.json();
  return JSON.parse(Buffer.from(value.split('.')[1], 'base64url').toString('utf8'));
}

/**
 * @param {object} options
 * @param {any} options.plan what `deploy` has written
 * @param {Record<string, string> | undefined} options.claims of the job's token; none without the right to one
 * @param {Record<string, string>} options.environment of the job
 * @param {{ role: string, store: string }[]} options.questions
 * @param {string} [options.node]
 * @returns {Promise<Result[]>}
 *
 * @typedef {{ role: string, store: string, expected: string, got: string, milliseconds: number, said: string }} Result
 */
export async function ask({ plan, claims, environment, questions, node }) {
  const passedOn = Object.fromEntries(Object.entries(environment).filter(([name]) => PASSED_ON.test(name)));
  const results = [];
  // One after another: what each takes is measured.
  for (const question of questions) {
    const began = performance.now();
    const step = await runStep({ inputs: inputsFor(plan, question), environment: passedOn, node });
    const milliseconds = Math.round(performance.now() - began);
    results.push({ ...question, expected: expected(plan.document, claims, question), ...outcome(step, plan, question), milliseconds });
  }
  return results;
}

/** Of the action, for one question. */
export function inputsFor({ document, poolId, partition }, { role, store }) {
  const { aws, github } = document;
  return {
    'cognito-identity-pool-id': poolId,
    'cognito-role-arn': `arn:${partition}:iam::${aws.account}:role/${role}`,
    'github-enterprise-name': github.enterprise ?? '',
    ...(github.issuer ? { 'oidc-issuer': github.issuer } : {}),
    secrets: `VALUE=arn:${partition}:secretsmanager:${aws.region}:${aws.account}:secret:${store}:KEY`,
  };
}

/** A value is compared by its hash, and is in no result; what the action says of an error has none. */
function outcome({ exitCode, env, commands, masker }, { hashes }, { store }) {
  if (exitCode === 0) return { got: hashOf(env.VALUE ?? '') === hashes[store] ? 'loaded' : 'another value', said: '' };
  const error = commands.find(({ command }) => command === 'error');
  const got = /^env-kvstore: ([\w-]+)$/.exec(error?.properties.title ?? '')?.[1] ?? 'no code';
  return { got, said: masker.mask(error?.data ?? '') };
}

export function hashOf(value) {
  return createHash('sha256').update(value).digest('hex');
}
