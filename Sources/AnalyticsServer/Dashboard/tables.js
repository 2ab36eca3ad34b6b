// The two tables, which are sorted here and not by the server.

import { figureContent, textElement } from './cells.js';
import { TABLES, isDescending, isText, sortKey } from './columns.js';
import { announce, byId, make } from './dom.js';
import { locale } from './format.js';

const collator = new Intl.Collator(locale, { numeric: true });

function compare(a, b) {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return collator.compare(String(a), String(b));
}

class SortedTable {
  // Each row's element and values by key, in the server's order. Elements are kept, and cells are changed only when
  // their value does: a refresh must not take the focus or a selection away from someone who is reading.
  #rows = new Map();
  // The long texts that were opened, which outlive their cells.
  #opened = new Set();

  // Called with the new order after a click on a header.
  onSort = () => {};

  constructor(id, { defaultSort, columns, keyOf, none }) {
    Object.assign(this, { defaultSort, columns, keyOf, none, sort: defaultSort });
    const element = byId(id);
    this.body = element.tBodies[0];
    this.scroller = element.closest('.scroll');
    this.headers = [...element.tHead.rows[0].cells];
    for (const header of this.headers) {
      header.querySelector('button').addEventListener('click', () => this.#sortBy(header));
    }
    new ResizeObserver(() => this.#measure()).observe(this.scroller);
  }

  // Marks the header; rows that are there already stay where they are until the next answer.
  useSort(sort) {
    this.sort = sort;
    for (const header of this.headers) {
      if (header.dataset.key !== sortKey(sort)) header.removeAttribute('aria-sort');
      else header.setAttribute('aria-sort', isDescending(sort) ? 'descending' : 'ascending');
    }
  }

  #sortBy(header) {
    const { key, kind } = this.columns.find((column) => column.key === header.dataset.key);
    // The first click shows what one looks for: the largest number, or the start of the alphabet.
    const [first, second] = isText(kind) ? [key, `-${key}`] : [`-${key}`, key];
    this.useSort(this.sort === first ? second : first);
    this.#place();
    this.onSort(this.sort);
    const direction = isDescending(this.sort) ? 'descending' : 'ascending';
    announce(`Sorted by ${header.textContent.trim()}, ${direction}.`);
  }

  showSkeleton(count) {
    const rows = Array.from({ length: count }, () => {
      const row = make('tr', 'skeleton');
      for (const header of this.headers) {
        const cell = make('td', header.className);
        cell.append(make('i'));
        row.append(cell);
      }
      return row;
    });
    this.#rows.clear();
    this.body.replaceChildren(...rows);
  }

  showNote(text) {
    const row = make('tr', 'note-row');
    const cell = make('td', '', text);
    cell.colSpan = this.headers.length;
    row.append(cell);
    this.#rows.clear();
    this.body.replaceChildren(row);
  }

  show(list, zone) {
    if (list.length === 0) return this.showNote(this.none);
    const before = this.#rows;
    this.#rows = new Map();
    for (const values of list) {
      let key = this.keyOf(values);
      while (this.#rows.has(key)) key += '\u0000';
      const row = before.get(key)?.row ?? this.#makeRow();
      this.#rows.set(key, { row, values });
      this.columns.forEach((column, index) => this.#fill(row.cells[index], key, column, values[column.key], zone));
    }
    this.#place();
    this.#measure();
  }

  #makeRow() {
    const row = make('tr');
    for (const [index, header] of this.headers.entries()) {
      const cell = make(index === 0 ? 'th' : 'td', header.className);
      if (index === 0) cell.scope = 'row';
      cell.dataset.column = header.dataset.key;
      row.append(cell);
    }
    return row;
  }

  #fill(cell, rowKey, { key, kind }, value, zone) {
    const shown = kind === 'instant' ? `${value} ${zone}` : JSON.stringify(value ?? null);
    if (cell.shown === shown) return;
    cell.shown = shown;
    if (!isText(kind)) {
      cell.replaceChildren(figureContent(kind, value, zone));
      return;
    }
    const id = `${rowKey}\u0000${key}`;
    cell.replaceChildren(textElement(kind, value, this.#opened.has(id), (open) => {
      if (open) this.#opened.add(id);
      else this.#opened.delete(id);
    }));
  }

  #sorted() {
    const rows = [...this.#rows.values()];
    // The server's order decides ties, so the default view is exactly the server's ranking.
    if (this.sort === this.defaultSort) return rows;
    const key = sortKey(this.sort);
    const sign = isDescending(this.sort) ? -1 : 1;
    return rows.sort((a, b) => {
      const [x, y] = [a.values[key], b.values[key]];
      if (x == null || y == null) return (x == null) - (y == null);
      return sign * compare(x, y);
    });
  }

  #place() {
    if (this.#rows.size === 0) return;
    const sorted = this.#sorted().map(({ row }) => row);
    const wanted = new Set(sorted);
    for (const row of [...this.body.rows]) if (!wanted.has(row)) row.remove();
    // A row that is moved loses the focus, so it is given back.
    const focused = this.body.contains(document.activeElement) ? document.activeElement : null;
    sorted.forEach((row, index) => {
      if (this.body.rows[index] !== row) this.body.insertBefore(row, this.body.rows[index] ?? null);
    });
    if (focused && document.activeElement !== focused) focused.focus({ preventScroll: true });
  }

  #measure() {
    const holders = [...this.body.querySelectorAll('.long')];
    // All reads before all writes, or every row costs a layout.
    const cut = holders.map(({ firstChild: clamp }) => clamp.scrollHeight > clamp.clientHeight + 1);
    const scrolls = this.scroller.scrollWidth > this.scroller.clientWidth + 1;
    holders.forEach((holder, index) => {
      holder.lastChild.hidden = !(cut[index] || holder.classList.contains('open'));
    });
    // A region that scrolls has to be reachable by keyboard; one that does not should not be a stop on the way.
    if (scrolls) this.scroller.tabIndex = 0;
    else this.scroller.removeAttribute('tabindex');
  }
}

export const tables = {
  commands: new SortedTable('commands', TABLES.commands),
  errors: new SortedTable('errors', TABLES.errors),
};
