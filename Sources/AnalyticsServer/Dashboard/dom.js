// Everything that comes from events (names, messages) is untrusted and reaches the page through textContent and
// attributes only; no HTML is ever built from text.

export const byId = (id) => document.getElementById(id);

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// For screen readers; nothing is seen of it.
export function announce(text) {
  byId('live').textContent = text;
}
