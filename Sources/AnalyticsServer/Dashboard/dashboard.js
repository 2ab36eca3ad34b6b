// The dashboard page. State comes from the address and the controls; loading asks the server for that view; the
// figures show the answer.

import { fillZones, listenToControls, showControls } from './controls.js';
import { load, schedule, startLoading } from './loading.js';
import { showSnippet } from './snippet.js';
import { readAddress, state, writeAddress } from './state.js';
import { tables } from './tables.js';

function openAddress() {
  readAddress();
  for (const [name, table] of Object.entries(tables)) table.useSort(state.sorts[name]);
}

fillZones();
showSnippet();
openAddress();
for (const [name, table] of Object.entries(tables)) {
  table.showSkeleton(state.limit);
  table.onSort = (sort) => {
    state.sorts[name] = sort;
    writeAddress(false);
  };
}
writeAddress(false);
showControls();
listenToControls({
  onChange: () => load('changed'),
  onRefresh: () => load('asked'),
  onAuto: schedule,
});
addEventListener('popstate', () => {
  openAddress();
  showControls();
  load('changed');
});
startLoading();
