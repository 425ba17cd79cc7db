/**
 * Drawing lanes on a canvas: only what is visible, and what lies closer than a pixel as one.
 * Fills of one colour are drawn in one go; labels only where there is room.
 */

import { firstFrom, lastBefore } from "./lanes.js";
import { clock } from "./time.js";
import { toneOf } from "./palette.js";

/** @typedef {import("./lanes.js").Lane} Lane */
/** @typedef {import("./store.js").Row} Row */
/** @typedef {{lane: Lane | null, top: number, height: number}} Band a lane's place; a group's heading has none */
/**
 * @typedef {object} Scene
 * @property {Band[]} bands
 * @property {number} scroll pixels
 * @property {number} height of the canvas
 * @property {import("./view.js").View} view
 * @property {import("./store.js").Store} store
 * @property {import("./palette.js").Palette} palette
 * @property {string} selected id
 * @property {string} current key of the lane
 * @property {Set<string>} evidence ids
 * @property {[number, number] | null} range seconds
 * @property {number} playhead seconds
 * @property {boolean} fixed whether edges cannot be dragged
 */

export const RULER = 22;
export const LEVEL = 17;
const BAR = 13;
const CROWDED = 4; // pixels an event on average, below which a lane shows how much there is
const BIN = 2; // pixels
const FONT = "11px system-ui, sans-serif";
const LETTER = 6; // mean width; labels are cut by it rather than measured

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Scene} scene
 */
export function paint(pen, scene) {
  const { view, palette, height } = scene;
  pen.fillStyle = palette.panel;
  pen.fillRect(0, 0, view.width, height);
  const step = tickStep(view.span, view.width);
  grid(pen, scene, step);
  pen.save();
  pen.beginPath();
  pen.rect(0, RULER, view.width, height - RULER);
  pen.clip();
  if (scene.range) shade(pen, scene, scene.range);
  pen.font = FONT;
  pen.textBaseline = "middle";
  for (const band of scene.bands) {
    const top = band.top - scene.scroll + RULER;
    if (!band.lane || top + band.height < RULER || top > height) continue;
    if (band.lane.key === scene.current) {
      pen.fillStyle = palette.band;
      pen.fillRect(0, top, view.width, band.height);
    }
    paintLane(pen, scene, band.lane, top + 2);
  }
  pen.restore();
  ruler(pen, scene, step);
  playhead(pen, scene);
}

/**
 * Fill of a row: its person's colour, or green and red where it is coded.
 * @param {Scene} scene
 * @param {Row} row
 * @returns {{tone: import("./palette.js").Tone, faint: boolean}}
 */
export function fillOf(scene, row) {
  const { palette, store } = scene;
  if (row.tier === "action") return { tone: store.counts(row.label) ? palette.miss : palette.good, faint: false };
  const tone = toneOf(palette, store.meeting.people, row.participant);
  const faint =
    row.tier === "gaze" ? row.label !== "towards_partner" : row.tier === "face_visible" || row.tier === "pause";
  return { tone, faint };
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Scene} scene
 * @param {Lane} lane
 * @param {number} top
 */
function paintLane(pen, scene, lane, top) {
  const { view } = scene;
  const scale = view.width / view.span;
  /** @type {Map<string, number[]>} */
  const fills = new Map();
  const runs = Array.from({ length: lane.levels }, () => ({ colour: "", from: 0, to: -1 }));
  const last = lastBefore(lane, view.end);
  if (last - firstFrom(lane, view.start) > view.width / CROWDED) return paintDensity(pen, scene, lane, top, last);
  const put = (
    /** @type {string} */ colour,
    /** @type {number} */ x,
    /** @type {number} */ y,
    /** @type {number} */ w,
  ) => {
    const boxes = fills.get(colour);
    if (boxes) boxes.push(x, y, w);
    else fills.set(colour, [x, y, w]);
  };
  /** @type {Row[]} */
  const detailed = [];
  for (let i = firstFrom(lane, view.start); i < lane.rows.length; i++) {
    const row = lane.rows[i];
    if (row.start > view.end) break;
    if (row.end < view.start) continue;
    const x = (row.start - view.start) * scale;
    const width = Math.max((row.end - row.start) * scale, 2);
    if (width > 8 || row.id === scene.selected || scene.evidence.has(row.id)) detailed.push(row);
    if (row.status === "rejected") continue;
    const { tone, faint } = fillOf(scene, row);
    const colour = faint ? tone.faint : tone.solid;
    const level = Math.min(row.level ?? 0, lane.levels - 1);
    const run = runs[level];
    const y = top + level * LEVEL;
    if (width >= 8) {
      put(colour, Math.max(x, -4), y, Math.min(x + width, view.width + 4) - Math.max(x, -4));
    } else if (run.colour === colour && x <= run.to + 1) {
      run.to = Math.max(run.to, x + width);
    } else {
      if (run.to > run.from) put(run.colour, run.from, y, run.to - run.from);
      Object.assign(run, { colour, from: x, to: x + width });
    }
  }
  runs.forEach((run, level) => run.to > run.from && put(run.colour, run.from, top + level * LEVEL, run.to - run.from));
  for (const [colour, boxes] of fills) {
    pen.fillStyle = colour;
    for (let i = 0; i < boxes.length; i += 3) bar(pen, boxes[i], boxes[i + 1], boxes[i + 2]);
  }
  for (const row of detailed) details(pen, scene, row, top + Math.min(row.level ?? 0, lane.levels - 1) * LEVEL);
}

