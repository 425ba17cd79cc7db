/** Signals under the lanes, on demand: pitch, loudness, head pitch and smile of everybody, for what is in view. */

import { getJson, meetingPath } from "./api.js";
import { fill, h, later } from "./dom.js";
import { toneOf } from "./palette.js";
import { title } from "./time.js";

const TITLES = { pitch_head: "Head pitch", yaw_head: "Head yaw" };
const HEIGHT = 46;

/** @typedef {{name: string, participant: string, t: number[], v: Array<number | null>}} Series */

/**
 * @param {import("./store.js").Store} store
 * @param {import("./view.js").View} view
 * @param {import("./timeline.js").Timeline} timeline
 */
export function makeSignals(store, view, timeline) {
  const known = Object.entries(store.meeting.signals).map(([name, unit]) => [
    name,
    /** @type {any} */ (TITLES)[name] ?? title(name),
    unit,
  ]);
  const chosen = new Set(JSON.parse(localStorage.getItem("signals") ?? "[]"));
  const names = h("div", { class: "signal-names" });
  const canvas = h("canvas", { class: "signal-lanes", role: "img", "aria-label": "Signals of what is in view" });
  const element = h("div", { class: "signals", hidden: true }, names, canvas);
  /** @type {Series[]} */
  let series = [];
  let frame = 0;

  const load = later(async () => {
    if (!chosen.size) return;
    const margin = view.span * 0.5; // so that a small move shows no hole
    const [from, to] = [Math.max(0, view.start - margin), Math.min(view.duration, view.end + margin)];
    try {
      const query = new URLSearchParams({
        names: [...chosen].join(","),
        from: String(from),
        to: String(to),
        points: "2000",
      });
      ({ series } = await getJson(meetingPath(store.name, `/signals?${query}`)));
      repaint();
    } catch {
      // the next move asks again
    }
  }, 150);

  const buttons = known.map(([name, text]) =>
    h(
      "button",
      {
        type: "button",
        class: "toggle",
        "aria-pressed": String(chosen.has(name)),
        "data-signal": name,
        on: { click: () => toggle(name) },
      },
      text,
    ),
  );

  /** @param {string} name */
  function toggle(name) {
    if (!chosen.delete(name)) chosen.add(name);
    localStorage.setItem("signals", JSON.stringify([...chosen]));
    arrange();
  }

  function arrange() {
    for (const one of buttons) one.setAttribute("aria-pressed", String(chosen.has(one.dataset.signal)));
    const shown = known.filter(([name]) => chosen.has(name));
    element.hidden = !shown.length;
    fill(
      names,
      ...shown.map(([, text, unit]) =>
        h("div", { style: { height: `${HEIGHT}px` } }, text, h("span", { class: "dim" }, ` ${unit}`)),
      ),
    );
    canvas.style.setProperty("height", `${shown.length * HEIGHT}px`);
    load();
    repaint();
  }

  function repaint() {
    if (!frame && chosen.size) frame = requestAnimationFrame(paint);
  }

  function paint() {
    frame = 0;
    const ratio = devicePixelRatio || 1;
    const shown = known.filter(([name]) => chosen.has(name));
    const [width, height] = [Math.round(view.width * ratio), Math.round(shown.length * HEIGHT * ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, view.width, shown.length * HEIGHT);
    const palette = timeline.palette;
    shown.forEach(([name], place) => {
      const top = place * HEIGHT;
      const lines = series.filter((one) => one.name === name);
      const values = lines
        .flatMap((one) => one.v.filter((v) => v !== null))
        .sort((a, b) => /** @type {number} */ (a) - /** @type {number} */ (b));
      pen.fillStyle = palette.line;
      pen.fillRect(0, top, view.width, 1);
      if (!values.length) return;
      const low = /** @type {number} */ (values[Math.floor(values.length * 0.01)]);
      const high = /** @type {number} */ (values[Math.floor((values.length - 1) * 0.99)]);
      for (const line of lines) {
        pen.strokeStyle = toneOf(palette, store.meeting.people, line.participant).solid;
        pen.lineWidth = 1.4;
        pen.beginPath();
        let open = false;
        for (let i = 0; i < line.t.length; i++) {
          const v = line.v[i];
          const y =
            v === null
              ? 0
              : top + HEIGHT - 5 - ((Math.min(Math.max(v, low), high) - low) / (high - low || 1)) * (HEIGHT - 10);
          if (v === null) open = false;
          else if (open) pen.lineTo(view.x(line.t[i]), y);
          else (pen.moveTo(view.x(line.t[i]), y), (open = true));
        }
        pen.stroke();
      }
      pen.font = "10px system-ui, sans-serif";
      for (const [value, y] of [
        [high, top + 11],
        [low, top + HEIGHT - 4],
      ]) {
        const figure = Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(0);
        pen.fillStyle = palette.panel; // so that no curve runs through it
        pen.fillRect(1, y - 9, pen.measureText(figure).width + 4, 11);
        pen.fillStyle = palette.soft;
        pen.fillText(figure, 3, y);
      }
      const x = view.x(timeline.playhead);
      pen.fillStyle = palette.ink;
      pen.fillRect(x - 0.75, top, 1.5, HEIGHT);
    });
  }

  view.addEventListener("change", () => (load(), repaint()));
  window.addEventListener("themechange", repaint);
  new ResizeObserver(repaint).observe(canvas);
  arrange();
  return { element, buttons, repaint };
}
