// The requests to the server, and what to say when one fails.

import { dayNumber } from './days.js';
import { state } from './state.js';
import { followServerClock } from './times.js';

export const API = '/api/v1/analytics';

export function apiAddress(path, range, more) {
  return `${API}/${path}?${new URLSearchParams({ ...range, timeZone: state.zone, ...more })}`;
}

// Its message is for the reader of the page.
export class LoadError extends Error {
  constructor(message, { signedOut = false } = {}) {
    super(message);
    this.signedOut = signedOut;
  }
}

const again = () => (state.auto ? 'This page tries again every 30 seconds.' : 'Press Refresh to try again.');
const sentence = (text) => (/[.!?…]$/.test(text) ? text : `${text}.`);

export const lateError = (seconds) =>
  new LoadError(`The server did not answer within ${seconds} seconds. ${again()}`);
export const pageError = (error) => new LoadError(`This page failed: ${sentence(error.message)} Reload it.`);

async function responseError(response, signal) {
  const { status } = response;
  if (status === 401 || status === 403) {
    const reason = status === 401 ? 'You are not signed in.' : 'This page is for administrators.';
    return new LoadError(`${reason} Open the link that the server printed at start.`, { signedOut: true });
  }
  if (status === 429) return new LoadError(`The server asks for fewer requests. ${again()}`);
  let problem;
  try {
    problem = await response.json();
  } catch {
    signal.throwIfAborted();
    // A proxy in between may answer in HTML; the status alone has to do.
  }
  const given = [problem?.detail, problem?.title].find((text) => typeof text === 'string' && text.trim() !== '');
  const said = given ? `: ${sentence(given.trim().slice(0, 300))}` : ` (status ${status}).`;
  if (status >= 500) return new LoadError(`The server could not answer${said} Its log says more. ${again()}`);
  return new LoadError(`The server did not accept this view${said} Change the range or the time zone.`);
}

function isDashboard(answer) {
  return answer?.summary && Array.isArray(answer.popularCommands) && Array.isArray(answer.errorPatterns)
    && dayNumber(answer.range?.startDate) !== null && dayNumber(answer.range?.endDate) !== null;
}

// Throws a LoadError, or the signal's reason once that is aborted.
export async function fetchAnswer(range, signal) {
  let response;
  try {
    response = await fetch(apiAddress('dashboard', range, { limit: state.limit }), {
      credentials: 'same-origin', cache: 'no-store', headers: { Accept: 'application/json' }, signal,
    });
  } catch {
    signal.throwIfAborted();
    throw new LoadError(`The server cannot be reached. Check the network, and that the server is running. ${again()}`);
  }
  if (!response.ok) throw await responseError(response, signal);
  followServerClock(response.headers.get('Date'));
  let answer;
  try {
    answer = await response.json();
  } catch {
    signal.throwIfAborted();
    // Not JSON, so no dashboard.
  }
  if (!isDashboard(answer)) {
    throw new LoadError('The answer is not a dashboard. Check what stands between this page and the server.');
  }
  return answer;
}
