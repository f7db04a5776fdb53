import { error, ExitCode } from '@actions/core';
import { join } from 'node:path';
import type { Failure } from '../host/core.d.ts';
import { appendToSummary, exportPlan, flushed } from './export.ts';
import { connectToGithub, createHost, sayAll, whyNoToken } from './host.ts';
import { loadInputs } from './inputs.ts';
import { pageOf } from '../host/documentation.ts';
import { compileEachFunctionOnce, loadCore } from '../host/load.ts';
import { createTransport } from '../host/transport.ts';

/** Once this is true the step has succeeded, whatever signal comes. */
let exported = false;
/** Once this is true the step is ending, whatever else goes wrong. */
let isEnding = false;

async function loadAndExport(): Promise<void> {
  const transport = createTransport();
  connectToGithub(transport);
  // The handshakes take longer than the core takes to load, if they begin before it.
  await new Promise(setImmediate);
  await compileEachFunctionOnce();
  const core = await loadCore(join(__dirname, 'env_kvstore_bg.wasm'));
  const { plan } = await core.run(loadInputs(core), createHost(transport)).catch((reason: unknown) => {
    throw whyNoToken() ?? reason;
  });
  sayAll();
  await exportPlan(core, plan, () => isEnding);
  exported = true;
}

/** Ends the process as soon as what was said is out: a token request that never answers would keep it for minutes. */
async function end(exitCode: number, failure?: Failure): Promise<void> {
  if (isEnding) {
    return;
  }
  isEnding = true;
  sayAll();
  if (failure) {
    error(`${failure.code}: ${failure.message}\n${failure.hint}\n${pageOf(failure.code)}`, { title: `env-kvstore: ${failure.code}` });
    if (failure.summary) {
      appendToSummary(failure.summary);
    }
  }
  await flushed();
  process.exit(exitCode);
}

function asFailure(reason: unknown): Failure {
  if (typeof reason === 'object' && reason !== null && 'code' in reason && 'hint' in reason) {
    return reason as Failure;
  }
  return internal(reason);
}

/** A trap in the core, or a fault of the shim. Only the kind of error and places in our code are shown, no data. */
function internal(reason: unknown): Failure {
  const { name, stack } = reason instanceof Error ? reason : { name: typeof reason, stack: '' };
  const places = [...(stack ?? '').matchAll(/at (\S+)/g)].slice(0, 5).map(([, place]) => place);
  return {
    code: 'internal-error',
    message: `${name} at ${places.join(' < ')}`,
    hint: 'This is a fault of env-kvstore. Nothing was exported. Please report it with the lines above; they hold no secret.',
  };
}

// Should the event loop ever run empty while the run is pending, that is no success.
process.exitCode = ExitCode.Failure;
for (const [signal, exitCode] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
  process.once(signal, () => {
    const message = `the step was ended by ${signal}`;
    if (!exported) void end(exitCode, { code: 'cancelled', message, hint: 'Nothing was exported.' });
  });
}
// Not `once`: Node prints what no handler takes, and an error may quote a proxy's password.
process.on('uncaughtException', (reason) => void end(ExitCode.Failure, internal(reason)));

const ended = loadAndExport().then(
  () => end(ExitCode.Success),
  (reason: unknown) => end(ExitCode.Failure, asFailure(reason)),
);

/** For `@github/local-action`, which calls what it has loaded; a runner only loads it. */
export const run = (): Promise<void> => ended;
