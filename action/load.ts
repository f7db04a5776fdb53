import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import * as glue from '#glue';
import type { Core } from './core.d.ts';

/** Instantiates the core from a file of this package: no network, no install. */
export async function loadCore(wasm: string | URL): Promise<Core> {
  const { instance } = await WebAssembly.instantiate(readFileSync(wasm), {
    './env_kvstore_bg.js': glue as unknown as WebAssembly.ModuleImports,
  });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
  return glue;
}

/**
 * For a process that does no more than one run. It is over before optimized code pays: V8 would spend twice the run's own
 * time, and 25 MB, on compiling what is called often a second time, and all of it in a few hundred milliseconds.
 */
export function compileEachFunctionOnce(): void {
  setFlagsFromString('--wasm-tiering-budget=1000000000');
}
