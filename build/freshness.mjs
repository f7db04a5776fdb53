// What dist/ was built from, as one hash: it tells on every machine, without a build, whether dist/ is stale.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const SOURCES = [
  'Cargo.toml',
  'Cargo.lock',
  'src',
  'policy/Cargo.toml',
  'policy/src',
  'build',
  'action',
  'host',
  'npm',
  'package-lock.json',
];

export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The hash of all sources, names and contents, whatever the line ends of the checkout. */
export function inputsHash(root) {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap((source) => filesBelow(root, source))) {
    const text = readFileSync(path.join(root, file), 'utf8').replaceAll('\r\n', '\n');
    hash.update(`${file}\0${sha256(text)}\n`);
  }
  return hash.digest('hex');
}

function filesBelow(root, source) {
  if (path.extname(source)) {
    return [source];
  }
  return readdirSync(path.join(root, source), { withFileTypes: true })
    .filter((entry) => entry.name !== 'target')
    .map((entry) => ({ name: `${source}/${entry.name}`, isFolder: entry.isDirectory() }))
    .flatMap(({ name, isFolder }) => (isFolder ? filesBelow(root, name) : [name]))
    .sort();
}
