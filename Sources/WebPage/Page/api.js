// Requests to the daemon.
import * as activity from "/activity.js";
import { on, tell } from "/bus.js";
import { keep, secret } from "/secret.js";

/** How long the daemon may take, in milliseconds. */
const patience = 20_000;

/** Why a request was not fulfilled: `status` 0 where the daemon wasn't reached. `message` is a sentence for people. */
export class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Whether requests are sent: not while somebody else may listen on the port. */
let isOpen = true;
export const open = () => { isOpen = true; };
export const close = () => { isOpen = false; };

/** Whether this browser is being signed out by whoever uses it. */
let isLeaving = false;

const away = () => new Refusal(0, "unreachable", "Roost isn't running, or doesn't answer. What you have written is kept in this tab.");

/** The daemon can't be reached any more, as far as this request shows. */
function lost() {
  close();
  tell("lost");
  return away();
}

async function refusal(answer) {
  let error = {};
  try { error = (await answer.json()).error; } catch { /* No JSON. */ }
  return new Refusal(answer.status, error.code ?? "", error.message ?? `The daemon answered ${answer.status}.`);
}

/** Does a request; gives the JSON of its answer, or null. Throws a Refusal. */
export async function ask(method, path, body) {
  if (!isOpen) throw away();
  const headers = { "Roost-Tab": secret() ?? "" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const isUsed = activity.isFresh();
  if (isUsed) headers["Roost-Active"] = "1";
  let answer;
  try {
    answer = await fetch(path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store", redirect: "error",
      signal: AbortSignal.timeout(patience),
    });
  } catch {
    throw lost();
  }
  if (answer.status === 401) tell("signedOut", { isWanted: isLeaving });
  if (!answer.ok) throw await refusal(answer);
  if (isUsed) activity.told();
  if (answer.status === 204) return null;
  // An answer that breaks off says nothing of whether the request was fulfilled, as none at all.
  try { return await answer.json(); } catch { throw lost(); }
}

/** Uses the link that this page was opened by. What this tab had before ends with it. */
export async function signIn(token) {
  const headers = { "Content-Type": "application/json" };
  if (secret()) headers["Roost-Tab"] = secret();
  const answer = await fetch("/session", { method: "POST", headers, body: JSON.stringify({ token }), cache: "no-store" });
  if (!answer.ok) throw await refusal(answer);
  keep((await answer.json()).tab);
}

/** Ends the session of this browser. Throws where the daemon hasn't done so: then it goes on. */
export async function signOut() {
  isLeaving = true;
  try {
    await ask("DELETE", "/session");
  } catch (error) {
    // It has ended already.
    if (error.status === 401) return;
    isLeaving = false;
    const sentence = error.status === 0 ? "Roost isn't running, or doesn't answer." : error.message;
    throw new Refusal(error.status, error.code, `${sentence} You are still signed in: try again, or type roost web --end in a terminal.`);
  }
  tell("signedOut", { isWanted: true });
}

on("used", () => { if (secret()) ask("GET", "/session").catch(() => {}); });

/** A part of a path. */
export const part = encodeURIComponent;
