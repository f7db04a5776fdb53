//! What the runner is told to mask for a secret, so that no usual form of it that a later step prints is readable.
//! `docs/masking.md` states what is masked and what is not.
//!
//! The runner masks each line of what it is given and adds forms of its own ([`forms::of_runner`], padded Base64 at three
//! offsets), but it masks a `{` as readily as a key: so a multi-line secret is never given whole. Each mask costs time in
//! every line that the job prints: so none is made twice, nor one that the runner makes.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#masking-a-value-in-a-log>

use std::collections::BTreeSet;

use documents::{Key, Part};
use forms::{Distinct, Forms};
use mask::Mask;

use crate::text::secret::Secret;

mod base64_text;
mod documents;
mod forms;
mod mask;
mod ordinary;

/// Longer texts get no masks for escaped forms and for runs of letters and digits, only for their lines and for Base64.
const MAX_ESCAPED_BYTES: usize = 4 * 1024;

/// How many masks the encodings of the strings in one JSON secret may have together, beside one for 64 bytes of it.
const ENCODINGS_OF_PARTS: usize = 64;

const BYTES_FOR_ONE_MORE: usize = 64;

/// Encodings of all secrets of a run together. The secrets themselves are masked whatever their number.
const MAX_ENCODINGS: usize = 20_000;

const MAX_ENCODED_BYTES: usize = 16 * 1024 * 1024;

const LINE_BREAKS: [char; 2] = ['\r', '\n'];

/// The masks of one run, none twice.
pub struct Masks {
    min_length: usize,
    texts: BTreeSet<Mask>,
    /// What the runner makes of the masks it is given.
    of_runner: BTreeSet<Mask>,
    distinct_forms: Distinct,
    encodings_left: usize,
    encoded_bytes_left: usize,
    is_cut: bool,
}

impl Masks {
    /// Lines of a multi-line secret, and strings of a JSON secret, with fewer characters than `min_length` are not masked.
    pub fn new(min_length: usize) -> Self {
        Self {
            min_length,
            texts: BTreeSet::new(),
            of_runner: BTreeSet::new(),
            distinct_forms: Distinct::default(),
            encodings_left: MAX_ENCODINGS,
            encoded_bytes_left: MAX_ENCODED_BYTES,
            is_cut: false,
        }
    }

    /// Masks a value. True if one of its masks is ordinary text, which it will hide wherever the log has it.
    ///
    /// The time is linear in the length of the value, whatever it holds.
    pub fn add(&mut self, value: &Secret) -> bool {
        let text = value.secret();
        let mut hits_ordinary = self.add_text(text, Key::NamesSecret);
        let encodings = ENCODINGS_OF_PARTS + text.len() / BYTES_FOR_ONE_MORE;
        let of_others = self.encodings_left.saturating_sub(encodings);
        let was_cut = self.is_cut;
        self.encodings_left -= of_others;
        // What `jq -r .password` prints of it.
        for Part { text, key } in documents::parts(text) {
            if self.can_be_secret(&text, key) {
                hits_ordinary |= self.add_text(&text, key);
            }
        }
        // That the parts have used up their share is no reason to warn.
        self.is_cut = was_cut || (self.is_cut && of_others == 0);
        self.encodings_left += of_others;
        hits_ordinary
    }

    /// Whether there were so many secrets that some have no masks for their encodings.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// What the runner is to be given.
    pub fn into_texts(self) -> Vec<Secret> {
        self.texts.into_iter().map(|mask| Secret::new(mask.0)).collect()
    }

    fn can_be_secret(&self, text: &str, key: Key) -> bool {
        self.is_long_enough(text)
            && match key {
                Key::NamesSecret => true,
                Key::Unknown => !ordinary::is_ordinary(text),
                Key::NamesNoSecret => false,
            }
    }

    fn is_long_enough(&self, line: &str) -> bool {
        line.chars().nth(self.min_length.saturating_sub(1)).is_some()
    }

