/** Tabs that arrows move between. */

import { h } from "./dom.js";

/**
 * @param {string} label of the list of tabs
 * @param {Array<{name: string, text: string}>} tabs
 * @param {(name: string) => void} chosen
 * @returns {{element: HTMLElement, show: (name: string) => void, shown: () => string}}
 */
export function makeTabs(label, tabs, chosen) {
  let now = "";
  const buttons = tabs.map((tab) =>
    h("button", { type: "button", role: "tab", "data-tab": tab.name, on: { click: () => show(tab.name) } }, tab.text),
  );
  const element = h("div", { class: "tabs", role: "tablist", "aria-label": label }, ...buttons);
  element.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    const at = (tabs.findIndex((tab) => tab.name === now) + step + tabs.length) % tabs.length;
    show(tabs[at].name);
    buttons[at].focus();
    event.preventDefault();
  });

  /** @param {string} name */
  function show(name) {
    if (name === now) return;
    now = name;
    for (const one of buttons) {
      one.setAttribute("aria-selected", String(one.dataset.tab === name));
      one.tabIndex = one.dataset.tab === name ? 0 : -1;
    }
    chosen(name);
  }
  return { element, show, shown: () => now };
}
