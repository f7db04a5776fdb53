import { readFileSync } from 'node:fs';
import { createGlue } from '#glue';
import type { Core } from './core.d.ts';

/** Instantiates the core from a file of this package: no network, no install. */
export async function loadCore(wasm: string | URL, onTrap?: (reason: unknown) => void): Promise<Core> {
  const glue = createGlue();
  const imports = onTrap ? withCaughtTraps(glue as unknown as Imports, onTrap) : glue;
  const { instance } = await WebAssembly.instantiate(readFileSync(wasm), {
    './env_kvstore_bg.js': imports as unknown as WebAssembly.ModuleImports,
  });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
  return glue;
}

export type Imports = Record<string, (...args: unknown[]) => unknown>;

/**
 * The core goes on in microtasks. What it throws there, only by a trap, would end a process that is not ours to end. Then
 * nothing of it may run again: not when a late answer comes, nor when the garbage collector finds what it left.
 */
export function withCaughtTraps(glue: Imports, onTrap: (reason: unknown) => void): Imports {
  const inert = new Proxy({}, { get: () => () => [] });
  const caught = (task: () => void) => () => {
    try {
      task();
    } catch (reason) {
      glue['__wbg_set_wasm']!(inert);
      onTrap(reason);
    }
  };
  // Two imports have this name: one looks for the function, the other calls it.
  const wrapped = Object.entries(glue).filter(([name]) => name.startsWith('__wbg_queueMicrotask_'));
  const wrapper = (original: Imports[string]) => (argument: unknown) =>
    typeof argument === 'function' ? queueMicrotask(caught(argument as () => void)) : original(argument);
  return { ...glue, ...Object.fromEntries(wrapped.map(([name, original]) => [name, wrapper(original)])) };
}

/**
 * For a process that does no more than one run, before it loads the core. The run is over before optimized code pays: V8 would
 * spend twice the run's own time, and 25 MB, on compiling what is called often a second time, of the core and of JavaScript.
 * Nor does it pay then to count the calls of every function, which tell V8 what to inline, to validate those that are not
 * called, or to wake threads for the garbage of a few megabytes.
 */
export async function compileEachFunctionOnce(): Promise<void> {
  // Not before the first connections are opened: they do not need it.
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--wasm-tiering-budget=1000000000 --no-wasm-inlining --wasm-lazy-validation');
  setFlagsFromString('--no-sparkplug --no-maglev --no-opt --no-parallel-scavenge');
}
