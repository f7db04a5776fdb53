// What the jobs were answered against what the plan promises: a table for people, and whether all of it holds.

import { ENVIRONMENTS } from './plan.mjs';

/** Every job of the workflow that asks; one that says nothing is a failure. */
export const JOBS = [...ENVIRONMENTS.map((environment) => environment || 'no-environment'), 'shared', 'without-permission', 'action'];

/** What one repository cannot ask, for the person who runs this. docs/acceptance.md says how. */
export const BY_HAND = [
  'a pull request of a branch reads its environment with the role of pull requests',
  'a pull request of a fork gets no token, or is refused',
  'pull_request_target and workflow_run are refused by the role of all repositories',
  'another repository of the owner is refused by every store',
  'that repository may call the shared workflow',
  'a repository that was deleted and made again under its name is refused',
];

/**
 * @param {Record<string, import('./ask.mjs').Result[]>} results by job
 * @returns {{ problems: string[], markdown: string }}
 */
export function report(results, { deployed }) {
  const missing = JOBS.filter((job) => !results[job]?.length).map((job) => `${job}: no answer`);
  const rows = Object.entries(results).flatMap(([job, answers]) => answers.map((answer) => ({ job, ...answer })));
  const wrong = rows.filter(({ expected, got }) => got !== expected);
  const problems = [...missing, ...deployed.problems, ...wrong.map(({ job, role, store, expected, got }) => `${job}: ${role} ${store}: ${got} instead of ${expected}`)];
  const counts = Object.entries(countedBy(rows, ({ got }) => got)).map(([got, count]) => `${count} ${got}`);
  const times = rows.filter(({ got }) => got === 'loaded').map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  const lines = [
    '# Acceptance on real AWS and GitHub',
    '',
    problems.length === 0 ? `All ${rows.length} questions were answered as kvstore.json says: ${counts.join(', ')}.` : `**${problems.length} answers are wrong.** ${counts.join(', ')}.`,
    '',
    ...problems.map((problem) => `* ${problem}`),
    '',
    ...(times.length ? [`The step that loads a value took ${at(0.5)} ms (median of ${times.length}; ${times[0]} to ${times.at(-1)}, 90% within ${at(0.9)}).`, ''] : []),
    ...deployed.notes.map((note) => `* ${note}`),
    '',
    '| job | role | store | expected | got | ms |',
    '|---|---|---|---|---|---|',
    ...rows.map(({ job, role, store, expected, got, milliseconds }) => `| ${[job, `\`${role}\``, `\`${store}\``, expected, got === expected ? got : `**${got}**`, milliseconds].join(' | ')} |`),
    '',
    'To be done by hand, as docs/acceptance.md says:',
    '',
    ...BY_HAND.map((step) => `* [ ] ${step}`),
    '',
  ];
  return { problems, markdown: lines.join('\n') };
}

function countedBy(rows, keyOf) {
  const counts = {};
  for (const row of rows) counts[keyOf(row)] = (counts[keyOf(row)] ?? 0) + 1;
  return counts;
}
