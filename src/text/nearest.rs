//! The key of a store that was probably meant. `npm/nearest.ts` does this for commands and flags, which it knows before the core
//! is loaded; its rules are looser, as it has few names and a wrong guess there does no harm.

/// Longer names are not compared, and no more names than this.
const MAX_CHARACTERS: usize = 64;
const MAX_NAMES: usize = 1000;

/// Of `known` the name that differs least from `wanted`: in its case alone, or by at most two characters, and by no more
/// than a third of them.
pub fn nearest<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = wanted.to_ascii_lowercase().chars().take(MAX_CHARACTERS + 1).collect();
    let most = (wanted.len() / 3).min(2);
    // A list, so that the search is compiled once and not for each kind of iterator.
    let known: Vec<&str> = known.take(MAX_NAMES).collect();
    let distances = known.into_iter().filter_map(|name| {
        let other: Vec<char> = name.to_ascii_lowercase().chars().take(MAX_CHARACTERS + 1).collect();
        let comparable = wanted.len().max(other.len()) <= MAX_CHARACTERS && wanted.len().abs_diff(other.len()) <= most;
        let distance = comparable.then(|| distance(&wanted, &other))?;
        (distance <= most).then_some((distance, name))
    });
    distances.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// Levenshtein's: how many characters are to be added, taken away or replaced.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, character) in one.iter().enumerate() {
        let mut diagonal = place;
        let mut left = place + 1;
        let mut next = vec![left];
        for (above, theirs) in row.iter().skip(1).zip(other) {
            left = (diagonal + usize::from(character != theirs)).min(above + 1).min(left + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
