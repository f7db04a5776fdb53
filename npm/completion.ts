import { flagsOf, type Command } from './command.ts';
import type { Flag } from './flag.ts';

export const SHELLS = ['bash', 'zsh', 'fish'];

/** What teaches a shell the commands, their flags, and what a flag may be. */
export function completionScript(shell: string, commands: Command[]): string {
  const scripts: Record<string, (commands: Command[]) => string> = { bash, zsh, fish };
  return scripts[shell]!(commands);
}

const GENERAL = ['help', '--help', '--version'];
const HELP: Flag = { name: 'help', help: 'Print this help.' };

function bash(commands: Command[]): string {
  const names = commands.map(({ name }) => name);
  const valueCases = (command: Command) =>
    flagsOf(command)
      .filter(({ value }) => value)
      .map(({ name, choices, isFile }) => {
        const words = choices ? `COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$cur"))` : isFile ? 'COMPREPLY=($(compgen -f -- "$cur"))' : '';
        return `        --${name}) ${words ? `${words}; ` : ''}return ;;\n`;
      })
      .join('');
  const cases = commands.map((command) => {
    const flags = [...flagsOf(command), HELP].map(({ name }) => `--${name}`).join(' ');
    const values = valueCases(command);
    const operands = command.choices ? `words='${command.choices.join(' ')}'` : command.takesFiles ? "files=true" : '';
    return `    ${command.name})
${values ? `      case $prev in\n${values}      esac\n` : ''}      flags='${flags}'
${operands ? `      ${operands}\n` : ''}      ;;
`;
  });
  return `# Completion of env-kvstore for bash: source <(env-kvstore completion bash)
_env_kvstore() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} flags='' words='' files='' i
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${[...names, ...GENERAL].join(' ')}' -- "$cur"))
    return
  fi
  for ((i = 2; i < COMP_CWORD; i++)); do
    # What follows is another command and its files.
    if [ "\${COMP_WORDS[i]}" = -- ]; then
      if [ "$i" -eq "$((COMP_CWORD - 1))" ]; then
        COMPREPLY=($(compgen -c -- "$cur"))
      else
        COMPREPLY=($(compgen -f -- "$cur"))
      fi
      return
    fi
  done
  # Bash takes the = of --flag=value for a word.
  if [ "$cur" = = ]; then
    cur=''
  elif [ "$prev" = = ]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  case \${COMP_WORDS[1]} in
    help) words='${names.join(' ')}' ;;
${cases.join('')}  esac
  case $cur in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$cur")) ;;
    *)
      if [ "$files" ]; then
        COMPREPLY=($(compgen -f -- "$cur"))
      else
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
      fi
      ;;
  esac
}
complete -F _env_kvstore env-kvstore
`;
}

function zsh(commands: Command[]): string {
  // In a description of _arguments these would end it, or the name of a value.
  const escaped = (text: string) => text.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", `'\\''`);
  const argument = ({ name, value, help, choices, isFile, repeated }: Flag) => {
    const action = choices ? `(${choices.join(' ')})` : isFile ? '_files' : ' ';
    return `'${repeated ? '*' : ''}--${name}${value ? '=' : ''}[${escaped(help)}]${value ? `:${escaped(value)}:${action}` : ''}'`;
  };
  const operands = ({ operands, choices, takesFiles }: Command) => {
    if (choices) return [`'1:shell:(${choices.join(' ')})'`];
    if (takesFiles) return [`'1:file:_files'`];
    return operands === 'command' ? [`'(-)1:command: _command_names -e'`, `'*::arguments: _normal'`] : operands ? [`'*:name: '`] : [];
  };
  const cases = commands.map((command) => {
    const rows = [...flagsOf(command), HELP].map(argument).concat(operands(command));
    return `    ${command.name})\n      _arguments -s -S ${rows.join(' \\\n        ')}\n      ;;\n`;
  });
  const described = commands.map(({ name, summary }) => `    '${name}:${escaped(summary)}'`);
  return `#compdef env-kvstore
# Completion of env-kvstore for zsh: source <(env-kvstore completion zsh)
_env_kvstore() {
  local -a commands
  commands=(
${described.join('\n')}
    'help:print the help of a command'
  )
  if (( CURRENT == 2 )); then
    _describe -t commands command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
    help)
      (( CURRENT == 2 )) && _describe -t commands command commands
      ;;
${cases.join('')}  esac
}
if [ "$funcstack[1]" = _env_kvstore ]; then
  _env_kvstore "$@"
else
  compdef _env_kvstore env-kvstore
fi
`;
}

function fish(commands: Command[]): string {
  const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const names = commands.map(({ name }) => name).join(' ');
  const line = (...words: string[]) => `complete -c env-kvstore ${words.join(' ')}\n`;
  const none = `-n ${quoted(`not __fish_seen_subcommand_from ${names} help`)}`;
  const ofCommand = (command: Command) => {
    const seen = `-n ${quoted(`__fish_seen_subcommand_from ${command.name}`)}`;
    const flags = [...flagsOf(command), HELP].map(({ name, value, help, choices, isFile }) => {
      const of = choices ? `-x -a ${quoted(choices.join(' '))}` : isFile ? '-r -F' : value ? '-x' : '';
      return line(seen, `-l ${name}`, of, `-d ${quoted(help)}`).replace('  ', ' ');
    });
    const operands = command.choices ? [line(seen, `-a ${quoted(command.choices.join(' '))}`)] : command.takesFiles ? [line(seen, '-F')] : [];
    // After `--` another command begins, with its files.
    const rest = command.operands === 'command' ? [line(seen, `-a ${quoted('(__fish_complete_subcommand)')}`)] : [];
    return [...flags, ...operands, ...rest].join('');
  };
  return `# Completion of env-kvstore for fish: env-kvstore completion fish | source
complete -c env-kvstore -f
${commands.map(({ name, summary }) => line(none, `-a ${name}`, `-d ${quoted(summary)}`)).join('')}${line(none, '-a help', `-d ${quoted('print the help of a command')}`)}${line(none, '-s h -l help', `-d ${quoted('print this help')}`)}${line(none, '-s v -l version', `-d ${quoted('print the version')}`)}${line(`-n ${quoted('__fish_seen_subcommand_from help')}`, `-a ${quoted(names)}`)}${commands.map(ofCommand).join('')}`;
}
