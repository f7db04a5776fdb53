import { getInput, setSecret } from '@actions/core';
import type { Core, RawInputs } from './core.d.ts';

/** Reads what the core names, as the runner gives it, and masks the one input that is a secret. */
export function loadInputs(core: Core): RawInputs {
  const inputs = Object.fromEntries(core.inputNames().map((name) => [name, getInput(name)]));
  if (inputs['github-token']) {
    setSecret(inputs['github-token']);
  }
  const set = core.environmentVariables().filter((name) => process.env[name] !== undefined);
  return { inputs, environment: Object.fromEntries(set.map((name) => [name, process.env[name] ?? ''])) };
}
