// Before a tab sends its secrets again after an interruption, whoever listens on the port has to show that it knows them: meanwhile
// another program may have taken it. The proof is an HMAC over a challenge, with what the daemon keeps of the tab's secret.
import { hex, kept, name } from "/secret.js";

/** "daemon", "stranger", "signed out", or "nobody". */
export async function whoListens() {
  const challenge = hex(crypto.getRandomValues(new Uint8Array(32)));
  let answer;
  try {
    // Without the cookie.
    answer = await fetch(`/proof?tab=${await name()}&challenge=${challenge}`, {
      credentials: "omit", cache: "no-store", redirect: "error", signal: AbortSignal.timeout(10_000),
    });
    if (answer.status === 401) return "signed out";
    if (!answer.ok) return "stranger";
    const given = (await answer.json()).proof;
    const key = await crypto.subtle.importKey("raw", await kept(), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const text = new TextEncoder().encode(`roost web ${location.host} ${challenge}`);
    return given === hex(await crypto.subtle.sign("HMAC", key, text)) ? "daemon" : "stranger";
  } catch {
    return answer ? "stranger" : "nobody";
  }
}
