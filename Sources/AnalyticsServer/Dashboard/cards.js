// The cards: the summary of the range.

import { LOW_RATE, dataElement } from './cells.js';
import { byId } from './dom.js';
import { formats, isNumber, plural } from './format.js';

const KINDS = {
  totalExecutions: 'count',
  successfulExecutions: 'count',
  failedExecutions: 'count',
  successRate: 'rate',
  avgExecutionTime: 'duration',
  p50ExecutionTime: 'duration',
  p95ExecutionTime: 'duration',
  p99ExecutionTime: 'duration',
  totalErrors: 'count',
  uniqueErrorTypes: 'count',
  activeUsers: 'count',
};

const figure = (key) => document.querySelector(`[data-figure="${key}"]`);

function successDetail({ totalExecutions, successfulExecutions, successRate }, low) {
  if (!isNumber(totalExecutions)) return '\u00a0';
  if (!isNumber(successRate)) return 'No executions in this range';
  const parts = `${formats.count(successfulExecutions)} of ${formats.count(totalExecutions)}`;
  return low ? `${parts}, under ${LOW_RATE}%` : parts;
}

export function showCards(summary) {
  for (const [key, kind] of Object.entries(KINDS)) dataElement(kind, summary[key], figure(key));
  const { totalExecutions, successfulExecutions, successRate, uniqueErrorTypes } = summary;
  const split = byId('split');
  split.classList.toggle('known', totalExecutions > 0);
  const share = totalExecutions > 0 ? (100 * successfulExecutions) / totalExecutions : 0;
  split.firstElementChild.style.width = `${share}%`;
  const low = isNumber(successRate) && successRate < LOW_RATE;
  figure('successRate').classList.toggle('low', low);
  byId('success-detail').textContent = successDetail(summary, low);
  byId('types-word').textContent = plural(uniqueErrorTypes ?? 0, 'type', 'types');
}
