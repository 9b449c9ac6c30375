// The panel of one conversation.
import { ask } from "/api.js";
import { on } from "/bus.js";
import { composer } from "/composer.js";
import * as conversations from "/conversations.js";
import { button, element } from "/dom.js";
import { announce } from "/live.js";
import { Messages } from "/messages.js";
import { entry, face, nameClass, named } from "/names.js";
import * as outbox from "/outbox.js";
import { go, to } from "/route.js";
import { fault } from "/page.js";
import * as decide from "/standing.js";

/** Draws it, at the message with the position `at` or at its end, and returns how to leave it. */
export function chat(place, peer, own, at) {
  const name = () => (peer === own ? `${named(peer)} (you)` : named(peer));
  const title = element("h1", { dir: "auto" });
  const compared = element("span", { class: "soft id" });
  const head = element("header", { class: "head" },
    element("a", { class: "back", href: "#/", "aria-label": "Back to the conversations", text: "‹" }), face(element, peer),
    element("div", { class: "names" }, title, element("span", { class: "id mono", text: peer, title: peer })),
    compared, element("a", { href: to("search", peer), text: "Search" }), element("a", { href: to("safety", peer), text: "Details" }));
  const scroller = element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Messages" });
  const end = button("Newest ↓", () => messages.toLast().catch(() => {}), "end");
  end.hidden = true;
  const bottom = element("div");
  const problem = fault();
  let isLeft = false;
  const messages = new Messages(peer, scroller, () => {
    end.hidden = messages.isAtEnd;
    readSoon();
  });
  let box = null;

  function names() {
    title.textContent = name();
    title.classList.toggle("claimed", nameClass(peer) === "claimed");
    document.title = `${name()} · Roost`;
    compared.textContent = entry(peer)?.compared ? "ID compared" : "";
  }

  let drawn = null;
  function standing() {
    const now = conversations.of(peer)?.standing ?? "accepted";
    if (now === drawn) return;
    drawn = now;
    const press = (text, act, kind) => button(text, () => act().catch((error) => announce(error.message)), kind);
    if (now === "request") {
      bottom.replaceChildren(element("div", { class: "ask" },
        element("p", { text: "They write to you for the first time. They aren't told that you have read it until you accept." }),
        press("Accept", () => decide.accept(peer), "main"),
        press("Refuse", async () => { await decide.refuse(peer); go("requests"); }),
        press("Block", async () => { await decide.block(peer); go("requests"); }, "bad")));
    } else if (now === "blocked") {
      bottom.replaceChildren(element("div", { class: "ask" },
        element("p", { text: "You have blocked them: what they write is dropped unseen." }),
        press("Unblock", () => decide.unblock(peer), "main")));
    } else {
      box = composer(peer, name(), () => messages.toLast().catch(() => {}));
      bottom.replaceChildren(box.form);
      if (!at && !matchMedia("(pointer: coarse)").matches) box.focus();
    }
  }

  let timer = null;
  /** What is seen is read: by a person who looks, of somebody who is accepted. */
  function readSoon() {
    timer ??= setTimeout(async () => {
      timer = null;
      if (isLeft || document.hidden || !messages.isAtEnd || conversations.of(peer)?.standing === "request") return;
      const unread = messages.shown.filter((m) => m.receivedAt && m.state === "received");
      if (unread.length === 0) return;
      for (const message of unread) message.state = "read";
      try { await ask("POST", "/v1/messages/read", { messages: unread.map((m) => m.position) }); } catch {
        for (const message of unread) message.state = "received";
      }
    }, 300);
  }

  let isRefreshing = false;
  let isDue = false;
  async function refresh() {
    if (isRefreshing) { isDue = true; return; }
    isRefreshing = true;
    const before = messages.shown.at(-1)?.position;
    try {
      do {
        isDue = false;
        await messages.refresh();
      } while (isDue && !isLeft);
      if (isLeft) return;
      problem.clear();
      messages.setPending(outbox.of(peer));
      const fresh = messages.shown.slice(messages.shown.findIndex((m) => m.position === before) + 1).filter((m) => m.receivedAt);
      for (const message of fresh.slice(-3)) announce(`${name()}: ${message.text.slice(0, 200)}`);
      readSoon();
    } catch { /* The news that follow a new connection ask again. */ } finally {
      isRefreshing = false;
    }
  }

  const leave = [
    on("names", names), on("conversations", names), on("conversations", standing),
    on("news-received", (news) => { if (news.from === peer) refresh(); }),
    on("news-sent", (news) => { if (news.to === peer) refresh(); }),
    on("news-changed", (news) => { if (news.to === peer && !messages.mark(news)) refresh(); }),
    on("news-conversation", (news) => { if (news.peer === peer) refresh(); }),
    on("news-lost", refresh), on("state", ({ state }) => { if (state === "here") refresh(); }),
    on("pending", (of) => { if (of === peer) messages.setPending(outbox.of(peer)); }),
    on("accepted", (of) => { if (of === peer) refresh(); }),
    on("draft", ({ peer: of, isOwn }) => { if (of === peer) box?.renew(isOwn); }),
    on("names", () => messages.draw()), on("conversations", () => messages.draw()),
  ];
  const seen = () => { if (!document.hidden) readSoon(); };
  document.addEventListener("visibilitychange", seen);

  names();
  place.replaceChildren(head, problem.node, element("div", { class: "stage" }, scroller, end), bottom);
  standing();
  const opened = async () => {
    if (at) {
      if (!await messages.openAt(at) && !isLeft) problem.say("That message isn't here any more.");
    } else await messages.open();
    if (isLeft) return;
    messages.setPending(outbox.of(peer));
    if (!at) messages.toEnd();
    readSoon();
  };
  opened().catch((error) => problem.say(error.message));
  return () => {
    isLeft = true;
    clearTimeout(timer);
    messages.leave();
    for (const end of leave) end();
    document.removeEventListener("visibilitychange", seen);
  };
}
