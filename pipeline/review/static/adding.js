/** Asking for a new event: what, who, when. */

import { h, labelled, openDialog } from "./dom.js";
import { clock, parseClock, title } from "./time.js";

const USUAL = 1; // seconds of an event that was only pointed at

/**
 * @param {import("./commands.js").Commands} commands
 * @param {import("./lanes.js").Lane | null} lane
 * @param {[number, number] | null} range
 * @param {number} now seconds of the playhead
 * @returns {Promise<{tier: string, participant: string, start: number, end: number, label: string, text: string} | null>}
 */
export function addEvent(commands, lane, range, now) {
  const { store } = commands;
  const tiers = store.meeting.tiers.map((tier) => tier.name);
  const first = lane?.tier ?? (tiers.includes("nod") ? "nod" : tiers[0]);
  const [start, end] = range ?? [now, Math.min(now + USUAL, store.meeting.duration)];
  return openDialog("Add an event", (close) => {
    const option = (/** @type {string} */ value, /** @type {string} */ text, /** @type {boolean} */ selected) =>
      h("option", { value, selected }, text);
    const tier = h("select", { id: "add-tier" }, ...tiers.map((name) => option(name, title(name), name === first)));
    const who = h(
      "select",
      { id: "add-who" },
      ...commands
        .people()
        .map((one) => option(one.value, one.text, one.value === (lane?.participant ?? store.meeting.people[0]?.id))),
    );
    const label = h("select", { id: "add-label" });
    const text = h("input", { id: "add-text", type: "text", autocomplete: "off" });
    const words = labelled("Words", text);
    const from = h("input", { id: "add-start", type: "text", value: clock(start, 2), inputmode: "decimal" });
    const to = h("input", { id: "add-end", type: "text", value: clock(end, 2), inputmode: "decimal" });
    const fault = h("p", { class: "fault", role: "alert" });
    const listLabels = () => {
      const group = store.meeting.tiers.find((one) => one.name === tier.value)?.group;
      const said = group === "said";
      words.hidden = group === "seen" || group === "heard"; // which have none
      label.replaceChildren(
        ...commands.labels(tier.value).map((one, i) => option(one.value, one.text, said ? one.value === "" : i === 0)),
      );
    };
    tier.addEventListener("change", listLabels);
    listLabels();
    const done = (/** @type {Event} */ event) => {
      event.preventDefault();
      const [a, b] = [parseClock(from.value), parseClock(to.value)];
      if (a === null || b === null || b < a) fault.textContent = "Write times as 4:41.2, the end not before the start.";
      else
        close({
          tier: tier.value,
          participant: who.value,
          start: a,
          end: b,
          label: label.value,
          text: words.hidden ? "" : text.value.trim(),
        });
    };
    return [
      h(
        "form",
        { class: "adding", on: { submit: done } },
        h("div", { class: "two" }, labelled("What", tier), labelled("Who", who)),
        labelled("Label", label),
        words,
        h("div", { class: "two" }, labelled("From", from), labelled("To", to)),
        fault,
        h(
          "div",
          { class: "row end" },
          h("button", { type: "button", on: { click: () => close(null) } }, "Cancel"),
          h("button", { class: "primary" }, "Add"),
        ),
      ),
    ];
  });
}
