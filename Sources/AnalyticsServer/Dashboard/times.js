// The clock, and instants as text.

import { locale } from './format.js';

// A reader's clock that is wrong by minutes would make every "ago" wrong, so the server's `Date` header corrects it.
let clockOffset = 0;

export const now = () => Date.now() + clockOffset;

export function followServerClock(dateHeader) {
  const offset = Date.parse(dateHeader ?? '') - Date.now();
  clockOffset = Math.abs(offset) > 60_000 ? offset : 0;
}

const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };
const FULL = { ...CLOCK, year: 'numeric', month: 'short', day: 'numeric', timeZoneName: 'short' };

// Making a format is slow, and a table needs many of the same.
function formatter(options) {
  const made = new Map();
  return (ms, zone) => {
    if (!made.has(zone)) made.set(zone, new Intl.DateTimeFormat(locale, { ...options, timeZone: zone }));
    return made.get(zone).format(ms);
  };
}
export const clockText = formatter(CLOCK);
export const absoluteText = formatter(FULL);

const relative = new Intl.RelativeTimeFormat(locale, { style: 'short' });

export function agoText(ms) {
  const seconds = Math.round((ms - now()) / 1000);
  const size = Math.abs(seconds);
  if (size < 60) return relative.format(seconds === 0 ? -0 : seconds, 'second');
  if (size < 3600) return relative.format(Math.trunc(seconds / 60), 'minute');
  if (size < 86_400) return relative.format(Math.trunc(seconds / 3600), 'hour');
  if (size < 90 * 86_400) return relative.format(Math.trunc(seconds / 86_400), 'day');
  if (size < 730 * 86_400) return relative.format(Math.trunc(seconds / (30.44 * 86_400)), 'month');
  return relative.format(Math.trunc(seconds / (365.25 * 86_400)), 'year');
}
