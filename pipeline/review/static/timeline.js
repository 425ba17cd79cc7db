/** The timeline: lanes' names beside a canvas, zoom, choice of events and ranges, dragging of edges. */

import { h, fill, later, say, setStyle } from "./dom.js";
import { GROUPS, buildLanes, firstFrom, nearest, updateLanes } from "./lanes.js";
import { LEVEL, RULER, paint } from "./painter.js";
import { readPalette } from "./palette.js";
import { makeOverview } from "./overview.js";
import { clock, title } from "./time.js";
import { watchPointer } from "./pointer.js";

/** @typedef {import("./lanes.js").Lane} Lane */
/** @typedef {import("./store.js").Row} Row */

const HEADING = 21;
const LEGIBLE = 12; // pixels
const CLOSER = 30; // seconds around an event that was too small

/** Events: `select` (detail: row or null), `seek` (detail: seconds), `range` (detail: range or null), `edges`. */
export class Timeline extends EventTarget {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("./view.js").View} view
   * @param {{fixed?: boolean}} [options] `fixed`: nothing can be changed, and dragging moves the view
   */
  constructor(store, view, { fixed = false } = {}) {
    super();
    this.fixed = fixed;
    this.store = store;
    this.view = view;
    this.palette = readPalette();
    this.selected = "";
    this.current = "";
    /** @type {Set<string>} */
    this.evidence = new Set();
    /** @type {[number, number] | null} */
    this.range = null;
    this.playhead = 0;
    /** @type {import("./painter.js").Band[]} */
    this.bands = [];
    /** @type {Record<string, {open: boolean, all: boolean}>} */
    this.folds =
      JSON.parse(localStorage.getItem("folds") ?? "null") ??
      Object.fromEntries(GROUPS.map((name) => [name, { open: true, all: false }]));
    this.lanes = buildLanes(store);
    this.frame = 0;
    this.height = 0; // of the canvas
    this.overview = makeOverview(this.store, this.view, () => this.palette);
    this.names = h("div", { class: "lane-names" });
    this.canvas = h("canvas", {
      class: "lanes",
      tabindex: "0",
      role: "application",
      "aria-roledescription": "timeline",
      "aria-label": "Timeline. Arrow keys step through events and lanes, Enter confirms, question mark shows all keys.",
    });
    this.stage = h("div", { class: "stage" }, this.canvas);
    this.scroller = h("div", { class: "scroller" }, h("div", { class: "sheet" }, this.names, this.stage));
    this.element = h(
      "section",
      { class: "timeline", "aria-label": "Timeline" },
      h("div", { class: "strip-name" }, "Whole meeting"),
      this.overview.canvas,
      this.scroller,
    );
    this.refreshOverview = later(() => (this.overview.refresh(), this.repaint()), 200);
    this.listen();
    this.layout();
  }

  listen() {
    this.view.addEventListener("change", () => this.repaint());
    this.scroller.addEventListener("scroll", () => this.repaint(), { passive: true });
    new ResizeObserver(() => this.resize()).observe(this.scroller);
    window.addEventListener("themechange", () => {
      this.palette = readPalette();
      this.overview.refresh();
      this.repaint();
    });
    this.store.addEventListener("rows", (event) => this.refresh(/** @type {CustomEvent} */ (event).detail));
    this.store.addEventListener("people", () => this.layout());
    watchPointer(this);
  }

  /** @param {string[]} ids of rows that changed */
  refresh(ids) {
    const shape = () => [...this.lanes.values()].map((lane) => `${lane.key} ${lane.levels}`).join();
    const before = shape();
    if (!updateLanes(this.lanes, this.store, ids)) this.lanes = buildLanes(this.store);
    if (this.row && ids.includes(this.selected)) this.current = `${this.row.tier}@${this.row.participant}`;
    this.refreshOverview();
    if (shape() !== before) this.layout();
    this.repaint();
  }

  /** Put headings and lanes below one another. */
  layout() {
    this.bands = [];
    /** @type {HTMLElement[]} */
    const names = [];
    let top = 0;
    const put = (/** @type {Lane | null} */ lane, /** @type {number} */ height, /** @type {HTMLElement} */ name) => {
      setStyle(name, { height: `${height}px` });
      names.push(name);
      this.bands.push({ lane, top, height });
      top += height;
    };
    for (const group of GROUPS) {
      const lanes = [...this.lanes.values()].filter((lane) => lane.group === group);
      if (!lanes.length) continue;
      const fold = (this.folds[group] ??= { open: true, all: false });
      put(null, HEADING, this.heading(group, lanes));
      if (!fold.open) continue;
      for (const lane of lanes) if (lane.main || fold.all) put(lane, lane.levels * LEVEL + 3, this.laneName(lane));
    }
    fill(this.names, ...names);
    setStyle(this.names, { height: `${top}px` });
    this.repaint();
  }

  /**
   * @param {string} group
   * @param {Lane[]} lanes
   */
  heading(group, lanes) {
    const fold = this.folds[group];
    const set = (/** @type {any} */ values) => {
      Object.assign(fold, values);
      localStorage.setItem("folds", JSON.stringify(this.folds));
      this.layout();
      /** @type {HTMLElement | null} */ (
        this.names.querySelector(`[data-fold="${group}-${Object.keys(values)[0]}"]`)
      )?.focus();
    };
    const further = lanes.filter((lane) => !lane.main).length;
    const toggle = h(
      "button",
      {
        type: "button",
        class: "fold",
        "aria-expanded": String(fold.open),
        "data-fold": `${group}-open`,
        on: { click: () => set({ open: !fold.open }) },
      },
      h("span", { class: "arrow", "aria-hidden": "true" }, fold.open ? "▾" : "▸"),
      title(group),
    );
    const more =
      further > 0 &&
      fold.open &&
      h(
        "button",
        {
          type: "button",
          class: "more",
          "aria-pressed": String(fold.all),
          "data-fold": `${group}-all`,
          on: { click: () => set({ all: !fold.all }) },
        },
        fold.all ? "fewer" : `${further} more`,
      );
    return h("div", { class: "heading" }, toggle, more);
  }

  /** @param {Lane} lane */
  laneName(lane) {
    const person = this.store.meeting.people.find((one) => one.id === lane.participant);
    const colour = person ? `var(--person-${person.colour_index % 8})` : "transparent";
    const dot = h("i", { class: "dot", "aria-hidden": "true", style: { background: colour } });
    return h(
      "div",
      {
        class: "lane-name",
        title: `${title(lane.tier)}${person ? ` of ${person.name}` : ""}: ${lane.rows.length} events`,
        "data-lane": lane.key,
      },
      dot,
      h("span", { class: "what" }, title(lane.tier)),
      h("span", { class: "who" }, person?.name ?? ""),
    );
  }

  resize() {
    const ratio = devicePixelRatio || 1;
    this.view.width = Math.max(this.stage.clientWidth, 100);
    this.height = this.scroller.clientHeight;
    setStyle(this.stage, { height: `${this.height}px` });
    this.canvas.width = Math.round(this.view.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    setStyle(this.canvas, { width: `${this.view.width}px`, height: `${this.height}px` });
    this.draw();
  }

  /** Draw with the next frame, once. */
  repaint() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d", { alpha: false }));
    const ratio = devicePixelRatio || 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { bands, view, store, palette, selected, current, evidence, range, playhead, height, fixed } = this;
    paint(pen, {
      bands,
      view,
      store,
      palette,
      selected,
      current,
      evidence,
      range,
      playhead,
      height,
      fixed,
      scroll: this.scroller.scrollTop,
    });
    this.overview.paint(playhead);
  }

  /**
   * @param {number} time
   * @param {boolean} follow
   */
  setPlayhead(time, follow) {
    this.playhead = time;
    if (follow) this.view.reveal(time);
    this.repaint();
  }

  /** @returns {Row | null} */
  get row() {
    return this.store.rows.get(this.selected) ?? null;
  }

  /**
   * Choose an event.
   * @param {string} id empty for none
   * @param {{seek?: boolean, reveal?: boolean, closer?: boolean}} [options] `closer`: zoom in where it is too small to see
   */
  select(id, { seek = true, reveal = true, closer = false } = {}) {
    this.selected = id;
    const row = this.row;
    if (row) {
      this.current = `${row.tier}@${row.participant}`;
      this.openFor(row);
      const small = closer && ((row.end - row.start) / this.view.span) * this.view.width < LEGIBLE;
      if (small) this.view.show((row.start + row.end) / 2 - CLOSER / 2, (row.start + row.end) / 2 + CLOSER / 2);
      else if (reveal) this.view.reveal(row.start, row.end);
      say(
        `${this.store.tell(row)}, ${clock(row.start)} to ${clock(row.end)}${this.fixed ? "" : `, ${row.status === "auto" ? "not reviewed" : row.status}`}`,
      );
      if (seek) this.dispatchEvent(new CustomEvent("seek", { detail: row.start }));
    }
    this.dispatchEvent(new CustomEvent("select", { detail: row }));
    this.repaint();
  }

  /**
   * Unfold a row's lane and scroll to it.
   * @param {Row} row
   */
  openFor(row) {
    const lane = this.lanes.get(this.current);
    if (!lane) return;
    const fold = this.folds[lane.group];
    if (!fold.open || (!lane.main && !fold.all)) {
      fold.open = true;
      fold.all ||= !lane.main;
      this.layout();
    }
    const band = this.bands.find((one) => one.lane?.key === lane.key);
    if (!band) return;
    const room = this.height - RULER;
    if (band.top < this.scroller.scrollTop) this.scroller.scrollTop = band.top - HEADING;
    else if (band.top + band.height > this.scroller.scrollTop + room)
      this.scroller.scrollTop = band.top + band.height - room;
  }

  /** @param {[number, number] | null} range */
  setRange(range) {
    this.range = range;
    this.dispatchEvent(new CustomEvent("range", { detail: range }));
    this.repaint();
  }

  /** @param {Iterable<string>} ids */
  setEvidence(ids) {
    this.evidence = new Set(ids);
    this.repaint();
  }

  /**
   * To the next event of the lane, or the one before.
   * @param {1 | -1} way
   * @param {(row: Row) => boolean} [wanted]
   */
  step(way, wanted = () => true) {
    const lane = this.lanes.get(this.current) ?? this.bands.find((band) => band.lane)?.lane;
    if (!lane) return null;
    const at = lane.rows.findIndex((row) => row.id === this.selected);
    const from =
      at >= 0
        ? at + way
        : way > 0
          ? lane.rows.findIndex((row) => row.start >= this.playhead)
          : lane.rows.findLastIndex((row) => row.start < this.playhead);
    if (from < 0) return null;
    for (let i = from; i >= 0 && i < lane.rows.length; i += way) {
      if (!wanted(lane.rows[i])) continue;
      this.select(lane.rows[i].id);
      return lane.rows[i];
    }
    return null;
  }

  /**
   * To the lane below or above, at the event nearest in time.
   * @param {1 | -1} way
   */
  stepLane(way) {
    const shown = this.bands.flatMap((band) => (band.lane ? [band.lane] : []));
    const at = shown.findIndex((lane) => lane.key === this.current);
    const lane = shown[Math.min(Math.max(at < 0 ? 0 : at + way, 0), shown.length - 1)];
    const row = lane && nearest(lane, this.row?.start ?? this.playhead);
    if (row) this.select(row.id, { seek: false });
  }

  /**
   * What is at a place of the canvas.
   * @param {number} x
   * @param {number} y
   * @returns {{lane: Lane | null, row: Row | null, edge: "start" | "end" | ""}}
   */
  at(x, y) {
    const inside = y - RULER + this.scroller.scrollTop;
    const band = y < RULER ? null : this.bands.find((one) => inside >= one.top && inside < one.top + one.height);
    const lane = band?.lane ?? null;
    if (!band || !lane) return { lane, row: null, edge: "" };
    const level = Math.min(Math.floor((inside - band.top - 1) / LEVEL), lane.levels - 1);
    const { view } = this;
    let found = null;
    for (let i = firstFrom(lane, view.time(x - 6)); i < lane.rows.length; i++) {
      const row = lane.rows[i];
      if (view.x(row.start) > x + 6) break;
      if ((row.level ?? 0) !== level) continue;
      const [from, to] = [view.x(row.start), Math.max(view.x(row.end), view.x(row.start) + 2)];
      if (row.id === this.selected && !this.fixed) {
        if (Math.abs(x - to) <= 5) return { lane, row, edge: "end" };
        if (Math.abs(x - from) <= 5) return { lane, row, edge: "start" };
      }
      if (x >= from - 1 && x <= to + 1 && (!found || row.status !== "rejected")) found = row;
    }
    return { lane, row: found, edge: "" };
  }
}
