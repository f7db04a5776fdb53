// What .github/workflows/release.yml decides, each a command: `node build/release.mjs COMMAND [TAG]`.
//   check TAG   fails unless the tag, the manifests, their locks and CHANGELOG.md name one version, and npm would take it
//   notes TAG   prints what CHANGELOG.md says of it
//   toolchain   prints the toolchain, for rustup, that dist/ was built with
//   major TAG   of the tags on stdin: prints the tag that is to move (v1), or nothing if a higher version has it
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rustupToolchain } from './toolchain.mjs';

const repository = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const VERSION_TAG = /^v((?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*))$/;

/**
 * Why the tag must not be released; empty if nothing is wrong.
 * @param {string} tag
 * @param {string} [root] of the repository
 * @returns {string[]}
 */
export function disagreements(tag, root = repository) {
  const version = versionOf(tag);
  if (!version) return [`${tag} is not a version: v1.2.3 is, and pre-releases are not made`];
  const lock = readJson(root, 'package-lock.json');
  const named = {
    'package.json': readJson(root, 'package.json').version,
    'package-lock.json': lock.version,
    'package-lock.json, packages': lock.packages[''].version,
    'Cargo.toml': cargoVersion(read(root, 'Cargo.toml'), '[package]'),
    'Cargo.lock': cargoVersion(read(root, 'Cargo.lock'), '[[package]]'),
  };
  const others = Object.entries(named).filter(([, other]) => other !== version);
  return [...others.map(([place, other]) => `${place} says ${other}, the tag ${version}`), ...changelogProblems(read(root, 'CHANGELOG.md'), version)];
}

/**
 * Why npm would not take the package, or not with provenance; empty if nothing is in the way.
 * @param {{ private?: boolean, repository?: { url: string } }} manifest
 * @param {string} [slug] of the repository that publishes, OWNER/NAME
 * @returns {string[]}
 */
export function unpublishable(manifest, slug) {
  const problems = manifest.private ? ['package.json is private, so npm does not publish it'] : [];
  const url = manifest.repository?.url;
  const [, named] = /^(?:git\+)?https:\/\/github\.com\/([^/]+\/[^/]+?)(?:\.git)?$/.exec(url ?? '') ?? [];
  if (!named) problems.push('package.json has no repository.url of GitHub, which provenance is compared with');
  else if (slug && named !== slug) problems.push(`package.json says ${named}, and ${slug} publishes: npm refuses the provenance`);
  return problems;
}

/**
 * The section of a version, without its heading.
 * @param {string} changelog
 * @param {string} version
 */
export function notes(changelog, version) {
  const section = sections(changelog).find(({ name }) => name === version);
  if (!section?.text) throw new Error(`CHANGELOG.md says nothing of ${version}`);
  return section.text;
}

/**
 * @param {string} tag that is released
 * @param {string[]} tags that there are
 * @returns {string | undefined} the tag of its major version, unless a higher version of that is there
 */
export function majorToMove(tag, tags) {
  const own = numbers(tag);
  const higher = tags.filter(versionOf).map(numbers).some(([major, minor, patch]) => {
    return major === own[0] && (minor > own[1] || (minor === own[1] && patch > own[2]));
  });
  return higher ? undefined : `v${own[0]}`;
}

function versionOf(tag) {
  return VERSION_TAG.exec(tag)?.[1];
}

function numbers(tag) {
  const version = versionOf(tag);
  if (!version) throw new Error(`${tag} is not a version`);
  return version.split('.').map(Number);
}

/** The version of the crate, in the first table of its kind that names it. */
function cargoVersion(text, heading) {
  const tables = text.split(/^(?=\[)/m).filter((table) => table.startsWith(heading));
  const [, version] = tables.map((table) => /^name = "env-kvstore"\nversion = "(.*)"$/m.exec(table)).find(Boolean) ?? [];
  return version;
}

function changelogProblems(changelog, version) {
  const [first, ...others] = sections(changelog);
  const problems = first?.name === 'Unreleased' && first.text ? ['CHANGELOG.md still has changes under Unreleased'] : [];
  const newest = first?.name === 'Unreleased' ? others[0] : first;
  if (newest?.name !== version) return [...problems, `the newest version in CHANGELOG.md is ${newest?.name}, not ${version}`];
  if (!/^\d{4}-\d\d-\d\d$/.test(newest.date)) problems.push(`CHANGELOG.md has no date for ${version}`);
  if (!newest.text) problems.push(`CHANGELOG.md says nothing of ${version}`);
  return problems;
}

/** `## [NAME] - DATE`, newest first; the links at the end belong to none. */
function sections(changelog) {
  const [body] = changelog.replaceAll('\r\n', '\n').split(/^\[[^\]]+\]: /m);
  return body.split(/^## /m).slice(1).map((section) => {
    const [heading, ...lines] = section.split('\n');
    const [, name, date = ''] = /^\[(.+?)\](?: - (.+))?$/.exec(heading) ?? [];
    return { name, date, text: lines.join('\n').trim() };
  });
}

function read(root, file) {
  return readFileSync(path.join(root, file), 'utf8').replaceAll('\r\n', '\n');
}

function readJson(root, file) {
  return JSON.parse(read(root, file));
}

const COMMANDS = {
  check: (tag) => {
    const ofPackage = unpublishable(readJson(repository, 'package.json'), process.env.GITHUB_REPOSITORY);
    const problems = [...disagreements(tag), ...ofPackage];
    if (problems.length > 0) throw new Error(problems.join('\n'));
    return `${tag} can be released`;
  },
  notes: (tag) => notes(read(repository, 'CHANGELOG.md'), versionOf(tag)),
  toolchain: () => rustupToolchain(readJson(repository, 'dist/build.json').toolchain),
  major: (tag) => majorToMove(tag, readFileSync(0, 'utf8').split('\n')),
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name, tag] = process.argv.slice(2);
  try {
    if (!Object.hasOwn(COMMANDS, name ?? '')) throw new Error(`no such command; there are ${Object.keys(COMMANDS).join(', ')}`);
    const answer = COMMANDS[name](tag);
    if (answer) console.log(answer);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
