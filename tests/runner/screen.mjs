// What is on the screen once a program has written to a terminal.

import { createRequire } from 'node:module';

const { Terminal } = createRequire(new URL('../tools/package.json', import.meta.url))('@xterm/headless');

/** The lines, each whole however wide the terminal is, without white space at their ends. */
export async function screenOf(written, { cols = 80 } = {}) {
  const terminal = new Terminal({ cols, rows: 200, scrollback: 1000, allowProposedApi: true });
  await new Promise((resolve) => terminal.write(written, resolve));
  const { active } = terminal.buffer;
  const lines = [];
  for (let at = 0; at < active.length; at += 1) {
    const line = active.getLine(at);
    const text = line.translateToString(false);
    if (line.isWrapped) lines[lines.length - 1] += text;
    else lines.push(text);
  }
  terminal.dispose();
  return `${lines.map((line) => line.trimEnd()).join('\n').trimEnd()}\n`;
}
