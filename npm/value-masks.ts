/** As `min-mask-length` has it by default: a shorter line, such as `{`, would be hidden in the whole log. */
const MIN_LENGTH = 4;

/** What the runner is to mask of secrets, one mask a line: the runner itself would mask each line of them, however short. */
export function masksOf(values: string[]): string {
  return values.flatMap(masksOfOne).join('\n');
}

function masksOfOne(value: string): string[] {
  const lines = value.split(/\r\n|\r|\n/);
  if (lines.length === 1) return value.trim() === '' ? [] : [value];
  return lines.map((line) => line.trim()).filter((line) => line.length >= MIN_LENGTH);
}
