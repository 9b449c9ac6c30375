// What a screen reader says by itself.
import { clip, word } from "/text.js";

/** Announcements that wait are said together, some at most. */
const most = 5;
let waiting = [];
let timer = null;
let isOver = false;

/** Nobody is signed in any more: what waits isn't said, nor what comes. */
export function end() {
  isOver = true;
  waiting = [];
  clearTimeout(timer);
}

export function announce(text) {
  if (isOver) return;
  waiting = [...waiting, clip(word(text), 300)].slice(-most);
  clearTimeout(timer);
  timer = setTimeout(() => {
    document.getElementById("live").textContent = waiting.join(" ");
    waiting = [];
  }, 150);
}
