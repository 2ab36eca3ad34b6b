// What the two tables hold. The columns stand in the same order as the headers of the page.

export const TABLES = {
  commands: {
    parameter: 'commandSort',
    defaultSort: '-totalExecutions',
    none: 'No commands were executed in this range.',
    keyOf: (row) => String(row.commandName),
    columns: [
      { key: 'commandName', kind: 'name' },
      { key: 'totalExecutions', kind: 'count' },
      { key: 'successRate', kind: 'rate' },
      { key: 'avgExecutionTime', kind: 'duration' },
      { key: 'p95ExecutionTime', kind: 'duration' },
      { key: 'lastExecuted', kind: 'instant' },
    ],
  },
  errors: {
    parameter: 'errorSort',
    defaultSort: '-count',
    none: 'No errors were reported in this range.',
    keyOf: (row) => `${row.errorType}\u0000${row.errorHash}`,
    columns: [
      { key: 'errorType', kind: 'name' },
      { key: 'errorMessage', kind: 'text' },
      { key: 'count', kind: 'count' },
      { key: 'firstOccurrence', kind: 'instant' },
      { key: 'lastOccurrence', kind: 'instant' },
      { key: 'affectedUsers', kind: 'count' },
    ],
  },
};

export const isText = (kind) => kind === 'name' || kind === 'text';

// A sort order is a column's key; a leading "-" means descending.
export const sortKey = (sort) => sort.replace(/^-/, '');
export const isDescending = (sort) => sort.startsWith('-');
