// What proves to the daemon that this tab was opened by `roost web`: a secret of the tab, beside the cookie, which goes to every port of
// this machine while this one goes to none by itself. It lies in the tab's own storage, and leaves it in requests to the daemon only.
const key = "roost-tab";

const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const digest = (data) => crypto.subtle.digest("SHA-256", data);

export const secret = () => sessionStorage.getItem(key);
export const keep = (text) => sessionStorage.setItem(key, text);
export const forget = () => sessionStorage.removeItem(key);

export { hex };

/** What the daemon keeps of the secret. */
export const kept = async () => digest(new TextEncoder().encode(secret() ?? ""));

/** What the tab is called where anybody may listen. */
export const name = async () => hex(await digest(await kept()));
