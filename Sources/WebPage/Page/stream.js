// News from the daemon, without end: over restarts of it, sleep of the machine, and lost connections.
import { close, open } from "/api.js";
import { tell } from "/bus.js";
import { whoListens } from "/proof.js";
import { secret } from "/secret.js";

/** Milliseconds between two tries: doubled each time, and never more than the last. */
const pauses = { first: 250, most: 8_000 };
/** Milliseconds without a byte after which a connection is given up: the daemon says something every fifteen seconds. */
const silence = 40_000;

let last = null;
let attempt = 0;
let running = null;
let wake = null;
let ended = false;

/** Begins, and never ends by itself. */
export async function follow() {
  addEventListener("online", hurry);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) hurry(); });
  while (!ended) {
    const reason = await listen();
    if (ended) return;
    if (reason === "signed out") return tell("signedOut");
    close();
    tell("state", { state: "away", stranger: reason === "stranger" });
    // Spread, so that tabs don't all come at once.
    const pause = Math.min(pauses.most, pauses.first * 2 ** Math.min(attempt, 10)) * (0.75 + Math.random() / 2);
    attempt += 1;
    await new Promise((done) => { wake = done; setTimeout(done, pause); });
    wake = null;
  }
}

export function stop() {
  ended = true;
  running?.abort();
}

/** Tries at once where it waits, and looks whether a connection still lives. */
export function hurry() {
  attempt = 0;
  wake?.();
}

/** A request has failed: the connection of news has likely gone as well. */
export function doubt() { running?.abort(); }

async function listen() {
  const who = await whoListens();
  if (who !== "daemon") return who;
  running = new AbortController();
  let alarm = null;
  const alive = () => { clearTimeout(alarm); alarm = setTimeout(() => running.abort(), silence); };
  try {
    const headers = { "Roost-Tab": secret() ?? "" };
    if (last !== null) headers["Last-Event-ID"] = last;
    alive();
    const answer = await fetch("/v1/events", { headers, cache: "no-store", signal: running.signal });
    if (answer.status === 401) return "signed out";
    if (!answer.ok) return "nobody";
    open();
    attempt = 0;
    tell("state", { state: "here" });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return "nobody";
      alive();
      const frames = (rest + value).split("\n\n");
      rest = frames.pop();
      frames.forEach(hear);
    }
  } catch {
    return "nobody";
  } finally {
    clearTimeout(alarm);
  }
}

function hear(frame) {
  const fields = {};
  for (const line of frame.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 2);
  }
  if (fields.id !== undefined) last = fields.id;
  if (fields.event) tell(`news-${fields.event}`, JSON.parse(fields.data ?? "{}"));
}
