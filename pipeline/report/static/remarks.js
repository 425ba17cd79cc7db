/** What a participant says of events: kept in the page, and in the browser where it allows; saved as a file. */

import { h } from "../../review/static/dom.js";

/** @typedef {"right" | "not so" | ""} Judgement */
/** @typedef {{judgement: Judgement, text: string}} Remark */

/** Events: `change` (detail: id of the row, or empty). */
export class Remarks extends EventTarget {
  /** @param {import("../../review/static/store.js").Store} store */
  constructor(store) {
    super();
    this.store = store;
    this.key = `remarks ${store.meeting.name}`;
    const kept = JSON.parse(localStorage.getItem(this.key) ?? "{}");
    /** By row. @type {Map<string, Remark>} */
    this.all = new Map(Object.entries(kept.remarks ?? {}).filter(([id]) => store.rows.has(id)));
    this.whole = kept.whole ?? "";
    this.saved = !this.count; // whether everything is in a file
    for (const id of this.all.keys()) this.mark(id);
    addEventListener("beforeunload", (event) => this.saved || event.preventDefault());
  }

  get count() {
    return this.all.size + (this.whole.trim() ? 1 : 0);
  }

  /**
   * @param {string} id
   * @returns {Remark}
   */
  of(id) {
    return this.all.get(id) ?? { judgement: "", text: "" };
  }

  /**
   * @param {string} id of a row; empty for the meeting as a whole
   * @param {Partial<Remark>} values
   */
  set(id, values) {
    if (!id) this.whole = values.text ?? "";
    else {
      const remark = { ...this.of(id), ...values };
      if (remark.judgement || remark.text.trim()) this.all.set(id, remark);
      else this.all.delete(id);
      this.mark(id);
    }
    this.saved = !this.count;
    this.keep();
    this.dispatchEvent(new CustomEvent("change", { detail: id }));
  }

  keep() {
    try {
      localStorage.setItem(this.key, JSON.stringify({ remarks: Object.fromEntries(this.all), whole: this.whole }));
    } catch {
      // no room, or forbidden: it is in the page
    }
  }

  /**
   * Show in the timeline that there is a remark: a tick where it is right, else a dot.
   * @param {string} id
   */
  mark(id) {
    const row = this.store.rows.get(id);
    if (!row) return;
    const remark = this.of(id);
    row.status = !this.all.has(id) ? "auto" : remark.judgement === "right" && !remark.text ? "confirmed" : "edited";
  }

  /** Ids of rows with remarks, in the order of time. */
  ids() {
    const start = (/** @type {string} */ id) => this.store.rows.get(id)?.start ?? 0;
    return [...this.all.keys()].sort((a, b) => start(a) - start(b));
  }

  /** All of it, so that the rows can be found again. */
  data() {
    const { meeting } = this.store;
    return {
      kind: "rapport remarks",
      format: /** @type {any} */ (meeting).report.format,
      report: meeting.name,
      title: meeting.title,
      written: new Date().toISOString(),
      people: Object.fromEntries(meeting.people.map((person) => [person.id, person.name])),
      whole: this.whole.trim(),
      remarks: this.ids().map((id) => {
        const { tier, participant, label, start, end, text } = /** @type {any} */ (this.store.rows.get(id));
        const remark = this.of(id);
        return { id, tier, participant, label, start, end, text, judgement: remark.judgement, remark: remark.text.trim() };
      }),
    };
  }

  /** Give the file to the browser. */
  save() {
    const text = JSON.stringify(this.data(), null, 2);
    const address = URL.createObjectURL(new Blob([text + "\n"], { type: "application/json" }));
    const link = h("a", { href: address, download: "my-remarks.json" });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
    this.saved = true;
    this.dispatchEvent(new CustomEvent("change", { detail: "" }));
  }
}
