// `env-kvstore audit --format html`, in a real Chromium: what it shows, and that nothing of it runs, loads or hides what others named.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runCli } from '../runner/command.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tools = createRequire(new URL('../tools/package.json', import.meta.url));
const EXAMPLE = path.join(root, 'docs/use-cases/kvstore.json');
/** Debian's, or what GitHub's runners have. */
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((file) => existsSync(file));
/** Kept to be looked at; git ignores it. */
const SCREENSHOTS = path.join(root, 'target/audit-page');
/** `UPDATE_SCREENSHOT=1` makes it again. */
const DOCUMENTED = path.join(root, 'docs/audit-page.png');
/** No page may take so many times as long for ten times the repositories: it would grow with their square. */
const NOT_LINEAR = 30;

describe('audit --format html', { skip: !CHROMIUM && 'Chromium is not installed: apt-get install -y chromium' }, () => {
  let browser, folder;
  const pages = {};

  before(async () => {
    const { chromium } = tools('playwright-core');
    folder = await mkdtemp(path.join(tmpdir(), 'env-kvstore-page-'));
    await mkdir(SCREENSHOTS, { recursive: true });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    pages.example = await audited('example', EXAMPLE);
    for (const name of ['faulty', 'hostile']) pages[name] = await written(name, exampleOf(name));
  });
  after(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const written = async (name, text) => {
    const file = path.join(folder, `${name}.html`);
    await writeFile(file, text);
    return file;
  };

  /** By the command line. */
  async function audited(name, rules) {
    const file = path.join(folder, `${name}.html`);
    const { exitCode, stdout, stderr } = await runCli(['audit', '--file', rules, '--format', 'html', '--output', file], { environment: {} });
    assert.deepEqual([exitCode, stdout, stderr], [0, '', '']);
    return file;
  }

  /** A file in a browser of its own, which notes what the page must not do. */
  async function open(t, file, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
    t.after(() => context.close());
    const page = await context.newPage();
    const noted = { requests: [], violations: [], errors: [] };
    await page.exposeFunction('noteViolation', (what) => noted.violations.push(what));
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => window.noteViolation(`${violatedDirective} ${blockedURI}`));
    });
    page.on('request', (request) => noted.requests.push(request.url()));
    page.on('pageerror', (error) => noted.errors.push(error.message));
    page.on('console', (message) => noted.errors.push(message.text()));
    page.on('dialog', (dialog) => noted.errors.push(dialog.message()));
    await page.goto(pathToFileURL(file).href);
    return { page, noted };
  }

  /** Nothing but the file itself was asked for, and nothing was refused or failed. */
  async function isQuiet({ page, noted }) {
    await page.waitForTimeout(100);
    assert.deepEqual(noted, { requests: [page.url().replace(/#.*/, '')], violations: [], errors: [] });
  }

  const cell = (page, repository, store, column) => {
    const table = page.locator('details.repository', { has: page.locator('h3', { hasText: repository }) });
    return table.locator('tbody tr', { hasText: store }).locator('td').nth(column);
  };
  const focused = (page) => page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent?.trim());

  test('shows what jobs of each repository and environment read, and why', async (t) => {
    const opened = await open(t, pages.example);
    const { page } = opened;
    assert.equal(await page.title(), 'Who can read what: account 123456789012');
    const headings = page.locator('details.repository', { hasText: 'octo-org/app' }).locator('thead th');
    assert.deepEqual((await headings.allTextContents()).map((text) => text.trim()), ['Store', 'no environment', 'environment production', 'environment pull-request']);
    const row = page.locator('details.repository tr', { hasText: 'octo-org/app/env/production/secrets' });
    assert.deepEqual((await row.locator('td').allTextContents()).map((text) => text.trim()), ['– no', '◐ some', '– no']);

    await cell(page, 'octo-org/app', 'production', 1).getByRole('button').click();
    const dialog = page.getByRole('dialog', { name: 'octo-org/app, environment production' });
    const reason = await dialog.locator('dl').innerText();
    assert.match(reason, /Which jobs\s+ref is refs\/heads\/main\n/);
    assert.match(reason, /Role\s+github-actions\s+through us-west-2:/);
    assert.match(reason, /The role requires of every job\s+enterprise_id is 9266 and event_name is deployment or /);
    assert.match(reason, /Allowed by\s+.*statement \d+ \(\w+\)\s/);
    assert.match(reason, /trust policy of the role github-actions, statement 1/);
    assert.match(reason, /arn:aws:secretsmanager:us-west-2:123456789012:secret:octo-enterprise\/repo\/octo-org\/app\/env\/production\/variables-/);
    assert.match(reason, /github:ref = refs\/heads\/main/);
    await page.screenshot({ path: path.join(SCREENSHOTS, 'reason.png') });
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await cell(page, 'octo-org/app', 'production', 0).getByRole('button').click();
    assert.match(await page.getByRole('dialog').innerText(), /Why not\s+No statement lets a job with no environment read it by this role\. The role opens it to: environment is production and ref is refs\/heads\/main\./);
    await isQuiet(opened);
  });

  test('shows findings with their remedies, what is not decided, and how the rules differ', async (t) => {
    const { page } = await open(t, pages.faulty, { viewport: { width: 1000, height: 780 } });
    await page.locator('#repositories').evaluate((section) => section.scrollIntoView());
    await page.screenshot({ path: process.env.UPDATE_SCREENSHOT ? DOCUMENTED : path.join(SCREENSHOTS, 'faulty.png') });
    const finding = page.locator('.finding', { hasText: 'A store lacks a tag that its binding demands' });
    assert.match(await finding.innerText(), /^▲ high\s[^]*Remedy: [^]*2 places\s+octo-enterprise\/repo\/octo-org\/app\/env\/production\/secrets, github:ref\s/);
    assert.match(await finding.getByRole('link').getAttribute('href'), /^https:\/\/github\.com\/.*\/docs\/findings\.md#guard-missing$/);
    assert.deepEqual(await page.locator('.finding .severity').allInnerTexts(), ['▲ high', '◆ medium', '● low', '● low']);
    await page.locator('#stores').getByRole('link', { name: 'A store lacks a tag that its binding demands' }).first().click();
    assert.equal(new URL(page.url()).hash, '#high-guard-missing');

    assert.equal((await cell(page, 'octo-org/app', 'production', 1).innerText()).trim(), '● yes');
    const undecided = cell(page, 'octo-org/web', 'production', 1);
    assert.equal((await undecided.innerText()).trim(), '? maybe');
    await undecided.getByRole('button').click();
    assert.match(await page.getByRole('dialog').innerText(), /Not decided\s+the policy of the KMS key \S+ is not known/);
    await page.keyboard.press('Escape');
    assert.match(await page.locator('#stores tr', { hasText: 'legacy/secrets' }).innerText(), /no job/);
    assert.match(await page.locator('#differences tbody tr').first().innerText(), /^▲ wider\s+readers of\s+octo-enterprise\/repo\/octo-org\/app\/env\/production\/secrets/);
    assert.match(await page.locator('#not-evaluated').innerText(), /service and resource control policies/);
  });

  test('is used by the keyboard alone', async (t) => {
    const { page } = await open(t, pages.example);
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Skip to the report');
    await page.keyboard.press('Enter');
    assert.equal(await focused(page), 'main');
    const wanted = cell(page, 'octo-org/app', 'production', 1).getByRole('button');
    for (let step = 0; step < 40 && !(await wanted.evaluate((button) => button === document.activeElement)); step += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.getByRole('dialog').isVisible(), true);
    assert.equal(await focused(page), 'close');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null), true);
    await page.keyboard.press('Escape');
    assert.equal(await page.getByRole('dialog').count(), 0);
    assert.equal(await wanted.evaluate((button) => button === document.activeElement), true);
    await page.keyboard.press('Space');
    assert.equal(await page.getByRole('dialog').isVisible(), true);
  });

  test('finds repositories, stores and findings by words, and says how many', async (t) => {
    const { page } = await open(t, pages.faulty);
    const shown = (selector) => page.locator(`${selector}:visible`).allInnerTexts();
    const found = page.getByRole('status');
    await page.getByRole('searchbox', { name: 'Search' }).fill('OCTO-ORG/app  production');
    await found.filter({ hasText: 'Found: 1 repository, 2 stores, 1 finding' }).waitFor();
    assert.deepEqual(await shown('details.repository h3'), ['octo-org/app']);
    assert.equal((await shown('details.repository .row')).length, 1);
    assert.equal(await page.locator('#roles').isVisible(), false);
    // By the environment whose jobs read a store, not by those whose jobs do not.
    await page.getByRole('searchbox').fill('environment staging');
    await found.filter({ hasText: 'Found: 1 repository, 2 stores, 0 findings' }).waitFor();
    await page.getByRole('searchbox').fill('nothing has this');
    await found.filter({ hasText: 'Found: 0 repositories, 0 stores, 0 findings' }).waitFor();
    await page.getByRole('searchbox').fill('');
    await found.filter({ hasText: /^$/ }).waitFor({ state: 'attached' });
    assert.equal((await shown('details.repository h3')).length, 4);
    assert.equal(await page.locator('#roles').isVisible(), true);
  });

  test('has no violation of axe in light and dark, with and without a reason open', async (t) => {
    const axe = await readFile(tools.resolve('axe-core/axe.min.js'), 'utf8');
    const violations = async (page, parts = ['html']) => {
      const { violations, passes } = await page.evaluate((include) => window.axe.run({ include }), parts);
      assert.ok(passes.length > 8, `${passes.length} rules applied`);
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    };
    for (const colorScheme of ['light', 'dark']) {
      // Of the hostile one a part says as much, and the whole takes ten times as long.
      for (const name of colorScheme === 'light' ? ['faulty', 'hostile'] : ['faulty']) {
        // axe makes style elements of its own.
        const { page } = await open(t, pages[name], { colorScheme, bypassCSP: true });
        await page.evaluate(axe);
        const parts = name === 'hostile' ? ['header', '#findings', 'details.repository:nth-of-type(1)', '#roles'] : undefined;
        assert.deepEqual(await violations(page, parts), [], `${name}, ${colorScheme}`);
        await page.locator('td > button').first().click();
        assert.deepEqual(await violations(page, ['#reason']), [], `${name}, ${colorScheme}, a reason`);
        await page.keyboard.press('Escape');
        await page.screenshot({ path: path.join(SCREENSHOTS, `${name}-${colorScheme}.png`), fullPage: true });
      }
    }
    const { page } = await open(t, pages.faulty, { bypassCSP: true });
    await page.evaluate(axe);
    await page.evaluate(() => document.querySelector('#search').parentElement.querySelector('label').remove());
    await page.evaluate(() => document.querySelector('#search').removeAttribute('placeholder'));
    assert.match((await violations(page)).join('\n'), /^label: /m);
  });

  test('takes no name, tag or condition for anything but text', async (t) => {
    const opened = await open(t, pages.hostile);
    const { page } = opened;
    assert.equal(await page.evaluate(() => typeof window.hacked), 'undefined');
    assert.equal(await page.locator('script').count(), 2);
    assert.equal(await page.locator('img, svg, iframe, object, [onclick], [onerror], [onload], [style], a[href^="javascript"]').count(), 0);
    const text = await page.evaluate(() => document.body.innerText);
    const attempts = ['<script>hacked=1</script>', '</script><script>hacked=1</script>', '"><img src=https://attacker.example/x onerror=hacked=1>', "' onclick='hacked=1' x='", '<!--<script>', '&lt;script&gt;hacked=1&lt;/script&gt;', '{{hacked=1}}{% raw %}', '\\u{202e}txet\\u{202c} \\u{2067}\\u{2028}\\u{2029}\\u{0}\\u{7}'];
    for (const attempt of attempts) assert.ok(text.includes(attempt), attempt);
    assert.doesNotMatch(await page.evaluate(() => document.documentElement.textContent), /[\u0000\u0007\u202a-\u202e\u2066-\u2069\u2028\u2029]/);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'a long name stretches the page');

    // The same text again, by the script.
    for (const attempt of attempts) {
      const store = page.locator('bdi.name').filter({ hasText: new RegExp(`^${attempt.replace(/[^\w ]/g, '\\$&')}$`) });
      await page.locator('details.repository').first().locator('tbody tr').filter({ has: store }).locator('td > button').last().click();
      const reason = await page.getByRole('dialog').innerText();
      assert.ok(reason.includes(`${attempt} = ${attempt}`), attempt);
      await page.keyboard.press('Escape');
    }
    await page.getByRole('searchbox').fill('<img src=https://attacker.example/x onerror=hacked=1>');
    await page.getByRole('status').filter({ hasText: 'Found' }).waitFor();
    assert.equal(await page.evaluate(() => typeof window.hacked), 'undefined');
    assert.equal(await page.locator('img, svg').count(), 0);
    await isQuiet(opened);
  });

  test('has a policy that stops what would get into it all the same', async (t) => {
    const html = await readFile(pages.example, 'utf8');
    const parts = ['<script>hacked=1</script>', '<p onclick="hacked=1" id="handler">x</p>', '<img src="https://attacker.example/x">', '<style>h1 { display: none }</style>', '<iframe src="https://attacker.example/"></iframe>'];
    const { page, noted } = await open(t, await written('tampered', html.replace('<main', () => `${parts.join('')}<main`)));
    await page.locator('#handler').click();
    assert.equal(await page.evaluate(() => typeof window.hacked), 'undefined');
    assert.equal(await page.locator('h1').isVisible(), true);
    await assert.rejects(page.evaluate(() => void (document.querySelector('#handler').innerHTML = '<b>x</b>')), /TrustedHTML/);
    const directives = noted.violations.map((violation) => violation.split(' ')[0]);
    for (const directive of ['script-src-elem', 'script-src-attr', 'img-src', 'style-src-elem', 'frame-src']) assert.ok(directives.includes(directive), `${directive}: ${directives.join(' ')}`);
    const changed = await open(t, await written('changed', html.replace("'use strict';", "'use strict'; hacked=1;")));
    assert.equal(await changed.page.evaluate(() => typeof window.hacked), 'undefined');
    assert.match(changed.noted.violations.join(), /script-src-elem/);
  });

  test('is a complete table without a script, and on paper', async (t) => {
    const { page } = await open(t, pages.example, { javaScriptEnabled: false });
    assert.equal(await page.locator('#search').isVisible(), false);
    assert.equal(await page.locator('button:visible').count(), 0);
    assert.match(await page.locator('details.repository tr', { hasText: 'octo-org/app/env/production/secrets' }).innerText(), /github-actions: environment is production and ref is refs\/heads\/main\s+– no\s+◐ some\s+– no/);

    const many = await audited('many', await kvstore(20));
    const { page: closed } = await open(t, many);
    const row = closed.locator('details.repository tbody tr').last();
    assert.equal(await row.isVisible(), false);
    await closed.emulateMedia({ media: 'print' });
    assert.ok((await row.boundingBox()).height > 20);
    assert.equal(await row.evaluate((found) => found.checkVisibility({ contentVisibilityAuto: true })), true);
    assert.equal(await closed.locator('.bar').isVisible(), false);
    assert.equal(await closed.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)');
    await closed.pdf({ path: path.join(SCREENSHOTS, 'print.pdf') });
  });

  test('shows 1,000 repositories about as soon as ten times 100', async (t) => {
    const took = {};
    for (const count of [100, 1000]) {
      const file = await audited(`repositories-${count}`, await kvstore(count));
      const { size } = await readFile(file).then(({ length }) => ({ size: length }));
      const times = [];
      for (let round = 0; round < 3; round += 1) {
        const { page, noted } = await open(t, file, { viewport: { width: 1200, height: 900 } });
        const painted = await page.evaluate(async () => {
          await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
          return performance.now();
        });
        times.push(painted);
        assert.deepEqual(noted.errors, []);
        if (round > 0) continue;
        const number = String(count - 1).padStart(4, '0');
        const searching = performance.now();
        await page.getByRole('searchbox').fill(`service-${number} production`);
        await page.getByRole('status').filter({ hasText: 'Found: 1 repository, 2 stores, 0 findings' }).waitFor();
        const searched = performance.now() - searching;
        const some = page.locator('details.repository:visible td.some');
        // Waits for frames: what was out of sight has no inner text before.
        await some.scrollIntoViewIfNeeded();
        assert.equal(await some.innerText(), '◐ some');
        t.diagnostic(`${count} repositories, ${count * 6 + 1} stores, ${Math.round(size / 1024)} KiB: found in ${Math.round(searched)} ms`);
      }
      took[count] = Math.min(...times);
      t.diagnostic(`${count} repositories: shown in ${Math.round(took[count])} ms`);
    }
    assert.ok(took[1000] < took[100] * NOT_LINEAR, `${took[100]} ms, ${took[1000]} ms`);
  });

  /** Rules of so many repositories, each with three bindings. */
  async function kvstore(count) {
    const names = [...Array(count).keys()].map((number) => `octo-org/service-${String(number).padStart(4, '0')}`);
    const { $schema, repositories, bindings, expect, ...others } = JSON.parse(await readFile(EXAMPLE, 'utf8'));
    const own = names.flatMap((repository, number) => [
      { name: `repository-${number}`, repository, read: ['repo'] },
      { name: `staging-${number}`, repository, when: { environment: 'staging' }, read: ['env:staging'] },
      { name: `production-${number}`, repository, when: { environment: 'production', ref: 'refs/heads/main' }, read: ['env:production'] },
    ]);
    const rules = { ...others, repositories: Object.fromEntries(names.map((name, number) => [name, { id: String(500000 + number) }])), bindings: [...own, ...bindings.filter(({ name }) => name === 'platform')] };
    const file = path.join(folder, `kvstore-${count}.json`);
    await writeFile(file, JSON.stringify(rules));
    return file;
  }
});

/** Pages of accounts that no kvstore.json describes: admin/examples/audit_page.rs. */
function exampleOf(name) {
  const options = ['run', '--quiet', '--locked', '--package', 'env-kvstore-admin', '--example', 'audit_page', '--', name];
  return execFileSync('cargo', options, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26, stdio: ['ignore', 'pipe', 'inherit'] });
}
