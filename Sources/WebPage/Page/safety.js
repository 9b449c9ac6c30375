// One person: their name, their ID, the number to compare, and whether they may write.
import { ask, part } from "/api.js";
import { on } from "/bus.js";
import * as conversations from "/conversations.js";
import { copyable } from "/copy.js";
import { button, element } from "/dom.js";
import { introduceForm } from "/introduce.js";
import { announce } from "/live.js";
import * as names from "/names.js";
import { fault, page } from "/page.js";
import { go, to } from "/route.js";
import * as decide from "/standing.js";
import { word } from "/text.js";
import { moment } from "/time.js";

/** A button that asks once more, as what it does can't be undone. */
function twice(text, question, act) {
  const node = button(text, () => {
    if (node.textContent === question) return act();
    node.textContent = question;
    setTimeout(() => { node.textContent = text; }, 5000);
  }, "bad");
  return node;
}

const some = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;

/** What goes with the conversation besides its messages, in a sentence; empty where that is nothing. */
async function goesAsWell(peer) {
  const [draft, { introductions }] = await Promise.all([ask("GET", `/v1/conversations/${part(peer)}/draft`), ask("GET", "/v1/introductions")]);
  const nameless = introductions.filter((card) => card.from === peer && !names.isNamed(card.id)).map((card) => card.id);
  const count = new Set(nameless).size;
  const people = count === 1 ? "one person who has" : `${count} people who have`;
  const said = [draft.text && "what you have begun to write", count > 0 && `their introduction of ${people} no name here yet`]
    .filter(Boolean).join(", and ");
  return said && `With the conversation goes ${said}.`;
}

/** What was deleted. */
function deletion({ deleted, draft, introductions }) {
  const parts = [draft && some(1, "draft"), introductions && some(introductions, "introduction")].filter(Boolean);
  if (deleted > 0 || parts.length === 0) parts.unshift(some(deleted, "message"));
  return `${parts.join(" and ")} deleted.`;
}

export function personPage(place, peer, own) {
  const content = page(place, "Details");
  const path = `/v1/conversations/${part(peer)}/safety`;
  const problem = fault();
  const person = element("div", { class: "card" });
  const safety = element("div", { class: "card" });
  const others = element("div", { class: "card" });
  const rest = element("div", { class: "card" });
  content.append(problem.node, person, ...(peer === own ? [] : [safety, others, rest]));

  function drawPerson() {
    const entry = names.entry(peer);
    const name = element("input", { autocomplete: "off", maxlength: 64, required: true, value: entry?.name ?? "" });
    person.replaceChildren(
      element("div", { class: "person" }, names.face(element, peer),
        element("div", { class: "names" }, element("h2", { class: "theirs", dir: "auto", text: entry ? word(entry.name) : "No name yet" })),
        element("a", { href: to("chat", peer), text: "Write" })),
      copyable(peer),
      element("form", {
        class: "pair",
        on: { submit: (event) => { event.preventDefault(); problem.trying(() => names.give(peer, name.value.trim())); } },
      }, element("label", {}, "Name, one word", name), element("button", { type: "submit", text: entry ? "Rename" : "Give the name" }),
      entry && button("Remove the name", () => problem.trying(() => names.take(entry.name)), "bad")));
  }

  let drawn = "";
  /** Only where the address book is another, or they are blocked: what is being chosen stays, and what came of it. */
  function drawIntroduction() {
    const isBlocked = conversations.of(peer)?.standing === "blocked";
    const now = JSON.stringify([names.list.map((one) => [one.id, one.name]), isBlocked]);
    if (now === drawn) return;
    drawn = now;
    const form = isBlocked ? null : introduceForm(peer, own);
    others.hidden = !form;
    others.replaceChildren(...(form ? [form] : []));
  }

  async function drawSafety() {
    const report = await ask("GET", path);
    const set = (compared) => problem.trying(async () => {
      await ask("PUT", path, { compared });
      await names.load();
      await drawSafety();
    });
    safety.replaceChildren(
      element("h2", { text: "Safety number" }),
      element("p", { text: "The same on both sides if each of you has the other's true ID. Compare it face to face, or by a call." }),
      element("div", { class: "numbers", role: "group", "aria-label": "Sixty digits in twelve groups" },
        ...report.groups.map((group) => element("span", { text: group }))),
      element("p", { class: "soft", text: report.compared ? `You compared it on ${moment(report.compared)}.` : "You haven't compared it yet." }),
      element("div", { class: "buttons" }, report.compared
        ? button("Take that back", () => set(false))
        : button("It is the same", () => set(true), "main")));
  }

  const more = element("p", { class: "soft" });
  more.hidden = true;
  function drawRest() {
    const standing = conversations.of(peer)?.standing;
    const isBlocked = standing === "blocked";
    goesAsWell(peer).then((text) => { more.textContent = text; more.hidden = !text; }).catch(() => {});
    rest.replaceChildren(
      element("h2", { text: "Messages" }), more,
      element("div", { class: "buttons" },
        isBlocked ? button("Unblock", () => problem.trying(() => decide.unblock(peer)))
          : button("Block", () => problem.trying(() => decide.block(peer)), "bad"),
        twice("Delete the conversation here", "Delete for good? The other side keeps theirs", () => problem.trying(async () => {
          announce(deletion(await ask("DELETE", `/v1/conversations/${part(peer)}`)));
          await conversations.load();
          go("");
        }))));
  }
  drawPerson();
  drawIntroduction();
  drawRest();
  if (peer !== own) problem.trying(drawSafety);
  const leave = [on("names", drawPerson), on("names", drawIntroduction), on("conversations", drawIntroduction), on("conversations", drawRest)];
  return () => leave.forEach((end) => end());
}
