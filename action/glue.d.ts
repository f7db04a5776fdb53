/** The JavaScript half that wasm-bindgen generates; the build resolves the name. */
declare module '#glue' {
  type Core = import('./core.d.ts').Core;
  export const inputNames: Core['inputNames'];
  export const environmentVariables: Core['environmentVariables'];
  export const run: Core['run'];
  export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
}
