// The frame of every panel that isn't a conversation.
import { element } from "/dom.js";

/** A panel with a title; returns where its content goes. */
export function page(place, title) {
  document.title = `${title} · Roost`;
  const inner = element("div", { class: "inner" });
  const content = element("div", { class: "inner" });
  inner.append(
    element("div", { class: "title" },
      element("a", { class: "back", href: "#/", "aria-label": "Back to the conversations", text: "‹" }), element("h1", { text: title })));
  content.className = "inner";
  place.replaceChildren(element("div", { class: "page" }, inner, content));
  inner.style.setProperty("margin-bottom", "1.2rem");
  return content;
}

/** A place for a sentence that says why something failed. */
export function fault() {
  const node = element("p", { class: "fault", role: "alert" });
  node.hidden = true;
  return {
    node,
    say(sentence) { node.textContent = sentence; node.hidden = false; },
    clear() { node.hidden = true; },
    /** Does something, and says why it couldn't be done. */
    async trying(act) {
      this.clear();
      try { await act(); } catch (error) { this.say(error.message); }
    },
  };
}
