// Whether a person uses this page: the daemon ends a session that nobody uses, and what the page asks by itself is no use.
import { on, tell } from "/bus.js";

/** Milliseconds after which it is told again that the page is used. */
const often = 5 * 60_000;
let actedAt = 0;
let toldAt = 0;
let triedAt = 0;

function act() {
  actedAt = Date.now();
  // Whoever only reads asks for nothing.
  if (actedAt - Math.max(toldAt, triedAt) < often) return;
  triedAt = actedAt;
  tell("used");
}
for (const name of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) addEventListener(name, act, { capture: true, passive: true });
on("state", ({ state }) => { if (state === "here") triedAt = 0; });

/** Whether somebody has done something that the daemon wasn't told of. */
export const isFresh = () => actedAt > toldAt;
/** The daemon has been told. */
export const told = () => { toldAt = Date.now(); };
