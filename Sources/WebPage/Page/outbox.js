// What was written and the daemon hasn't accepted yet: kept in this tab, and sent once, however often that is tried.
import { ask } from "/api.js";
import { on, tell } from "/bus.js";

/** Messages that wait in a tab: who writes more while Roost is away may lose them with the tab. */
const most = 100;
const waiting = [];
let isSending = false;

export const of = (peer) => waiting.filter((entry) => entry.to === peer).map((entry) => entry.message);
export const isEmpty = () => waiting.length === 0;
export const isFull = () => waiting.length >= most;

export function send(to, text) {
  const key = crypto.randomUUID();
  waiting.push({
    to, text, key, message: { position: `pending-${key}`, message: key, text, sentAt: new Date().toISOString(), state: "sending" },
  });
  tell("pending", to);
  pump();
}

async function pump() {
  if (isSending) return;
  isSending = true;
  try {
    while (waiting.length > 0) {
      const { to, text, key, message } = waiting[0];
      try {
        await ask("POST", "/v1/messages", { to, text, key });
        waiting.shift();
        tell("accepted", to);
      } catch (error) {
        // It waits until the daemon is there again; what is refused goes back to the person.
        if (error.status === 503) setTimeout(pump, 2000);
        if (!error.status || error.status === 401 || error.status === 503) return;
        waiting.shift();
        tell("refused", { to, text, sentence: error.message });
      }
      tell("pending", to);
    }
  } finally {
    isSending = false;
  }
}

on("state", ({ state }) => { if (state === "here") pump(); });
addEventListener("beforeunload", (event) => { if (!isEmpty()) event.preventDefault(); });
