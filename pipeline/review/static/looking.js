/** What anybody can do who looks at a meeting: play an event, come closer to it. */

import { notice } from "./dom.js";

/** @typedef {import("./store.js").Row} Row */

const BEFORE = 1; // seconds played before an event
const CLOSE = 4; // seconds around an event that a zoom to it shows

export class Looking {
  /**
   * @param {{store: import("./store.js").Store, view: import("./view.js").View, timeline: import("./timeline.js").Timeline,
   *   player: import("./player.js").Player}} parts
   */
  constructor(parts) {
    this.store = parts.store;
    this.view = parts.view;
    this.timeline = parts.timeline;
    this.player = parts.player;
  }

  /** The chosen event, or a word to choose one. @returns {Row | null} */
  get row() {
    const row = this.timeline.row;
    if (!row)
      notice("Choose an event first: click it, or step to it with the arrow keys.", { kind: "choose", seconds: 3 });
    return row;
  }

  /** Play the event from one second before, to one second after it. */
  playEvent() {
    const row = this.timeline.row;
    const range = this.timeline.range;
    if (range) this.player.playFrom(range[0], range[1]);
    else if (row) this.player.playFrom(row.start - BEFORE, row.end + BEFORE);
    else this.player.playFrom(this.player.at - BEFORE);
  }

  zoomToEvent() {
    const row = this.timeline.row;
    const [start, end] = this.timeline.range ?? (row ? [row.start, row.end] : [this.player.at, this.player.at]);
    const around = this.timeline.range ? 0 : Math.max((end - start) * 0.6, CLOSE / 4);
    this.view.show(start - around, end + around);
  }
}
