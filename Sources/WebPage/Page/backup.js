// Backup and the end of the session: what the command line does, and what ends here.
import { signOut } from "/api.js";
import { copyable } from "/copy.js";
import { button, element } from "/dom.js";
import * as outbox from "/outbox.js";
import { fault, page } from "/page.js";

export function backupPage(place) {
  const content = page(place, "Backup");
  const problem = fault();
  const leave = button("Sign out", () => {
    const count = outbox.count();
    const question = count === 1 ? "One text isn't sent yet: drop it and sign out" : `${count} texts aren't sent yet: drop them and sign out`;
    if (count > 0 && leave.textContent !== question) {
      leave.textContent = question;
      return undefined;
    }
    return problem.trying(signOut);
  }, "bad");
  content.append(
    element("div", { class: "card" },
      element("h2", { text: "All that is yours, in one file" }),
      element("p", { text: "Your key, address book, messages and drafts, sealed by a passphrase that you are asked for." }),
      element("p", { text: "Paste this into a terminal; Roost may run meanwhile." }),
      copyable("roost export ~/roost.export"),
      element("p", { class: "soft", text: "The command roost import takes it in elsewhere. Where your data directory isn't the usual one, add --data." })),
    element("div", { class: "card" },
      element("h2", { text: "Your key on paper" }),
      element("p", { text: "Twenty-four words. Whoever reads them is you, for good, so they are never shown in a browser." }),
      copyable("roost export --phrase")),
    element("div", { class: "card" },
      element("h2", { text: "This browser" }),
      element("p", { text: "Signing out ends this browser's session in all its tabs. Your node goes on." }),
      element("div", { class: "buttons" }, leave), problem.node));
}
