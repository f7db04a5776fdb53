// The command line of dist/, many times in one process: each run has arguments and streams of its own. What is imported is the
// built file but for its last statement, which runs it once and ends the process.

import { AsyncLocalStorage } from 'node:async_hooks';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));

/**
 * @param {string} folder to make a copy of dist/ in
 * @returns {Promise<(args: string[]) => Promise<{ exitCode: number, code?: string, stdout: string, stderr: string }>>}
 */
export async function commandLineIn(folder) {
  cpSync(DIST, folder, { recursive: true });
  const file = path.join(folder, 'npm/cli.mjs');
  const [before, after, ...more] = readFileSync(file, 'utf8').split(/^main\(args\)\.then\($/m);
  const ending = after?.indexOf('\n);\n');
  if (more.length > 0 || !(ending > 0)) throw new Error('dist/npm/cli.mjs does not end as it did: adapt this file');
  writeFileSync(file, `${before}${after.slice(ending + 4)}\nexport { main, shown, exitCodeOf };\n`);
  const { main, shown, exitCodeOf } = await import(pathToFileURL(file).href);

  const streams = new AsyncLocalStorage();
  for (const name of ['stdout', 'stderr']) {
    const original = process[name].write;
    process[name].write = function write(text, ...rest) {
      const own = streams.getStore();
      if (!own) return original.call(this, text, ...rest);
      own[name] += text;
      rest.find((argument) => typeof argument === 'function')?.();
      return true;
    };
  }
  return (args) => {
    const own = { stdout: '', stderr: '' };
    return streams.run(own, async () => {
      try {
        return { exitCode: await main(args), ...own };
      } catch (reason) {
        const { code, message, hint } = shown(reason);
        return { exitCode: exitCodeOf(code), code, ...own, stderr: `${own.stderr}${message} ${hint}` };
      }
    });
  };
}
