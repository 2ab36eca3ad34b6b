// The controls: they show the state and change it.

import { apiAddress } from './api.js';
import { browserZone, currentName } from './days.js';
import { byId, make } from './dom.js';
import { showAskedRange } from './figures.js';
import { chosenRange, rangeProblem, state, writeAddress } from './state.js';

const DATES = ['start', 'end'];

function zoneOption(zone, label = zone) {
  const option = make('option', '', label);
  option.value = zone;
  return option;
}

export function fillZones() {
  const others = new Set((Intl.supportedValuesOf?.('timeZone') ?? []).map(currentName));
  others.delete(browserZone);
  others.delete('UTC');
  const group = make('optgroup');
  group.label = 'All time zones';
  group.append(...[...others].sort().map((zone) => zoneOption(zone)));
  const select = byId('zone');
  select.append(zoneOption(browserZone, `${browserZone} (this browser)`));
  if (browserZone !== 'UTC') select.append(zoneOption('UTC'));
  select.append(group);
}

export function showControls() {
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
    zones.prepend(zoneOption(state.zone));
    zones.value = state.zone;
  }
  byId('limit').value = String(state.limit);
  byId('auto').checked = state.auto;
  if (!rangeProblem(range)) showAskedRange(range, state.zone);
  showRange(range);
}

// What is wrong with the range, and the export links, which exist for a good range only.
function showRange(range) {
  const problem = rangeProblem(range);
  byId('range-problem').textContent = problem?.text ?? '';
  for (const id of DATES) {
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

// The timer that waits for the rest of a date, if one is being typed.
let typing = null;

// "Today" moves on by itself, but a date that someone is typing must not be overwritten by the clock.
export function followToday() {
  const typingNow = typing !== null || DATES.includes(document.activeElement?.id);
  if (typingNow) showRange(chosenRange());
  else showControls();
}

// onChange: another view is asked for. onRefresh: the same once more. onAuto: the automatic refresh went on or off.
export function listenToControls({ onChange, onRefresh, onAuto }) {
  function change(changes) {
    clearTimeout(typing);
    typing = null;
    Object.assign(state, changes, { note: '' });
    writeAddress(true);
    showControls();
    onChange();
  }
  const useTypedDates = () => change({ preset: null, startDate: byId('start').value, endDate: byId('end').value });

  for (const id of DATES) {
    byId(id).addEventListener('change', () => {
      clearTimeout(typing);
      // While a year is being typed, the field passes through the years 0002, 0020 and 0202.
      typing = setTimeout(useTypedDates, 600);
    });
  }
  // The Refresh button, and Enter in a date.
  byId('controls').addEventListener('submit', (event) => {
    event.preventDefault();
    if (typing === null) onRefresh();
    else useTypedDates();
  });
  byId('presets').addEventListener('click', (event) => {
    const preset = event.target.closest('button')?.dataset.range;
    if (preset) change({ preset });
  });
  byId('zone').addEventListener('change', (event) => change({ zone: event.target.value }));
  byId('limit').addEventListener('change', (event) => change({ limit: Number(event.target.value) }));
  byId('auto').addEventListener('change', (event) => {
    state.auto = event.target.checked;
    writeAddress(false);
    onAuto();
  });
  // The day may have changed since the link was written.
  for (const id of ['export-json', 'export-csv']) {
    byId(id).addEventListener('click', () => showRange(chosenRange()));
  }
}
