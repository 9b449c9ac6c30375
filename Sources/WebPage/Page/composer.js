// The box to write in.
import { element } from "/dom.js";
import * as drafts from "/drafts.js";
import * as outbox from "/outbox.js";
import { bytes } from "/text.js";

/** Bytes of a text that can be sent, and from when on it is said how many there are. */
const most = 65_536;
const nearly = 60_000;

export function composer(peer, name, sent) {
  const box = element("textarea", {
    rows: 1, "aria-label": `Message to ${name}`, placeholder: "Write a message", dir: "auto", enterkeyhint: "send", value: drafts.of(peer),
  });
  const send = element("button", { type: "submit", class: "main", text: "Send" });
  const fault = element("p", { class: "count", role: "status" });
  const grow = () => {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight + 2}px`;
    const size = box.value.length > nearly / 4 ? bytes(box.value) : 0;
    fault.textContent = size > nearly ? `${size.toLocaleString()} of ${most.toLocaleString()} bytes` : "";
    send.disabled = size > most || box.value.trim() === "";
    drafts.set(peer, box.value);
  };
  const submit = () => {
    if (send.disabled) return;
    if (outbox.isFull(box.value)) { fault.textContent = "Too much waits already: let Roost send it first."; return; }
    outbox.send(peer, box.value);
    box.value = "";
    grow();
    sent();
  };
  box.addEventListener("input", grow);
  box.addEventListener("keydown", (event) => {
    // On a screen that is touched, Enter begins a line: there is a button to send.
    const isTouched = matchMedia("(pointer: coarse)").matches;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || (isTouched && !event.ctrlKey)) return;
    event.preventDefault();
    submit();
  });
  const form = element("form", { class: "write", on: { submit: (event) => { event.preventDefault(); submit(); box.focus(); } } }, box, send, fault);
  requestAnimationFrame(grow);
  return {
    form,
    focus: () => box.focus(),
    /** What is being written was changed elsewhere; on this page, where somebody wants to go on with it. */
    renew(isHere) {
      box.value = drafts.of(peer);
      grow();
      if (isHere) box.focus();
    },
  };
}
