// One message, drawn.
import { cardNode, renewCard } from "/card.js";
import { button, element } from "/dom.js";
import { giveBack } from "/drafts.js";
import { renaming } from "/names.js";
import * as outbox from "/outbox.js";
import { clip, safe } from "/text.js";
import { day, dayKey, hour, moment } from "/time.js";

/** Characters and lines of a text that are drawn before a press asks for the rest. */
const short = 3000;
const shortLines = 40;
/** Milliseconds between two messages of the same person that are drawn as one group. */
const together = 5 * 60_000;

const states = {
  sending: "sending", queued: "waiting", stored: "stored", collected: "collected", delivered: "delivered", read: "read", failed: "failed",
};

const isBad = (message) => message.state === "failed" || message.state === "refused";

/** How far a message of one's own has come, in words. */
export function standing(message) {
  if (message.receivedAt) return "";
  if (message.state === "stored" && message.of) return `stored on ${message.buddies} of ${message.of}`;
  if (isBad(message)) return `${message.state === "failed" ? "failed" : "not sent"}${message.reason ? `: ${safe(message.reason)}` : ""}`;
  return states[message.state] ?? message.state;
}

function text(content) {
  const whole = safe(content);
  let begin = clip(whole, short);
  const lines = begin.split("\n");
  if (lines.length > shortLines) begin = lines.slice(0, shortLines).join("\n");
  const paragraph = element("p", { class: "text theirs", text: begin });
  if (begin.length === whole.length) return [paragraph];
  const more = button(`Show all of ${whole.length.toLocaleString()} characters`, () => {
    paragraph.textContent = whole;
    more.remove();
  });
  return [paragraph, more];
}

/** What its writer can do about a text that was refused. */
function choices(message, peer) {
  const change = () => {
    const text = outbox.take(message.key);
    if (text !== null) giveBack(peer, text);
  };
  return element("div", { class: "buttons", dir: "ltr" },
    button("Try again", () => outbox.again(message.key)), button("Change", change), button("Drop", () => outbox.take(message.key)));
}

/** The element of a message of the conversation with a peer. */
export function bubble(message, peer) {
  const isOwn = !message.receivedAt;
  const at = message.receivedAt ?? message.sentAt;
  const node = element("li", { class: isOwn ? "message own" : "message", "data-position": message.position },
    element("p", { class: "day", hidden: true, text: day(at) }),
    message.renaming && element("p", { class: "renamed", text: renaming(message.renaming) }),
    // Its direction is that of the text: what is ours in it has its own.
    element("div", { class: "bubble", dir: "auto" },
      element("span", { class: "unseen", dir: "ltr", text: isOwn ? "You: " : "They: " }),
      cardNode(message), ...text(message.text),
      element("p", { class: "note", dir: "ltr" },
        element("time", { datetime: at, title: moment(at), text: hour(at) }), isOwn && element("span", { class: "standing" })),
      message.state === "refused" && choices(message, peer)));
  mark(node, message, peer);
  return node;
}

/** Renews what may change of a message. */
export function mark(node, message, peer) {
  renewCard(node, message, peer);
  const place = node.querySelector(".standing");
  const words = standing(message);
  if (place && place.textContent !== words) place.textContent = words;
  place?.closest(".note").classList.toggle("failed", isBad(message));
}

/** Renews what depends on the message before: a new day, and a group. */
export function place(node, before, message) {
  const at = (m) => m.receivedAt ?? m.sentAt;
  const isGroup = before && Boolean(before.receivedAt) === Boolean(message.receivedAt)
    && Math.abs(new Date(at(message)) - new Date(at(before))) < together && dayKey(at(before)) === dayKey(at(message));
  node.querySelector(".day").hidden = Boolean(before) && dayKey(at(before)) === dayKey(at(message));
  node.classList.toggle("next", Boolean(isGroup));
}
