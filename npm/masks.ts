import type { Writable } from 'node:stream';

/** <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#masking-a-value-in-a-log> */
export function writeMasks(stream: Writable, masks: string[]): Promise<void> {
  const escaped = (mask: string) => mask.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  const commands = masks.map((mask) => `::add-mask::${escaped(mask)}\n`);
  return new Promise((resolve) => void stream.write(commands.join(''), () => resolve()));
}
