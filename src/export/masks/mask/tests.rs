use super::*;

#[test]
fn masks_are_equal_in_their_order_only_if_they_are_the_same_text() {
    let long = "abcdefghijklmnopqrstuvw";
    // Each differs from the long one in one byte, wherever that is.
    let changed =
        (0..long.len()).map(|at| long.chars().enumerate().map(|(i, c)| if i == at { '#' } else { c }).collect());
    let shorter = (0..=long.len()).map(|end| long.chars().take(end).collect::<String>());
    let masks: Vec<_> = shorter.chain(changed).map(Mask).collect();
    for (place, one) in masks.iter().enumerate() {
        for (other_place, other) in masks.iter().enumerate() {
            assert_eq!(one.cmp(other) == Ordering::Equal, place == other_place, "{} {}", one.0, other.0);
            assert_eq!(one.cmp(other), other.cmp(one).reverse(), "{} {}", one.0, other.0);
        }
    }
}
