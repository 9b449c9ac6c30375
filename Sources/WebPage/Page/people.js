// The address book, and who is blocked.
import { on } from "/bus.js";
import { button, element } from "/dom.js";
import * as names from "/names.js";
import { fault, page } from "/page.js";
import { go, to } from "/route.js";
import * as decide from "/standing.js";
import { peerID, shortened, word } from "/text.js";

export function peoplePage(place) {
  const content = page(place, "People");
  const problem = fault();
  const name = element("input", { autocomplete: "off", maxlength: 64, required: true });
  const id = element("input", { autocomplete: "off", spellcheck: "false", required: true, placeholder: "roost1… or roost:roost1…" });
  const add = element("form", {
    class: "card",
    on: {
      submit: (event) => {
        event.preventDefault();
        problem.trying(async () => {
          const peer = peerID(id.value);
          if (!peer) throw new Error("That is no peer ID: it begins with roost1 and has 64 letters and digits.");
          await names.give(peer, name.value.trim());
          go("chat", peer);
        });
      },
    },
  }, element("h2", { text: "Add somebody" }),
  element("div", { class: "pair" },
    element("label", {}, "Name, one word", name), element("label", {}, "Their ID or link", id),
    element("button", { type: "submit", class: "main", text: "Add" })), problem.node);
  const rows = element("div", { class: "card" });
  const out = element("div", { class: "card" });
  content.append(add, rows, out);

  const person = (entry) => element("div", { class: "person", "data-peer": entry.id },
    names.face(element, entry.id),
    element("div", { class: "names" },
      element("a", { class: "who", href: to("chat", entry.id), text: word(entry.name), dir: "auto" }),
      element("span", { class: "id mono", text: shortened(entry.id) }),
      entry.compared && element("span", { class: "id", text: "ID compared" })),
    element("div", { class: "buttons" },
      button("Write", () => go("chat", entry.id)), button("Details", () => go("safety", entry.id))));

  const draw = () => rows.replaceChildren(element("h2", { text: "Address book" }),
    ...(names.list.length === 0 ? [element("p", { class: "empty", text: "Nobody has a name yet." })] : names.list.map(person)));

  async function drawBlocked() {
    const blocked = await decide.blocked().catch(() => []);
    out.hidden = blocked.length === 0;
    out.replaceChildren(element("h2", { text: "Blocked" }), ...blocked.map(({ id: peer }) => element("div", { class: "person" },
      names.face(element, peer),
      element("div", { class: "names" },
        element("span", { class: `who ${names.nameClass(peer)}`, text: names.named(peer), dir: "auto" }), element("span", { class: "id mono", text: peer })),
      button("Unblock", () => problem.trying(async () => { await decide.unblock(peer); await drawBlocked(); })))));
  }
  draw();
  drawBlocked();
  const leave = [on("names", draw), on("news-conversation", drawBlocked)];
  return () => leave.forEach((end) => end());
}
