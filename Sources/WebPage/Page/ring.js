// The ring of all IDs, with the nodes that this one knows: where one stands is the beginning of its ID.
import { shape } from "/dom.js";

const radius = 120;
const place = (id) => {
  const turn = (parseInt(id.slice(0, 8), 16) / 2 ** 32) * 2 * Math.PI;
  return { x: 150 + radius * Math.sin(turn), y: 150 - radius * Math.cos(turn) };
};

/** Seconds after which a node that wasn't heard is drawn pale. */
const stale = 900;

export function ring(own, nodes) {
  const dots = nodes.map((node) => {
    const { x, y } = place(node.node);
    const title = shape("title", { text: `${node.node.slice(0, 8)}… at ${node.endpoint}` });
    const opacity = node.lastSeenSeconds < stale ? 1 : 0.4;
    return shape("circle", { class: "node", cx: x.toFixed(1), cy: y.toFixed(1), r: 4.5, opacity }, title);
  });
  const { x, y } = place(own);
  const label = `The ring of IDs with your node and the ${nodes.length} that it knows`;
  return shape("svg", { class: "ring", viewBox: "0 0 300 300", role: "img", "aria-label": label },
    shape("circle", { class: "line", cx: 150, cy: 150, r: radius }), ...dots,
    shape("circle", { class: "self", cx: x.toFixed(1), cy: y.toFixed(1), r: 7 }, shape("title", { text: "Your node" })),
    shape("text", { x: 150, y: 147, text: `${nodes.length} known` }),
    shape("text", { x: 150, y: 163, text: "you are the larger dot" }));
}
