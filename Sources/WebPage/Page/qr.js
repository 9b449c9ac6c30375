// A QR code, of which the daemon gives the modules.
import { shape } from "/dom.js";

/** Light modules on each side (ISO/IEC 18004, 6.3.8). */
const quiet = 4;

export function qr(rows, label) {
  const size = rows.length + 2 * quiet;
  let path = "";
  rows.forEach((row, y) => [...row].forEach((module, x) => {
    if (module === "1") path += `M${x + quiet} ${y + quiet}h1v1h-1z`;
  }));
  return shape("svg", { class: "qr", viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" },
    shape("path", { d: path, fill: "#000" }));
}
