// When the figures are loaded: at once when the view changes, and every 30 seconds while the page is seen.

import { LoadError, fetchAnswer, lateError, pageError } from './api.js';
import { followToday } from './controls.js';
import { announce } from './dom.js';
import {
  failure, renewAges, showAnswer, showBusy, showFailure, showFreshness, showNothing, shown, summaryText,
} from './figures.js';
import { chosenRange, rangeProblem, state } from './state.js';

const REFRESH_MS = 30_000;
const TIMEOUT_MS = 25_000;
const AGES_MS = 10_000;

// The AbortController of the request under way.
let current = null;
let timer;
let lastAttempt = 0;
let signedOut = false;

export function schedule() {
  clearTimeout(timer);
  if (!state.auto || document.hidden || signedOut || current) return;
  timer = setTimeout(() => load('auto'), Math.max(0, lastAttempt + REFRESH_MS - Date.now()));
}

// reason: 'first', 'changed' (another view), 'asked' (the button) or 'auto' (the clock).
export async function load(reason) {
  if (reason === 'auto' && current) return;
  current?.abort();
  current = null;
  clearTimeout(timer);
  followToday();
  const range = chosenRange();
  if (rangeProblem(range)) {
    showNothing();
    showBusy(false);
    showFreshness();
    return;
  }

  const request = new AbortController();
  current = request;
  lastAttempt = Date.now();
  const timeout = setTimeout(() => request.abort(lateError(TIMEOUT_MS / 1000)), TIMEOUT_MS);
  showBusy(true, { turning: reason === 'changed' && shown !== null });
  try {
    const answer = await fetchAnswer(range, request.signal);
    // Another load has begun meanwhile.
    if (current !== request) return;
    const recovered = failure !== null;
    signedOut = false;
    showAnswer(answer, state);
    if (reason === 'changed' || reason === 'asked' || recovered) announce(summaryText(answer));
  } catch (error) {
    if (current !== request) return;
    const known = error instanceof LoadError;
    if (!known) console.error(error);
    signedOut = known && error.signedOut;
    showFailure(known ? error : pageError(error));
  } finally {
    clearTimeout(timeout);
    if (current === request) {
      current = null;
      showBusy(false);
      renewAges();
      schedule();
    }
  }
}

export function startLoading() {
  addEventListener('online', () => load('auto'));
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) {
      // Someone who was told to open the link has perhaps done so in another tab.
      signedOut = false;
      renewAges();
    }
    schedule();
  });
  setInterval(() => { if (!document.hidden) renewAges(); }, AGES_MS);
  load('first');
}
