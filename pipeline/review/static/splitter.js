/** The edge between what is above and the timeline, to drag or to move with arrows. */

import { h } from "./dom.js";

const LEAST = 160; // pixels

/** @param {HTMLElement} page */
export function splitter(page) {
  let height = Number(localStorage.getItem("timeline height")) || Math.round(innerHeight * 0.44);
  const bar = h("div", {
    class: "splitter",
    role: "separator",
    tabindex: "0",
    "aria-orientation": "horizontal",
    "aria-label": "Height of the timeline",
  });
  const set = (/** @type {number} */ wanted) => {
    height = Math.round(Math.min(Math.max(wanted, LEAST), innerHeight - 260));
    page.style.setProperty("--lower", `${height}px`);
    bar.setAttribute("aria-valuenow", String(height));
    localStorage.setItem("timeline height", String(height));
  };
  bar.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => bar.setPointerCapture(event.pointerId));
  bar.addEventListener(
    "pointermove",
    (/** @type {PointerEvent} */ event) => event.buttons && set(innerHeight - event.clientY),
  );
  bar.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const step = event.key === "ArrowUp" ? 24 : event.key === "ArrowDown" ? -24 : 0;
    if (!step) return;
    event.preventDefault();
    set(height + step);
  });
  set(height);
  return bar;
}
