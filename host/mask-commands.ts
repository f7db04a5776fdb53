/**
 * The commands that mask these texts, for one write: a write for each is most of what a step with many secrets costs.
 *
 * <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#masking-a-value-in-a-log>
 */
export function maskCommands(masks: string[]): string {
  const escaped = (mask: string) => mask.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  return masks.map((mask) => `::add-mask::${escaped(mask)}\n`).join('');
}
