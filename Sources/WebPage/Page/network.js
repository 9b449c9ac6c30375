// How the node is doing.
import { ask } from "/api.js";
import { element } from "/dom.js";
import { page } from "/page.js";
import { ring } from "/ring.js";
import { safe } from "/text.js";
import { span } from "/time.js";

/** Milliseconds between two looks. */
const pause = 4_000;
/** Nodes in the table below the ring. */
const most = 40;

function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

const some = (count, one, many) => `${count.toLocaleString()} ${count === 1 ? one : many}`;

function facts(status) {
  const reach = status.reachable === true ? ", confirmed by others"
    : status.reachable === false ? ", but others don't get through: mail comes by your mailbox" : ", not confirmed yet";
  const rows = [
    ["State", status.state === "ready" ? "in the network" : "looking for others"],
    ["Knows", `${some(status.contacts, "node", "nodes")}${status.networkSize ? ` of about ${status.networkSize.toLocaleString()}` : ""}`],
    ["Reached at", status.external.length ? status.external.join(", ") + reach : "not known yet"],
    ["Under way", status.outbox === 0 ? "nothing" : some(status.outbox, "message", "messages")],
    ["Keeps for others",
      `${some(status.envelopes, "envelope", "envelopes")} in ${some(status.mailboxes, "mailbox", "mailboxes")}, ${size(status.bytes)}`],
    status.traffic && ["Traffic", `${size(status.traffic.receivedBytes)} in, ${size(status.traffic.sentBytes)} out`],
    ["Runs for", span(status.uptimeSeconds)],
    ["Version", status.version],
  ].filter(Boolean);
  return element("dl", { class: "facts" },
    rows.flatMap(([name, value]) => [element("dt", { text: name }), element("dd", { text: value })]));
}

export function networkPage(place) {
  const content = page(place, "Network");
  const warnings = element("div");
  const card = element("div", { class: "card" });
  const map = element("div", { class: "card" });
  const body = element("tbody");
  const details = element("details", { class: "card" }, element("summary", { text: "The nodes that yours knows" }),
    element("table", {},
      element("thead", {}, element("tr", {}, ...["ID", "Address", "Heard"].map((name) => element("th", { scope: "col", text: name })))), body));
  content.append(warnings, card, map, details);
  let timer = null;
  let isLeft = false;

  async function look() {
    try {
      if (!document.hidden) {
        const [status, { nodes }] = await Promise.all([ask("GET", "/v1/status"), ask("GET", "/v1/nodes")]);
        if (isLeft) return;
        warnings.replaceChildren(...status.warnings.map((warning) => element("div", { class: "card warn" },
          element("p", {}, element("strong", { text: safe(warning.message) })), element("p", { text: safe(warning.advice) }))));
        warnings.hidden = status.warnings.length === 0;
        card.replaceChildren(facts(status));
        map.replaceChildren(ring(status.node, nodes));
        body.replaceChildren(...nodes.slice(0, most).map((node) => element("tr", {},
          element("td", { class: "mono", text: `${node.node.slice(0, 12)}…` }), element("td", { text: node.endpoint }),
          element("td", { text: `${span(node.lastSeenSeconds)} ago` }))));
      }
    } catch { /* The bar says that there is no connection. */ }
    if (!isLeft) timer = setTimeout(look, pause);
  }
  look();
  return () => { isLeft = true; clearTimeout(timer); };
}
