// @ts-check
// What the page adds to its HTML: cells that open to their reason, and the search. Without this script the page is complete,
// but for the statements behind a cell. Names and conditions are other people's text, so they are only ever set as text.
'use strict';
{
  /**
   * Sentences, notes and statements are numbers of texts.
   * @typedef {{ sentence: number, by: number[] }} Jobs
   * @typedef {{ stores: number[], role: number, sentence: number, notes: number[], jobs: Jobs[] }} Row
   * @typedef {{ name: string, arn?: string, tags: [string, string][] }} Store
   * @typedef {{ name: string, through: string, requires?: string }} Role
   * @type {{ rows: Row[], stores: Store[], roles: Role[], texts: string[] }}
   */
  const data = JSON.parse(text(element('data')));

  /** The number of repositories that a search opens. */
  const OPENED_BY_SEARCH = 25;

  for (const scripted of all('.scripted, .search')) scripted.hidden = false;

  const repositories = /** @type {HTMLDetailsElement[]} */ (all('details.repository'));
  for (const repository of repositories) {
    if (repository.open) addButtons(repository);
    else repository.addEventListener('toggle', () => addButtons(repository), { once: true });
  }
  element('open-all').addEventListener('click', () => openAll(true));
  element('close-all').addEventListener('click', () => openAll(false));

  const dialog = /** @type {HTMLDialogElement} */ (element('reason'));
  /** @type {HTMLElement | undefined} */
  let opener;
  element('close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  dialog.addEventListener('close', () => opener?.focus());

  const search = /** @type {HTMLInputElement} */ (element('search'));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  search.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, 120);
  });
  /** @type {Set<HTMLDetailsElement>} */
  const openedBySearch = new Set();
  /** @type {Map<Element, string>} */
  const searched = new Map();

  /** Only when a repository is shown: a thousand of them have tens of thousands of cells. @param {Element} repository */
  function addButtons(repository) {
    for (const cell of repository.querySelectorAll('tbody td')) {
      const button = document.createElement('button');
      button.type = 'button';
      button.setAttribute('aria-haspopup', 'dialog');
      button.append(...cell.childNodes);
      button.addEventListener('click', () => explain(/** @type {HTMLTableCellElement} */ (cell), button));
      cell.append(button);
    }
  }

  /** @param {boolean} open */
  function openAll(open) {
    for (const repository of repositories) repository.open = open;
  }

  /** @param {HTMLTableCellElement} cell @param {HTMLElement} button */
  function explain(cell, button) {
    const row = data.rows[Number(cell.closest('tr')?.dataset['row'])];
    const role = row && data.roles[row.role];
    const table = cell.closest('table');
    if (!row || !role || !table) return;
    const jobs = row.jobs[Number(cell.dataset['jobs'] ?? NaN)];
    const repository = text(cell.closest('details')?.querySelector('h3'));
    const environment = text(table.tHead?.rows[0]?.cells[cell.cellIndex]);
    const verdict = paragraph(text(cell).trim());
    verdict.className = `verdict mark ${cell.className}`;

    const list = document.createElement('dl');
    add(list, 'Can such a job read it?', verdict);
    if (jobs) {
      add(list, 'Which jobs', paragraph(known(jobs.sentence)));
    } else {
      add(list, 'Why not', paragraph(`No statement lets a job with ${environment} read it by this role. The role opens it to: ${known(row.sentence)}.`));
    }
    add(list, 'Role', paragraph(role.name), paragraph(`through ${role.through}`));
    add(list, 'The role requires of every job', paragraph(role.requires ?? 'nothing that all jobs share'));
    if (jobs) add(list, 'Allowed by', bullets(jobs.by.map(known)));
    if (row.notes.length > 0) add(list, 'Not decided', bullets(row.notes.map(known)));
    for (const number of row.stores) {
      const store = data.stores[number];
      if (!store) continue;
      add(list, 'Store', paragraph(store.name), ...(store.arn === undefined ? [] : [paragraph(store.arn)]));
      if (store.tags.length > 0) add(list, 'Its tags', bullets(store.tags.map(([key, value]) => `${key} = ${value}`)));
    }
    element('reason-heading').textContent = `${repository}, ${environment}`;
    element('reason-body').replaceChildren(list);
    opener = button;
    dialog.showModal();
    dialog.scrollTop = 0;
  }

  /** Rows that have each word, together with what they belong to. */
  function find() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    /** @param {string} own @param {Iterable<HTMLElement>} rows @param {(row: HTMLElement) => string} content */
    const filter = (own, rows, content) => {
      let shown = 0;
      for (const row of rows) {
        const whole = `${own} ${once(row, content)}`;
        row.hidden = !words.every((word) => whole.includes(word));
        if (!row.hidden) shown += 1;
      }
      return shown;
    };
    const matching = repositories.filter((repository) => {
      repository.hidden = filter(once(repository, nameOf), all('.row', repository), readBy) === 0;
      return !repository.hidden;
    });
    const findings = all('.finding').filter((finding) => {
      finding.hidden = filter(once(finding, headOf), all('.row', finding), text) === 0;
      return !finding.hidden;
    });
    filter('', all('#stores .row, #roles .row, #differences .row'), text);
    const stores = all('#stores .row:not([hidden]) > th > .name').length;
    for (const section of all('section')) {
      section.hidden = section.querySelector('.row') !== null && section.querySelector('.row:not([hidden])') === null;
    }

    for (const details of openedBySearch) details.open = false;
    openedBySearch.clear();
    const opened = words.length === 0 ? [] : [...(matching.length <= OPENED_BY_SEARCH ? matching : []), ...all('details.all')];
    for (const details of /** @type {HTMLDetailsElement[]} */ (opened)) {
      if (details.open) continue;
      details.open = true;
      openedBySearch.add(details);
    }
    const listed = matching.filter((repository) => !repository.classList.contains('any'));
    const counted = [count(listed.length, 'repository', 'repositories'), count(stores, 'store', 'stores'), count(findings.length, 'finding', 'findings')];
    element('matches').textContent = words.length === 0 ? '' : `Found: ${counted.join(', ')}`;
  }

  /** The stores of a row, and the environments whose jobs read them. @param {HTMLElement} row */
  function readBy(row) {
    const headings = row.closest('table')?.tHead?.rows[0]?.cells;
    const cells = /** @type {HTMLTableRowElement} */ (row).cells;
    const environments = [...cells].filter(({ className }) => className !== 'no').map(({ cellIndex }) => text(headings?.[cellIndex]));
    return `${text(cells[0])} ${environments.slice(1).join(' ')}`;
  }

  /** @param {HTMLElement} repository */
  function nameOf(repository) {
    return text(repository.querySelector('h3'));
  }

  /** @param {HTMLElement} finding */
  function headOf(finding) {
    return ['.severity', 'h3', '.remedy'].map((part) => text(finding.querySelector(part))).join(' ');
  }

  /** What is searched of an element, worked out once. @param {HTMLElement} of @param {(of: HTMLElement) => string} content */
  function once(of, content) {
    const known = searched.get(of) ?? content(of).toLowerCase();
    searched.set(of, known);
    return known;
  }

  /** @param {number} number @param {string} one @param {string} many */
  function count(number, one, many) {
    return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
  }

  /** @param {Element} list @param {string} term @param {Element[]} descriptions */
  function add(list, term, ...descriptions) {
    const [dt, dd] = [document.createElement('dt'), document.createElement('dd')];
    dt.textContent = term;
    dd.append(...descriptions);
    list.append(dt, dd);
  }

  /** @param {string} content */
  function paragraph(content) {
    const made = document.createElement('bdi');
    made.textContent = content;
    const p = document.createElement('p');
    p.append(made);
    return p;
  }

  /** @param {string[]} contents */
  function bullets(contents) {
    const list = document.createElement('ul');
    for (const content of contents) {
      const item = document.createElement('li');
      item.append(...paragraph(content).childNodes);
      list.append(item);
    }
    return list;
  }

  /** @param {string} selector @param {ParentNode} within @returns {HTMLElement[]} */
  function all(selector, within = document) {
    return [...within.querySelectorAll(selector)].map((found) => /** @type {HTMLElement} */ (found));
  }

  /** @param {string} id */
  function element(id) {
    return /** @type {HTMLElement} */ (document.getElementById(id));
  }

  /** @param {number} number */
  function known(number) {
    return data.texts[number] ?? '';
  }

  /** @param {Element | null | undefined} of */
  function text(of) {
    return of?.textContent ?? '';
  }
}
