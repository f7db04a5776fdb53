import { readFile } from 'node:fs/promises';
import * as glue from '#glue';
import type { Core } from './core.d.ts';

/** Instantiates the core from the file beside the bundle: no network, no install. */
export async function loadCore(): Promise<Core> {
  const bytes = await readFile(new URL('./env_kvstore_bg.wasm', import.meta.url));
  const { instance } = await WebAssembly.instantiate(bytes, {
    './env_kvstore_bg.js': glue as unknown as WebAssembly.ModuleImports,
  });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
  return glue;
}
