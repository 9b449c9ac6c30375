// Makes elements. Whatever is text becomes a text node and never markup: there is no other way in this page to make either.
const drawing = "http://www.w3.org/2000/svg";

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (name === "text") node.textContent = value;
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An HTML element. Of the properties, `on` has listeners, `text` and `value` are what they say, all others are attributes. */
export const element = (name, properties, ...children) => fill(document.createElement(name), properties, children);

/** An SVG element. */
export const shape = (name, properties, ...children) => fill(document.createElementNS(drawing, name), properties, children);

export const button = (text, act, kind) => element("button", { type: "button", class: kind, text, on: { click: act } });
