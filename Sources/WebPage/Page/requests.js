// Those who write for the first time.
import { on } from "/bus.js";
import { requests } from "/conversations.js";
import { button, element } from "/dom.js";
import { face, nameClass, named } from "/names.js";
import { fault, page } from "/page.js";
import { go, to } from "/route.js";
import * as decide from "/standing.js";
import { clip, safe } from "/text.js";
import { moment } from "/time.js";

/** Requests that are drawn; the rest follows when some are decided. */
const most = 50;
/** Characters of what they write. */
const shown = 280;

export function requestsPage(place) {
  const content = page(place, "Requests");
  const problem = fault();
  const rows = element("div", { class: "card" });
  content.append(
    element("p", { class: "soft", text: "People who write to you for the first time. Nobody is told that you have read this." }), problem.node, rows);

  function person(conversation) {
    const { peer, last, unread } = conversation;
    const press = (text, act, kind) => {
      const node = button(text, () => problem.trying(act), kind);
      node.setAttribute("aria-label", `${text} ${named(peer)}`);
      return node;
    };
    return element("div", { class: "person", "data-peer": peer },
      face(element, peer),
      element("div", { class: "names" },
        element("a", { class: `who ${nameClass(peer)}`, href: to("chat", peer), text: named(peer), dir: "auto" }),
        element("span", { class: "id mono", text: peer }),
        last && element("span", { class: "id" }, moment(last.receivedAt), unread === 1 ? ", one message" : `, ${unread} messages`),
        last && element("p", { class: "what lines theirs", dir: "auto" }, safe(clip(last.text, shown)), last.text.length > shown && " …")),
      element("div", { class: "buttons" },
        press("Accept", async () => { await decide.accept(peer); go("chat", peer); }, "main"),
        press("Refuse", () => decide.refuse(peer)),
        press("Block", () => decide.block(peer), "bad")));
  }

  const draw = () => {
    const found = requests();
    rows.replaceChildren(...(found.length === 0 ? [element("p", { class: "empty", text: "Nobody waits to be accepted." })] : []),
      ...found.slice(0, most).map(person),
      ...(found.length > most ? [element("p", { class: "soft", text: `And ${found.length - most} more.` })] : []));
  };
  draw();
  const leave = [on("conversations", draw), on("names", draw)];
  return () => leave.forEach((end) => end());
}
