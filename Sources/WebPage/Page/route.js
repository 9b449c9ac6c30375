// Which page is shown, by what follows # in the address.

/** What stands there: `place`, such as "chat", `of`, such as a peer ID, and `at`, such as a message's position. */
export function here() {
  const [, place = "", of = "", at = ""] = location.hash.split("/");
  return { place, of, at };
}

export const to = (place, of, at) => `#/${place}${of ? `/${of}` : ""}${at ? `/${at}` : ""}`;
export const go = (place, of) => { location.hash = to(place, of); };
