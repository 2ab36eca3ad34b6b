// The command that sends a first event, for a server that has none.

import { API } from './api.js';
import { announce, byId } from './dom.js';

export function showSnippet() {
  const event = '{"type":"ACTION_EXECUTED","userId":"me","metadata":{"commandName":"hello","executionTime":42}}';
  // Double quotes round the header, because a shell does not replace $TOKEN in single ones.
  byId('curl').textContent = `curl -X POST ${location.origin}${API}/track -H "Authorization: Bearer $TOKEN" `
    + `-H 'Content-Type: application/json' -d '${event}'`;
  byId('empty-hint').textContent = 'A new event shows up at the next refresh.';
  byId('copy').addEventListener('click', copy);
}

async function copy() {
  const button = byId('copy');
  let done = true;
  try {
    await navigator.clipboard.writeText(byId('curl').textContent);
  } catch {
    // Browsers offer the clipboard on https and on localhost only; a selection can be copied everywhere.
    getSelection().selectAllChildren(byId('curl'));
    done = document.execCommand('copy');
  }
  button.textContent = done ? 'Copied' : 'Selected';
  announce(done ? 'Command copied.' : 'Command selected. Copy it with the keyboard.');
  setTimeout(() => { button.textContent = 'Copy'; }, 2000);
}
