/** Somebody else changed the same event: both versions side by side, and the coder decides. */

import { h, openDialog } from "./dom.js";
import { clock, title } from "./time.js";

/**
 * @param {import("./commands.js").Commands} commands
 * @param {import("./saving.js").Job} job what was refused
 * @param {{error: string, conflicts?: string[]}} body
 */
export async function settleConflict(commands, job, body) {
  const { store } = commands;
  const ids = body.conflicts ?? job.edits.map((edit) => edit.id);
  const theirs = ids.map((id) => store.rows.get(id)).filter((row) => row !== undefined);
  const mine = job.edits.map((edit) => describe(store, edit));
  const who = [...new Set(theirs.map((row) => row.coder).filter(Boolean))].join(", ") || "Somebody else";
  const keep = await openDialog("Two people changed this", (close) => [
    h(
      "p",
      {},
      `${who} changed this event after you had opened it. Nothing was overwritten, and what you did is still here.`,
    ),
    h(
      "div",
      { class: "two versions" },
      h("div", {}, h("h3", {}, "Yours"), ...mine.map((text) => h("p", {}, text))),
      h(
        "div",
        {},
        h("h3", {}, `${who}'s`),
        ...(theirs.length
          ? theirs.map((row) =>
              h("p", {}, `${store.tell(row)} (${clock(row.start, 2)} – ${clock(row.end, 2)}, ${row.status})`),
            )
          : [h("p", {}, "The event is gone.")]),
      ),
    ),
    h(
      "div",
      { class: "row end" },
      h("button", { type: "button", on: { click: () => close(false) } }, "Take theirs"),
      theirs.length
        ? h("button", { type: "button", class: "primary", on: { click: () => close(true) } }, "Keep mine")
        : null,
    ),
  ]);
  commands.saving.settle(job, keep === true);
}

/**
 * An edit in words.
 * @param {import("./store.js").Store} store
 * @param {any} edit
 */
function describe(store, edit) {
  if (edit.do !== "change") return `${title(edit.do)}${edit.text ? `: ${edit.text}` : ""}`;
  const names = { text: "words", participant: "who", start: "from", end: "to", label: "label" };
  return Object.entries(edit.set)
    .map(([name, value]) => {
      const shown =
        typeof value === "number"
          ? clock(value, 2)
          : name === "participant"
            ? store.called(String(value))
            : name === "label"
              ? store.titleOf(String(value))
              : value;
      return `${/** @type {any} */ (names)[name]}: ${shown}`;
    })
    .join(", ");
}
