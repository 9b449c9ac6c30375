// Requests to the daemon.
import { tell } from "/bus.js";
import { forget, keep, secret } from "/secret.js";

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

const away = () => new Refusal(0, "unreachable", "Roost isn't running, or doesn't answer. What you have written is kept in this tab.");

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
  let answer;
  try {
    answer = await fetch(path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store", redirect: "error",
      signal: AbortSignal.timeout(patience),
    });
  } catch {
    close();
    tell("lost");
    throw away();
  }
  if (answer.status === 401) tell("signedOut");
  if (!answer.ok) throw await refusal(answer);
  return answer.status === 204 ? null : answer.json();
}

/** Uses the link that this page was opened by. */
export async function signIn(token) {
  const answer = await fetch("/session", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }), cache: "no-store",
  });
  if (!answer.ok) throw await refusal(answer);
  keep((await answer.json()).tab);
}

export async function signOut() {
  try { await ask("DELETE", "/session"); } catch { /* It ends by itself after a while. */ }
  forget();
  tell("signedOut");
}

/** A part of a path. */
export const part = encodeURIComponent;
