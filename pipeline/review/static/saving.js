/**
 * Saving: changes go to the server one after another, and lie in the browser's store until it has them, so that
 * neither a reload nor a stopped server loses any. Each tab has its own queue; one left by a closed tab is taken over.
 */

import { Refused, Unreachable, meetingPath, postJson } from "./api.js";

/**
 * @typedef {{key: string, base: number, edits: any[], disputed?: boolean}} Job `key`: by which the server knows it
 *   when it is sent again because no answer came; `disputed`: somebody else changed the same, and nobody decided yet
 */

/** Another process writes, the disk is full, or the server was started anew with another token: it is tried again. */
const BUSY = [401, 502, 503, 504, 507];

/**
 * Events: `state` (detail: text), `done` (detail: edits and rows), `waiting` (detail: why, or nothing),
 * `conflict` (detail: {job, body}), `refused` (detail: {job, message}).
 */
export class Saving extends EventTarget {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    super();
    this.store = store;
    /** @type {Job[]} */
    this.queue = [];
    /** Refused, until somebody decides. @type {Job[]} */
    this.disputed = [];
    this.running = false;
    /** @type {Promise<any>} */
    this.backs = Promise.resolve();
    this.wait = 500;
    this.key = "";
    this.state = "saved";
  }

  get coder() {
    return localStorage.getItem("coder") ?? "";
  }

  set coder(name) {
    localStorage.setItem("coder", name);
  }

  /** Take up what an earlier page of this tab, or a closed tab, left. */
  async start() {
    let tab = sessionStorage.getItem("tab");
    const held = new Set(((await navigator.locks?.query())?.held ?? []).map((lock) => lock.name));
    if (!tab || held.has(`rapport-${tab}`)) tab = crypto.randomUUID(); // a tab that was duplicated
    sessionStorage.setItem("tab", tab);
    navigator.locks?.request(`rapport-${tab}`, () => new Promise(() => {}));
    const front = `queue ${this.store.name} `;
    this.key = front + tab;
    for (const key of Object.keys(localStorage).filter((name) => name.startsWith(front))) {
      if (key !== this.key && held.has(`rapport-${key.slice(front.length)}`)) continue;
      this.queue.push(...JSON.parse(localStorage.getItem(key) ?? "[]"));
      localStorage.removeItem(key);
    }
    this.keep();
    if (this.queue.length) this.run();
  }

  keep() {
    const open = [...this.disputed, ...this.queue];
    if (open.length) localStorage.setItem(this.key, JSON.stringify(open));
    else localStorage.removeItem(this.key);
  }

  /** @param {string} state */
  tell(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }

  /**
   * Save changes.
   * @param {any[]} edits see the interface
   * @param {number} [base] the version that the coder saw
   */
  save(edits, base = this.store.version) {
    for (const edit of edits) this.preview(edit);
    this.queue.push({ key: crypto.randomUUID(), base, edits });
    this.keep();
    this.run();
  }

  /** @param {any} edit */
  preview(edit) {
    if (edit.do === "change") this.store.preview(edit.id, edit.set);
    else if (edit.do === "confirm") {
      const status = this.store.rows.get(edit.id)?.status; // what a person changed or added is reviewed already
      if (status === "auto" || status === "rejected")
        this.store.preview(edit.id, { status: "confirmed", coder: this.coder });
    } else if (edit.do === "reject") this.store.preview(edit.id, { status: "rejected", coder: this.coder });
    else if (edit.do === "comment") this.store.comments.set(edit.id, edit.text);
  }

  async run() {
    if (this.running) return;
    this.running = true;
    while (this.queue.length) {
      this.tell("saving …");
      const job = this.queue[0];
      try {
        await this.send(job);
      } catch (error) {
        if (error instanceof Unreachable || (error instanceof Refused && BUSY.includes(error.status))) {
          this.tell("not saved yet");
          this.dispatchEvent(new CustomEvent("waiting", { detail: error.message }));
          await new Promise((resolve) => setTimeout(resolve, this.wait));
          this.wait = Math.min(this.wait * 1.6, 5000);
          continue;
        }
        await this.refused(job, error);
      }
      this.wait = 500;
      this.queue = this.queue.filter((one) => one !== job);
      this.keep();
    }
    this.running = false;
    this.tell("saved");
  }

  /** @param {Job} job */
  async send(job) {
    const ids = job.edits.flatMap((edit) => edit.ids ?? [edit.id]).filter(Boolean);
    const base = job.disputed ? job.base : await this.store.baseFor(ids, job.base, this.coder);
    const answer = await postJson(meetingPath(this.store.name, "/edits"), {
      key: job.key,
      coder: this.coder,
      base,
      edits: job.edits,
    });
    await this.answered(answer);
    this.clearWaiting();
    this.dispatchEvent(new CustomEvent("done", { detail: { edits: job.edits, rows: answer.rows } }));
  }

  /**
   * Take over what the server made of a change, and what others did meanwhile.
   * @param {any} answer
   */
  async answered(answer) {
    if (answer.version > this.store.version) this.store.own.add(answer.version);
    this.store.take(answer.rows, answer.removed);
    await this.store.sync().catch(() => {});
  }

  clearWaiting() {
    this.dispatchEvent(new CustomEvent("waiting", { detail: "" }));
  }

  /**
   * @param {Job} job
   * @param {unknown} error
   */
  async refused(job, error) {
    // What was shown before the server had it is taken back: the rows come anew.
    const ids = job.edits.map((edit) => edit.id).filter(Boolean);
    await this.reread(ids);
    if (error instanceof Refused && error.status === 409) {
      this.disputed.push({ ...job, disputed: true });
      this.dispatchEvent(new CustomEvent("conflict", { detail: { job, body: error.body } }));
    } else
      this.dispatchEvent(
        new CustomEvent("refused", { detail: { job, message: /** @type {Error} */ (error).message } }),
      );
  }

  /**
   * Somebody decided about what was refused.
   * @param {Job} job
   * @param {boolean} again whether it is to be made in spite of the others
   */
  settle(job, again) {
    this.disputed = this.disputed.filter((one) => one.edits !== job.edits);
    this.keep();
    if (again) this.save(job.edits);
  }

  /**
   * Read rows as the server has them.
   * @param {string[]} ids
   */
  async reread(ids) {
    if (!ids.length) return;
    try {
      await this.store.sync();
      await this.store.readAgain(ids);
    } catch {
      // the next event of the server brings them
    }
  }

  /**
   * One after another, however fast they are asked for.
   * @param {"undo" | "redo"} way
   */
  back(way) {
    this.backs = this.backs.then(() => this.goBack(way));
    return this.backs;
  }

  /** @param {"undo" | "redo"} way */
  async goBack(way) {
    await this.settled();
    if (this.running) return this.later(way);
    this.running = true; // what the server tells of it meanwhile is read with the answer
    try {
      const answer = await postJson(meetingPath(this.store.name, `/${way}`), { coder: this.coder });
      await this.answered(answer);
      await this.store.readNames();
      return answer;
    } catch (error) {
      this.dispatchEvent(
        new CustomEvent("refused", { detail: { job: null, message: /** @type {Error} */ (error).message } }),
      );
      return null;
    } finally {
      this.running = false;
      if (this.queue.length) this.run();
    }
  }

  /**
   * What is not saved yet comes first.
   * @param {"undo" | "redo"} way
   */
  later(way) {
    const message = `The last change is not saved yet; ${way} when it is.`;
    this.dispatchEvent(new CustomEvent("refused", { detail: { job: null, message } }));
    return null;
  }

  /** Until everything is saved, or is waiting for the server. */
  async settled() {
    while (this.running && this.state === "saving …") await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
