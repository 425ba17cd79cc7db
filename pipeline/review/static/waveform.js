/** The waveform of a recording without pictures; click to seek. */

import { getJson, meetingPath } from "./api.js";
import { h } from "./dom.js";

/**
 * @param {import("./store.js").Store} store
 * @param {import("./player.js").Player} player
 * @param {import("./store.js").Medium} medium whose sound it shows
 */
export function makeWaveform(store, player, medium) {
  const canvas = h("canvas", {
    class: "waveform",
    role: "img",
    "aria-label": `Loudness of ${medium.name} over the whole meeting; click to seek`,
  });
  /** @type {{t0: number, dt: number, peaks: number[]} | null} */
  let sound = null;

  function draw() {
    if (!canvas.isConnected || !canvas.clientWidth) return;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    pen.scale(ratio, ratio);
    const duration = store.meeting.duration;
    const now = (player.at / duration) * width;
    for (let x = 0; sound && x < width; x += 2) {
      const from = Math.max(0, Math.floor(((x / width) * duration - sound.t0) / sound.dt));
      const to = Math.max(from + 1, Math.floor((((x + 2) / width) * duration - sound.t0) / sound.dt));
      const peak = Math.max(0.01, ...sound.peaks.slice(from, to));
      pen.fillStyle = x < now ? "#8fc7e6" : "#5b6675";
      pen.fillRect(x, height / 2 - (peak * height) / 2.4, 1.4, (peak * height) / 1.2);
    }
    pen.fillStyle = "#fff";
    pen.fillRect(now, 0, 1.5, height);
  }

  getJson(meetingPath(store.name, `/waveform?points=4000&media=${medium.number}`)).then(
    (found) => ((sound = found), draw()),
    () => {},
  );
  player.addEventListener("time", draw);
  new ResizeObserver(draw).observe(canvas);
  canvas.addEventListener("click", (/** @type {MouseEvent} */ event) =>
    player.seek((event.offsetX / canvas.clientWidth) * store.meeting.duration),
  );
  return { element: canvas };
}
