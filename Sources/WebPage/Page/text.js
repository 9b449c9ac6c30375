// Other people's text, made safe to show. It goes into text nodes only; here it also loses what hides, reverses or heaps up.

/** Marks over one another that a letter may have: writing needs three or four. */
const marks = /(\p{M}{4})\p{M}+/gu;
/** Overrides and isolates of direction, line separators, and what is nothing to be seen: as the terminal chat shows them. */
const unseen = /[\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029\u200b\u2060-\u2064\ufeff\u{e0000}-\u{e007f}]/gu;
const controls = /[\u0000-\u0008\u000b-\u001f]/g;

/** Several lines. */
export function safe(text) {
  return text.replace(/\r\n?/g, "\n").replace(controls, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(unseen, "\ufffd").replace(marks, "$1");
}

/** Part of a line of ours. */
export const word = (text) => safe(clip(text, 2000)).replace(/\s+/g, " ").trim();

/** At most so many characters, none of them cut in two. */
export function clip(text, most) {
  if (text.length <= most) return text;
  const code = text.charCodeAt(most - 1);
  return text.slice(0, code >= 0xd800 && code < 0xdc00 ? most - 1 : most);
}

/** A peer ID, short. */
export const shortened = (id) => `${id.slice(0, 14)}…${id.slice(-6)}`;

/** The peer ID in a text that was typed or pasted: a link serves as well. Null where it is none. */
export function peerID(text) {
  const id = text.replace(/\s/g, "").toLowerCase().replace(/^roost:(\/\/)?/, "").replace(/\/$/, "");
  return /^roost1[0-9a-z]{58}$/.test(id) ? id : null;
}

/** Bytes of a text in UTF-8. */
export const bytes = (text) => new TextEncoder().encode(text).length;
