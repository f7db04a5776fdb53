//! A mask among others, found with few comparisons of few bytes.

use std::cmp::Ordering;

/// A text that is masked.
#[derive(PartialEq, Eq)]
pub struct Mask(pub String);

/// Not the order of an alphabet. Many secrets of a run and their encodings begin alike and have few lengths, so the lengths are
/// compared first, then the last eight bytes, then the rest, eight bytes at a time.
impl Ord for Mask {
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, other) = (self.0.as_bytes(), other.0.as_bytes());
        let length = one.len().cmp(&other.len());
        length.then_with(|| match (one.last_chunk(), other.last_chunk()) {
            (Some(last), Some(last_of_other)) => {
                let words = |bytes| <[u8]>::as_chunks(bytes).0.iter().copied().map(u64::from_le_bytes);
                let ends = u64::from_le_bytes(*last).cmp(&u64::from_le_bytes(*last_of_other));
                // The last eight bytes hold what is left over by the words.
                ends.then_with(|| words(one).cmp(words(other)))
            }
            _ => one.cmp(other),
        })
    }
}

impl PartialOrd for Mask {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests;
