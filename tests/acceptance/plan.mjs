// What is proved on real AWS: a kvstore.json for the repository whose workflow runs, what each of its jobs asks for, and the answer
// that the file promises. The answers are worked out from the file and the job's claims alone, by other code than the policies.

/** The environments of the workflow's jobs; '' is a job without one. */
export const ENVIRONMENTS = ['', 'staging', 'production', 'main', 'other-branch', 'other-workflow', 'empty'].map((name) => name && `acceptance-${name}`);
export const WORKFLOW = '.github/workflows/acceptance.yml';
export const SHARED_WORKFLOW = '.github/workflows/acceptance-shared.yml';

const PUBLIC_ISSUER = 'https://token.actions.githubusercontent.com';

/**
 * Whose jobs are let in, and at which ref, is what the claims of the deploying job say.
 * @param {Record<string, string>} claims
 * @param {{ account: string, region: string, prefix: string }} where
 */
export function documentFor(claims, { account, region, prefix }) {
  const { repository, repository_id, repository_owner, repository_owner_id, ref, enterprise, enterprise_id } = claims;
  // Only an issuer with the enterprise's slug says that the enterprise issues tokens under its own name.
  const isOfEnterprise = enterprise !== undefined && claims.iss.endsWith(`/${enterprise}`);
  const issuer = isOfEnterprise ? claims.iss.slice(0, -enterprise.length - 1) : claims.iss;
  const tenant = isOfEnterprise ? { enterprise, enterprise_id } : { organization: repository_owner, organization_id: repository_owner_id };
  const binding = (name, when, read, more = {}) => ({ name, repository, when, read, ...more });
  const [, staging, production, main, otherBranch, otherWorkflow] = ENVIRONMENTS;
  const workflow = (file) => `${repository}/${file}@${ref}`;
  return {
    version: 1,
    github: issuer === PUBLIC_ISSUER ? tenant : { ...tenant, issuer },
    aws: { account, region, pool: prefix, role: `${prefix}-all` },
    events: ['workflow_dispatch'],
    namespace: prefix,
    repositories: { [repository]: { id: repository_id } },
    bindings: [
      binding('every job', {}, ['repo']),
      binding('stages', { environment: [staging, production] }, ['env:$environment']),
      binding('main', { environment: main, ref, job_workflow_ref: workflow(WORKFLOW) }, [`env:${main}`]),
      binding('other branch', { environment: otherBranch, ref: 'refs/heads/no-such-branch' }, [`env:${otherBranch}`]),
      binding('other workflow', { environment: otherWorkflow, job_workflow_ref: workflow('.github/workflows/no-such-workflow.yml') }, [`env:${otherWorkflow}`]),
      binding('pull requests', { event_name: 'pull_request', environment: 'acceptance-pull-request' }, ['env:acceptance-pull-request'], { role: `${prefix}-pull-requests` }),
      { ...binding('shared workflow', { job_workflow_ref: workflow(SHARED_WORKFLOW), runner_environment: 'github-hosted' }, [`secret:${prefix}/shared`], { role: `${prefix}-shared` }), repository: '*' },
    ],
  };
}

/**
 * The role of all repositories is asked for every store and for one that does not exist, each other role for its own stores and for
 * one of another.
 * @returns {{ role: string, store: string }[]}
 */
export function questionsOf(document) {
  const { namespace, aws, bindings } = document;
  const [repository] = Object.keys(document.repositories);
  const opened = (of) => [...new Set(of.flatMap((binding) => grantsOf(document, binding).map(({ store }) => store)))];
  const [absent] = storesOf(namespace, repository, ENVIRONMENTS.at(-1));
  const others = [...new Set(bindings.flatMap(({ role }) => role ?? []))].flatMap((role) => {
    const own = opened(bindings.filter((binding) => binding.role === role));
    return [...own, opened(bindings).find((store) => !own.includes(store))].map((store) => ({ role, store }));
  });
  return [...[...opened(bindings), absent].map((store) => ({ role: aws.role, store })), ...others];
}

/**
 * What a job gets: `loaded`, or the code of the error.
 * @param {any} document `kvstore.json`
 * @param {Record<string, string | undefined>} claims of the job's token; none at all is a job that may not have one
 */
export function expected(document, claims, { role, store }) {
  if (claims === undefined) return 'id-token-permission-missing';
  const { aws, github, namespace } = document;
  const isShared = role === aws.role;
  const bindings = document.bindings.filter((binding) => (binding.role ?? aws.role) === role);
  const has = (claim, values) => [values].flat().includes(claims[claim]);
  const tenant = github.enterprise ? ['enterprise_id', github.enterprise_id] : ['repository_owner_id', github.organization_id];
  const events = isShared ? document.events : [...new Set(bindings.flatMap(({ when }) => when.event_name ?? document.events))];
  // What all bindings of a role of its own want, its trust policy wants.
  const wanted = bindings.map((binding) => wantedBy(document, binding));
  const common = isShared ? [] : Object.keys(wanted[0]).filter((claim) => wanted.every((each) => claim in each));
  const isTrusted = has(...tenant) && has('event_name', events) && common.every((claim) => wanted.some((each) => has(claim, each[claim])));
  if (!isTrusted) return 'assume-role-denied';
  const grants = bindings.flatMap((binding) => grantsOf(document, binding)).filter((grant) => grant.store === store);
  const isSatisfied = ({ claims: needed }) => Object.entries(needed).every(([claim, values]) => has(claim, values));
  if (grants.some(isSatisfied)) return 'loaded';
  const exists = document.bindings.some((binding) => grantsOf(document, binding).some((grant) => grant.store === store));
  const own = [undefined, claims.environment].flatMap((environment) => storesOf(namespace, claims.repository, environment));
  return isShared && !exists && own.includes(store) ? 'store-not-found' : 'store-access-denied';
}

/** What a binding opens to whom. */
function grantsOf(document, binding) {
  const { repository, read } = binding;
  const needed = wantedBy(document, binding);
  return read.flatMap((entry) => {
    if (entry === 'env:$environment') {
      return [binding.when.environment].flat().flatMap((environment) =>
        storesOf(document.namespace, repository, environment).map((store) => ({ store, claims: { ...needed, environment } })),
      );
    }
    const [, kind, name] = /^(repo|env|secret):?(.*)$/.exec(entry);
    const stores = kind === 'secret' ? [name] : storesOf(document.namespace, repository, kind === 'env' ? name : undefined);
    return stores.map((store) => ({ store, claims: needed }));
  });
}

function wantedBy(document, { repository, when = {} }) {
  return repository === '*' ? when : { ...when, repository, repository_id: document.repositories[repository].id };
}

function storesOf(namespace, repository, environment) {
  const base = `${namespace}/repo/${repository}${environment ? `/env/${environment}` : ''}`;
  return [`${base}/secrets`, `${base}/variables`];
}
