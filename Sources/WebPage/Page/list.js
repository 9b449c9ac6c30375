// The conversations as a list.
import { on } from "/bus.js";
import { accepted, hasMore, showMore } from "/conversations.js";
import { button, element } from "/dom.js";
import * as drafts from "/drafts.js";
import { face, nameClass, named } from "/names.js";
import * as outbox from "/outbox.js";
import { here, to } from "/route.js";
import { word } from "/text.js";
import { brief } from "/time.js";

/** Characters of the last message that are drawn. */
const shown = 160;

function row(conversation) {
  const { peer, last, unread } = conversation;
  const isRefused = outbox.refused().includes(peer);
  const isOwn = last && !last.receivedAt;
  const name = named(peer);
  const current = here().place === "chat" && here().of === peer;
  // What is open is before one's eyes.
  const begun = current ? "" : drafts.of(peer);
  const what = conversation.standing === "blocked" ? "blocked" : last ? (isOwn ? "You: " : "") + word(last.text.slice(0, shown)) : "no messages";
  return element("li", {},
    element("a", {
      class: "row", href: to("chat", peer), "aria-current": current ? "page" : undefined, "data-unread": unread > 0, "data-peer": peer,
    },
    face(element, peer),
    element("span", { class: `who ${nameClass(peer)}`, text: name, dir: "auto" }),
    last && element("time", { class: "when", datetime: last.sentAt, text: brief(last.receivedAt ?? last.sentAt) }),
    isRefused ? element("span", { class: "what failed", text: "A text was not sent" }) : element("span", { class: "what", dir: "auto" },
      begun ? [element("span", { class: "begun", text: "Draft: " }), word(begun.slice(0, shown))] : what),
    unread > 0 && element("span", { class: "badge" }, String(unread), element("span", { class: "unseen", text: " new" }))));
}

export function list(place) {
  const rows = element("ul", { class: "rows", "aria-label": "Conversations" });
  const tools = element("div", { class: "tools" },
    element("h1", { text: "Conversations" }),
    element("span", { class: "links" },
      element("a", { href: to("search"), text: "Search" }), element("a", { href: to("people"), text: "New" })));
  place.replaceChildren(tools, rows);
  const draw = () => {
    const focused = document.activeElement?.closest?.("[data-peer]")?.dataset.peer;
    const known = accepted();
    // Also of those with whom there is no conversation yet.
    const others = outbox.refused().filter((peer) => !known.some((c) => c.peer === peer)).map((peer) => ({ peer, last: null, unread: 0 }));
    const found = [...others, ...known];
    rows.replaceChildren(
      ...found.map(row),
      ...(found.length === 0 ? [element("li", { class: "empty" }, "No conversations yet. Give your ID to somebody, or add theirs.",
        element("br"), element("a", { href: to("me"), text: "My ID" }), " · ", element("a", { href: to("people"), text: "Add somebody" }))] : []),
      ...(hasMore() ? [element("li", {}, button("Show more", () => showMore().catch(() => {}), "more"))] : []));
    if (focused) rows.querySelector(`[data-peer="${focused}"]`)?.focus({ preventScroll: true });
  };
  for (const name of ["conversations", "names", "route", "pending", "draft"]) on(name, draw);
  draw();
}
