// README.md shows the AWS set-up once, as JSON blocks after `<!-- cloud: NAME -->` markers, and files in docs/ show what can
// be added to it. The cloud loads those very blocks, so a policy that a user copies is a policy that the tests enforce.

import { readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);
const BLOCK = /<!-- cloud: ([\w-]+) -->\s*```json\r?\n([\s\S]*?)\r?\n```/g;
const GITHUB_HOST = 'token.actions.githubusercontent.com';

/**
 * @param {string} origin where the cloud listens: it is the issuer in place of GitHub's host
 * @param {string} [file] another than README.md
 * @returns {Record<string, any>} the marked documents by name
 */
export function readmeDocuments(origin, file = 'README.md') {
  const text = readFileSync(new URL(file, ROOT), 'utf8')
    .replaceAll(`https://${GITHUB_HOST}`, origin)
    .replaceAll(GITHUB_HOST, new URL(origin).host);
  return Object.fromEntries([...text.matchAll(BLOCK)].map(([, name, json]) => [name, parse(file, name, json)]));
}

function parse(file, name, json) {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Error(`${file}: the block "cloud: ${name}" is not JSON: ${error.message}`);
  }
}
