/** The chosen event: everything about it, to read and to correct. What is typed is kept until it is saved. */

import { button, fill, h, labelled, notice } from "./dom.js";
import { Drafts } from "./drafts.js";
import { explanation, restsOn } from "./evidence.js";
import { clock, parseClock, title } from "./time.js";

/** @typedef {import("./store.js").Row} Row */

const STATUS = {
  auto: "not reviewed",
  confirmed: "confirmed",
  edited: "changed",
  rejected: "rejected",
  added: "added",
};

/** What the value of each tier tells; that of silences is their length, which is shown anyway. */
const VALUES = {
  nod: "° deep",
  head_shake: "° wide",
  smile: " of 1 in strength",
  face_visible: " of it in view",
  intonation: " semitones",
  pitch_step: " semitones",
  stretch: " times as long as expected",
  pace: " times the usual pace",
  loudness: " dB over the usual",
};

export class Inspector {
  /** @param {import("./commands.js").Commands} commands */
  constructor(commands) {
    this.commands = commands;
    this.store = commands.store;
    this.drafts = new Drafts(this.store.name);
    this.element = h("div", { class: "inspector" });
    this.shown = "";
    this.head = h("div", { class: "event-head" });
    this.more = h("div", { class: "event-more" });
    this.stepping = 0;
    /** @type {Map<string, HTMLElement & Record<string, any>>} */
    this.fields = new Map();
    /** Fields that are being saved. @type {Set<string>} */
    this.leaving = new Set();
    commands.timeline.addEventListener("select", () => this.show());
    this.store.addEventListener("rows", () => this.refresh());
    this.store.addEventListener("people", () => this.show());
    this.show();
  }

  /**
   * Put the chosen event's form.
   * @returns {void}
   */
  show() {
    const row = this.commands.timeline.row;
    if (row && row.id === this.shown && this.element.contains(document.activeElement)) return this.refresh();
    this.shown = row?.id ?? "";
    this.fields.clear();
    if (!row) {
      fill(
        this.element,
        h(
          "p",
          { class: "dim empty" },
          "Choose an event in the timeline to see and correct it here. Drag over an empty stretch, or press A, to add one that was missed.",
        ),
        button("Add an event", () => this.commands.add(), { class: "wide" }),
      );
      return;
    }
    fill(this.more);
    const said =
      this.store.meeting.tiers.find((tier) => tier.name === row.tier)?.group === "said" || row.tier === "action";
    const parts = [
      said || row.text ? this.field("text", "Words", h("textarea", { rows: 2 })) : null,
      h(
        "div",
        { class: "two" },
        this.field(
          "participant",
          "Who",
          h("select", {}, ...this.commands.people().map((one) => h("option", { value: one.value }, one.text))),
        ),
        this.labelField(row),
      ),
      h(
        "div",
        { class: "two" },
        this.field("start", "From", h("input", { type: "text", inputmode: "decimal" })),
        this.field("end", "To", h("input", { type: "text", inputmode: "decimal" })),
      ),
      row.tier === "comment"
        ? null
        : this.field("comment", "Comment", h("textarea", { rows: 1, placeholder: "Why, or what to ask" })),
    ];
    const press = (/** @type {string} */ text, /** @type {string} */ key, /** @type {() => void} */ run, kind = "") =>
      button(text, run, { class: kind, title: `Key ${key}`, "aria-keyshortcuts": key });
    const { commands } = this;
    fill(
      this.element,
      this.head,
      h(
        "div",
        { class: "judge" },
        press("✓ Confirm", "Enter", () => commands.confirm(), "good"),
        press("✕ Reject", "x", () => commands.reject(), "miss"),
        press("▶ Play", "p", () => commands.playEvent()),
      ),
      h("div", { class: "fields" }, ...parts),
      h(
        "div",
        { class: "row" },
        press("Split", "s", () => commands.split()),
        press("Merge with next", "m", () => commands.merge()),
      ),
      this.more,
    );
    this.refresh();
    this.explain(row);
  }

  /** @param {Row} row */
  labelField(row) {
    const labels = this.commands.labels(row.tier);
    if (!labels.some((one) => one.value === row.label))
      labels.push({ value: row.label, text: this.store.titleOf(row.label) });
    if (labels.length < 2) return null;
    return this.field(
      "label",
      row.tier === "action" ? "Code" : "Label",
      h("select", {}, ...labels.map((one) => h("option", { value: one.value }, one.text))),
    );
  }

