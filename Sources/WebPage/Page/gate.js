// What is shown to a browser that isn't signed in.
import { element } from "/dom.js";
import { copyable } from "/copy.js";

export function gate(sentence) {
  document.getElementById("app").hidden = true;
  const place = document.getElementById("gate");
  place.hidden = false;
  document.title = "Roost";
  place.replaceChildren(
    element("div", { class: "card", role: "region", "aria-labelledby": "gate-title" },
      element("p", { class: "brand" }, element("img", { src: "/icon.svg", alt: "", width: 26, height: 26 }), "Roost"),
      element("h1", { id: "gate-title", text: "Open this page by a link" }),
      element("p", { text: sentence }),
      copyable("roost web --open"),
      element("p", { class: "soft", text: "The link works once, in a browser on the machine on which your Roost runs." })));
}
