// The command line of dist/, many times in one process: each run has arguments, environment and streams of its
// own. What is imported is the built file but for its last statement, which runs it once and ends the process.

import { AsyncLocalStorage } from 'node:async_hooks';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));

/**
 * @param {string} folder to make a copy of dist/ in
 * @returns {Promise<(args: string[], environment?: Record<string, string>) => Promise<{ exitCode: number, code?: string, stdout: string, stderr: string }>>}
 */
export async function commandLineIn(folder) {
  cpSync(DIST, folder, { recursive: true });
  const file = path.join(folder, 'npm/cli.mjs');
  const [before, after, ...more] = readFileSync(file, 'utf8').split(/^main\(args\)\.then\($/m);
  const ending = after?.indexOf('\n);\n');
  // The bundler renames what has a name that another file uses.
  const [, shownAs] = /const error = (\w+)\(reason\);/.exec(after?.slice(0, ending) ?? '') ?? [];
  if (more.length > 0 || !(ending > 0) || !shownAs) throw new Error('dist/npm/cli.mjs does not end as it did: adapt this file');
  writeFileSync(file, `${before}${after.slice(ending + 4)}\nexport { main, ${shownAs} as shown, exitCodeOf };\n`);
  const { main, shown, exitCodeOf } = await import(pathToFileURL(file).href);

  const runs = new AsyncLocalStorage();
  for (const name of ['stdout', 'stderr']) {
    const original = process[name].write;
    process[name].write = function write(text, ...rest) {
      const own = runs.getStore();
      if (!own) return original.call(this, text, ...rest);
      own[name] += text;
      rest.find((argument) => typeof argument === 'function')?.();
      return true;
    };
  }
  const variables = process.env;
  const current = () => runs.getStore()?.environment ?? variables;
  process.env = new Proxy(variables, {
    get: (_target, name) => current()[name],
    has: (_target, name) => name in current(),
    ownKeys: () => Reflect.ownKeys(current()),
    getOwnPropertyDescriptor: (_target, name) => Object.getOwnPropertyDescriptor(current(), name),
  });
  return (args, environment) => {
    const own = { stdout: '', stderr: '', environment };
    return runs.run(own, async () => {
      const said = () => ({ stdout: own.stdout, stderr: own.stderr });
      try {
        return { exitCode: await main(args), ...said() };
      } catch (reason) {
        const { code, message, hint } = shown(reason);
        return { exitCode: exitCodeOf(code), code, ...said(), stderr: `${own.stderr}${message} ${hint}` };
      }
    });
  };
}
