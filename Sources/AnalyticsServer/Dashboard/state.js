// The view that is asked for. It is kept in the address, so that a link shows the same view.

import { TABLES, sortKey } from './columns.js';
import { browserZone, dayNumber, dayOf, dayText, isZone, today } from './days.js';

const PRESET_DAYS = { '1d': 1, '7d': 7, '30d': 30, '90d': 90 };
const LIMITS = [5, 10, 25, 100];

const DEFAULTS = {
  // Either `preset` or the two dates: a link to "7 days" goes on meaning the last seven days.
  preset: '30d',
  startDate: '',
  endDate: '',
  zone: browserZone,
  limit: 5,
  auto: true,
  // What was wrong with the link that opened this view, if anything.
  note: '',
};

export const state = { ...DEFAULTS, sorts: {} };

function sortFrom(query, { parameter, columns, defaultSort }) {
  const sort = query.get(parameter) ?? defaultSort;
  return columns.some((column) => column.key === sortKey(sort)) ? sort : defaultSort;
}

export function readAddress() {
  const query = new URLSearchParams(location.search);
  const notes = [];
  Object.assign(state, DEFAULTS);
  if (query.has('startDate') || query.has('endDate')) {
    state.preset = null;
    state.startDate = query.get('startDate') ?? '';
    state.endDate = query.get('endDate') ?? '';
  } else if (query.has('range')) {
    if (Object.hasOwn(PRESET_DAYS, query.get('range'))) state.preset = query.get('range');
    else notes.push('This link names a range that does not exist; 30 days are shown.');
  }
  if (query.has('timeZone')) {
    if (isZone(query.get('timeZone'))) state.zone = query.get('timeZone');
    else notes.push(`This link names an unknown time zone; ${browserZone} is used.`);
  }
  if (LIMITS.includes(Number(query.get('limit')))) state.limit = Number(query.get('limit'));
  state.auto = query.get('refresh') !== 'off';
  for (const [name, table] of Object.entries(TABLES)) state.sorts[name] = sortFrom(query, table);
  state.note = notes.join(' ');
}

// Writes known names only, which also takes a token out of the address, should one have been left there.
export function writeAddress(push) {
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
  for (const [name, { parameter, defaultSort }] of Object.entries(TABLES)) {
    if (state.sorts[name] !== defaultSort) query.set(parameter, state.sorts[name]);
  }
  const address = `${location.pathname}?${query.toString().replaceAll('%2F', '/')}`;
  if (address === location.pathname + location.search) return;
  history[push ? 'pushState' : 'replaceState'](null, '', address);
}

export function chosenRange() {
  if (!state.preset) return { startDate: state.startDate, endDate: state.endDate };
  const endDate = today(state.zone);
  return { startDate: dayOf(dayNumber(endDate) - PRESET_DAYS[state.preset] + 1), endDate };
}

// `field` is the one to correct.
export function rangeProblem({ startDate, endDate }) {
  for (const [field, name, day] of [['start', 'a start date', startDate], ['end', 'an end date', endDate]]) {
    if (dayNumber(day) === null) return { field, text: `Choose ${name}.` };
    if (day < '2000-01-01' || day > '2099-12-31') return { field, text: `Choose ${name} between 2000 and 2099.` };
  }
  if (endDate < startDate) {
    return { field: 'end', text: `The end date is before the start date: choose ${dayText(startDate)} or later.` };
  }
  return null;
}
