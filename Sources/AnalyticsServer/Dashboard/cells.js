// How one value looks, in a table or on a card.

import { make } from './dom.js';
import { NONE, exactDuration, formats, isNumber } from './format.js';
import { absoluteText, agoText } from './times.js';

export const LOW_RATE = 95;

export function dataElement(kind, value, element = make('data')) {
  element.value = isNumber(value) ? String(value) : '';
  element.textContent = isNumber(value) ? formats[kind](value) : NONE;
  if (kind === 'duration' && isNumber(value)) element.title = exactDuration(value);
  else element.removeAttribute('title');
  return element;
}

function rateElement(value) {
  const rate = make('div', value < LOW_RATE ? 'rate low' : 'rate');
  const bar = make('span', 'bar');
  bar.setAttribute('aria-hidden', 'true');
  bar.append(make('span'));
  bar.firstChild.style.width = `${Math.min(100, Math.max(0, value))}%`;
  rate.append(bar, dataElement('rate', value));
  return rate;
}

function instantElement(ms, zone) {
  const date = new Date(ms);
  // A number can be finite and still no date.
  if (Number.isNaN(date.getTime())) return make('span', '', NONE);
  const element = make('time');
  element.dateTime = date.toISOString();
  element.title = absoluteText(ms, zone);
  element.append(make('span', '', agoText(ms)));
  return element;
}

export function figureContent(kind, value, zone) {
  if (!isNumber(value)) return NONE;
  if (kind === 'instant') return instantElement(value, zone);
  if (kind === 'rate') return rateElement(value);
  return dataElement(kind, value);
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

// Two lines, and a button for the rest: a title alone cannot be reached by touch or keyboard. Whether there is a rest
// depends on the width, so it is the table that shows the button.
export function textElement(kind, value, open, onToggle) {
  const text = visible(String(value ?? ''));
  const holder = make('div', 'long');
  const clamp = make('span', 'clamp');
  clamp.title = text;
  // bdi keeps a right-to-left name from turning round what stands beside it.
  const isolated = make('bdi');
  if (text === '') isolated.append(NONE);
  else isolated.append(...(kind === 'name' ? breakable(text) : [text]));
  clamp.append(isolated);
  const more = make('button', 'more');
  more.type = 'button';
  more.hidden = true;
  const show = (isOpen) => {
    holder.classList.toggle('open', isOpen);
    more.setAttribute('aria-expanded', String(isOpen));
    more.textContent = isOpen ? 'less' : 'more';
  };
  more.addEventListener('click', () => {
    const isOpen = !holder.classList.contains('open');
    show(isOpen);
    onToggle(isOpen);
  });
  show(open);
  holder.append(clamp, more);
  return holder;
}
