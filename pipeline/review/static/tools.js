/** Buttons over the timeline that anybody needs who looks at it. */

import { button, h } from "./dom.js";
import { clock } from "./time.js";

/**
 * A small button with its key in the label.
 * @param {string} text
 * @param {string} label
 * @param {() => void} run
 */
export function tool(text, label, run) {
  return button(text, run, { class: "bare tool", title: label, "aria-label": label });
}

/**
 * Out, in, the whole meeting, and what is shown now.
 * @param {import("./view.js").View} view
 * @param {import("./timeline.js").Timeline} timeline
 */
export function zoomTools(view, timeline) {
  const middle = () => view.start + view.span / 2;
  const seen = () => timeline.playhead >= view.start && timeline.playhead <= view.end;
  const span = h("span", { class: "dim span" });
  const show = () => {
    const digits = view.span < 10 ? 2 : 0;
    span.textContent = `${clock(view.start, digits)} – ${clock(view.end, digits)}`;
  };
  view.addEventListener("change", show);
  show();
  return [
    tool("−", "Zoom out (-)", () => view.zoom(1 / 1.6, middle())),
    tool("+", "Zoom in (+)", () => view.zoom(1.6, seen() ? timeline.playhead : middle())),
    tool("Fit", "Whole meeting (0)", () => view.fit()),
    span,
  ];
}
