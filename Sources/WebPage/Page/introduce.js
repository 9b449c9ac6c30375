// Introduces one person of the address book to another.
import { ask } from "/api.js";
import { element } from "/dom.js";
import { announce } from "/live.js";
import * as names from "/names.js";
import { fault } from "/page.js";
import { word } from "/text.js";

/** As the command line has it: the same introduction again on the same day (UTC) is sent once. */
const key = (id) => `introduce ${names.entry(id).name} ${id} on ${Math.floor(Date.now() / 86_400_000)}`;

/** The form that introduces `peer`, who has a name, to others; null where there is nobody else. */
export function introduceForm(peer, own) {
  const others = names.list.filter((one) => one.id !== peer && one.id !== own);
  if (!names.isNamed(peer) || others.length === 0) return null;
  const problem = fault();
  const done = element("p", { class: "soft", role: "status" });
  const name = word(names.entry(peer).name);
  const other = element("select", {}, others.map((one) => element("option", { value: one.id, text: word(one.name) })));
  const both = element("input", { type: "checkbox", checked: true });
  return element("form", {
    on: {
      submit: (event) => {
        event.preventDefault();
        done.textContent = "";
        problem.trying(async () => {
          const id = other.value;
          const pairs = both.checked ? [[id, peer], [peer, id]] : [[id, peer]];
          for (const [to, who] of pairs) await ask("POST", "/v1/introductions", { to, peer: who, key: key(who) });
          done.textContent = both.checked ? `${names.named(id)} and ${name} hear of each other.` : `${names.named(id)} hears of ${name}.`;
          announce(done.textContent);
        });
      },
    },
  }, element("h2", { text: "Introduce" }),
  element("p", { class: "soft", text: "They get a message with the other's ID and your name for them, signed by you. It lets nobody in." }),
  element("div", { class: "pair" }, element("label", {}, `To whom ${name} is introduced`, other),
    element("button", { type: "submit", class: "main", text: "Introduce" })),
  element("label", { class: "check" }, both, `And the other way round: ${name} hears of them as well`), done, problem.node);
}
