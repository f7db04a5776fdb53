/**
 * The commands that mask these texts, one a line, for one write: a write for each is most of what a step with many secrets costs.
 *
 * <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#masking-a-value-in-a-log>
 */
export function maskCommands(masks: string): string {
  if (masks === '') return '';
  const escaped = masks.replaceAll('%', '%25').replaceAll('\r', '%0D');
  return `::add-mask::${escaped.replaceAll('\n', '\n::add-mask::')}\n`;
}
