//! The saved corpus of the fuzz targets (`fuzz/`), run by a plain `cargo test`: no parser panics on any of it.

use crate::parsers;
use std::path::Path;

#[test]
fn no_parser_panics_on_the_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut count = 0;
    for (name, _) in parsers::TARGETS {
        let entries: Vec<_> =
            std::fs::read_dir(corpus.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!entries.is_empty(), "no corpus for {name}");
        // Every parser meets every input: what one kind of answer trips over, another may be sent.
        for path in entries {
            let bytes = std::fs::read(path).unwrap();
            parsers::TARGETS.iter().for_each(|(_, parse)| parse(&bytes));
            count += 1;
        }
    }
    assert!(count >= 60, "{count}");
}
