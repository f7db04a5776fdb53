// The home folder of a step's user, for what a step leaves there.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * @param {{ after: (clean: () => void) => void }} t
 * @param {Record<string, string>} [contents] by path below the folder, a character for each byte
 */
export function homeFolder(t, contents = {}) {
  const home = mkdtempSync(path.join(tmpdir(), 'env-kvstore-home-'));
  t.after(() => rmSync(home, { recursive: true }));
  const at = (name) => path.join(home, name);
  for (const [name, text] of Object.entries(contents)) {
    mkdirSync(path.dirname(at(name)), { recursive: true });
    writeFileSync(at(name), text, 'latin1');
  }
  return {
    path: home,
    at,
    /** Those that are there now, with every byte. */
    files() {
      const entries = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      const paths = entries.map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
      const pair = (file) => [path.relative(home, file).replaceAll('\\', '/'), readFileSync(file, 'latin1')];
      return Object.fromEntries(paths.sort().map(pair));
    },
    /** Who may what, in octal. */
    mode: (name) => (statSync(at(name)).mode & 0o777).toString(8),
  };
}