    fn add_text(&mut self, text: &str, key: Key) -> bool {
        if text.trim().is_empty() {
            return false;
        }
        let is_escaped = text.len() <= MAX_ESCAPED_BYTES && !forms::is_inert(text);
        let whole = text.trim_matches(LINE_BREAKS);
        let is_single_line = !has_line_break(whole);
        let hits_ordinary = if is_single_line {
            self.add_line(whole, false)
        } else {
            // A document's line that says `true,` is no secret.
            let spares_ordinary = key == Key::Unknown || documents::is_document(text);
            self.add_lines(whole, is_escaped, spares_ordinary)
        };
        if is_escaped {
            let forms = self.distinct_forms.of(text);
            self.add_forms(whole, forms.of(whole));
            if !is_single_line {
                self.add_forms_of_lines(text, whole, &forms);
            }
            forms::random_runs(whole).for_each(|run| self.add_encoding(run.to_owned()));
        }
        for encoded in base64_text::forms(if is_single_line { whole } else { text }, is_single_line) {
            self.add_encoding(encoded);
        }
        hits_ordinary
    }

    /// The lines of a text; true if one is ordinary text.
    #[inline(never)]
    fn add_lines(&mut self, whole: &str, have_forms: bool, spares_ordinary: bool) -> bool {
        let mut hits_ordinary = false;
        for line in lines(whole) {
            if self.is_long_enough(line) && !(spares_ordinary && ordinary::is_ordinary(ordinary::bare(line))) {
                hits_ordinary |= self.add_line(line, have_forms);
            }
        }
        hits_ordinary
    }

    /// The runner makes none of these of a text that it is given line by line.
    #[inline(never)]
    fn add_forms_of_lines(&mut self, text: &str, whole: &str, forms: &Forms) {
        self.add_forms(whole, forms::of_runner(whole));
        self.add_forms(text, forms::of_runner(text));
        // With the line break at its end, which a shell's `$(...)` takes away.
        let ending = text.trim_end_matches(LINE_BREAKS).rfind(LINE_BREAKS).and_then(|end| text.get(end + 1..));
        let ending = ending.unwrap_or_default();
        if self.is_masked(ending.trim()) {
            self.add_forms(ending, forms.of(ending));
        }
    }

    /// True if it is ordinary text. Its forms are looked for among those of the whole text, if there is more of it.
    fn add_line(&mut self, line: &str, has_forms: bool) -> bool {
        if has_forms {
            for form in forms::of_runner(line) {
                if form != line {
                    self.of_runner.insert(Mask(form));
                }
            }
        }
        self.texts.insert(Mask(line.to_owned()));
        !self.is_long_enough(line.trim()) || ordinary::is_ordinary(line.trim())
    }

    /// A form has as many lines as its text, of which those count that are masked, or it is one line.
    fn add_forms(&mut self, text: &str, forms: Vec<String>) {
        for form in forms {
            if !has_line_break(&form) {
                self.add_encoding_unlike_the_runners(form);
                continue;
            }
            for (line, form) in text.split(LINE_BREAKS).zip(form.split(LINE_BREAKS)) {
                if self.is_masked(line.trim()) {
                    self.add_encoding_unlike_the_runners(form.trim().to_owned());
                }
            }
        }
    }

    fn is_masked(&self, text: &str) -> bool {
        self.texts.contains(&Mask(text.to_owned()))
    }

    fn add_encoding_unlike_the_runners(&mut self, form: String) {
        let form = Mask(form);
        if !self.of_runner.contains(&form) {
            self.add_encoding(form.0);
        }
    }

    fn add_encoding(&mut self, text: String) {
        let mask = Mask(text);
        match (self.encodings_left.checked_sub(1), self.encoded_bytes_left.checked_sub(mask.0.len())) {
            (Some(encodings_left), Some(encoded_bytes_left)) => {
                if self.texts.insert(mask) {
                    (self.encodings_left, self.encoded_bytes_left) = (encodings_left, encoded_bytes_left);
                }
            }
            _ => self.is_cut |= !self.texts.contains(&mask),
        }
    }
}

/// By bytes: most of these texts are looked through for nothing else.
fn has_line_break(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'\r' | b'\n'))
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(LINE_BREAKS).map(str::trim).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests;
