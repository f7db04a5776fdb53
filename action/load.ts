import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import * as glue from '#glue';
import type { Core } from './core.d.ts';

/**
 * Instantiates the core from the file beside the bundle: no network, no install.
 *
 * A run is over before optimized code pays: V8 would spend twice the run's own time, and 25 MB, on compiling what is called
 * often a second time, and all of it in a few hundred milliseconds.
 */
export async function loadCore(): Promise<Core> {
  setFlagsFromString('--wasm-tiering-budget=1000000000');
  const bytes = readFileSync(path.join(__dirname, 'env_kvstore_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, {
    './env_kvstore_bg.js': glue as unknown as WebAssembly.ModuleImports,
  });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
  return glue;
}
