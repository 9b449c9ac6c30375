// Cards: somebody whom the other introduces, and how one takes them over.
import * as conversations from "/conversations.js";
import { button, element } from "/dom.js";
import { announce } from "/live.js";
import { entry, give, introduction, named, quoted } from "/names.js";
import { fault } from "/page.js";
import { to } from "/route.js";

/** What can be done about a card of the conversation with a peer, as things stand; `state` says when that has changed. */
function choice(card, peer) {
  const known = entry(card.id);
  if (known) return { state: `named ${known.name}` };
  if (conversations.of(peer)?.standing === "request") return { state: "request" };
  return { state: "open" };
}

function takeOver(card) {
  const problem = fault();
  const name = element("input", { autocomplete: "off", maxlength: 64, required: true, "aria-label": "Your name for them, one word", value: card.name });
  name.hidden = true;
  const press = element("button", { type: "submit", class: "main", text: `Add ${quoted(card.name)} to your people` });
  const form = element("form", {
    class: "buttons",
    on: {
      submit: (event) => {
        event.preventDefault();
        problem.trying(async () => {
          const chosen = name.value.trim();
          try { await give(card.id, chosen); } catch (error) {
            // The name is taken, or can't be one here: then another one serves.
            name.hidden = false;
            press.textContent = "Add";
            throw error;
          }
          announce(`${chosen} is one of your people.`);
        });
      },
    },
  }, name, press);
  return [form, problem.node];
}

/** The element that a message's card is drawn in. */
export function cardNode(message) {
  return message.introduction && element("div", { class: "intro", dir: "ltr" },
    element("p", { class: "says", text: introduction(message.introduction) }), element("div", { class: "does" }));
}

/** Renews what can be done about it, where that has changed. */
export function renewCard(node, message, peer) {
  const place = node.querySelector(".intro .does");
  if (!place) return;
  const card = message.introduction;
  const { state } = choice(card, peer);
  if (place.dataset.state === state) return;
  place.dataset.state = state;
  if (state === "open") place.replaceChildren(...takeOver(card));
  else if (state === "request") place.replaceChildren(element("p", { class: "soft", text: "Accept who writes this, then you can add them." }));
  else place.replaceChildren(element("p", {}, "You call them ", element("a", { href: to("chat", card.id), text: named(card.id), dir: "auto" }), "."));
}
