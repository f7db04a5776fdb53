// Every link in the documents leads somewhere: to a file that exists, and to a heading that it has. Addresses on the web are only
// parsed, since no test uses the network.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pagesIn = (folder) => readdirSync(path.join(root, folder)).filter((name) => name.endsWith('.md')).map((name) => `${folder}/${name}`);
const [docs, useCases] = ['docs', 'docs/use-cases'].map(pagesIn);
const DOCUMENTS = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...docs, ...useCases];
const read = (file) => readFileSync(path.join(root, file), 'utf8').replaceAll('\r\n', '\n');

describe('documents', () => {
  for (const document of DOCUMENTS) {
    test(`every link of ${document} leads somewhere`, () => {
      const broken = linksIn(read(document)).map((link) => [link, problemOf(link, document)]).filter(([, problem]) => problem);
      assert.deepEqual(broken.map(([link, problem]) => `${link}: ${problem}`), []);
    });
  }

  test('every page of docs/ is in its index, and every use case in that of use cases', () => {
    for (const [folder, pages] of [['docs', docs], ['docs/use-cases', useCases]]) {
      const index = `${folder}/README.md`;
      const linked = linksIn(read(index)).map((link) => `${folder}/${link.split('#')[0]}`);
      assert.deepEqual(pages.filter((page) => page !== index && !linked.includes(page)), []);
    }
    assert.ok(linksIn(read('docs/README.md')).includes('use-cases/README.md'));
  });

  test('links are found, and a broken one is told', () => {
    const text = 'See [a](one.md), [b](<two.md>) and ![c](three.svg "title").\n\n`[no](code.md)`\n```md\n[no](block.md)\n```\n[ref]: four.md\n';
    assert.deepEqual(linksIn(text), ['one.md', 'two.md', 'three.svg', 'four.md']);
    assert.equal(problemOf('nowhere.md', 'README.md'), 'no such file');
    assert.equal(problemOf('docs/README.md#nothing', 'README.md'), 'no such heading');
    assert.equal(problemOf('https://', 'README.md'), 'not an address');
    assert.equal(problemOf('http://example.com/', 'README.md'), 'not https');
    assert.equal(problemOf('../../outside', 'docs/README.md'), 'no such file');
  });

  test('headings are named as GitHub names them', () => {
    const text = '# A `code` & more!\n## Twice\n## Twice\n```\n# not one\n```\n### [Linked](x.md) *text*\n## `key-missing`\n## What dist/ is made of\n';
    assert.deepEqual([...anchorsIn(text)], ['a-code--more', 'twice', 'twice-1', 'linked-text', 'key-missing', 'what-dist-is-made-of']);
  });
});

/** What is wrong with a link, if anything. */
function problemOf(link, document) {
  if (/^[a-z]+:/.test(link)) return problemOfAddress(link);
  const [file, anchor] = link.split('#');
  const target = file === '' ? document : path.posix.join(path.posix.dirname(document), file);
  if (target.startsWith('..') || !existsSync(path.join(root, target))) return 'no such file';
  if (anchor === undefined) return undefined;
  return target.endsWith('.md') && anchorsIn(read(target)).has(anchor) ? undefined : 'no such heading';
}

function problemOfAddress(link) {
  if (!URL.canParse(link)) return 'not an address';
  const { protocol, hostname } = new URL(link);
  if (protocol !== 'https:') return 'not https';
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(hostname) ? undefined : 'not an address';
}

/** The targets of inline links, pictures and references. */
function linksIn(markdown) {
  const prose = withoutBlocks(markdown).replace(/(`+)[^`].*?\1/g, '');
  const inline = [...prose.matchAll(/\]\(\s*(?:<([^>]*)>|([^\s)]*(?:\([^\s)]*\)[^\s)]*)*))(?:\s+"[^"]*")?\s*\)/g)].map(([, angled, plain]) => angled ?? plain);
  const references = [...prose.matchAll(/^ {0,3}\[[^\]]+\]:\s*(\S+)/gm)].map(([, target]) => target);
  return [...inline, ...references];
}

/**
 * The anchors of a page's headings: lower case, without markup and punctuation, hyphens for blanks, numbered if they repeat.
 * https://github.com/Flet/github-slugger has GitHub's rule.
 */
function anchorsIn(markdown) {
  const seen = new Map();
  const headings = [...withoutBlocks(markdown).matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, text]) => text);
  return new Set(headings.map((text) => {
    const plain = text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
    const slug = plain.trim().toLowerCase().replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '').replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  }));
}

function withoutBlocks(markdown) {
  return markdown.replace(/^(`{3,})[^\n]*\n.*?^\1`*$/gms, '');
}
