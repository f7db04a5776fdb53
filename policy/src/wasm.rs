//! The crate as WebAssembly: one function, JSON in and JSON out.

use wasm_bindgen::prelude::*;

/// [`crate::evaluate_json`] for JavaScript; what it refuses is thrown as an `Error`.
#[wasm_bindgen]
pub fn evaluate(json: &str) -> Result<String, JsError> {
    Ok(crate::evaluate_json(json)?)
}
