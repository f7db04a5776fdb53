import { execFile } from 'node:child_process';
import path from 'node:path';

/** OWNER/NAME as the folder's git remote `origin` has it, if it has one. The remote's URL, which may hold a token, goes nowhere else. */
export async function repositoryOfRemote(): Promise<string | undefined> {
  return repositoryIn(await urlOfOrigin());
}

function urlOfOrigin(): Promise<string> {
  return new Promise((resolve) => {
    // Not from the folder itself: Windows would run a git.exe that lies in it.
    const options = { cwd: path.dirname(process.execPath), timeout: 10_000, windowsHide: true };
    execFile('git', ['-C', process.cwd(), 'remote', 'get-url', 'origin'], options, (_error, stdout) => resolve(stdout.trim()));
  });
}

/** `https://HOST/OWNER/NAME.git`, `ssh://git@HOST/OWNER/NAME.git` and `git@HOST:OWNER/NAME.git`, of any host. */
export function repositoryIn(url: string): string | undefined {
  const location = /^(?:https?|ssh|git\+ssh):\/\//.test(url) ? pathOf(url) : /^(?:[^@/:]+@)?[\w.-]{2,}:(?!\/\/)\/?(.*)$/.exec(url)?.[1];
  const [, repository] = /^\/?([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(location ?? '') ?? [];
  return repository?.split('/').every((part) => /[^.]/.test(part)) ? repository : undefined;
}

function pathOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).pathname : undefined;
}
