import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createGlue } from '#admin-glue';
import type { Admin } from '../host/admin.d.ts';
import { withCaughtTraps, type Imports } from '../host/load.ts';
import { instanceOf } from './run.ts';

/** The instance of what the command line alone needs. */
export const adminInstance = instanceOf(new URL('./env_kvstore_admin_bg.wasm.gz', import.meta.url), loadAdmin);

export async function admin(): Promise<Admin> {
  return (await adminInstance()).wasm;
}

/** Instantiates the crate `admin`, as `loadCore` does the core. Not in one file with it: the action has no use for this one. */
async function loadAdmin(wasm: URL, onTrap: (reason: unknown) => void): Promise<Admin> {
  const glue = createGlue();
  const imports = withCaughtTraps(glue as unknown as Imports, onTrap);
  const { instance } = await WebAssembly.instantiate(gunzipSync(readFileSync(wasm)), {
    './env_kvstore_admin_bg.js': imports as unknown as WebAssembly.ModuleImports,
  });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
  return glue;
}
