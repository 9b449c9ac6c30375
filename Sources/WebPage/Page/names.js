// The address book: who is called what.
import { ask, part } from "/api.js";
import { tell } from "/bus.js";
import { clip, shortened, word } from "/text.js";

/** Entries by ID. */
let book = new Map();
export let list = [];
/** What is known of people beside the address book, by ID: what they claim, by whom they were introduced, and whom that looks like. */
let known = new Map();

/** Remembers what is known of the people of these conversations. */
export function hear(conversations) {
  known = new Map(conversations.filter((c) => c.claimedName || c.introductions).map((c) => [c.peer, c]));
}

/** In quotation marks, which one in it can't end. */
export const quoted = (text) => `"${word(text).replaceAll('"', "'")}"`;
/** A name of the address book before one in quotation marks: of a longer one, the rest would be cut off. */
const brief = (name) => (word(name).length <= 12 ? word(name) : `${clip(word(name), 11)}…`);

/** What the writer of a message with a card does. */
export const introduction = (card) => `Introducing ${quoted(card.name)} (${shortened(card.id)}${
  card.claimedName ? `; they claim ${quoted(card.claimedName)}` : ""})`;

/** What a message says whose sender goes by another name than before. */
export function renaming({ before, after }) {
  if (before && after) return `They go by ${quoted(after)} now, and went by ${quoted(before)} before.`;
  return after ? `They go by ${quoted(after)} now.` : `They go by ${quoted(before ?? "")} no more.`;
}

/** What somebody without a name here is called by who has introduced them, or what they claim themselves. Null where nothing is known.
 *  Where there is too little room it is cut at its end: so a warning comes first, and what others have chosen comes last. */
export function claim(id) {
  const said = known.get(id);
  if (!said) return null;
  const warning = said.resembles ? `not your ${brief(said.resembles)}: ` : "";
  const card = said.introductions?.[0];
  if (card) return `${warning}${card.fromName ? brief(card.fromName) : shortened(card.from)}'s ${quoted(card.name)}`;
  return `${warning}${quoted(said.claimedName)} (claims)`;
}

let loads = 0;

export async function load() {
  const number = loads += 1;
  const answer = await ask("GET", "/v1/peers");
  // An answer that was overtaken is an old one.
  if (number !== loads) return;
  list = answer.peers;
  book = new Map(list.map((entry) => [entry.id, entry]));
  tell("names");
}

/** Nobody is signed in any more. */
export function forget() {
  loads += 1;
  list = [];
  book = new Map();
  known = new Map();
}

export const entry = (id) => book.get(id);
export const isNamed = (id) => book.has(id);

/** The name of a peer, or what one without a name says of themselves, or the ID, for a line. */
export const named = (id) => (book.has(id) ? word(book.get(id).name) : claim(id) ?? shortened(id));

/** How that is to look: what others have chosen is no name of the address book. */
export const nameClass = (id) => (book.has(id) ? "named" : claim(id) ? "claimed" : "mono");

/** Gives a peer a name, in place of the one that they had. */
export async function give(id, name) {
  const before = book.get(id)?.name;
  await ask("PUT", `/v1/peers/${part(name)}`, { id });
  if (before !== undefined && before !== name) await ask("DELETE", `/v1/peers/${part(before)}`);
  await load();
}

export async function take(name) {
  await ask("DELETE", `/v1/peers/${part(name)}`);
  await load();
}

/** A round picture: the first letter, and a colour that follows from the ID. */
export function face(element, id) {
  let hue = 0;
  for (const character of id.slice(6, 30)) hue = (hue * 31 + character.charCodeAt(0)) % 360;
  const name = book.get(id)?.name;
  const letter = name ? [...new Intl.Segmenter().segment(word(name))][0]?.segment ?? "?" : "?";
  const circle = element("span", { class: "face", "aria-hidden": true, text: letter.toLocaleUpperCase() });
  circle.style.setProperty("--hue", hue);
  return circle;
}
