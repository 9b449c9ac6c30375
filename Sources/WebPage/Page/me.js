// One's own ID, to give to others.
import { ask } from "/api.js";
import { copyable } from "/copy.js";
import { element } from "/dom.js";
import { announce } from "/live.js";
import { fault, page } from "/page.js";
import { qr } from "/qr.js";

/** The form for the name that one goes by. */
function nameForm() {
  const problem = fault();
  const name = element("input", { autocomplete: "off", maxlength: 48 });
  const form = element("form", {
    class: "card",
    on: {
      submit: (event) => {
        event.preventDefault();
        problem.trying(async () => {
          const report = await ask("PUT", "/v1/self", { name: name.value.trim() });
          name.value = report.name ?? "";
          announce(report.name ? "Your name is kept. It goes with your next messages." : "You go by no name.");
        });
      },
    },
  }, element("h2", { text: "Name" }),
  element("p", { class: "soft", text: "People whom you write to see it as what you say, until they give you a name themselves. It proves nothing." }),
  element("div", { class: "pair" },
    element("label", {}, "The name that you go by", name), element("button", { type: "submit", class: "main", text: "Keep" })), problem.node);
  ask("GET", "/v1/self").then((report) => { name.value = report.name ?? ""; }).catch(() => {});
  return form;
}

/** Whether others hear what is read. */
function readingForm() {
  const problem = fault();
  const box = element("input", { type: "checkbox", disabled: true });
  const show = ({ readReceipts }) => { box.checked = readReceipts; box.disabled = false; };
  box.addEventListener("change", () => problem.trying(async () => {
    const wanted = box.checked;
    try { show(await ask("PUT", "/v1/settings", { readReceipts: wanted })); } catch (error) {
      box.checked = !wanted;
      throw error;
    }
    announce(wanted ? "Others hear what you have read." : "Nobody hears what you have read.");
  }));
  ask("GET", "/v1/settings").then(show).catch(() => {});
  return element("div", { class: "card" }, element("h2", { text: "Reading" }),
    element("label", { class: "check" }, box, "Tell people when I have read what they wrote"),
    element("p", { class: "soft", text: "If you don't, you aren't told either when they have read what you wrote." }), problem.node);
}

export function mePage(place, identity) {
  const content = page(place, "My ID");
  content.append(
    element("p", { text: "Whoever has this can write to you. It isn't a secret, and it can't be taken back." }),
    element("div", { class: "card" },
      identity.code.length > 0 && qr(identity.code, "QR code with the link to your ID"),
      element("h2", { text: "Link" }), copyable(identity.link),
      element("h2", { text: "Peer ID" }), copyable(identity.id)), nameForm(), readingForm());
}
