/** What was typed and is not saved yet, kept in the browser so that a reload does not lose it. */

/** @typedef {{value: string, base: number}} Draft `base`: the version that the coder saw when they began */

export class Drafts {
  /** @param {string} meeting */
  constructor(meeting) {
    this.key = `drafts ${meeting}`;
    /** @type {Record<string, Record<string, Draft>>} by row and field */
    this.all = JSON.parse(sessionStorage.getItem(this.key) ?? "{}");
  }

  write() {
    sessionStorage.setItem(this.key, JSON.stringify(this.all));
  }

  /**
   * @param {string} id
   * @param {string} name
   * @param {string} value
   * @param {number} version
   */
  keep(id, name, value, version) {
    const row = (this.all[id] ??= {});
    row[name] = { value, base: row[name]?.base ?? version };
    this.write();
  }

  /**
   * @param {string} id
   * @param {string} name
   * @returns {Draft | undefined}
   */
  of(id, name) {
    return this.all[id]?.[name];
  }

  /**
   * @param {string} id
   * @param {string} name
   */
  drop(id, name) {
    if (!this.all[id]) return;
    delete this.all[id][name];
    if (!Object.keys(this.all[id]).length) delete this.all[id];
    this.write();
  }

  /**
   * @param {(id: string) => boolean} wanted
   * @returns {{id: string, name: string} | null}
   */
  first(wanted) {
    for (const [id, fields] of Object.entries(this.all)) {
      const name = Object.keys(fields)[0];
      if (name && wanted(id)) return { id, name };
    }
    return null;
  }
}
