// The address book: who is called what.
import { ask, part } from "/api.js";
import { tell } from "/bus.js";
import { shortened, word } from "/text.js";

/** Entries by ID. */
let book = new Map();
export let list = [];

export async function load() {
  list = (await ask("GET", "/v1/peers")).peers;
  book = new Map(list.map((entry) => [entry.id, entry]));
  tell("names");
}

export const entry = (id) => book.get(id);
export const isNamed = (id) => book.has(id);

/** The name of a peer, or the ID of one without a name, for a line. */
export const named = (id) => (book.has(id) ? word(book.get(id).name) : shortened(id));

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
