// Whom dist/ is from, and on what terms.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root, run } from './command.mjs';

/** The text of LICENSES.txt for a bundle that has something of these files, and for the core's wasm. */
export function licenses(bundledFiles, toolchain) {
  return texts([...packages(bundledFiles), ...crates(toolchain)]);
}

/** The npm packages that are in the bundle. */
function packages(files) {
  const names = new Set(files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []));
  return [...names].sort().map((name) => {
    const folder = path.join(root, 'node_modules', name);
    return { folder, ...JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) };
  });
}

/** The crates that are in the wasm: what the core depends on, and what those do, but for what only runs in the compiler. */
function crates(toolchain) {
  const args = ['metadata', '--format-version', '1', '--locked', '--filter-platform', 'wasm32-unknown-unknown'];
  const { packages, resolve } = JSON.parse(run('cargo', args, toolchain.environment, 'pipe'));
  const found = new Set();
  const visit = (id) => {
    const crate = packages.find((known) => known.id === id);
    if (found.has(crate) || crate.targets.some(({ kind }) => kind.includes('proc-macro'))) return;
    found.add(crate);
    const { deps } = resolve.nodes.find((node) => node.id === id);
    deps.filter((dep) => dep.dep_kinds.some(({ kind }) => kind === null)).forEach((dep) => visit(dep.pkg));
  };
  visit(packages.find(({ name }) => name === 'env-kvstore').id);
  return [...found]
    .filter(({ name }) => name !== 'env-kvstore')
    .map(({ manifest_path: manifest, ...crate }) => ({ folder: path.dirname(manifest), ...crate }))
    .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

/** Who is to be named, by the text of the licence, each text once. */
function texts(parts) {
  const byText = new Map();
  for (const { name, version, license, folder } of parts) {
    const files = readdirSync(folder).filter((entry) => /^(licen[cs]e|copying)/i.test(entry));
    // Of several to choose from, the shortest.
    const file = files.find((entry) => /mit/i.test(entry)) ?? files[0];
    const text = file ? readFileSync(path.join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim() : '';
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  return [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`).join('\n----\n\n');
}
