// The beginning: signs in or finds the session, then shows what the address says.
import { ask, signIn } from "/api.js";
import { backupPage } from "/backup.js";
import { on, tell } from "/bus.js";
import { chat } from "/chat.js";
import * as conversations from "/conversations.js";
import { element } from "/dom.js";
import * as drafts from "/drafts.js";
import { gate } from "/gate.js";
import { list } from "/list.js";
import * as live from "/live.js";
import { mePage } from "/me.js";
import * as names from "/names.js";
import * as outbox from "/outbox.js";
import { networkPage } from "/network.js";
import { peoplePage } from "/people.js";
import { requestsPage } from "/requests.js";
import { here, to } from "/route.js";
import { personPage } from "/safety.js";
import * as search from "/search.js";
import { secret, forget } from "/secret.js";
import { doubt, follow, stop } from "/stream.js";
import { peerID } from "/text.js";

const app = document.getElementById("app");
const panel = document.getElementById("panel");
const state = document.getElementById("state");
const away = document.getElementById("away");
let identity = null;
let leave = null;
let isOver = false;

const places = [
  ["", "Conversations"], ["requests", "Requests"], ["people", "People"], ["me", "My ID"], ["network", "Network"], ["backup", "Backup"],
];

function navigation() {
  if (isOver) return;
  const unread = conversations.accepted().reduce((sum, c) => sum + (c.standing === "blocked" ? 0 : c.unread), 0);
  const counts = { "": unread, requests: conversations.requests().length };
  const current = here().place;
  const isConversation = ["", "chat", "search"].includes(current);
  document.getElementById("places").replaceChildren(element("ul", {}, places.map(([place, name]) => element("li", {},
    element("a", { href: to(place), "aria-current": (place === "" ? isConversation : current === place) ? "page" : undefined }, name,
      counts[place] > 0 && element("span", { class: "badge" },
        counts[place] > 99 ? "99+" : String(counts[place]), element("span", { class: "unseen", text: " waiting" })))))));
}

function show() {
  if (isOver) return;
  leave?.();
  leave = null;
  const { place, of, at } = here();
  navigation();
  tell("route");
  app.toggleAttribute("data-open", place !== "");
  const peer = peerID(of);
  if (place === "chat" && peer) leave = chat(panel, peer, identity.id, /^[0-9.a-f]{1,120}$/.test(at) ? at : null);
  else if (place === "search") leave = search.searchPage(panel, peer);
  else if (place === "safety" && peer) leave = personPage(panel, peer, identity.id);
  else if (place === "requests") leave = requestsPage(panel);
  else if (place === "people") leave = peoplePage(panel);
  else if (place === "me") mePage(panel, identity);
  else if (place === "network") leave = networkPage(panel);
  else if (place === "backup") backupPage(panel);
  else {
    document.title = "Roost";
    app.removeAttribute("data-open");
    panel.replaceChildren(element("p", { class: "empty", text: "Choose a conversation, or give your ID to somebody." }));
  }
  panel.setAttribute("aria-label", document.title.replace(" · Roost", ""));
  // A panel of its own is where reading goes on; the box to write in takes the focus by itself.
  if (!["", "chat", "search"].includes(place)) panel.focus({ preventScroll: true });
}

function connection({ state: now, stranger }) {
  const before = state.dataset.state;
  state.dataset.state = now;
  state.textContent = now === "here" ? "Connected" : "Not connected";
  const sentence = stranger ? "Not connected: another program has taken Roost's port. Nothing is sent to it."
    : "Not connected to your Roost; trying again. What you send waits in this tab.";
  if (now === "here") away.textContent = "";
  else if (away.textContent !== sentence) away.textContent = sentence;
  away.hidden = now === "here";
  if (now === "here" && before === "away") {
    live.announce("Connected again");
    conversations.load().catch(() => {});
    names.load().catch(() => {});
  }
}

/** Nobody is signed in any more: nothing of theirs stays in the page. `isWanted`: they asked for that. */
function end(isWanted) {
  if (isOver) return;
  isOver = true;
  stop();
  leave?.();
  leave = null;
  forget();
  live.end();
  outbox.end(isWanted);
  drafts.end(isWanted);
  conversations.forget();
  names.forget();
  search.forget();
  identity = null;
  for (const place of [panel, document.getElementById("side"), document.getElementById("places"), document.getElementById("live")]) {
    place.replaceChildren();
  }
  panel.removeAttribute("aria-label");
  // The address names who was written to.
  history.replaceState(null, "", "/");
  away.hidden = true;
  const waiting = isWanted ? 0 : outbox.count();
  gate(waiting > 0 ? "This browser was signed out." : "This browser was signed out. A new link signs it in again:", waiting);
}

/** The token of the link that this page was opened by. */
const given = () => /^#([0-9a-f]{64})$/.exec(location.hash)?.[1];

async function begin() {
  // A link that is opened where the page is already changes only what follows #.
  addEventListener("hashchange", () => { if (given()) location.reload(); });
  const token = given();
  if (token) {
    // The link is used up with this, and stands nowhere any more.
    history.replaceState(null, "", "/");
    try { await signIn(token); } catch (error) {
      if (!secret()) return gate(error.message, outbox.count());
    }
  }
  if (!secret()) return gate("Roost shows your messages to this browser when you ask it to, in a terminal:", outbox.count());
  on("signedOut", (detail) => end(Boolean(detail?.isWanted)));
  on("state", connection);
  on("lost", doubt);
  on("conversations", navigation);
  state.dataset.state = "begin";
  state.textContent = "Connecting …";
  follow();
  await new Promise((done) => { const stop = on("state", ({ state: now }) => { if (now === "here") { stop(); done(); } }); });
  const retry = async (act) => {
    for (;;) {
      try { return await act(); } catch (error) {
        if (error.status === 401 || isOver) throw error;
        await new Promise((done) => setTimeout(done, 1000));
      }
    }
  };
  try {
    identity = await retry(() => ask("GET", "/v1/identity"));
    await retry(() => Promise.all([names.load(), conversations.load()]));
  } catch { /* It was signed out. */ }
  if (isOver) return;
  // Waited for: what is shown begins with what was begun.
  await drafts.begin(identity.id);
  if (isOver) return;
  app.hidden = false;
  outbox.begin(identity.id);
  list(document.getElementById("side"));
  show();
  addEventListener("hashchange", show);
  document.getElementById("skip").addEventListener("click", () => panel.focus());
}

begin();
