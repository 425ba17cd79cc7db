/** What an event rests on, and why an action was coded. */

import { getJson, meetingPath } from "./api.js";
import { button, h } from "./dom.js";
import { clock } from "./time.js";

/** @typedef {import("./store.js").Row} Row */

const MOST = 12; // events that are listed
const FEW = 6; // fewer are listed at once

/**
 * The events that a row rests on, shown in the timeline and listed to choose from; null where there are none.
 * @param {import("./store.js").Store} store
 * @param {import("./timeline.js").Timeline} timeline
 * @param {Row} row
 */
export function restsOn(store, timeline, row) {
  const ids = (row.evidence ?? "").split(" ").filter((id) => store.rows.has(id));
  timeline.setEvidence(ids);
  if (!ids.length) return null;
  const links = ids.slice(0, MOST).map((id) => {
    const one = /** @type {Row} */ (store.rows.get(id));
    return h(
      "li",
      {},
      button(`${clock(one.start)} ${store.tell(one)}`, () => timeline.select(id, { closer: true }), { class: "link" }),
    );
  });
  return h(
    "details",
    { open: ids.length < FEW },
    h("summary", {}, `Rests on ${ids.length} event${ids.length > 1 ? "s" : ""}`),
    h(
      "ul",
      { class: "evidence" },
      ...links,
      ids.length > MOST ? h("li", { class: "dim" }, `and ${ids.length - MOST} more`) : null,
    ),
  );
}

/**
 * Why an action was coded, in sentences; empty where the server does not tell.
 * @param {string} meeting
 * @param {string} id
 * @returns {Promise<string>}
 */
export async function explanation(meeting, id) {
  try {
    const { text } = await getJson(meetingPath(meeting, `/explain/${encodeURIComponent(id)}`));
    return text
      .split("\n")
      .filter((/** @type {string} */ line) => !line.startsWith("!"))
      .join(" ")
      .replace(/^action-\d+, [\d:.]+ to [\d:.]+: /, "")
      .replace(/[\w-]+-\d+ \(([\d:.]+)\)/g, "$1"); // ids are for commands; here the times tell
  } catch {
    return "";
  }
}
