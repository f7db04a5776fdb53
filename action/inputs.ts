import { getInput, setSecret } from '@actions/core';
import type { Core, RawInputs } from './core.d.ts';

/** Reads what the core names, as the runner gives it, and masks the one input that is a secret. */
export function loadInputs(core: Core): RawInputs {
  const inputs = Object.fromEntries(core.inputNames().map((name) => [name, getInput(name)]));
  if (inputs['github-token']) {
    setSecret(inputs['github-token']);
  }
  return { goal: 'export', claims: {}, inputs, environment: awsEnvironment(core) };
}

/** Those of the variables that the core wants to know which are set. */
export function awsEnvironment(core: Core): Record<string, string> {
  const set = core.environmentVariables().filter((name) => process.env[name] !== undefined);
  return Object.fromEntries(set.map((name) => [name, process.env[name] ?? '']));
}
