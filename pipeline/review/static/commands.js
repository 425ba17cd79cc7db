/** What a coder can do, by key, button or menu: each in one place. */

import { notice, say } from "./dom.js";
import { Looking } from "./looking.js";
import { askText, choose } from "./menu.js";
import { addEvent } from "./adding.js";
import { title } from "./time.js";

/** @typedef {import("./store.js").Row} Row */

export class Commands extends Looking {
  /**
   * @param {{store: import("./store.js").Store, view: import("./view.js").View, timeline: import("./timeline.js").Timeline,
   *   player: import("./player.js").Player, saving: import("./saving.js").Saving}} parts
   */
  constructor(parts) {
    super(parts);
    this.saving = parts.saving;
    /** @type {null | {tier: string, participant: string}} */
    this.pass = null;
  }

  /**
   * Save changes under the coder's name, which is asked for once.
   * @param {any[]} edits
   * @param {number} [base]
   * @returns {Promise<boolean>} whether they are on their way
   */
  async save(edits, base = this.store.version) {
    if (!this.saving.coder && !(await this.askCoder())) {
      await this.store.readAgain(edits.map((edit) => edit.id).filter(Boolean)).catch(() => {});
      notice("Nothing was changed: a change needs the name of who made it.", { kind: "coder" });
      return false;
    }
    this.saving.save(edits, base);
    return true;
  }

  /** @returns {Promise<boolean>} */
  async askCoder() {
    const name = await askText(
      "Who is coding?",
      this.saving.coder,
      "Your name or initials. They are kept with every change that you make.",
    );
    if (name) this.saving.coder = name;
    this.saving.tell(this.saving.state);
    return Boolean(name);
  }

  /**
   * @param {Row} row
   * @param {Partial<Row>} set
   * @param {number} [base]
   */
  change(row, set, base) {
    const values = Object.entries(set).filter(([name, value]) => /** @type {any} */ (row)[name] !== value);
    return values.length
      ? this.save([{ do: "change", id: row.id, set: Object.fromEntries(values) }], base)
      : Promise.resolve(true);
  }

  confirm() {
    return this.judge("confirm");
  }

  reject() {
    return this.judge("reject");
  }

  /** @param {"confirm" | "reject"} what */
  async judge(what) {
    const row = this.row;
    if (!row || !(await this.save([{ do: what, id: row.id }]))) return;
    say(what === "confirm" ? "confirmed" : "rejected");
    if (this.pass) this.nextUnreviewed();
  }

  async label() {
    const row = this.row;
    if (!row) return;
    const label = await choose(`Label of this ${title(row.tier).toLowerCase()}`, this.labels(row.tier), row.label);
    if (label !== null && (await this.change(row, { label })) && this.pass) this.nextUnreviewed();
  }

  /**
   * Labels that a tier knows.
   * @param {string} tier
   * @returns {import("./menu.js").Choice[]}
   */
  labels(tier) {
    const known = this.store.meeting.tiers.find((one) => one.name === tier)?.labels ?? [];
    const none = tier === "action" ? [] : [{ value: "", text: "(none)" }];
    return [
      ...known.map((label) => ({
        value: label,
        text: this.store.titleOf(label),
        hint: this.store.counts(label) ? "speaks against rapport" : "",
      })),
      ...none,
    ];
  }

  async speaker() {
    const row = this.row;
    if (!row) return;
    const who = await choose("Who is it?", this.people(), row.participant);
    if (who !== null) await this.change(row, { participant: who });
  }

  /** @returns {import("./menu.js").Choice[]} */
  people() {
    return [
      ...this.store.meeting.people.map((person) => ({ value: person.id, text: person.name, hint: person.role })),
      { value: "", text: "(nobody's)" },
    ];
  }

  /**
   * An edge to the playhead.
   * @param {"start" | "end"} edge
   */
  async edgeHere(edge) {
    const row = this.row;
    const time = Number(this.player.at.toFixed(3));
    if (!row) return;
    if (edge === "start" ? time > row.end : time < row.start)
      notice("The playhead is on the other side of the event.", { kind: "edge" });
    else await this.change(row, { [edge]: time });
  }

  /**
   * Move an edge a little.
   * @param {"start" | "end"} edge
   * @param {number} seconds
   */
  async nudge(edge, seconds) {
    const row = this.row;
    if (!row) return;
    const time = Number(Math.max(0, row[edge] + seconds).toFixed(3));
    if (edge === "start" ? time <= row.end : time >= row.start) await this.change(row, { [edge]: time });
  }

  async split() {
    const row = this.row;
    if (!row) return;
    const inside = this.player.at > row.start + 0.01 && this.player.at < row.end - 0.01;
    await this.save([
      { do: "split", id: row.id, at: inside ? Number(this.player.at.toFixed(3)) : (row.start + row.end) / 2 },
    ]);
  }

  async merge() {
    const row = this.row;
    if (!row) return;
    const rows = this.timeline.lanes.get(this.timeline.current)?.rows ?? [];
    const next = rows.slice(rows.findIndex((one) => one.id === row.id) + 1).find((one) => one.status !== "rejected");
    if (next) await this.save([{ do: "merge", ids: [row.id, next.id] }]);
    else notice("There is no further event in this lane to merge with.", { kind: "merge" });
  }

  async add() {
    const lane = this.timeline.lanes.get(this.timeline.current);
    const row = await addEvent(this, lane ?? null, this.timeline.range, this.player.at);
    if (!row || !(await this.save([{ do: "add", row }]))) return;
    this.timeline.setRange(null);
    const added = (/** @type {any} */ event) => {
      this.saving.removeEventListener("done", added);
      const fresh = event.detail.rows?.at(-1)?.[0];
      if (fresh && this.store.rows.has(fresh)) this.timeline.select(fresh, { seek: false });
    };
    this.saving.addEventListener("done", added);
  }

  async comment() {
    const row = this.row;
    if (!row) return;
    const text = await askText("Comment on this event", this.store.comments.get(row.id) ?? "", "", 5000);
    if (text !== null) await this.save([{ do: "comment", id: row.id, text }]);
  }

  /** @param {string} participant */
  async rename(participant) {
    const name = await askText(
      "Rename everywhere",
      this.store.called(participant),
      "The pseudonym by which this person appears in the timeline, the transcript and all exports.",
    );
    if (name) await this.save([{ do: "rename", participant, name }]);
  }

  /** @param {"undo" | "redo"} way */
  async back(way) {
    if (!this.saving.coder) return notice("You have not changed anything yet.", { kind: "back" });
    const answer = await this.saving.back(way);
    if (answer) notice(way === "undo" ? "Undone." : "Done again.", { kind: "back", seconds: 2 });
  }

  /** To the next event of the lane, or of the pass, that nobody reviewed. */
  nextUnreviewed() {
    const { timeline, pass } = this;
    if (!pass) {
      const row = timeline.step(1, (one) => one.status === "auto");
      if (!row) notice("No further event in this lane waits for review.", { kind: "pass" });
      return;
    }
    const open = [...this.store.rows.values()].filter((row) => this.inPass(row) && row.status === "auto");
    open.sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1));
    const now = timeline.row;
    const next =
      open.find((row) => !now || row.start > now.start || (row.start === now.start && row.id > now.id)) ?? open[0];
    if (next) timeline.select(next.id);
    else notice(`Every ${title(pass.tier).toLowerCase()} is reviewed.`, { kind: "pass" });
  }

  /** @param {Row} row */
  inPass(row) {
    const { pass } = this;
    return Boolean(pass && row.tier === pass.tier && (!pass.participant || row.participant === pass.participant));
  }
}
