import type { Command } from '../command.ts';
import { completionScript, SHELLS } from '../completion.ts';
import { print } from '../output.ts';
import { missing } from '../usage.ts';

export const completion: Command = {
  name: 'completion',
  summary: 'print a completion script for bash, zsh or fish',
  usage: SHELLS.join('|'),
  operands: 'words',
  choices: SHELLS,
  about: ['Prints a script that teaches a shell to complete the commands and flags of env-kvstore.'],
  inputs: [],
  flags: [],
  examples: [
    { what: 'In ~/.bashrc:', command: 'source <(env-kvstore completion bash)' },
    { what: 'In ~/.zshrc, after compinit:', command: 'source <(env-kvstore completion zsh)' },
    { what: 'Once, for fish:', command: 'env-kvstore completion fish > ~/.config/fish/completions/env-kvstore.fish' },
  ],

  async run({ operands: [shell, ...more] }, commands) {
    const known = SHELLS.find((name) => name === shell);
    if (known === undefined || more.length > 0) missing(`one of ${SHELLS.join(', ')}`);
    await print(completionScript(known, commands));
    return 0;
  },
};
