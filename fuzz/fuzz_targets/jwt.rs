#![no_main]

#[path = "../../tests/core/parsers/mod.rs"]
mod parsers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| parsers::feed("jwt", bytes));
