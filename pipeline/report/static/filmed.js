/** The player of a report: its recordings are in the page. */

import { recording } from "./embedded.js";
import { Player } from "../../review/static/player.js";

/** @typedef {import("../../review/static/store.js").Medium & {type: string}} Medium */

export class Filmed extends Player {
  /** @param {Medium} medium */
  load(medium) {
    const element = this.elements.get(medium.number);
    if (!element) return;
    element.src = recording(medium.number, medium.type);
    element.currentTime = Math.max((this.at - medium.offset) / (medium.clock_rate ?? 1), 0);
  }

  /** @param {Medium} medium */
  async failed(medium) {
    if (this.elements.get(medium.number)?.getAttribute("src"))
      this.without(medium, `${medium.name} cannot be played by this browser`);
  }
}
