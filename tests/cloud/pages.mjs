// The pages of docs/ show the AWS set-up as JSON blocks after `<!-- cloud: NAME -->` markers. The cloud loads those very
// blocks, so a policy that a user copies is a policy that the tests enforce.

import { readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);
const BLOCK = /<!-- cloud: ([\w-]+) -->\s*```json\r?\n([\s\S]*?)\r?\n```/g;
export const GITHUB_HOST = 'token.actions.githubusercontent.com';
const EXCHANGE_HOST = 'jwtex.example.com';
/** The set-up, and the trust policies of a second role and of a token exchange. */
const PAGES = ['docs/set-up-aws.md', 'docs/other-identities.md'];

/**
 * @param {string} origin where the cloud listens: it is the issuer in place of GitHub's host
 * @param {string[]} [pages] other pages than those of the set-up
 * @param {string} [exchange] where the token exchange listens
 * @returns {Record<string, any>} the marked documents by name
 */
export function documentsIn(origin, pages = PAGES, exchange = `https://${EXCHANGE_HOST}`) {
  return Object.fromEntries(pages.flatMap((page) => blocksOf(page, { [GITHUB_HOST]: origin, [EXCHANGE_HOST]: exchange })));
}

function blocksOf(page, origins) {
  const moved = (text, [host, origin]) => text.replaceAll(`https://${host}`, origin).replaceAll(host, new URL(origin).host);
  const text = Object.entries(origins).reduce(moved, readFileSync(new URL(page, ROOT), 'utf8'));
  return [...text.matchAll(BLOCK)].map(([, name, json]) => [name, parse(page, name, json)]);
}

function parse(page, name, json) {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Error(`${page}: the block "cloud: ${name}" is not JSON: ${error.message}`);
  }
}
