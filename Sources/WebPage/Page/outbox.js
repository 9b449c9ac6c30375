// What was written and the daemon hasn't accepted yet. It is sent once, however often that is tried, as each text has a key of its own. It
// is kept for this tab, also while the page is loaded again or signed out, and what is refused stays until its writer decides.
import { ask } from "/api.js";
import { on, tell } from "/bus.js";
import { announce } from "/live.js";

/** Where it lies in the tab's own storage. */
const place = "roost-outbox";
/** Texts, and characters of all of them: a browser keeps five million for a page. */
const most = 100;
const mostCharacters = 1_000_000;
/** Milliseconds until a daemon that has no room is asked again. */
const pause = 2000;

let own = null;
let waiting = [];
let isSending = false;

const isEntry = (entry) => ["to", "text", "key", "at"].every((name) => typeof entry?.[name] === "string");

/** What lies there: whose, and the texts. */
function stored() {
  try {
    const { of, texts } = JSON.parse(sessionStorage.getItem(place));
    return { of, texts: texts.filter(isEntry).slice(0, most) };
  } catch {
    return { of: null, texts: [] };
  }
}

function keep() {
  try {
    if (waiting.length === 0) sessionStorage.removeItem(place);
    else sessionStorage.setItem(place, JSON.stringify({ of: own, texts: waiting }));
  } catch { /* There is no room: then it is kept as long as the page. */ }
}

/** As a message of the conversation. One that is refused is drawn anew. */
const message = (entry) => ({
  position: `pending-${entry.key}${entry.refusal ? "-refused" : ""}`, message: entry.key, key: entry.key, text: entry.text, sentAt: entry.at,
  state: entry.refusal ? "refused" : "sending", reason: entry.refusal,
});

export const of = (peer) => waiting.filter((entry) => entry.to === peer).map(message);
export const count = () => (own ? waiting : stored().texts).length;
/** To whom something was refused. */
export const refused = () => [...new Set(waiting.filter((entry) => entry.refusal).map((entry) => entry.to))];
export const isFull = (text) => waiting.length >= most || waiting.reduce((sum, entry) => sum + entry.text.length, text.length) > mostCharacters;

/** This person is signed in: what they wrote before in this tab is theirs to send. */
export function begin(id) {
  const { of: owner, texts } = stored();
  own = id;
  waiting = owner === id ? texts : [];
  keep();
  for (const to of new Set(waiting.map((entry) => entry.to))) tell("pending", to);
  pump();
}

/** Nobody is signed in any more. What waits stays in the tab's storage, unless it is to be dropped. */
export function end(isDropped) {
  waiting = [];
  if (isDropped) keep();
  own = null;
}

export function send(to, text) {
  waiting.push({ to, text, key: crypto.randomUUID(), at: new Date().toISOString() });
  changed(to);
  pump();
}

/** Sends once more what was refused. */
export function again(key) {
  const entry = waiting.find((one) => one.key === key);
  if (!entry) return;
  delete entry.refusal;
  changed(entry.to);
  pump();
}

/** Gives back what was refused, to be changed; null where there is none. */
export function take(key) {
  const entry = waiting.find((one) => one.key === key && one.refusal);
  if (!entry) return null;
  remove(entry);
  return entry.text;
}

function remove(entry) {
  waiting = waiting.filter((one) => one.key !== entry.key);
  changed(entry.to);
}

function changed(peer) {
  keep();
  tell("pending", peer);
}

async function pump() {
  if (isSending) return;
  isSending = true;
  try {
    for (;;) {
      const entry = waiting.find((one) => !one.refusal);
      if (!own || !entry) return;
      const { to, text, key } = entry;
      try {
        await ask("POST", "/v1/messages", { to, text, key });
        if (!own) return;
        remove(entry);
        tell("accepted", to);
      } catch (error) {
        // It waits until the daemon is there again, or has room.
        if (error.status === 503) setTimeout(pump, pause);
        if (!own || !error.status || error.status === 401 || error.status === 503) return;
        entry.refusal = error.message;
        changed(to);
        announce(`Not sent: ${error.message}`);
      }
    }
  } finally {
    isSending = false;
  }
}

on("state", ({ state }) => { if (state === "here") pump(); });
addEventListener("beforeunload", (event) => { if (waiting.length > 0) event.preventDefault(); });