  /**
   * @param {string} name of the column
   * @param {string} text
   * @param {HTMLElement & Record<string, any>} input
   */
  field(name, text, input) {
    input.id = `event-${name}`;
    this.fields.set(name, input);
    const id = this.shown;
    input.addEventListener("input", () => this.drafts.keep(id, name, input.value, this.store.version));
    for (const left of ["change", "blur"]) input.addEventListener(left, () => this.leave(id, name, input.value));
    input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const step = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
      if (event.key === "Enter" && !event.shiftKey && input.tagName !== "SELECT")
        (event.preventDefault(), input.blur(), this.commands.timeline.canvas.focus());
      else if (event.key === "Escape") {
        this.drafts.drop(id, name);
        this.put(name);
        input.blur();
        this.commands.timeline.canvas.focus();
      } else if (step && (name === "start" || name === "end")) {
        event.preventDefault();
        const time = parseClock(input.value);
        if (time !== null) input.value = clock(Math.max(0, time + step * (event.shiftKey ? 0.1 : 0.01)), 3);
        input.dispatchEvent(new Event("input"));
        clearTimeout(this.stepping);
        this.stepping = window.setTimeout(() => this.commit(id, name, input.value), 600);
      }
    });
    return labelled(text, input);
  }

  /**
   * A field was left: what was typed in it is saved, once.
   * @param {string} id
   * @param {string} name
   * @param {string} value
   */
  async leave(id, name, value) {
    const field = `${id} ${name}`;
    const typed = this.drafts.of(id, name) || this.fields.get(name)?.tagName === "SELECT";
    if (!typed || this.leaving.has(field)) return;
    this.leaving.add(field);
    await this.commit(id, name, value).finally(() => this.leaving.delete(field));
  }

  /**
   * Save one field.
   * @param {string} id
   * @param {string} name
   * @param {string} value
   */
  async commit(id, name, value) {
    const row = this.store.rows.get(id);
    const draft = this.drafts.of(id, name);
    if (!row) return;
    const base = draft?.base ?? this.store.version;
    let sent;
    if (name === "comment") {
      sent =
        value === (this.store.comments.get(id) ?? "") ||
        (await this.commands.save([{ do: "comment", id, text: value }], base));
    } else if (name === "start" || name === "end") {
      const time = parseClock(value);
      if (time === null || (name === "start" ? time > row.end : time < row.start)) {
        notice(
          `${title(name)}: write a time as 4:41.2${name === "start" ? ", not after the end" : ", not before the start"}.`,
          { kind: "field" },
        );
        return;
      }
      sent = Math.abs(time - row[name]) < 0.0006 || (await this.commands.change(row, { [name]: time }, base));
    } else sent = await this.commands.change(row, { [name]: name === "text" ? value.trim() : value }, base);
    if (sent) this.drafts.drop(id, name);
  }

  /**
   * The value of a field: what was typed and not yet saved, or else the row's.
   * @param {string} name
   */
  put(name) {
    const input = this.fields.get(name);
    const row = /** @type {any} */ (this.store.rows.get(this.shown));
    if (!input || !row) return;
    const draft = this.drafts.of(this.shown, name);
    const value =
      name === "comment"
        ? (this.store.comments.get(this.shown) ?? "")
        : name === "start" || name === "end"
          ? clock(row[name], 3)
          : (row[name] ?? "");
    input.value = draft ? draft.value : value;
    input.classList.toggle("unsaved", Boolean(draft));
  }

  /**
   * Bring the form up to date; what is being typed stays.
   * @returns {void}
   */
  refresh() {
    const row = this.store.rows.get(this.shown);
    if (!row) return this.shown ? this.show() : undefined;
    for (const [name, input] of this.fields)
      if (input !== document.activeElement || !this.drafts.of(this.shown, name)) this.put(name);
    const sure = row.confidence === null ? "" : ` · confidence ${row.confidence.toFixed(2)}`;
    const unit = /** @type {any} */ (VALUES)[row.tier];
    const value = row.value === null || !unit ? "" : ` · ${Number(row.value.toPrecision(2))}${unit}`;
    fill(
      this.head,
      h("b", {}, `${title(row.tier)}${row.tier === "action" ? `: ${this.store.titleOf(row.label)}` : ""}`),
      h(
        "span",
        { class: `status ${row.status}` },
        STATUS[row.status],
        row.coder && row.status !== "auto" ? ` · ${row.coder}` : "",
      ),
      h(
        "span",
        { class: "dim" },
        `${clock(row.start, 2)} – ${clock(row.end, 2)} · ${(row.end - row.start).toFixed(2)} s${value}${sure}`,
      ),
    );
  }

  /**
   * What a row rests on, and of an action why it was coded.
   * @param {Row} row
   */
  async explain(row) {
    const { timeline } = this.commands;
    const list = restsOn(this.store, timeline, row);
    fill(this.more, list);
    if (row.tier !== "action") return;
    const text = await explanation(this.store.name, row.id);
    if (this.shown === row.id && text) fill(this.more, h("p", { class: "why" }, text), list);
  }

  /** After a reload: back to what was being typed. */
  restore() {
    const draft = this.drafts.first((id) => this.store.rows.has(id));
    if (!draft) return;
    this.commands.timeline.select(draft.id, { seek: true });
    this.fields.get(draft.name)?.focus();
    notice(
      "You were changing this event when the page closed. What you typed is here: Enter saves it, Escape drops it.",
      { kind: "draft", seconds: 12 },
    );
  }
}
