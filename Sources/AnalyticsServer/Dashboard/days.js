// Calendar days, ranges of them, and time zones.

import { locale } from './format.js';
import { now } from './times.js';

// Offsets such as "+05:30" pass Intl, but are no zones: they have no daylight saving and no days of their own.
export function isZone(name) {
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

export function currentName(zone) {
  const name = RENAMED_ZONES[zone];
  return name && isZone(name) ? name : zone;
}

const detectedZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
export const browserZone = isZone(detectedZone) ? currentName(detectedZone) : 'UTC';

export function today(zone) {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
    .formatToParts(now());
  const part = (type) => parts.find((each) => each.type === type).value;
  return `${part('year')}-${part('month')}-${part('day')}`;
}

const DAY_MS = 86_400_000;

// Days are calendar days; computing with them in UTC keeps daylight saving out of it.
export function dayNumber(day) {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day ?? '');
  if (!match) return null;
  const ms = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  return new Date(ms).toISOString().startsWith(day) ? ms / DAY_MS : null;
}

export const dayOf = (number) => new Date(number * DAY_MS).toISOString().slice(0, 10);

const dayFormat = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' });
export const dayText = (day) => dayFormat.format(dayNumber(day) * DAY_MS);

export function rangeText(range) {
  const [start, end] = [dayNumber(range.startDate), dayNumber(range.endDate)];
  return start === end ? dayText(range.startDate) : dayFormat.formatRange(start * DAY_MS, end * DAY_MS);
}
