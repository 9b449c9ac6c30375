// Which page is shown, by what follows # in the address.

/** What stands there: `place`, such as "chat", and `of`, such as a peer ID. */
export function here() {
  const [, place = "", of = ""] = location.hash.split("/");
  return { place, of };
}

export const to = (place, of) => `#/${place}${of ? `/${of}` : ""}`;
export const go = (place, of) => { location.hash = to(place, of); };
