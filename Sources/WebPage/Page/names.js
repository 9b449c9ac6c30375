// The address book: who is called what.
import { ask, part } from "/api.js";
import { tell } from "/bus.js";
import { shortened, word } from "/text.js";

/** Entries by ID. */
let book = new Map();
export let list = [];
/** What people say that they are called, by ID, and whom of the address book that looks like. */
let claims = new Map();

/** Remembers what the people of these conversations say. */
export function hear(conversations) {
  claims = new Map(conversations.filter((c) => c.claimedName).map((c) => [c.peer, c]));
}

/** What somebody says, as a claim: nobody vouches for it. Null where they say nothing. */
export function claim(id) {
  const said = claims.get(id);
  if (!said) return null;
  const quoted = `"${word(said.claimedName).replaceAll('"', "'")}"`;
  return said.resembles ? `${quoted} (claims; not your ${word(said.resembles)})` : `${quoted} (claims)`;
}

export async function load() {
  list = (await ask("GET", "/v1/peers")).peers;
  book = new Map(list.map((entry) => [entry.id, entry]));
  tell("names");
}

export const entry = (id) => book.get(id);
export const isNamed = (id) => book.has(id);

/** The name of a peer, or what one without a name says of themselves, or the ID, for a line. */
export const named = (id) => (book.has(id) ? word(book.get(id).name) : claim(id) ?? shortened(id));

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
