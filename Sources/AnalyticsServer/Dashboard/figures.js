// The last answer on the page: its figures, how fresh they are, and what went wrong since.

import { showCards } from './cards.js';
import { dayNumber, rangeText } from './days.js';
import { byId, make } from './dom.js';
import { formats, isNumber, plural } from './format.js';
import { tables } from './tables.js';
import { absoluteText, agoText, clockText, now } from './times.js';

// Of the last good answer: the newest event, the zone it was asked for in, and when it arrived.
export let shown = null;
// The LoadError since then, if any.
export let failure = null;

const main = byId('figures');

function showHeading(days, note) {
  byId('range-days').textContent = days;
  byId('range-note').textContent = note;
}

// Until there is an answer, the heading says what was asked for.
export function showAskedRange(range, zone) {
  if (!shown) showHeading(rangeText(range), `in ${zone}`);
}

export function showBusy(busy, { turning = false } = {}) {
  main.setAttribute('aria-busy', String(busy));
  main.classList.toggle('turning', turning);
  byId('progress').classList.toggle('on', busy);
}

export function showAnswer(answer, { zone, limit, note }) {
  const { asOf, range, summary, popularCommands, errorPatterns } = answer;
  shown = { asOf, zone, loadedAt: now() };
  failure = null;
  const days = dayNumber(range.endDate) - dayNumber(range.startDate) + 1;
  const daysText = `${formats.count(days)} ${plural(days, 'day', 'days')}`;
  showHeading(rangeText(range), `${daysText} in ${range.timeZone ?? zone}`);
  showCards(summary);

  const empty = !summary.totalExecutions && !summary.totalErrors && !summary.activeUsers
    && popularCommands.length === 0 && errorPatterns.length === 0;
  main.dataset.state = empty ? 'empty' : 'ready';
  byId('empty').hidden = !empty;
  byId('tables').hidden = empty;
  if (empty) explainEmpty(asOf, zone);
  for (const element of document.querySelectorAll('.limit-shown')) element.textContent = limit;
  tables.commands.show(popularCommands, zone);
  tables.errors.show(errorPatterns, zone);
  showMessage(note);
}

function explainEmpty(asOf, zone) {
  const never = !isNumber(asOf);
  byId('empty-title').textContent = never ? 'No events yet' : 'No events in this range';
  byId('empty-text').textContent = never
    ? 'This server has not stored an event so far. Figures appear here as soon as a copilot sends some.'
    : `The newest event was received on ${absoluteText(asOf, zone)}. `
      + 'Choose another range, or check that the copilot still sends its events.';
}

// Before there is anything to show: dashes, not zeros, which would be a claim.
export function showNothing() {
  if (shown) return;
  main.dataset.state = 'failed';
  showHeading('No figures', '');
  showCards({});
  for (const table of Object.values(tables)) table.showNote('Not loaded.');
}

export function showFailure(error) {
  failure = error;
  showNothing();
  showMessage(shown ? `${error.message} The figures below are from ${loadedText()}.` : error.message);
}

function showMessage(text) {
  const element = byId('message');
  // The same text again would be read out again, every 30 seconds.
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

// A tab may be left open over night, and then the hour alone misleads.
function loadedText() {
  const { loadedAt, zone } = shown;
  return now() - loadedAt < 12 * 3_600_000 ? clockText(loadedAt, zone) : absoluteText(loadedAt, zone);
}

export function showFreshness() {
  const stale = Boolean(failure && shown);
  byId('stale').hidden = !stale;
  main.classList.toggle('stale', stale);
  const line = byId('freshness');
  if (!shown) {
    line.textContent = failure ? 'No data' : 'Loading…';
    return;
  }
  const { asOf, zone } = shown;
  const checked = `checked at ${loadedText()}`;
  if (!isNumber(asOf)) {
    line.textContent = `No events stored, ${checked}`;
    return;
  }
  const instant = make('time', '', absoluteText(asOf, zone));
  instant.dateTime = new Date(asOf).toISOString();
  instant.id = 'as-of';
  line.title = 'When the newest stored event was received';
  line.replaceChildren('Data as of ', instant, ` (${agoText(asOf)})`, make('span', 'checked', `, ${checked}`));
}

// Ages are true for seconds only; they are renewed without waiting for an answer.
export function renewAges() {
  for (const element of document.querySelectorAll('td time')) {
    const text = agoText(Date.parse(element.dateTime));
    if (element.firstChild.textContent !== text) element.firstChild.textContent = text;
  }
  showFreshness();
}

export function summaryText({ range, summary }) {
  const { totalExecutions, successRate, totalErrors } = summary;
  const rate = isNumber(successRate) ? `, ${formats.rate(successRate)} successful` : '';
  return `Updated: ${rangeText(range)}. ${formats.count(totalExecutions)} `
    + `${plural(totalExecutions, 'execution', 'executions')}${rate}. `
    + `${formats.count(totalErrors)} ${plural(totalErrors, 'error', 'errors')}.`;
}
