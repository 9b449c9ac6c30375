// What is shown to a browser that isn't signed in.
import { element } from "/dom.js";
import { copyable } from "/copy.js";

/** `waiting` texts are kept in this tab: another tab that signs in doesn't have them. */
export function gate(sentence, waiting = 0) {
  document.getElementById("app").hidden = true;
  const place = document.getElementById("gate");
  place.hidden = false;
  document.title = "Roost";
  place.replaceChildren(
    element("div", { class: "card", role: "region", "aria-labelledby": "gate-title" },
      element("p", { class: "brand" }, element("img", { src: "/icon.svg", alt: "", width: 26, height: 26 }), "Roost"),
      element("h1", { id: "gate-title", text: "Open this page by a link" }),
      element("p", { text: sentence }),
      waiting > 0 && element("p", {},
        `${waiting === 1 ? "One text waits" : `${waiting} texts wait`} in this tab to be sent. `,
        "Paste the link of this command into the address bar of this very tab:"),
      copyable(waiting > 0 ? "roost web" : "roost web --open"),
      element("p", { class: "soft", text: "The link works once, in a browser on the machine on which your Roost runs." })));
}
