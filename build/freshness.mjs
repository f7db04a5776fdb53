// What dist/ was built from and what is in it, as hashes. They say on every machine, without a build, whether dist/ is stale
// or was changed by hand. Whoever changes the hashes too is found by a build with the same toolchain alone (build.mjs --check).
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * All files of this repository that the build reads, and those that Cargo and rustup would read if they were there.
 * The build fails if the compiler or the bundler has read any other.
 */
const SOURCES = [
  '.cargo',
  'Cargo.lock',
  'Cargo.toml',
  'action',
  'admin/Cargo.toml',
  'admin/askama.toml',
  'admin/build.rs',
  'admin/src',
  'build',
  'build.rs',
  'host',
  'npm',
  'package-lock.json',
  'package.json',
  'policy/Cargo.toml',
  'policy/build.rs',
  'policy/src',
  'rust-toolchain',
  'rust-toolchain.toml',
  'src',
  'tsconfig.json',
];

/** What the build makes. Its record of that is in the first folder. */
export const MADE = ['dist', 'tests/cloud/generated'];
const RECORD = 'dist/build.json';

/**
 * @typedef {object} Build
 * @property {string} toolchain as `rustc --version` says it
 * @property {string} inputs the hash of all that it was made from
 * @property {Record<string, string>} files what was made, each with its hash
 */

export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * The sources, sorted, by their paths from the root with slashes.
 * @param {string} root
 * @returns {string[]}
 */
export function sources(root) {
  return SOURCES.flatMap((source) => filesBelow(root, source)).sort();
}

/** The hash of all sources, their names and bytes. Git gives every checkout the same line ends (.gitattributes). */
export function inputsHash(root) {
  const hash = createHash('sha256');
  for (const file of sources(root)) {
    hash.update(`${file}\0${sha256(readFileSync(path.join(root, file)))}\n`);
  }
  return hash.digest('hex');
}

/**
 * What was made, each file with its hash, but for the record itself.
 * @param {string} root
 * @returns {Record<string, string>}
 */
export function madeFiles(root) {
  const files = MADE.flatMap((folder) => filesBelow(root, folder)).filter((file) => file !== RECORD).sort();
  return Object.fromEntries(files.map((file) => [file, sha256(readFileSync(path.join(root, file)))]));
}

/** Records in a folder what is made there of the sources in another. */
export function writeRecord(out, root, toolchain) {
  const record = { toolchain, inputs: inputsHash(root), files: madeFiles(out) };
  writeFileSync(path.join(out, RECORD), `${JSON.stringify(record, null, 2)}\n`);
}

/**
 * @param {string} root
 * @returns {Build | undefined} nothing if dist/ was never built
 */
export function recordedBuild(root) {
  const [file] = filesBelow(root, RECORD);
  return file && JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}

/**
 * The names of files that are in one of the two alone, or differ.
 * @param {Record<string, string>} some
 * @param {Record<string, string>} others
 */
export function differing(some, others) {
  const names = new Set([...Object.keys(some), ...Object.keys(others)]);
  return [...names].filter((name) => some[name] !== others[name]).sort();
}

/**
 * Why the record is not true of what is here; empty if it is.
 * @param {string} root
 * @returns {string[]}
 */
export function untruths(root) {
  const record = recordedBuild(root);
  if (!record) return [`there is no ${RECORD}`];
  const stale = record.inputs === inputsHash(root) ? [] : [`the sources are not those that ${RECORD} records`];
  const changed = differing(record.files, madeFiles(root)).map((file) => `${file} is not the file that ${RECORD} records`);
  return [...stale, ...changed];
}

/**
 * Of the files that a tool has read, those that are not among the sources.
 * @param {string} root
 * @param {string[]} files absolute
 */
export function notHashed(root, files) {
  const known = new Set(sources(root).map((file) => path.join(root, file)));
  return [...new Set(files)].filter((file) => !known.has(file));
}

/**
 * What Cargo's `.d` file of a program names: `PROGRAM: FILE FILE`, with backslashes before spaces. Files are there by whatever
 * names them: `mod`, `#[path]`, `include_bytes!`, a build script.
 * @param {string} list
 * @returns {string[]}
 */
export function compiledFrom(list) {
  const [, files = ''] = /^.+?: (.*)$/m.exec(list) ?? [];
  return files.split(/(?<!\\) /).filter(Boolean).map((file) => file.replaceAll('\\ ', ' '));
}

/** Fails if dist/ is made of a file whose change its hash of the sources would not show. */
export function expectOnlySources(root, files, reader) {
  const others = notHashed(root, files);
  if (others.length > 0) throw new Error(`${reader} read ${others.join(', ')}, which build/freshness.mjs does not hash`);
}

/** Every file, whatever its name and whatever Git ignores; a link could lead out of what is hashed. */
function filesBelow(root, entry) {
  const found = lstatSync(path.join(root, entry), { throwIfNoEntry: false });
  if (!found) return [];
  if (found.isFile()) return [entry];
  if (!found.isDirectory()) throw new Error(`${entry} is neither a file nor a folder, and the build takes nothing else`);
  return readdirSync(path.join(root, entry)).flatMap((name) => filesBelow(root, `${entry}/${name}`));
}
