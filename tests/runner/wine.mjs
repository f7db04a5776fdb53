// Wine, and a Windows of its own for the tests: Debian's `wine64 wine`, and npm's Node for Windows.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Debian's `wine` looks for a 32-bit wine first, and talks. */
export const WINE = '/usr/lib/wine/wine64';
const WINE_SERVER = '/usr/lib/wine/wineserver';
/** Node 24 does not start under Debian 12's wine 8: V8 does not get the address space that it reserves. */
export const WINDOWS_NODE = path.join(ROOT, 'tests/tools/windows/node_modules/node-20/bin/node.exe');
const PREFIX = path.join(ROOT, 'target/wine');

export function wineIsInstalled() {
  return process.platform === 'linux' && existsSync(WINE);
}

export function wineEnvironment() {
  // No pop-ups that offer to install .NET and a browser.
  return { WINEPREFIX: PREFIX, WINEDEBUG: '-all', WINEDLLOVERRIDES: 'mscoree,mshtml=' };
}

/** Makes the Windows, of the version that Node wants. @returns {() => void} ends it and removes it */
export function startWindows() {
  rmSync(PREFIX, { recursive: true, force: true });
  mkdirSync(PREFIX, { recursive: true });
  // Else it ends with the last program, and takes seconds to start again with the next.
  run(WINE_SERVER, ['-p']);
  run(WINE, ['wineboot', '-i']);
  run(WINE, ['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f']);
  return () => {
    run(WINE_SERVER, ['-k', '-w']);
    rmSync(PREFIX, { recursive: true, force: true });
  };
}

function run(program, args) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...wineEnvironment() };
  const { status, error } = spawnSync(program, args, { env, stdio: 'ignore' });
  if (status !== 0) throw new Error(`\`${program} ${args.join(' ')}\`: ${error?.code ?? status}`);
}
