// Runs one job of a reusable workflow as the runner does, for a caller's `with:`. The checkout has been done, the action is
// the committed bundle, and a script runs in bash with what the runner gives it, id-token request and all.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from '../tools/node_modules/yaml/dist/index.js';
import { readFileCommands } from './file-commands.mjs';
import { runStep } from './step.mjs';

const ACTION = /^org\/env-kvstore@/;

/** @param {string} text of a workflow, or of a part of one */
export function parseYaml(text) {
  // The core schema is that of YAML 1.2: `on` is a key, not a boolean.
  return parse(text, { schema: 'core' });
}

/**
 * @typedef {object} Job
 * @property {import('./step.mjs').Step} action what the step with the action did
 * @property {Script | undefined} script what the script after it did; none if the action failed
 *
 * @typedef {object} Script
 * @property {number | null} exitCode
 * @property {string} stdout
 * @property {string} stderr
 * @property {Record<string, string>} exported what a later step would find in its environment
 */

/**
 * @param {object} options
 * @param {any} options.workflow parsed; it has one job
 * @param {Record<string, unknown>} options.inputs the caller's `with:`
 * @param {Record<string, string>} options.environment of the job, as `cloud.jobEnvironment` gives it
 * @param {string} options.workspace the checked-out repository of the caller
 * @param {Record<string, string>} [options.github] what expressions read of the context `github`
 * @param {Record<string, string>} [options.actionInputs] inputs of the action that only a test needs
 * @param {string} [options.binaries] a folder before the others of PATH
 * @param {string} [options.node] the Node to run the action with
 * @returns {Promise<Job>}
 */
export async function runJob({ workflow, inputs, environment, workspace, github = {}, actionInputs = {}, binaries, node }) {
  const { steps } = onlyJob(workflow);
  const contexts = { github, inputs: calledWith(workflow, inputs) };
  const [action, script, ...others] = steps.filter(({ uses }) => !uses?.startsWith('actions/checkout@'));
  assert.match(action.uses, ACTION);
  assert.ok(script.run !== undefined && others.length === 0, 'the job loads values and runs one script');

  const done = await runStep({ inputs: { ...evaluated(action.with, contexts), ...actionInputs }, environment, node });
  if (done.exitCode !== 0) return { action: done, script: undefined };
  const run = runScript({
    script: script.run,
    shell: script.shell,
    cwd: path.join(workspace, String(evaluate(script['working-directory'] ?? '.', contexts))),
    env: {
      PATH: binaries ? `${binaries}${path.delimiter}${process.env.PATH}` : process.env.PATH,
      GITHUB_ACTIONS: 'true',
      ...environment,
      // The runner gives these two to actions alone. If it ever gave them to scripts, a script of ours must not pass them on.
      ACTIONS_RUNTIME_TOKEN: 'runtime-token',
      ACTIONS_RESULTS_URL: 'https://results.invalid/',
      ...done.env,
      ...evaluated(script.env ?? {}, contexts),
    },
  });
  return { action: done, script: await run };
}

/** The one job of a workflow. */
export function onlyJob(workflow) {
  const jobs = Object.values(workflow.jobs);
  assert.equal(jobs.length, 1);
  return jobs[0];
}

/** The inputs of a called workflow, checked as GitHub checks them. */
function calledWith(workflow, given) {
  const declared = workflow.on.workflow_call.inputs;
  for (const [name, value] of Object.entries(given)) {
    assert.ok(name in declared, `the workflow has no input ${name}`);
    assert.equal(typeof value, declared[name].type, name);
  }
  const entries = Object.entries(declared).map(([name, { required, default: otherwise }]) => {
    assert.ok(!required || name in given, `the input ${name} is required`);
    return [name, given[name] ?? otherwise];
  });
  return Object.fromEntries(entries);
}

/** A map of a workflow with the expressions in it evaluated. */
export function evaluated(values, contexts) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(evaluate(value, contexts))]));
}

/** Expressions that name one thing, or take a whole context, are all that these workflows have in their steps. */
function evaluate(value, contexts) {
  return String(value).replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression) => {
    const [, whole] = /^toJSON\((secrets|vars)\)$/.exec(expression) ?? [];
    if (whole) return JSON.stringify(contexts[whole], null, 2);
    const [, ofStep, output] = /^steps\.([\w-]+)\.outputs\.([\w-]+)$/.exec(expression) ?? [];
    if (ofStep) return contexts.steps[ofStep].outputs[output] ?? '';
    const [, allOf] = /^toJSON\(steps\.([\w-]+)\.outputs\)$/.exec(expression) ?? [];
    if (allOf) return JSON.stringify(contexts.steps[allOf].outputs, null, 2);
    const [, input, otherwise] = /^inputs\.([\w-]+) \|\| '([^']*)'$/.exec(expression) ?? [];
    if (input) return contexts.inputs[input] || otherwise;
    const [, context, name] = /^(github|inputs|matrix|vars)\.([\w-]+)$/.exec(expression) ?? [];
    assert.ok(Object.hasOwn(contexts[context] ?? {}, name), `no value for \${{ ${expression} }}`);
    return contexts[context][name];
  });
}

/** After `ScriptHandler.cs` and `ScriptHandlerHelpers.cs` of actions/runner. */
export async function runScript({ script, shell, cwd, env }) {
  const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-script-'));
  const file = path.join(folder, 'script.sh');
  const names = ['GITHUB_ENV', 'GITHUB_PATH'];
  const paths = Object.fromEntries(names.map((name) => [name, path.join(folder, name)]));
  await Promise.all([writeFile(file, script), ...names.map((name) => writeFile(paths[name], ''))]);
  assert.ok(shell === undefined || shell === 'bash', shell);
  const options = shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e'];
  const child = spawn('bash', [...options, file], {
    cwd,
    env: { ...env, ...paths },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => stream.setEncoding('utf8').toArray());
  const exitCode = await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject));
  const exported = readFileCommands(await readFile(paths.GITHUB_ENV, 'utf8'));
  await rm(folder, { recursive: true });
  return { exitCode, stdout: (await stdout).join(''), stderr: (await stderr).join(''), exported };
}
