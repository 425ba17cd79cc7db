/** The transcript in a notation, following the recording; click a line to seek. */

import { getJson, meetingPath } from "./api.js";
import { fill, h, later } from "./dom.js";

const BLOCK = 50; // lines
const LINE = 20; // pixels, about

/** @typedef {{number: number, speaker: string, participant: string, text: string, start: number, end: number, turn: string}} Line */

/** Events: `seek` (detail: seconds), `choose` (detail: id of a turn). */
export class Transcript extends EventTarget {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    super();
    this.store = store;
    this.notation = "jefferson";
    /** @type {Line[]} */
    this.lines = [];
    /** @type {HTMLElement[]} */
    this.parts = [];
    this.now = -1;
    this.held = 0; // until when a user's own scrolling is left alone
    this.element = h("div", { class: "transcript", tabindex: "0", role: "list", "aria-label": "Transcript" });
    for (const name of ["wheel", "touchmove"])
      this.element.addEventListener(name, () => (this.held = Date.now() + 4000), { passive: true });
    this.element.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      const line = /** @type {HTMLElement} */ (event.target).closest("[data-line]");
      if (!line || !getSelection()?.isCollapsed) return;
      const { start, turn } = this.lines[Number(/** @type {HTMLElement} */ (line).dataset.line)];
      this.dispatchEvent(new CustomEvent("seek", { detail: start }));
      if (turn && store.rows.has(turn)) this.dispatchEvent(new CustomEvent("choose", { detail: turn }));
    });
    const refresh = later(() => this.load(), 500);
    store.addEventListener("rows", refresh);
    store.addEventListener("people", refresh);
  }

  /** @param {string} notation */
  show(notation) {
    this.notation = notation;
    return this.load();
  }

  async load() {
    const asked = this.notation;
    try {
      const { lines } = await getJson(
        meetingPath(this.store.name, `/transcript?notation=${encodeURIComponent(asked)}`),
      );
      if (asked === this.notation) this.put(lines);
    } catch (error) {
      fill(
        this.element,
        h("p", { class: "dim empty" }, `The transcript cannot be shown: ${/** @type {Error} */ (error).message}`),
      );
    }
  }

  /** @param {Line[]} lines */
  put(lines) {
    this.lines = lines;
    const plain = this.notation === "plain";
    this.element.classList.toggle("plain", plain);
    const people = this.store.meeting.people;
    const widest = Math.min(12, Math.max(0, ...lines.map((line) => line.speaker.length)));
    this.parts = lines.map((line, i) => {
      const person = people.find((one) => one.id === line.participant);
      const colour = person ? `var(--person-${person.colour_index % 8})` : "var(--soft)";
      const name = line.speaker ? `${line.speaker.replace(/:$/, "")}:` : "";
      return h(
        "div",
        { class: "line", role: "listitem", "data-line": i },
        h("span", { class: "number", "aria-hidden": "true" }, line.number ?? ""),
        h("span", { class: "speaker", style: { color: colour, "min-width": `${widest + 1}ch` } }, name),
        h("span", { class: "words" }, line.text),
      );
    });
    const place = this.element.scrollTop;
    const again = this.shown === this.notation;
    this.shown = this.notation;
    fill(this.element, ...(this.parts.length ? this.blocks() : [h("p", { class: "dim empty" }, "Nothing was said.")]));
    this.now = -1;
    if (again) this.held = Math.max(this.held, Date.now() + 100); // a correction moves nobody's place
    this.follow(this.time ?? 0, true);
    if (again) this.element.scrollTop = place;
  }

  /** The lines in blocks, of which the browser lays out only those in sight. */
  blocks() {
    const blocks = [];
    for (let i = 0; i < this.parts.length; i += BLOCK) {
      const lines = this.parts.slice(i, i + BLOCK);
      blocks.push(
        h(
          "div",
          { class: "block", role: "none", style: { "contain-intrinsic-height": `auto ${lines.length * LINE}px` } },
          ...lines,
        ),
      );
    }
    return blocks;
  }

  /**
   * Mark the line that is said at a time.
   * @param {number} time
   * @param {boolean} [still] without scrolling smoothly
   */
  follow(time, still = false) {
    this.time = time;
    let now = -1;
    for (let i = 0; i < this.lines.length && this.lines[i].start <= time + 0.05; i++) {
      if (now < 0 || this.lines[i].end > time || this.lines[i].start >= this.lines[now].start) now = i;
    }
    if (now === this.now) return;
    this.parts[this.now]?.classList.remove("now");
    this.parts[this.now]?.removeAttribute("aria-current");
    this.now = now;
    const part = this.parts[now];
    if (!part) return;
    part.classList.add("now");
    part.setAttribute("aria-current", "true");
    if (Date.now() < this.held) return;
    const inside = part.getBoundingClientRect().top - this.element.getBoundingClientRect().top;
    const top = this.element.scrollTop + inside - this.element.clientHeight * 0.4;
    const calm =
      still || matchMedia("(prefers-reduced-motion: reduce)").matches || Math.abs(this.element.scrollTop - top) > 600;
    this.element.scrollTo({ top, behavior: calm ? "auto" : "smooth" });
  }
}
