/** The whole meeting in a strip: who talks when, what worked and what was missed; drag to move the view. */

import { h } from "./dom.js";
import { toneOf } from "./palette.js";

const HEIGHT = 44;

/**
 * @param {import("./store.js").Store} store
 * @param {import("./view.js").View} view
 * @param {() => import("./palette.js").Palette} palette
 */
export function makeOverview(store, view, palette) {
  const canvas = h("canvas", {
    class: "overview",
    role: "img",
    "aria-label":
      "The whole meeting: who talks when, and above and below what worked and what was missed. Drag to move what is shown.",
  });
  const still = document.createElement("canvas"); // what does not change while the view moves
  let stale = true;
  let drawn = ""; // what the strip shows now

  /** Draw the strip anew, once rows or colours changed. */
  function drawStill() {
    const ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    still.width = canvas.width = Math.round(width * ratio);
    still.height = canvas.height = Math.round(HEIGHT * ratio);
    const pen = /** @type {CanvasRenderingContext2D} */ (still.getContext("2d"));
    pen.scale(ratio, ratio);
    const colours = palette();
    const people = store.meeting.people;
    const lane = Math.min(9, 22 / Math.max(people.length, 1));
    const scale = width / view.duration;
    for (const row of store.rows.values()) {
      if (row.status === "rejected") continue;
      const x = row.start * scale;
      const w = Math.max((row.end - row.start) * scale, 1);
      if (row.tier === "turn") {
        const place = Math.max(
          people.findIndex((person) => person.id === row.participant),
          0,
        );
        pen.fillStyle = toneOf(colours, people, row.participant).solid;
        pen.fillRect(x, 12 + place * lane, w, lane - 1.5);
      } else if (row.tier === "action") {
        const missed = store.counts(row.label);
        pen.fillStyle = missed ? colours.miss.solid : colours.good.solid;
        pen.fillRect(x, missed ? 36 : 4, Math.max(w, 2), 4);
      }
    }
    stale = false;
  }

  /** @param {number} playhead seconds */
  function paint(playhead) {
    const wanted = [
      view.start,
      view.span,
      Math.round((playhead / view.duration) * canvas.clientWidth),
      canvas.clientWidth,
    ].join();
    if (!stale && wanted === drawn) return;
    drawn = wanted;
    if (stale || Math.abs(canvas.width - canvas.clientWidth * (devicePixelRatio || 1)) > 1) drawStill();
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const colours = palette();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(still, 0, 0);
    pen.scale(ratio, ratio);
    const x = (view.start / view.duration) * width;
    const w = Math.max((view.span / view.duration) * width, 3);
    pen.fillStyle = colours.ink;
    pen.globalAlpha = 0.1;
    pen.fillRect(x, 1, w, HEIGHT - 2);
    pen.globalAlpha = 1;
    pen.strokeStyle = colours.soft;
    pen.strokeRect(x + 0.5, 1.5, Math.max(w - 1, 2), HEIGHT - 3);
    pen.fillRect((playhead / view.duration) * width - 0.75, 0, 1.5, HEIGHT);
  }

  /** @param {PointerEvent} event */
  function move(event) {
    const time = (event.offsetX / canvas.clientWidth) * view.duration;
    view.show(time - view.span / 2, time + view.span / 2);
  }
  canvas.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    canvas.setPointerCapture(event.pointerId);
    move(event);
  });
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (event.buttons) move(event);
  });

  return {
    canvas,
    paint,
    refresh() {
      stale = true;
    },
  };
}
