// The pages of docs/ show the AWS set-up as JSON blocks after `<!-- cloud: NAME -->` markers. The cloud loads those very
// blocks, so a policy that a user copies is a policy that the tests enforce.

import { readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);
const BLOCK = /<!-- cloud: ([\w-]+) -->\s*```json\r?\n([\s\S]*?)\r?\n```/g;
export const GITHUB_HOST = 'token.actions.githubusercontent.com';
/** The set-up, and the trust policy of a second role. */
const PAGES = ['docs/set-up-aws.md', 'docs/other-identities.md'];

/**
 * @param {string} origin where the cloud listens: it is the issuer in place of GitHub's host
 * @param {string[]} [pages] other pages than those of the set-up
 * @returns {Record<string, any>} the marked documents by name
 */
export function documentsIn(origin, pages = PAGES) {
  return Object.fromEntries(pages.flatMap((page) => blocksOf(page, origin)));
}

function blocksOf(page, origin) {
  const text = readFileSync(new URL(page, ROOT), 'utf8')
    .replaceAll(`https://${GITHUB_HOST}`, origin)
    .replaceAll(GITHUB_HOST, new URL(origin).host);
  return [...text.matchAll(BLOCK)].map(([, name, json]) => [name, parse(page, name, json)]);
}

function parse(page, name, json) {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Error(`${page}: the block "cloud: ${name}" is not JSON: ${error.message}`);
  }
}
