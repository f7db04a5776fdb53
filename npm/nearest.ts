/**
 * The name that the text most likely means, if one is near enough.
 *
 * `src/text/nearest.rs` does this for the keys of stores, by stricter rules: a wrong guess there suggests somebody else's value.
 * Commands and flags are known before the core is loaded, so a mistyped one costs no loading.
 */
export function nearest(text: string, names: string[]): string | undefined {
  const near = names
    .map((name) => ({ name, distance: distance(text, name) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(Math.min(text.length, name.length) / 3)))
    .sort((one, other) => one.distance - other.distance);
  return near[0]?.name ?? names.find((name) => text.length >= 3 && name.startsWith(text));
}

/** How many letters are added, left out, changed, or swapped with their neighbour. */
function distance(one: string, other: string): number {
  let before: number[] = [];
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      let least = Math.min(above[column]! + 1, current[column - 1]! + 1, above[column - 1]! + (isSame ? 0 : 1));
      const isSwapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (isSwapped) least = Math.min(least, before[column - 2]! + 1);
      current.push(least);
    }
    before = above;
    above = current;
  }
  return above[other.length]!;
}
