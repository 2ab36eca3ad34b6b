// The dashboard page. Everything that comes from events (names, messages) is untrusted and reaches the page
// through textContent and attributes only; no HTML is ever built from text.

const API = '/api/v1/analytics';
const REFRESH_MS = 30_000;
const TIMEOUT_MS = 25_000;
const LOW_RATE = 95;
const NONE = '–';
const PRESET_DAYS = { '1d': 1, '7d': 7, '30d': 30, '90d': 90 };
const LIMITS = [5, 10, 25, 100];
const DEFAULTS = { preset: '30d', limit: 5 };

const byId = (id) => document.getElementById(id);
const main = byId('figures');

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// --- Numbers and times --------------------------------------------------------------------------------------------

// The words of the page are English; "1.164" beside them would be read as a fraction. So: the reader's own English.
const locale = navigator.languages.find((tag) => /^en\b/i.test(tag)) ?? 'en';
const integers = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const twoDigits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
const percents = new Intl.NumberFormat(locale, { style: 'percent', ...twoDigits });
const exactMs = new Intl.NumberFormat(locale, { maximumFractionDigits: 3 });
const plurals = new Intl.PluralRules('en');
const relative = new Intl.RelativeTimeFormat(locale, { style: 'short' });
const dayFormat = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' });

const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);
const plural = (count, one, many) => (plurals.select(count) === 'one' ? one : many);