/**
 * A bar with its corners taken off: plain boxes, which are drawn many times faster than rounded ones.
 * @param {CanvasRenderingContext2D} pen
 * @param {number} x
 * @param {number} y
 * @param {number} width
 */
function bar(pen, x, y, width) {
  if (width < 8) return pen.fillRect(x, y, width, BAR);
  const left = Math.round(x);
  const inner = Math.round(x + width) - left - 1; // a pixel keeps neighbours apart
  pen.fillRect(left + 1, y, inner - 2, BAR);
  pen.fillRect(left, y + 1, inner, BAR - 2);
}

/**
 * A lane with more events than can be told apart: how much of each stretch they fill.
 * @param {CanvasRenderingContext2D} pen
 * @param {Scene} scene
 * @param {Lane} lane
 * @param {number} top
 * @param {number} last index after the last row in view
 */
function paintDensity(pen, scene, lane, top, last) {
  const { view } = scene;
  const scale = view.width / view.span / BIN;
  const count = Math.ceil(view.width / BIN);
  /** @type {Map<string, Float32Array>} */
  const filled = new Map();
  for (let i = firstFrom(lane, view.start); i < last; i++) {
    const row = lane.rows[i];
    if (row.end < view.start || row.status === "rejected") continue;
    const { tone, faint } = fillOf(scene, row);
    if (faint) continue;
    const level = Math.min(row.level ?? 0, lane.levels - 1);
    const key = `${level} ${tone.solid}`;
    let bins = filled.get(key);
    if (!bins) filled.set(key, (bins = new Float32Array(count)));
    const from = Math.max((row.start - view.start) * scale, 0);
    const to = Math.min(Math.max((row.end - view.start) * scale, from + 0.05), count);
    for (let bin = Math.floor(from); bin < to; bin++) bins[bin] += Math.min(to, bin + 1) - Math.max(from, bin);
  }
  for (const [key, bins] of filled) {
    const y = top + Number(key[0]) * LEVEL + BAR;
    pen.fillStyle = key.slice(2);
    const height = (/** @type {number} */ bin) =>
      bins[bin] ? Math.max(2, Math.round(Math.min(bins[bin], 1) * BAR)) : 0;
    for (let bin = 0; bin < count;) {
      const from = bin;
      const high = height(from);
      while (bin < count && height(bin) === high) bin++;
      if (high) pen.fillRect(from * BIN, y - high, (bin - from) * BIN, high);
    }
  }
}

/**
 * What a bar says: its label, how it was reviewed, whether it is chosen.
 * @param {CanvasRenderingContext2D} pen
 * @param {Scene} scene
 * @param {Row} row
 * @param {number} y
 */
function details(pen, scene, row, y) {
  const { view, palette } = scene;
  const from = Math.max(view.x(row.start), 0);
  const to = Math.min(Math.max(view.x(row.end), view.x(row.start) + 2), view.width);
  const width = to - from;
  const { tone, faint } = fillOf(scene, row);
  const rejected = row.status === "rejected";
  if (rejected) {
    pen.strokeStyle = palette.soft;
    pen.lineWidth = 1;
    pen.setLineDash([3, 2]);
    pen.strokeRect(from + 0.5, y + 0.5, width - 1, BAR - 1);
    pen.setLineDash([]);
  } else if (row.tier === "action" && scene.store.counts(row.label)) stripes(pen, from, y, width, palette.panel);
  const reviewed = row.status !== "auto" && !rejected;
  const room = width - (reviewed ? 20 : 8);
  pen.fillStyle = rejected ? palette.soft : faint ? palette.ink : tone.on;
  if (reviewed && width > 12) mark(pen, row.status, to - 11, y + BAR / 2);
  if (room > 14) {
    const text = scene.store.shortText(row);
    const letters = Math.floor(room / LETTER);
    if (text)
      pen.fillText(
        text.length > letters ? `${text.slice(0, Math.max(letters - 1, 1))}…` : text,
        from + 4,
        y + BAR / 2 + 0.5,
      );
  }
  if (scene.evidence.has(row.id)) outline(pen, from, y, width, palette.mark, 2);
  if (row.id === scene.selected) {
    outline(pen, from, y, width, palette.ink, 2);
    if (scene.fixed) return;
    pen.fillStyle = palette.ink; // handles to drag
    if (view.x(row.start) >= 0) pen.fillRect(from - 3, y - 1, 3, BAR + 2);
    if (view.x(row.end) <= view.width) pen.fillRect(to, y - 1, 3, BAR + 2);
  }
}

