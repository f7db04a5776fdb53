// Whom dist/ is from, and on what terms.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root, run } from './command.mjs';

/**
 * The text of LICENSES.txt for what a runner loads, and of the one for what the npm package has beside that.
 * @param {{ action: string[], npm: string[] }} bundledFiles of which something is in the bundles
 */
export function licenses(bundledFiles, toolchain) {
  const action = [...packages(bundledFiles.action), ...crates('env-kvstore', toolchain)];
  const npm = [...packages(bundledFiles.npm), ...crates('env-kvstore-admin', toolchain)];
  const known = new Set(action.map(({ folder }) => folder));
  return { action: texts(action), npm: texts(npm.filter(({ folder }) => !known.has(folder))) };
}

/** The npm packages that are in the bundle. */
function packages(files) {
  const names = new Set(files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []));
  return [...names].sort().map((name) => {
    const folder = path.join(root, 'node_modules', name);
    return { folder, ...JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) };
  });
}

/** The crates that are in a wasm: what its crate depends on, and what those do, but for what only runs in the compiler. */
function crates(ofWhich, toolchain) {
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
  visit(packages.find(({ name }) => name === ofWhich).id);
  return [...found]
    .filter(({ name }) => !/^env-kvstore(-|$)/.test(name))
    .map(({ manifest_path: manifest, ...crate }) => ({ folder: path.dirname(manifest), ...crate }))
    .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

const COPYRIGHT = /^\W*(?:Copyright\b|\(c\)|©)/i;
const TITLE = /^\W*(?:the )?(?:MIT|ISC|BSD|BSD[ -][23][ -]clause)(?: license)?(?: \((?:MIT|ISC)\))?\W*$/i;

/** Who is to be named, by the text of the licence, each text once: those of one licence differ in their title and their owners. */
function texts(parts) {
  const ours = termsOf(readFileSync(path.join(root, 'LICENSE'), 'utf8'));
  const byText = new Map();
  const keyOf = new Map([['Apache-2.0', ours]]);
  const read = parts.map((part) => ({ ...part, lines: shortestLicense(part.folder).split('\n') }));
  // Some have no text of the licence that they name: last, when others' is known.
  read.sort((a, b) => (a.lines[0] === '') - (b.lines[0] === ''));
  for (const { name, version, license, lines } of read) {
    const text = lines.filter((line) => !COPYRIGHT.test(line) && !TITLE.test(line)).join('\n').trim();
    const isOurs = termsOf(lines.join('\n')) === ours;
    const key = text === '' ? keyOf.get(license) : isOurs ? ours : words(text);
    if (key === undefined) throw new Error(`${name} has no text of its licence, ${license}`);
    if (!keyOf.has(license)) keyOf.set(license, key);
    const known = byText.get(key) ?? { text: key === ours ? 'Apache License, Version 2.0: the text is that of the file LICENSE.' : text, names: [] };
    // Apache's text has sentences about copyright, and an owner to be filled in.
    const owners = lines.filter((line) => COPYRIGHT.test(line) && (!isOurs || /\d{4}/.test(line))).map((line) => `  ${line.trim()}`);
    known.names.push([`${name} ${version} (${license})`, ...owners].join('\n'));
    byText.set(key, known);
  }
  return [...byText.values()].map(({ text, names }) => `${names.join('\n')}\n\n${text}\n`).join('\n----\n\n');
}

/** Apache's, without how to apply them. */
function termsOf(text) {
  return words(text).split('end of terms and conditions')[0].trim();
}

/** Of several to choose from, that of MIT, or the shortest. */
function shortestLicense(folder) {
  const files = readdirSync(folder).filter((entry) => /^(licen[cs]e|copying)/i.test(entry) && !/third.?party/i.test(entry));
  const texts = files.map((file) => ({ file, text: readFileSync(path.join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim() }));
  texts.sort((a, b) => /mit/i.test(b.file) - /mit/i.test(a.file) || a.text.length - b.text.length);
  return texts[0]?.text ?? '';
}

/** Of a text, what two of it have in common that are set differently. */
function words(text) {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, ' ').trim();
}
