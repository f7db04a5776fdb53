/** The JavaScript half that wasm-bindgen generates; the build resolves the name, and makes a function of the module. */
declare module '#glue' {
  type Core = import('./core.d.ts').Core;
  /** What goes with one instance. */
  export function createGlue(): Core & { __wbg_set_wasm(exports: WebAssembly.Exports): void };
}

/** The same for the crate that writes stores. */
declare module '#admin-glue' {
  type Admin = import('./admin.d.ts').Admin;
  export function createGlue(): Admin & { __wbg_set_wasm(exports: WebAssembly.Exports): void };
}
