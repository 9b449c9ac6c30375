// News inside the page: who says it doesn't know who hears it.
const target = new EventTarget();

/** Has `hear` called with the detail each time; returns how to end that. */
export function on(name, hear) {
  const listener = (event) => hear(event.detail);
  target.addEventListener(name, listener);
  return () => target.removeEventListener(name, listener);
}

export function tell(name, detail) {
  target.dispatchEvent(new CustomEvent(name, { detail }));
}
