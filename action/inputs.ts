import { getInput, setSecret } from '@actions/core';
import type { Core, RawInputs } from '../host/core.d.ts';
import { awsEnvironment } from '../host/node-host.ts';

/** Reads what the core names, as the runner gives it, and masks the one input that is a secret. */
export function loadInputs(core: Core): RawInputs {
  const inputs = Object.fromEntries(core.inputNames().map((name) => [name, getInput(name)]));
  if (inputs['github-token']) {
    setSecret(inputs['github-token']);
  }
  return { goal: 'export', claims: {}, inputs, environment: awsEnvironment(core), windows: process.platform === 'win32' };
}
