/** The JavaScript half that wasm-bindgen generates; the build resolves the name. */
declare module '#glue' {
  type Core = import('./core.d.ts').Core;
  export const inputNames: Core['inputNames'];
  export const environmentVariables: Core['environmentVariables'];
  export const run: Core['run'];
  export const mergeProfile: Core['mergeProfile'];
  export const tokenServer: Core['tokenServer'];
  export const profileSettings: Core['profileSettings'];
  export const configure: Core['configure'];
  export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
}
