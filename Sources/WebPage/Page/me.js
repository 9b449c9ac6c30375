// One's own ID, to give to others.
import { copyable } from "/copy.js";
import { element } from "/dom.js";
import { page } from "/page.js";
import { qr } from "/qr.js";

export function mePage(place, identity) {
  const content = page(place, "My ID");
  content.append(
    element("p", { text: "Whoever has this can write to you. It isn't a secret, and it can't be taken back." }),
    element("div", { class: "card" },
      identity.code.length > 0 && qr(identity.code, "QR code with the link to your ID"),
      element("h2", { text: "Link" }), copyable(identity.link),
      element("h2", { text: "Peer ID" }), copyable(identity.id)));
}
