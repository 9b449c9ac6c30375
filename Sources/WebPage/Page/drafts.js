// What was typed and not sent, by peer. The daemon keeps it, so that it is there next time and in the terminal as well. Until it has
// taken a text, that lies in this tab: also while there is no daemon, and while the page is loaded again or signed out.
import { ask, part } from "/api.js";
import { on, tell } from "/bus.js";
import { bytes } from "/text.js";

/** Where it lies in the tab's own storage. */
const place = "roost-drafts";
/** Drafts, and characters of all of them: the oldest are only kept as long as the page. A browser keeps five million for a page. */
const most = 100;
const mostCharacters = 1_000_000;
/** Bytes of a text that the daemon takes. */
const mostBytes = 65_536;
/** Milliseconds after a key until it is written here, and until the daemon is told. */
const pause = 400;
const longPause = 1000;

let own = null;
/** Those that were changed last come last. */
let drafts = new Map();
/** What the daemon has, as far as is known; and what it has refused. */
let known = new Map();
let refused = new Map();
let timer = null;
let saving = null;
let isSaving = false;

export const of = (peer) => drafts.get(peer) ?? "";

/** Whether the daemon has something else than what is here. */
const isAhead = (peer) => of(peer) !== (known.get(peer) ?? "");
const ahead = () => [...new Set([...drafts.keys(), ...known.keys()])].filter(isAhead);

/** This person is signed in: what they had begun in this tab is theirs, and so is what the daemon has. */
export async function begin(id) {
  own = id;
  known = new Map();
  refused = new Map();
  try {
    const { of, texts } = JSON.parse(sessionStorage.getItem(place));
    const isText = (pair) => Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === "string");
    drafts = new Map(of === id ? texts.filter(isText).slice(-most) : []);
  } catch {
    drafts = new Map();
  }
  keep();
  try {
    const answer = await ask("GET", "/v1/drafts");
    if (own !== id) return;
    for (const { peer, text } of answer.drafts) take(peer, text);
  } catch { /* What is here is kept until the daemon can be asked. */ }
  save();
}

/** Nobody is signed in any more. What the daemon hasn't taken stays in the tab's storage, unless it is to be dropped. */
export function end(isDropped) {
  if (isDropped) drafts.clear();
  if (isDropped) known.clear();
  keep();
  clearTimeout(timer);
  clearTimeout(saving);
  own = null;
  drafts = new Map();
  known = new Map();
}

/** The daemon has this text. It is shown, unless something else was typed here meanwhile. */
function take(peer, text) {
  const isTyping = isAhead(peer) && of(peer) !== text;
  if (text === "") known.delete(peer);
  else known.set(peer, text);
  if (isTyping || of(peer) === text) return;
  drafts.delete(peer);
  if (text !== "") drafts.set(peer, text);
  tell("draft", { peer, isOwn: false });
}

export function set(peer, text) {
  if (of(peer) === text) return;
  drafts.delete(peer);
  if (text !== "") drafts.set(peer, text);
  refused.delete(peer);
  clearTimeout(timer);
  clearTimeout(saving);
  // What was sent must not come back as a draft, so that goes at once.
  if (text === "") keep();
  else timer = setTimeout(keep, pause);
  saving = setTimeout(save, text === "" ? 0 : longPause);
}

/** Puts a text before what is being written to a peer. */
export function giveBack(peer, text) {
  set(peer, [text, of(peer)].filter(Boolean).join("\n"));
  // It is kept nowhere else any more.
  keep();
  tell("draft", { peer, isOwn: true });
}

/** Writes down here what the daemon hasn't taken yet. */
function keep() {
  if (!own) return;
  const texts = [...drafts].filter(([peer]) => isAhead(peer)).slice(-most);
  for (let sum = texts.reduce((all, [, text]) => all + text.length, 0); sum > mostCharacters;) sum -= texts.shift()[1].length;
  try {
    if (texts.length === 0) sessionStorage.removeItem(place);
    else sessionStorage.setItem(place, JSON.stringify({ of: own, texts }));
  } catch { /* There is no room: then it is kept as long as the page. */ }
}

/** Has the daemon keep what is new here, one text after the other. */
async function save() {
  if (isSaving || !own) return;
  isSaving = true;
  const id = own;
  try {
    for (;;) {
      const peer = ahead().find((one) => refused.get(one) !== of(one) && bytes(of(one)) <= mostBytes);
      if (!peer) return;
      const text = of(peer);
      try {
        await ask("PUT", `/v1/conversations/${part(peer)}/draft`, { text });
      } catch (error) {
        // It is tried again when the daemon is there again.
        if (own !== id || !error.status || error.status === 401 || error.status === 503) return;
        refused.set(peer, text);
        continue;
      }
      if (own !== id) return;
      if (text === "") known.delete(peer);
      else known.set(peer, text);
      keep();
    }
  } finally {
    isSaving = false;
  }
}

on("news-draft", async ({ peer }) => {
  const id = own;
  try {
    const { text } = await ask("GET", `/v1/conversations/${part(peer)}/draft`);
    if (own === id && id) take(peer, text);
  } catch { /* It is asked for again with the next news. */ }
});
on("news-lost", async () => {
  const id = own;
  try {
    const { drafts: found } = await ask("GET", "/v1/drafts");
    if (own !== id || !id) return;
    const texts = new Map(found.map(({ peer, text }) => [peer, text]));
    for (const peer of new Set([...known.keys(), ...texts.keys()])) take(peer, texts.get(peer) ?? "");
  } catch { /* It is asked for again with the next news. */ }
});
on("state", ({ state }) => { if (state === "here") save(); });
addEventListener("pagehide", keep);
document.addEventListener("visibilitychange", () => { if (document.hidden) { keep(); save(); } });
