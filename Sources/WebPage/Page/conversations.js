// All conversations, those with the newest messages first, as far as they were asked for.
import { ask } from "/api.js";
import { on, tell } from "/bus.js";
import { hear } from "/names.js";

/** Pages of a hundred that are asked for again when something changes: more are asked for by a press. */
let pages = 1;
/** The most that the page holds, requests of strangers included. */
const most = 20;
let more = false;
let all = [];
let isBusy = false;
let isDue = false;
let isOver = false;

/** Accepted and blocked ones; or only requests. */
export const accepted = () => all.filter((c) => c.standing !== "request");
export const requests = () => all.filter((c) => c.standing === "request");
export const of = (peer) => all.find((c) => c.peer === peer);
export const hasMore = () => more;

export function showMore() {
  pages = Math.min(pages + 1, most);
  return load();
}

/** Nobody is signed in any more. */
export function forget() {
  all = [];
  more = false;
  isOver = true;
}

/** Asks anew. What is asked meanwhile is asked once more afterwards. */
export async function load() {
  if (isOver) return;
  if (isBusy) { isDue = true; return; }
  isBusy = true;
  try {
    do {
      isDue = false;
      let next = null;
      const found = new Map();
      for (let page = 0; page < pages; page += 1) {
        const answer = await ask("GET", `/v1/conversations${next ? `?after=${next}` : ""}`);
        for (const conversation of answer.conversations) found.set(conversation.peer, conversation);
        next = answer.next ?? null;
        if (!next) break;
        // Requests of many strangers must not hide the conversations behind them.
        if (page === pages - 1 && pages < most && [...found.values()].filter((c) => c.standing !== "request").length < 50) pages += 1;
      }
      if (isOver) return;
      more = next !== null && pages < most;
      all = [...found.values()];
      hear(all);
      tell("conversations");
    } while (isDue);
  } finally {
    isBusy = false;
  }
}

let timer = null;
function soon() {
  timer ??= setTimeout(() => { timer = null; load().catch(() => {}); }, 120);
}
for (const name of ["received", "sent", "changed", "conversation", "lost"]) on(`news-${name}`, soon);
