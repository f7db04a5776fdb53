// The completion scripts of the committed command line, in the shells that they are for. A shell that is not installed is
// skipped, and said to be.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { runCli, runProgram } from '../runner/command.mjs';

const COMMANDS = [...readdirSync(new URL('../../npm/commands/', import.meta.url)).map((file) => path.basename(file, '.ts')), 'help'];
const IDENTITIES = ['cognito', 'cognito-enhanced', 'web-identity', 'environment'];
const folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-completion-'));
after(() => rm(folder, { recursive: true }));
await writeFile(path.join(folder, 'config-file'), '');

const scripts = {};
for (const shell of ['bash', 'zsh', 'fish']) {
  scripts[shell] = path.join(folder, `env-kvstore.${shell}`);
  const { exitCode, stdout, stderr } = await runCli(['completion', shell], { environment: {} });
  assert.deepEqual([exitCode, stderr], [0, '']);
  await writeFile(scripts[shell], stdout);
}

/** What each shell offers for words, of which the last is being written. */
const OFFERS = {
  bash: (words) => shell(['bash', '--noprofile', '--norc', '-c', `
    source "$1"; shift
    complete -p env-kvstore | grep -q -- '-F _env_kvstore env-kvstore' || exit 9
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _env_kvstore
    printf '%s\\n' "\${COMPREPLY[@]}"`, 'bash', scripts.bash, ...words]),
  // A terminal, because zsh completes in its line editor alone.
  zsh: async (words) => {
    const program = `
      zmodload zsh/zpty
      zpty shell zsh -f
      zpty -w shell "PS1=; cd ${folder}; autoload -U compinit; compinit -u -d ${folder}/dump; source ${scripts.zsh}; zstyle ':completion:*' list-separator '#'; LISTMAX=10000; bindkey '^I' list-choices; print rea''dy"
      zpty -r -m shell line '*ready*'
      zpty -w -n shell $'${words.join(' ')}\\t'
      sleep 0.7
      zpty -w shell $'\\x03'
      zpty -w shell "print do''ne"
      zpty -r -m shell line '*done*'
      print -r -- $line`;
    const said = await shell(['zsh', '-f', '-c', program]);
    const shown = said.join('\r').replace(/\x1b\[[\d;?]*[A-Za-z]/g, '');
    return shown.split('\r').flatMap((line) => line.split(/\s{2,}|\s#.*/)).map((word) => word.trim());
  },
  fish: async (words) => {
    const lines = await shell(['fish', '--no-config', '-c', `source ${scripts.fish}; complete -C '${words.join(' ')}'`]);
    return lines.map((line) => line.split('\t')[0]);
  },
};

for (const [name, offers] of Object.entries(OFFERS)) {
  const isInstalled = spawnSync(name, ['--version']).status === 0;
  describe(`in ${name}`, { skip: !isInstalled && `${name} is not installed` }, () => {
    const has = async (words, expected, unexpected = []) => {
      const offered = await offers(words);
      for (const word of expected) assert.ok(offered.includes(word), `${word} is not in: ${offered}`);
      for (const word of unexpected) assert.ok(!offered.includes(word), `${word} is in: ${offered}`);
    };

    test('the script is one that the shell can read', async () => {
      const { exitCode, stderr } = await runProgram([name, '-n', scripts[name]], { environment: { HOME: folder } });
      assert.deepEqual([exitCode, stderr], [0, '']);
    });

    test('commands are offered, and for help too', async () => {
      await has(['env-kvstore', ''], COMMANDS);
      await has(['env-kvstore', 'help', ''], COMMANDS.slice(0, -1));
    });

    test('the flags of a command are offered, and no others', async () => {
      await has(['env-kvstore', 'get', 'A', '--'], ['--yes', '--values', '--cognito-role-arn', '--help'], ['--role-arn', '--overwrite', '--github-token']);
      await has(['env-kvstore', 'configure', '--'], ['--from', '--overwrite', '--cognito-role-arn'], ['--values', '--yes']);
    });

    test('what a flag may be is offered', async () => {
      await has(['env-kvstore', 'exec', '--identity', ''], IDENTITIES, ['--values']);
      await has(['env-kvstore', 'completion', ''], ['bash', 'zsh', 'fish']);
      await has(['env-kvstore', 'configure', '--from', 'config-'], ['config-file']);
      await has(['env-kvstore', 'export', '--format', ''], ['dotenv', 'json', 'shell']);
      await has(['env-kvstore', 'import', 'config-'], ['config-file']);
    });
  });
}

describe('in bash', () => {
  test('the value after = is completed, and a command and its files after --', async () => {
    const { bash } = OFFERS;
    assert.deepEqual(await bash(['env-kvstore', 'exec', '--identity', '=', 'web']), ['web-identity']);
    assert.deepEqual(await bash(['env-kvstore', 'exec', '--identity', '=']), IDENTITIES);
    assert.ok((await bash(['env-kvstore', 'exec', '--', 'cd'])).includes('cd'));
    assert.deepEqual(await bash(['env-kvstore', 'exec', '--', 'cat', 'config-']), ['config-file']);
    assert.deepEqual(await bash(['env-kvstore', 'get', '--cognito-role-arn', 'x']), ['']);
  });
});

async function shell(command) {
  const { exitCode, stdout, stderr } = await runProgram(command, { environment: { HOME: folder, PATH: process.env.PATH, TERM: 'xterm' }, cwd: folder });
  assert.equal(exitCode, 0, stderr);
  return stdout.split(/\r?\n/).slice(0, stdout.endsWith('\n') ? -1 : undefined);
}
