/** What can be done with a stretch that was dragged over. */

import { button, fill, h } from "./dom.js";
import { clock, title } from "./time.js";

/** @param {import("./commands.js").Commands} commands */
export function rangeBar(commands) {
  const { store, timeline } = commands;
  const bar = h("div", { class: "range-bar", role: "toolbar", "aria-label": "Chosen stretch", hidden: true });
  timeline.addEventListener("range", (/** @type {any} */ event) => {
    const range = event.detail;
    bar.hidden = !range;
    if (!range) return;
    const lane = timeline.lanes.get(timeline.current);
    const what = lane
      ? `${title(lane.tier).toLowerCase()}${lane.participant ? ` of ${store.called(lane.participant)}` : ""}`
      : "event";
    fill(
      bar,
      h("span", { class: "dim" }, `${clock(range[0], 2)} – ${clock(range[1], 2)}`),
      button(`+ Add ${what}`, () => commands.add(), { class: "primary" }),
      button("▶ Play", () => commands.playEvent()),
      button("Zoom", () => commands.zoomToEvent()),
      button("×", () => timeline.setRange(null), { class: "bare", "aria-label": "Drop the stretch" }),
    );
  });
  return bar;
}
