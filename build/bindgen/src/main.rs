//! `bindgen WASM OUT_DIR`: writes the JavaScript half of a module that was compiled with wasm-bindgen.
//!
//! The library of wasm-bindgen's command line, so that Cargo.lock pins it to the version of the crate.

use std::env::args_os;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<PathBuf> = args_os().skip(1).map(PathBuf::from).collect();
    let [input, out_dir] = paths.as_slice() else { return Err("usage: bindgen WASM OUT_DIR".into()) };
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(input).bundler(true)?.typescript(false).omit_default_module_path(true).generate(out_dir)?;
    Ok(())
}
