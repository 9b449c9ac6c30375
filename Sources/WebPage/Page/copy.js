// Something to copy, with a button that says whether it was.
import { button, element } from "/dom.js";
import { announce } from "/live.js";

export function copyable(text, label = "Copy") {
  const code = element("code", { text });
  const press = button(label, async () => {
    try {
      await navigator.clipboard.writeText(text);
      press.textContent = "Copied";
      announce("Copied");
    } catch {
      getSelection().selectAllChildren(code);
      press.textContent = "Press Ctrl-C";
    }
    setTimeout(() => { press.textContent = label; }, 2000);
  });
  return element("div", { class: "copy" }, code, press);
}
