/** The meeting as the server has it: rows by id, comments, people; tells listeners what changed. */

import { getJson, meetingPath } from "./api.js";

/**
 * @typedef {object} Row
 * @property {string} id
 * @property {string} tier
 * @property {string} participant empty where it is nobody's
 * @property {number} start seconds from the meeting's start
 * @property {number} end
 * @property {string} label
 * @property {string} text
 * @property {number | null} value
 * @property {number | null} confidence
 * @property {"auto" | "confirmed" | "edited" | "rejected" | "added"} status
 * @property {string} coder
 * @property {string} evidence ids separated by blanks
 * @property {number} [level] see lanes.js
 */
/** @typedef {{id: string, name: string, role: string, colour_index: number}} Person */
/** @typedef {{name: string, group: string, labels: string[]}} Tier */
/** @typedef {{number: number, name: string, kind: "video" | "audio", offset: number, clock_rate: number, duration: number, there: boolean, playable: boolean}} Medium */
/** @typedef {{id: string, title: string, steps: string[], counter: boolean}} Code */
/**
 * @typedef {object} Meeting
 * @property {string} name
 * @property {string} title
 * @property {number} duration
 * @property {string} language
 * @property {Person[]} people
 * @property {Medium[]} media
 * @property {Tier[]} tiers
 * @property {Code[]} codes
 * @property {string[]} notations
 * @property {Array<{name: string, suffix: string, carries: string}>} formats
 * @property {Array<{id: string, title: string}>} steps
 * @property {Record<string, string>} signals units by name
 */

const COMMENT = "comment";

/** Events: `rows` (detail: ids), `people`, `foreign` (detail: names of who changed something). */
export class Store extends EventTarget {
  /** @param {string} name */
  constructor(name) {
    super();
    this.name = name;
    this.version = 0;
    /** @type {Meeting} */
    this.meeting = /** @type {any} */ (null);
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    /** @type {Map<string, string>} */
    this.comments = new Map();
    /** @type {string[]} */
    this.columns = [];
    /** The version with which this page began. */
    this.loaded = 0;
    /** Versions that this page made itself. @type {Set<number>} */
    this.own = new Set();
    /** Version at which somebody else last changed a row, by id. @type {Map<string, number>} */
    this.foreign = new Map();
    /** @type {Promise<void>} */
    this.syncing = Promise.resolve();
  }

  /** Read everything. */
  async load() {
    const [meeting, table] = await Promise.all([
      getJson(meetingPath(this.name)),
      getJson(meetingPath(this.name, "/rows")),
    ]);
    this.meeting = meeting;
    this.columns = table.columns;
    this.rows = new Map(table.rows.map((/** @type {any[]} */ cells) => [cells[0], this.row(cells)]));
    for (const row of this.rows.values()) this.comment(row);
    this.version = this.loaded = table.version;
  }

  /**
   * A comment is a row that names the row it is about.
   * @param {Row} row
   */
  comment(row) {
    if (row.tier !== COMMENT || !row.evidence) return;
    if (row.status === "rejected") this.comments.delete(row.evidence);
    else this.comments.set(row.evidence, row.text);
  }

  /**
   * @param {any[]} cells
   * @returns {Row}
   */
  row(cells) {
    const row = /** @type {any} */ ({});
    for (let i = 0; i < this.columns.length; i++) row[this.columns[i]] = cells[i];
    return row;
  }

  /**
   * Take rows over as the server sent them.
   * @param {any[][]} rows
   * @param {string[]} [removed]
   * @returns {string[]} ids of what differs from before
   */
  take(rows, removed = []) {
    const changed = removed.filter((id) => this.rows.delete(id));
    for (const cells of rows) {
      const row = this.row(cells);
      const before = this.rows.get(row.id);
      if (before && this.columns.every((name) => /** @type {any} */ (before)[name] === /** @type {any} */ (row)[name]))
        continue;
      this.rows.set(row.id, row);
      this.comment(row);
      changed.push(row.id);
    }
    if (changed.length) this.dispatchEvent(new CustomEvent("rows", { detail: changed }));
    return changed;
  }

  /**
   * Show a change before the server has it.
   * @param {string} id
   * @param {Partial<Row>} values
   */
  preview(id, values) {
    const row = this.rows.get(id);
    if (!row) return;
    this.rows.set(id, { ...row, ...values });
    this.dispatchEvent(new CustomEvent("rows", { detail: [id] }));
  }

