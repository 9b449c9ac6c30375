// What was typed and not sent, by peer: kept for this tab, also while the page is loaded again or signed out by the daemon.
import { tell } from "/bus.js";

/** Where it lies in the tab's own storage. */
const place = "roost-drafts";
/** Drafts, and characters of all of them: the oldest are only kept as long as the page. A browser keeps five million for a page. */
const most = 100;
const mostCharacters = 1_000_000;
/** Milliseconds after a key until it is written. */
const pause = 400;

let own = null;
/** Those that were changed last come last. */
let drafts = new Map();
let timer = null;

/** This person is signed in: what they had begun in this tab is theirs. */
export function begin(id) {
  own = id;
  try {
    const { of, texts } = JSON.parse(sessionStorage.getItem(place));
    const isText = (pair) => Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === "string");
    drafts = new Map(of === id ? texts.filter(isText).slice(-most) : []);
  } catch {
    drafts = new Map();
  }
  keep();
}

/** Nobody is signed in any more. What was begun stays in the tab's storage, unless it is to be dropped. */
export function end(isDropped) {
  if (isDropped) drafts.clear();
  keep();
  clearTimeout(timer);
  own = null;
  drafts = new Map();
}

export const of = (peer) => drafts.get(peer) ?? "";

export function set(peer, text) {
  if (of(peer) === text) return;
  drafts.delete(peer);
  if (text !== "") drafts.set(peer, text);
  clearTimeout(timer);
  // What was sent must not come back as a draft, so that goes at once.
  if (text === "") keep();
  else timer = setTimeout(keep, pause);
}

/** Puts a text before what is being written to a peer. */
export function giveBack(peer, text) {
  set(peer, [text, of(peer)].filter(Boolean).join("\n"));
  // It is kept nowhere else any more.
  keep();
  tell("draft", peer);
}

function keep() {
  if (!own) return;
  const texts = [...drafts].slice(-most);
  for (let sum = texts.reduce((all, [, text]) => all + text.length, 0); sum > mostCharacters;) sum -= texts.shift()[1].length;
  try {
    if (texts.length === 0) sessionStorage.removeItem(place);
    else sessionStorage.setItem(place, JSON.stringify({ of: own, texts }));
  } catch { /* There is no room: then it is kept as long as the page. */ }
}

addEventListener("pagehide", keep);
