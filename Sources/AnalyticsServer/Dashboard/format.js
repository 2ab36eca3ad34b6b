// Numbers as text.

// The words of the page are English; "1.164" beside them would be read as a fraction. So: the reader's own English.
export const locale = navigator.languages.find((tag) => /^en\b/i.test(tag)) ?? 'en';

export const NONE = '–';

const places = (digits) => ({ minimumFractionDigits: digits, maximumFractionDigits: digits });
const [integers, tenths, hundredths] = [0, 1, 2].map((digits) => new Intl.NumberFormat(locale, places(digits)));
const percents = new Intl.NumberFormat(locale, { style: 'percent', ...places(2) });
const exactMs = new Intl.NumberFormat(locale, { maximumFractionDigits: 3 });
const plurals = new Intl.PluralRules('en');

export const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);
export const plural = (count, one, many) => (plurals.select(count) === 'one' ? one : many);
export const exactDuration = (ms) => `${exactMs.format(ms)} ms`;

function durationText(ms) {
  if (ms < 10 && !Number.isInteger(ms)) return `${tenths.format(ms)} ms`;
  if (Math.round(ms) < 1000) return `${integers.format(ms)} ms`;
  if (ms < 9_995) return `${hundredths.format(ms / 1000)} s`;
  if (ms < 59_995) return `${tenths.format(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${integers.format(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

// By the kind of figure.
export const formats = {
  count: (value) => integers.format(value),
  rate: (value) => percents.format(value / 100),
  duration: durationText,
};
