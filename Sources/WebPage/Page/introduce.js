// Introduces one person of the address book to another.
import { ask } from "/api.js";
import { element } from "/dom.js";
import { announce } from "/live.js";
import * as names from "/names.js";
import { fault } from "/page.js";
import { word } from "/text.js";

/** As the command line has it: the same introduction again on the same day (UTC) is sent once. */
const key = (id) => `introduce ${names.entry(id).name} ${id} on ${Math.floor(Date.now() / 86_400_000)}`;
/** Messages of one introduction that have failed on one day, after which it is left at that. */
const mostFailures = 8;

/** Returns whether they had been told already, so that nothing was sent. What has failed or was cancelled is sent again. */
async function introduce(to, who) {
  const send = (name) => ask("POST", "/v1/introductions", { to, peer: who, key: name });
  let sent = await send(key(who));
  for (let number = 1; number <= mostFailures && sent.repeated && sent.state === "failed"; number += 1) {
    sent = await send(`${key(who)}, after ${number}`);
  }
  return Boolean(sent.repeated);
}

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
          const known = [];
          for (const [to, who] of pairs) {
            if (await introduce(to, who)) known.push(`${names.named(to)} was told of ${names.named(who)} today already, and nothing is sent again.`);
          }
          const news = pairs.length === 1 ? `${names.named(id)} hears of ${name}.` : `${names.named(id)} and ${name} hear of each other.`;
          done.textContent = known.length === 0 ? news : known.join(" ");
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
