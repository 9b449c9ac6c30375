// Looks for words in one conversation, or in all of them.
import { ask, part } from "/api.js";
import * as conversations from "/conversations.js";
import { button, element } from "/dom.js";
import { face, nameClass, named } from "/names.js";
import { fault, page } from "/page.js";
import { to } from "/route.js";
import { clip, word } from "/text.js";
import { brief, moment } from "/time.js";

/** Messages that are shown of one conversation before a press asks for more: where all are searched, others are to be seen as well. */
const ofOne = 40;
const ofEach = 5;
/** Bytes of what can be looked for. */
const most = 1024;
/** Characters that are shown before what was found, and in all. */
const before = 40;
const shown = 200;

/** What was looked for last, by where: who comes back from a message goes on. */
const last = new Map();

/** Nobody is signed in any more. */
export const forget = () => last.clear();

/** Part of a text, with what was found marked. */
function excerpt(text, words) {
  const found = text.toLowerCase().indexOf(words.toLowerCase());
  // Some letters have another length when they are written small: then the beginning is shown.
  const isFound = found >= 0 && text.slice(found, found + words.length).toLowerCase() === words.toLowerCase();
  if (!isFound) return element("span", { class: "what lines theirs", dir: "auto", text: word(clip(text, shown)) });
  let start = Math.max(0, found - before);
  // It begins with a whole word where there is one, and with a whole character.
  const blank = text.slice(start, found).search(/\s/);
  if (start > 0 && blank >= 0) start += blank + 1;
  else if (/[\udc00-\udfff]/.test(text[start])) start += 1;
  const end = found + words.length;
  const rest = clip(text.slice(end), shown);
  return element("span", { class: "what lines theirs", dir: "auto" },
    start > 0 && "… ", element("span", { text: plain(text.slice(start, found)) }),
    element("mark", { text: plain(text.slice(found, end)) }), element("span", { text: plain(rest) }), end + rest.length < text.length && " …");
}

/** Part of a line, with the blanks at its ends. */
const plain = (text) => `${/^\s/.test(text) ? " " : ""}${word(text)}${text.trim() !== "" && /\s$/.test(text) ? " " : ""}`;

/** The messages of one conversation that have the words: the last of them, and with what the search goes on. */
async function look(peer, words, cursor, wanted, isLeft) {
  const found = [];
  let next = cursor;
  do {
    const query = `limit=${wanted - found.length}&search=${part(words)}${next ? `&before=${next}` : ""}`;
    // One request looks at a thousand messages at most.
    const answer = await ask("GET", `/v1/conversations/${part(peer)}/messages?${query}`);
    found.unshift(...answer.messages);
    next = answer.earlier ?? null;
  } while (next && found.length < wanted && !isLeft());
  return { found: found.reverse(), next };
}

/** `peer` is whose conversation is searched; null: all of them. */
export function searchPage(place, peer) {
  const content = page(place, peer ? `Search with ${named(peer)}` : "Search");
  const problem = fault();
  const input = element("input", { type: "search", autocomplete: "off", required: true, value: last.get(peer) ?? "" });
  const state = element("p", { class: "soft", role: "status" });
  const rows = element("ul", { class: "results" });
  const more = element("div", { class: "buttons" });
  let run = 0;

  const result = (of, message, words) => {
    const at = message.receivedAt ?? message.sentAt;
    return element("li", {}, element("a", { class: "row", href: to("chat", of, message.position) },
      face(element, of), element("span", { class: `who ${nameClass(of)}`, text: message.receivedAt ? named(of) : `You to ${named(of)}`, dir: "auto" }),
      element("time", { class: "when", datetime: at, title: moment(at), text: brief(at) }), excerpt(message.text, words)));
  };

  async function search(words, places) {
    const number = run += 1;
    const isLeft = () => number !== run;
    last.set(peer, words);
    let count = rows.children.length;
    let looked = 0;
    const rest = [];
    more.replaceChildren();
    for (const [of, cursor] of places) {
      state.textContent = places.length > 1 ? `Looking … ${looked} of ${places.length} conversations` : "Looking …";
      const { found, next } = await look(of, words, cursor, peer ? ofOne : ofEach, isLeft);
      if (isLeft()) return;
      rows.append(...found.map((message) => result(of, message, words)));
      count += found.length;
      looked += 1;
      if (next) rest.push([of, next]);
    }
    const all = count === 0 ? "Nothing found" : count === 1 ? "One message" : `${count} messages`;
    state.textContent = `${all}${rest.length > 0 ? " so far" : ""}${!peer && conversations.hasMore() ? ", in the conversations that are listed" : ""}.`;
    if (rest.length > 0) more.replaceChildren(button("Look for older ones", () => problem.trying(() => search(words, rest))));
  }

  function begin() {
    const words = input.value.trim();
    if (words === "") return;
    rows.replaceChildren();
    state.textContent = "";
    problem.trying(() => {
      if (new TextEncoder().encode(words).length > most) throw new Error(`What is looked for has at most ${most} bytes: give less of it.`);
      return search(words, peer ? [[peer, null]] : conversations.accepted().map((conversation) => [conversation.peer, null]));
    });
  }
  content.append(
    element("form", { class: "pair", role: "search", on: { submit: (event) => { event.preventDefault(); begin(); } } },
      element("label", {}, "Words", input), element("button", { type: "submit", class: "main", text: "Search" })),
    problem.node, state, rows, more);
  if (input.value) begin();
  input.focus();
  return () => { run += 1; };
}
