// What a screen reader says by itself.
import { clip, word } from "/text.js";

/** Announcements that wait are said together, some at most. */
const most = 5;
let waiting = [];
let timer = null;

export function announce(text) {
  waiting = [...waiting, clip(word(text), 300)].slice(-most);
  clearTimeout(timer);
  timer = setTimeout(() => {
    document.getElementById("live").textContent = waiting.join(" ");
    waiting = [];
  }, 150);
}