function durationText(ms) {
  const digits = (value, places) =>
    new Intl.NumberFormat(locale, { minimumFractionDigits: places, maximumFractionDigits: places }).format(value);
  if (ms < 10 && !Number.isInteger(ms)) return `${digits(ms, 1)} ms`;
  if (Math.round(ms) < 1000) return `${digits(ms, 0)} ms`;
  if (ms < 59_995) return `${digits(ms / 1000, ms < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${integers.format(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

const formats = {
  count: (value) => integers.format(value),
  rate: (value) => percents.format(value / 100),
  duration: durationText,
};

// A reader's clock that is wrong by minutes would make every "ago" wrong, so the server's `Date` header corrects it.
let clockOffset = 0;
const now = () => Date.now() + clockOffset;

const instantFormats = new Map();
function instantFormat(zone, style) {
  const key = `${style} ${zone}`;
  if (!instantFormats.has(key)) {
    const time = { timeZone: zone, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };
    const full = { ...time, year: 'numeric', month: 'short', day: 'numeric', timeZoneName: 'short' };
    instantFormats.set(key, new Intl.DateTimeFormat(locale, style === 'time' ? time : full));
  }
  return instantFormats.get(key);
}
const absoluteText = (ms, zone) => instantFormat(zone, 'full').format(ms);
const clockText = (ms, zone) => instantFormat(zone, 'time').format(ms);

function agoText(ms) {
  const seconds = Math.round((ms - now()) / 1000);
  const size = Math.abs(seconds);
  if (size < 60) return relative.format(seconds === 0 ? -0 : seconds, 'second');
  if (size < 3600) return relative.format(Math.trunc(seconds / 60), 'minute');
  if (size < 86_400) return relative.format(Math.trunc(seconds / 3600), 'hour');
  if (size < 90 * 86_400) return relative.format(Math.trunc(seconds / 86_400), 'day');
  if (size < 730 * 86_400) return relative.format(Math.trunc(seconds / (30.44 * 86_400)), 'month');
  return relative.format(Math.trunc(seconds / (365.25 * 86_400)), 'year');
}

// --- Days and zones -----------------------------------------------------------------------------------------------

// Offsets such as "+05:30" pass Intl, but are no zones: they have no daylight saving and no days of their own.
function isZone(name) {
  if (!/^[A-Za-z]/.test(name ?? '')) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

// Browsers still list some zones under names that have been replaced; people look for the new name, and a server may
// have been set up without the old ones.
const RENAMED_ZONES = {
  'Africa/Asmera': 'Africa/Asmara', 'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'America/Catamarca': 'America/Argentina/Catamarca', 'America/Coral_Harbour': 'America/Atikokan',
  'America/Cordoba': 'America/Argentina/Cordoba', 'America/Godthab': 'America/Nuuk',
  'America/Indianapolis': 'America/Indiana/Indianapolis', 'America/Jujuy': 'America/Argentina/Jujuy',
  'America/Louisville': 'America/Kentucky/Louisville', 'America/Mendoza': 'America/Argentina/Mendoza',
  'Asia/Calcutta': 'Asia/Kolkata', 'Asia/Katmandu': 'Asia/Kathmandu', 'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh', 'Atlantic/Faeroe': 'Atlantic/Faroe', 'Europe/Kiev': 'Europe/Kyiv',
  'Pacific/Enderbury': 'Pacific/Kanton', 'Pacific/Ponape': 'Pacific/Pohnpei', 'Pacific/Truk': 'Pacific/Chuuk',
};

function currentName(zone) {
  const name = RENAMED_ZONES[zone];
  return name && isZone(name) ? name : zone;
}

const detectedZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const browserZone = isZone(detectedZone) ? currentName(detectedZone) : 'UTC';

function today(zone) {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
    .formatToParts(now());
  const part = (type) => parts.find((each) => each.type === type).value;
  return `${part('year')}-${part('month')}-${part('day')}`;
}

// Days are calendar days; computing with them in UTC keeps daylight saving out of it.
function dayNumber(day) {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day ?? '');
  if (!match) return null;
  const ms = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  return new Date(ms).toISOString().startsWith(day) ? ms / 86_400_000 : null;
}
const dayOf = (number) => new Date(number * 86_400_000).toISOString().slice(0, 10);
const dayText = (day) => dayFormat.format(dayNumber(day) * 86_400_000);

function rangeText(range) {
  const [start, end] = [dayNumber(range.startDate), dayNumber(range.endDate)];
  return start === end ? dayText(range.startDate) : dayFormat.formatRange(start * 86_400_000, end * 86_400_000);
}

// --- State, kept in the address so that a link shows the same view ------------------------------------------------

// `preset` or the two dates: a link to "7 days" goes on meaning the last seven days.
const defaultState = () => ({ ...DEFAULTS, startDate: '', endDate: '', zone: browserZone, auto: true });
let state = defaultState();

function readAddress() {
  const query = new URLSearchParams(location.search);
  const notes = [];
  const next = defaultState();
  if (query.has('startDate') || query.has('endDate')) {
    next.preset = null;
    next.startDate = query.get('startDate') ?? '';
    next.endDate = query.get('endDate') ?? '';
  } else if (query.has('range')) {
    if (Object.hasOwn(PRESET_DAYS, query.get('range'))) next.preset = query.get('range');
    else notes.push('This link names a range that does not exist; 30 days are shown.');
  }
  if (query.has('timeZone')) {
    if (isZone(query.get('timeZone'))) next.zone = query.get('timeZone');
    else notes.push(`This link names an unknown time zone; ${browserZone} is used.`);
  }
  if (LIMITS.includes(Number(query.get('limit')))) next.limit = Number(query.get('limit'));
  next.auto = query.get('refresh') !== 'off';
  state = next;
  for (const table of Object.values(tables)) table.readSort(query.get(table.parameter));
  return notes.join(' ');
}

// Writes known names only, which also takes a token out of the address, should one have been left there.
function writeAddress(push) {
  const query = new URLSearchParams();
  if (state.preset) {
    query.set('range', state.preset);
  } else {
    query.set('startDate', state.startDate);
    query.set('endDate', state.endDate);
  }
  query.set('timeZone', state.zone);
  if (state.limit !== DEFAULTS.limit) query.set('limit', state.limit);
  if (!state.auto) query.set('refresh', 'off');
  for (const table of Object.values(tables)) {
    if (table.sort !== table.defaultSort) query.set(table.parameter, table.sort);
  }
  const address = `${location.pathname}?${query.toString().replaceAll('%2F', '/')}`;
  if (address === location.pathname + location.search) return;
  history[push ? 'pushState' : 'replaceState'](null, '', address);
}

function chosenRange() {
  if (state.preset) {
    const endDate = today(state.zone);
    return { startDate: dayOf(dayNumber(endDate) - PRESET_DAYS[state.preset] + 1), endDate };
  }
  return { startDate: state.startDate, endDate: state.endDate };
}

function rangeProblem({ startDate, endDate }) {
  const problem = (field, text) => ({ field, text });
  for (const [field, name, day] of [['start', 'start', startDate], ['end', 'end', endDate]]) {
    if (dayNumber(day) === null) return problem(field, `Choose ${name === 'end' ? 'an' : 'a'} ${name} date.`);
    if (day < '2000-01-01' || day > '2099-12-31') return problem(field, `Choose a ${name} date between 2000 and 2099.`);
  }
  if (endDate < startDate) {
    return problem('end', `The end date is before the start date: choose ${dayText(startDate)} or later.`);
  }
  return null;
}

function apiAddress(path, range, more) {
  return `${API}/${path}?${new URLSearchParams({ ...range, timeZone: state.zone, ...more })}`;
}

// --- Tables -------------------------------------------------------------------------------------------------------

const collator = new Intl.Collator(locale, { numeric: true });

function compare(a, b) {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return collator.compare(String(a), String(b));
}

class SortedTable {
  // Rows are kept by key and cells are changed only when their value does: a refresh must not take the focus or a
  // selection away from someone who is reading.
  #rows = new Map();
  #data = [];
  #opened = new Set();

  constructor(id, { parameter, defaultSort, columns, keyOf, none }) {
    Object.assign(this, { parameter, defaultSort, columns, keyOf, none, sort: defaultSort });
    this.element = byId(id);
    this.body = this.element.tBodies[0];
    this.scroller = this.element.closest('.scroll');
    this.headers = [...this.element.tHead.rows[0].cells];
    for (const header of this.headers) {
      header.querySelector('button').addEventListener('click', () => this.#sortBy(header.dataset.key));
    }
    new ResizeObserver(() => this.#measure()).observe(this.scroller);
  }

  // A leading "-" means descending.
  readSort(text) {
    const known = this.columns.some((column) => column.key === text?.replace(/^-/, ''));
    this.sort = known ? text : this.defaultSort;
    this.#showSort();
  }

  #sortBy(key) {
    const column = this.columns.find((each) => each.key === key);
    // The first click shows what one looks for: the largest number, or the start of the alphabet.
    const isText = column.kind === 'name' || column.kind === 'text';
    const [first, second] = isText ? [key, `-${key}`] : [`-${key}`, key];
    this.sort = this.sort === first ? second : first;
    this.#showSort();
    this.#place();
    writeAddress(false);
    const title = this.headers.find((each) => each.dataset.key === key).textContent.trim();
    announce(`Sorted by ${title}, ${this.sort.startsWith('-') ? 'descending' : 'ascending'}.`);
  }

  #showSort() {
    const key = this.sort.replace(/^-/, '');
    for (const header of this.headers) {
      if (header.dataset.key !== key) header.removeAttribute('aria-sort');
      else header.setAttribute('aria-sort', this.sort.startsWith('-') ? 'descending' : 'ascending');
    }
  }

  showSkeleton(count) {
    this.#clear();
    const rows = Array.from({ length: count }, () => {
      const row = make('tr', 'skeleton');
      for (const header of this.headers) row.append(make('td', header.className));
      for (const cell of row.cells) cell.append(make('i'));
      return row;
    });
    this.body.replaceChildren(...rows);
  }

  showNote(text) {
    this.#clear();
    const row = make('tr', 'note-row');
    const cell = make('td', '', text);
    cell.colSpan = this.headers.length;
    row.append(cell);
    this.body.replaceChildren(row);
  }

  #clear() {
    this.#rows.clear();
    this.#data = [];
  }

  show(list, zone) {
    if (list.length === 0) return this.showNote(this.none);
    const before = this.#rows;
    this.#rows = new Map();
    this.#data = list.map((values) => {
      let key = this.keyOf(values);
      while (this.#rows.has(key)) key += '\u0000';
      const row = before.get(key) ?? this.#makeRow(key);
      this.#rows.set(key, row);
      this.columns.forEach((column, index) => this.#fill(row, index, key, column, values[column.key], zone));
      return { row, values };
    });
    this.#place();
    this.#measure();
  }

  #makeRow(key) {
    const row = make('tr');
    for (const [index, header] of this.headers.entries()) {
      const cell = make(index === 0 ? 'th' : 'td', header.className);
      if (index === 0) cell.scope = 'row';
      cell.dataset.column = header.dataset.key;
      row.append(cell);
    }
    return row;
  }

  #fill(row, index, key, column, value, zone) {
    const cell = row.cells[index];
    const shown = column.kind === 'instant' ? `${value} ${zone}` : JSON.stringify(value ?? null);
    if (cell.shown === shown) return;
    cell.shown = shown;
    if (column.kind === 'name' || column.kind === 'text') {
      const id = `${key}\u0000${column.key}`;
      cell.replaceChildren(this.#longText(id, visible(String(value ?? '')), column.kind === 'name'));
    } else if (!isNumber(value)) {
      cell.textContent = NONE;
    } else if (column.kind === 'instant') {
      cell.replaceChildren(instantElement(value, zone));
    } else if (column.kind === 'rate') {
      const rate = make('div', value < LOW_RATE ? 'rate low' : 'rate');
      const bar = make('span', 'bar');
      bar.setAttribute('aria-hidden', 'true');
      bar.append(make('span'));
      bar.firstChild.style.width = `${Math.min(100, Math.max(0, value))}%`;
      rate.append(bar, dataElement('rate', value));
      cell.replaceChildren(rate);
    } else {
      cell.replaceChildren(dataElement(column.kind, value));
    }
  }

  // Two lines, and a button for the rest: a title alone cannot be reached by touch or keyboard.
  #longText(id, text, isName) {
    const holder = make('div', 'long');
    const clamp = make('span', 'clamp');
    clamp.title = text;
    // bdi keeps a right-to-left name from turning round what stands beside it.
    const isolated = make('bdi', '', text === '' ? NONE : isName ? '' : text);
    if (isName) isolated.append(...breakable(text));
    clamp.append(isolated);
    const more = make('button', 'more');
    more.type = 'button';
    const show = (open) => {
      holder.classList.toggle('open', open);
      more.setAttribute('aria-expanded', String(open));
      more.textContent = open ? 'less' : 'more';
      if (open) this.#opened.add(id);
      else this.#opened.delete(id);
    };
    more.addEventListener('click', () => show(!holder.classList.contains('open')));
    more.hidden = true;
    show(this.#opened.has(id));
    holder.append(clamp, more);
    return holder;
  }

  #place() {
    if (this.#data.length === 0) return;
    const key = this.sort.replace(/^-/, '');
    const sign = this.sort.startsWith('-') ? -1 : 1;
    // The server's order decides ties, so the default view is exactly the server's ranking.
    const sorted = this.sort === this.defaultSort ? this.#data : this.#data.toSorted((a, b) => {
      const [x, y] = [a.values[key], b.values[key]];
      if (x == null || y == null) return (x == null) - (y == null);
      return sign * compare(x, y);
    });
    const wanted = new Set(sorted.map(({ row }) => row));
    for (const row of [...this.body.rows]) if (!wanted.has(row)) row.remove();
    // A row that is moved loses the focus, so it is given back.
    const focused = this.body.contains(document.activeElement) ? document.activeElement : null;
    sorted.forEach(({ row }, index) => {
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

function dataElement(kind, value, element = document.createElement('data')) {
  element.value = isNumber(value) ? String(value) : '';
  element.textContent = isNumber(value) ? formats[kind](value) : NONE;
  if (kind === 'duration' && isNumber(value)) element.title = `${exactMs.format(value)} ms`;
  else element.removeAttribute('title');
  return element;
}

function instantElement(ms, zone) {
  const element = make('time');
  const date = new Date(ms);
  // A number can be finite and still no date.
  if (Number.isNaN(date.getTime())) return make('span', '', NONE);
  element.dateTime = date.toISOString();
  element.title = absoluteText(ms, zone);
  element.append(make('span', '', agoText(ms)));
  return element;
}

// Invisible characters can make one name look like another (U+202E turns "gnp" into "png"), so they are spelled out.
function visible(text) {
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g,
    (character) => `‹U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}›`);
}

// Names have no spaces to break lines at: `book_reservation` and `RateLimitExceeded` break between their words.
function breakable(text) {
  return text.split(/(?<=[_.:/-])(?=[^_.:/-])|(?<=[a-z])(?=[A-Z])/)
    .flatMap((part, index) => (index === 0 ? [part] : [make('wbr'), part]));
}

const tables = {
  commands: new SortedTable('commands', {
    parameter: 'commandSort',
    defaultSort: '-totalExecutions',
    none: 'No commands were executed in this range.',
    keyOf: (row) => String(row.commandName),
    columns: [
      { key: 'commandName', kind: 'name' },
      { key: 'totalExecutions', kind: 'count' },
      { key: 'successRate', kind: 'rate' },
      { key: 'avgExecutionTime', kind: 'duration' },
      { key: 'p95ExecutionTime', kind: 'duration' },
      { key: 'lastExecuted', kind: 'instant' },
    ],
  }),
  errors: new SortedTable('errors', {
    parameter: 'errorSort',
    defaultSort: '-count',
    none: 'No errors were reported in this range.',
    keyOf: (row) => `${row.errorType}\u0000${row.errorHash}`,
    columns: [
      { key: 'errorType', kind: 'name' },
      { key: 'errorMessage', kind: 'text' },
      { key: 'count', kind: 'count' },
      { key: 'firstOccurrence', kind: 'instant' },
      { key: 'lastOccurrence', kind: 'instant' },
      { key: 'affectedUsers', kind: 'count' },
    ],
  }),
};

// --- Figures ------------------------------------------------------------------------------------------------------

// What was wrong with the link that opened this view, if anything.
let linkNote = '';
// The last good answer, the zone it was asked for in, and when it arrived.
let shown = null;
let failure = null;

const figureKinds = {
  totalExecutions: 'count', successfulExecutions: 'count', failedExecutions: 'count', successRate: 'rate',
  avgExecutionTime: 'duration', p50ExecutionTime: 'duration', p95ExecutionTime: 'duration',
  p99ExecutionTime: 'duration',
  totalErrors: 'count', uniqueErrorTypes: 'count', activeUsers: 'count',
};

function showCards(summary) {
  for (const [key, kind] of Object.entries(figureKinds)) {
    dataElement(kind, summary[key], document.querySelector(`[data-figure="${key}"]`));
  }
  const { totalExecutions, successfulExecutions, successRate, uniqueErrorTypes } = summary;
  const split = byId('split');
  split.classList.toggle('known', totalExecutions > 0);
  const share = totalExecutions > 0 ? (100 * successfulExecutions) / totalExecutions : 0;
  split.firstElementChild.style.width = `${share}%`;
  const low = isNumber(successRate) && successRate < LOW_RATE;
  document.querySelector('[data-figure="successRate"]').classList.toggle('low', low);
  byId('success-detail').textContent = !isNumber(totalExecutions) ? '\u00a0' : isNumber(successRate)
    ? `${formats.count(successfulExecutions)} of ${formats.count(totalExecutions)}${low ? `, under ${LOW_RATE}%` : ''}`
    : 'No executions in this range';
  byId('types-word').textContent = plural(uniqueErrorTypes ?? 0, 'type', 'types');
}

function showAnswer() {
  const { answer, zone } = shown;
  const { range, summary, popularCommands, errorPatterns } = answer;
  const days = dayNumber(range.endDate) - dayNumber(range.startDate) + 1;
  byId('range-days').textContent = rangeText(range);
  const inZone = range.timeZone ?? zone;
  byId('range-note').textContent = `${formats.count(days)} ${plural(days, 'day', 'days')} in ${inZone}`;
  showCards(summary);

  const empty = !summary.totalExecutions && !summary.totalErrors && !summary.activeUsers
    && popularCommands.length === 0 && errorPatterns.length === 0;
  main.dataset.state = empty ? 'empty' : 'ready';
  byId('empty').hidden = !empty;
  byId('tables').hidden = empty;
  for (const element of document.querySelectorAll('.limit-shown')) element.textContent = shown.limit;
  if (empty) {
    const never = !isNumber(answer.asOf);
    byId('empty-title').textContent = never ? 'No events yet' : 'No events in this range';
    byId('empty-text').textContent = never
      ? 'This server has not stored an event so far. Figures appear here as soon as a copilot sends some.'
      : `The newest event was received on ${absoluteText(answer.asOf, zone)}. `
        + 'Choose another range, or check that the copilot still sends its events.';
  }
  tables.commands.show(popularCommands, zone);
  tables.errors.show(errorPatterns, zone);
}

// Before there is anything to show: dashes, not zeros, which would be a claim.
function showNothing() {
  main.dataset.state = 'failed';
  byId('range-days').textContent = 'No figures';
  byId('range-note').textContent = '';
  showCards({});
  for (const table of Object.values(tables)) table.showNote('Not loaded.');
}

// A tab may be left open over night, and then the hour alone misleads.
function loadedText() {
  const { loadedAt, zone } = shown;
  return now() - loadedAt < 12 * 3_600_000 ? clockText(loadedAt, zone) : absoluteText(loadedAt, zone);
}

function showFreshness() {
  byId('stale').hidden = !(failure && shown);
  main.classList.toggle('stale', Boolean(failure && shown));
  const line = byId('freshness');
  if (!shown) {
    line.textContent = failure ? 'No data' : 'Loading…';
    return;
  }
  const { answer, zone } = shown;
  const checked = `checked at ${loadedText()}`;
  if (!isNumber(answer.asOf)) {
    line.textContent = `No events stored, ${checked}`;
    return;
  }
  const instant = make('time', '', absoluteText(answer.asOf, zone));
  instant.dateTime = new Date(answer.asOf).toISOString();
  instant.id = 'as-of';
  line.title = 'When the newest stored event was received';
  line.replaceChildren('Data as of ', instant, ` (${agoText(answer.asOf)})`, make('span', 'checked', `, ${checked}`));
}

// Ages are true for seconds only; they are renewed without waiting for an answer.
function renewAges() {
  for (const element of document.querySelectorAll('td time')) {
    const text = agoText(Date.parse(element.dateTime));
    if (element.firstChild.textContent !== text) element.firstChild.textContent = text;
  }
  showFreshness();
}

function announce(text) {
  byId('live').textContent = text;
}

function showMessage(text) {
  const element = byId('message');
  // The same text again would be read out again, every 30 seconds.
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

// --- Controls -----------------------------------------------------------------------------------------------------

function fillZones() {
  const select = byId('zone');
  const option = (zone, label = zone) => {
    const element = make('option', '', label);
    element.value = zone;
    return element;
  };
  select.append(option(browserZone, `${browserZone} (this browser)`));
  if (browserZone !== 'UTC') select.append(option('UTC'));
  const group = make('optgroup');
  group.label = 'All time zones';
  const all = new Set((Intl.supportedValuesOf?.('timeZone') ?? []).map(currentName));
  all.delete(browserZone);
  all.delete('UTC');
  group.append(...[...all].sort().map((zone) => option(zone)));
  select.append(group);
}

function showControls() {
  const range = chosenRange();
  for (const button of byId('presets').querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(button.dataset.range === state.preset));
  }
  for (const [id, day] of [['start', range.startDate], ['end', range.endDate]]) {
    if (byId(id).value !== day) byId(id).value = day;
  }
  const zones = byId('zone');
  zones.value = state.zone;
  if (zones.value !== state.zone) {
    const option = make('option', '', state.zone);
    option.value = state.zone;
    zones.prepend(option);
    zones.value = state.zone;
  }
  byId('limit').value = String(state.limit);
  byId('auto').checked = state.auto;
  if (!shown && !rangeProblem(range)) {
    byId('range-days').textContent = rangeText(range);
    byId('range-note').textContent = `in ${state.zone}`;
  }
  showRangeProblem(range);
}

function showRangeProblem(range) {
  const problem = rangeProblem(range);
  byId('range-problem').textContent = problem?.text ?? '';
  for (const id of ['start', 'end']) {
    if (problem?.field === id) byId(id).setAttribute('aria-invalid', 'true');
    else byId(id).removeAttribute('aria-invalid');
  }
  for (const format of ['json', 'csv']) {
    const link = byId(`export-${format}`);
    if (problem) {
      link.removeAttribute('href');
      link.setAttribute('role', 'link');
      link.setAttribute('aria-disabled', 'true');
    } else {
      link.href = apiAddress('export', range, { format });
      link.removeAttribute('role');
      link.removeAttribute('aria-disabled');
    }
  }
}

function change(changes) {
  clearTimeout(typing);
  typing = null;
  linkNote = '';
  Object.assign(state, changes);
  writeAddress(true);
  showControls();
  load('changed');
}

let typing = null;
function dateTyped() {
  clearTimeout(typing);
  // While a year is being typed, the field passes through the years 0002, 0020 and 0202.
  typing = setTimeout(useTypedDates, 600);
}

function useTypedDates() {
  change({ preset: null, startDate: byId('start').value, endDate: byId('end').value });
}

// "Today" moves on by itself, but a date that someone is typing must not be overwritten by the clock.
function followToday() {
  const typingNow = typing !== null || ['start', 'end'].includes(document.activeElement?.id);
  if (typingNow) showRangeProblem(chosenRange());
  else showControls();
}

function listen() {
  // The Refresh button, and Enter in a date.
  byId('controls').addEventListener('submit', (event) => {
    event.preventDefault();
    if (typing === null) load('asked');
    else useTypedDates();
  });
  byId('presets').addEventListener('click', (event) => {
    const preset = event.target.closest('button')?.dataset.range;
    if (preset) change({ preset });
  });
  for (const id of ['start', 'end']) byId(id).addEventListener('change', dateTyped);
  byId('zone').addEventListener('change', (event) => change({ zone: event.target.value }));
  byId('limit').addEventListener('change', (event) => change({ limit: Number(event.target.value) }));
  byId('auto').addEventListener('change', (event) => {
    state.auto = event.target.checked;
    writeAddress(false);
    schedule();
  });
  // The day may have changed since the link was written.
  for (const id of ['export-json', 'export-csv']) {
    byId(id).addEventListener('click', () => showRangeProblem(chosenRange()));
  }
  byId('copy').addEventListener('click', copyCommand);
  addEventListener('popstate', () => {
    linkNote = readAddress();
    showControls();
    load('changed');
  });
  addEventListener('online', () => load('auto'));
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return clearTimeout(timer);
    // Someone who was told to open the link has perhaps done so in another tab.
    signedOut = false;
    renewAges();
    schedule();
  });
}

function showCommand() {
  const event = '{"type":"ACTION_EXECUTED","userId":"me","metadata":{"commandName":"hello","executionTime":42}}';
  // Double quotes round the header, because a shell does not replace $TOKEN in single ones.
  byId('curl').textContent = `curl -X POST ${location.origin}${API}/track -H "Authorization: Bearer $TOKEN" `
    + `-H 'Content-Type: application/json' -d '${event}'`;
}

async function copyCommand() {
  const button = byId('copy');
  let done = true;
  try {
    await navigator.clipboard.writeText(byId('curl').textContent);
  } catch {
    // Browsers offer the clipboard on https and on this machine only; a selection can be copied everywhere.
    getSelection().selectAllChildren(byId('curl'));
    done = document.execCommand('copy');
  }
  button.textContent = done ? 'Copied' : 'Selected';
  announce(done ? 'Command copied.' : 'Command selected. Copy it with the keyboard.');
  setTimeout(() => { button.textContent = 'Copy'; }, 2000);
}

// --- Loading ------------------------------------------------------------------------------------------------------

class LoadError extends Error {
  constructor(message, { signedOut = false } = {}) {
    super(message);
    this.signedOut = signedOut;
  }
}

const again = () => (state.auto ? 'This page tries again every 30 seconds.' : 'Press Refresh to try again.');
const sentence = (text) => (/[.!?…]$/.test(text) ? text : `${text}.`);

async function problemOf(response) {
  if (response.status === 401) {
    return new LoadError('You are not signed in. Open the link that the server printed at start.', { signedOut: true });
  }
  if (response.status === 403) {
    const text = 'This page is for administrators. Open the link that the server printed at start.';
    return new LoadError(text, { signedOut: true });
  }
  let problem = {};
  try {
    problem = (await response.json()) ?? {};
  } catch {
    // A proxy in between may answer in HTML; the status alone has to do.
  }
  const given = [problem.detail, problem.title].find((text) => typeof text === 'string' && text.trim() !== '');
  const said = given ? `: ${sentence(given.trim().slice(0, 300))}` : ` (status ${response.status}).`;
  if (response.status === 429) return new LoadError(`The server asks for fewer requests. ${again()}`);
  if (response.status >= 500) return new LoadError(`The server could not answer${said} Its log says more. ${again()}`);
  return new LoadError(`The server did not accept this view${said} Change the range or the time zone.`);
}

async function fetchAnswer(range, signal) {
  let response;
  try {
    response = await fetch(apiAddress('dashboard', range, { limit: state.limit }), {
      credentials: 'same-origin', cache: 'no-store', headers: { Accept: 'application/json' }, signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new LoadError(`The server cannot be reached. Check the network, and that the server is running. ${again()}`);
  }
  if (!response.ok) throw await problemOf(response);
  const serverTime = Date.parse(response.headers.get('Date') ?? '');
  const offset = serverTime - Date.now();
  clockOffset = Math.abs(offset) > 60_000 ? offset : 0;
  let answer;
  try {
    answer = await response.json();
  } catch (error) {
    if (signal.aborted) throw error;
  }
  const complete = answer?.summary && Array.isArray(answer.popularCommands) && Array.isArray(answer.errorPatterns)
    && dayNumber(answer.range?.startDate) !== null && dayNumber(answer.range?.endDate) !== null;
  if (!complete) {
    throw new LoadError('The answer is not a dashboard. Check what stands between this page and the server.');
  }
  return answer;
}

let current = null;
let timer;
let lastAttempt = 0;
let signedOut = false;

function schedule() {
  clearTimeout(timer);
  if (!state.auto || document.hidden || signedOut || current) return;
  timer = setTimeout(() => load('auto'), Math.max(0, lastAttempt + REFRESH_MS - Date.now()));
}

// reason: 'first', 'changed' (another view), 'asked' (the button) or 'auto' (the clock).
async function load(reason) {
  if (reason === 'auto' && current) return;
  current?.abort();
  current = null;
  clearTimeout(timer);
  followToday();
  const range = chosenRange();
  if (rangeProblem(range)) {
    if (!shown) showNothing();
    finish();
    showFreshness();
    return;
  }

  const request = new AbortController();
  current = request;
  lastAttempt = Date.now();
  let late = false;
  const timeout = setTimeout(() => {
    late = true;
    request.abort();
  }, TIMEOUT_MS);
  main.setAttribute('aria-busy', 'true');
  byId('progress').classList.add('on');
  main.classList.toggle('turning', reason === 'changed' && shown !== null);

  const { zone, limit } = state;
  try {
    const answer = await fetchAnswer(range, request.signal);
    if (current !== request) return;
    const recovered = failure !== null;
    failure = null;
    signedOut = false;
    shown = { answer, zone, limit, loadedAt: now() };
    showAnswer();
    showMessage(linkNote);
    if (reason === 'changed' || reason === 'asked' || recovered) announce(summaryText(answer));
  } catch (error) {
    if (current !== request) return;
    if (!(error instanceof LoadError) && !late) console.error(error);
    failure = late ? new LoadError(`The server did not answer within ${TIMEOUT_MS / 1000} seconds. ${again()}`)
      : error instanceof LoadError ? error : new LoadError(`This page failed: ${sentence(error.message)} Reload it.`);
    signedOut = Boolean(failure.signedOut);
    if (!shown) showNothing();
    showMessage(shown ? `${failure.message} The figures below are from ${loadedText()}.` : failure.message);
  } finally {
    clearTimeout(timeout);
    if (current === request) {
      current = null;
      finish();
      renewAges();
      schedule();
    }
  }
}

function finish() {
  main.setAttribute('aria-busy', 'false');
  main.classList.remove('turning');
  byId('progress').classList.remove('on');
}

function summaryText({ range, summary }) {
  const rate = isNumber(summary.successRate) ? `, ${formats.rate(summary.successRate)} successful` : '';
  return `Updated: ${rangeText(range)}. ${integers.format(summary.totalExecutions)} `
    + `${plural(summary.totalExecutions, 'execution', 'executions')}${rate}. `
    + `${integers.format(summary.totalErrors)} ${plural(summary.totalErrors, 'error', 'errors')}.`;
}

fillZones();
showCommand();
linkNote = readAddress();
byId('empty-hint').textContent = 'A new event shows up at the next refresh.';
for (const table of Object.values(tables)) table.showSkeleton(state.limit);
writeAddress(false);
showControls();
listen();
setInterval(() => { if (!document.hidden) renewAges(); }, 10_000);
load('first');