/**
 * A tick where a row was confirmed, a dot where a person changed or added it.
 * @param {CanvasRenderingContext2D} pen
 * @param {string} status
 * @param {number} x
 * @param {number} y
 */
function mark(pen, status, x, y) {
  pen.strokeStyle = pen.fillStyle;
  pen.beginPath();
  if (status === "confirmed") {
    pen.lineWidth = 1.6;
    pen.moveTo(x, y);
    pen.lineTo(x + 2.5, y + 3);
    pen.lineTo(x + 7, y - 3);
    pen.stroke();
  } else {
    pen.arc(x + 4, y, 2.5, 0, 7);
    pen.fill();
  }
}

/**
 * What was missed is told by stripes too, not by colour alone.
 * @param {CanvasRenderingContext2D} pen
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {string} colour
 */
function stripes(pen, x, y, width, colour) {
  pen.strokeStyle = colour;
  pen.lineWidth = 1.2;
  pen.beginPath();
  for (let at = x + 2; at < x + width - 2; at += 7) {
    pen.moveTo(at, y + BAR);
    pen.lineTo(Math.min(at + 3, x + width), y + BAR - 3);
  }
  pen.stroke();
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {string} colour
 * @param {number} thick
 */
function outline(pen, x, y, width, colour, thick) {
  pen.strokeStyle = colour;
  pen.lineWidth = thick;
  pen.beginPath();
  pen.roundRect(x - 1, y - 1, width + 2, BAR + 2, 3.5);
  pen.stroke();
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Scene} scene
 * @param {[number, number]} range
 */
function shade(pen, scene, range) {
  const [from, to] = range.map((time) => scene.view.x(time));
  pen.fillStyle = scene.palette.band;
  pen.fillRect(from, RULER, to - from, scene.height);
  pen.fillStyle = scene.palette.soft;
  pen.fillRect(from, RULER, 1, scene.height);
  pen.fillRect(to, RULER, 1, scene.height);
}

const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/**
 * Seconds between ticks, so that times do not touch.
 * @param {number} span
 * @param {number} width
 */
export function tickStep(span, width) {
  return STEPS.find((step) => (step / span) * width >= 84) ?? 7200;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Scene} scene
 * @param {number} step
 */
function grid(pen, scene, step) {
  const { view, palette, height } = scene;
  pen.fillStyle = palette.line;
  for (let i = Math.ceil(view.start / step); i * step <= view.end; i++) {
    pen.fillRect(Math.round(view.x(i * step)), RULER - 5, 1, height);
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Scene} scene
 * @param {number} step
 */
function ruler(pen, scene, step) {
  const { view, palette } = scene;
  const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
  pen.fillStyle = palette.soft;
  pen.font = FONT;
  pen.textBaseline = "middle";
  for (let i = Math.ceil(view.start / step); i * step <= view.end; i++) {
    pen.fillText(clock(i * step, digits), Math.round(view.x(i * step)) + 4, 10);
  }
  pen.fillStyle = palette.line;
  pen.fillRect(0, RULER - 1, view.width, 1);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Scene} scene
 */
function playhead(pen, scene) {
  const { view, palette } = scene;
  const x = view.x(scene.playhead);
  if (x < -40 || x > view.width + 40) return;
  const text = clock(scene.playhead, view.span < 5 ? 2 : 1);
  const half = text.length * 3.2 + 7;
  const middle = Math.min(Math.max(x, half), view.width - half);
  pen.fillStyle = palette.ink;
  pen.fillRect(x - 0.75, 2, 1.5, scene.height);
  pen.beginPath();
  pen.roundRect(middle - half, 2, 2 * half, 17, 4);
  pen.fill();
  pen.fillStyle = palette.panel;
  pen.textAlign = "center";
  pen.fillText(text, middle, 11);
  pen.textAlign = "start";
}