  /**
   * Fetch what changed since the version that is known here. Calls follow one another.
   * @returns {Promise<void>}
   */
  sync() {
    const run = async () => {
      const since = this.version;
      const answer = await getJson(meetingPath(this.name, `/changes?since=${since}`));
      const kept = new Set(answer.rows.map((/** @type {any[]} */ cells) => cells[0]));
      const gone = answer.all ? [...this.rows.keys()].filter((id) => !kept.has(id)) : answer.removed;
      const changed = this.take(answer.rows, gone);
      this.version = Math.max(this.version, answer.version);
      const by = answer.by ?? [];
      if (by.some((/** @type {any} */ one) => /rename/.test(one.what))) await this.readNames();
      const others = by.filter((/** @type {any} */ one) => !this.own.has(one.version) && this.isPersons(one));
      if (!others.length) return;
      for (const id of changed) this.foreign.set(id, answer.version);
      this.dispatchEvent(
        new CustomEvent("foreign", { detail: [...new Set(others.map((/** @type {any} */ one) => one.coder))] }),
      );
    };
    this.syncing = this.syncing.then(run, run);
    return this.syncing;
  }

  /**
   * Whether a change is somebody's; actions that were coded anew after an edit are nobody's.
   * @param {{coder: string, what: string}} change
   */
  isPersons(change) {
    return change.coder !== "" || /another command/.test(change.what);
  }

  /**
   * The version that an edit of some rows, seen at `base`, may be sent with: the newest, unless somebody else
   * changed the rows since.
   * @param {string[]} ids
   * @param {number} base
   * @param {string} coder
   */
  async baseFor(ids, base, coder) {
    if (ids.some((id) => (this.foreign.get(id) ?? 0) > base)) return base;
    if (base >= this.loaded) return Math.max(base, this.version);
    const { by } = await getJson(meetingPath(this.name, `/changes?since=${base}`)); // of before this page
    return by.some((/** @type {any} */ one) => one.coder !== coder && this.isPersons(one)) ? base : this.version;
  }

  /** Read names anew, which `changes` does not carry. */
  async readNames() {
    const meeting = await getJson(meetingPath(this.name));
    const renamed = JSON.stringify(meeting.people) !== JSON.stringify(this.meeting.people);
    this.meeting = meeting;
    if (renamed) this.dispatchEvent(new Event("people"));
  }

  /**
   * Take some rows over anew, as after a change that the server refused.
   * @param {string[]} ids
   */
  async readAgain(ids) {
    const table = await getJson(meetingPath(this.name, "/rows"));
    const wanted = new Set(ids);
    this.comments = new Map(Object.entries(table.comments ?? {}));
    this.take(table.rows.filter((/** @type {any[]} */ cells) => wanted.has(cells[0])));
  }

  /**
   * What somebody is called.
   * @param {string} id
   */
  called(id) {
    return this.meeting.people.find((person) => person.id === id)?.name ?? id;
  }

  /**
   * A code's or label's name for people.
   * @param {string} label
   */
  titleOf(label) {
    return this.meeting.codes.find((code) => code.id === label)?.title ?? label.replaceAll("_", " ");
  }

  /**
   * What a row says where there is little room: its words, or else its label; ids of people as names.
   * @param {Row} row
   */
  shortText(row) {
    if (!row.text || row.tier === "action") return this.titleOf(row.label);
    const ids = row.text.split(/[\s,]+/);
    return ids.every((id) => this.meeting.people.some((person) => person.id === id))
      ? ids.map((id) => this.called(id)).join(" and ")
      : row.text;
  }

  /**
   * Whether a label speaks against rapport.
   * @param {string} label
   */
  counts(label) {
    return this.meeting.codes.some((code) => code.id === label && code.counter);
  }

  /**
   * A row in a sentence.
   * @param {Row} row
   */
  tell(row) {
    const what = [row.tier === "action" ? "" : row.tier.replaceAll("_", " "), this.titleOf(row.label)];
    const who = row.participant ? ` of ${this.called(row.participant)}` : "";
    return `${what.filter(Boolean).join(", ")}${who}${row.text ? `: ${row.tier === "action" ? row.text : this.shortText(row)}` : ""}`;
  }

  /** @returns {{reviewed: number, all: number}} */
  progress() {
    let reviewed = 0;
    for (const row of this.rows.values()) if (row.status !== "auto") reviewed++;
    return { reviewed, all: this.rows.size };
  }
}
