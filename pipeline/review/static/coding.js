/** A coding pass: the events of one type in a list, each to be confirmed, changed or rejected by a key. */

import { fill, h } from "./dom.js";
import { clock, count, title } from "./time.js";

/** @typedef {import("./store.js").Row} Row */

const LINE = 24; // pixels of a line
const SPARE = 12; // lines drawn above and below what is visible

/** @param {import("./commands.js").Commands} commands */
export function makeCoding(commands) {
  const { store, timeline } = commands;
  const tierChoice = h("select", {
    "aria-label": "Event type to code",
    on: { change: () => start(tierChoice.value, whoChoice.value) },
  });
  const whoChoice = h("select", {
    "aria-label": "Whose events",
    style: { flex: "none" },
    on: { change: () => start(tierChoice.value, whoChoice.value) },
  });
  const openOnly = h("input", { type: "checkbox", on: { change: () => refresh() } });
  const state = h("span", { class: "dim", role: "status" });
  const sheet = h("div", { class: "coding-sheet" });
  const list = h(
    "div",
    { class: "coding-list", role: "grid", "aria-label": "Events of the pass", tabindex: "0" },
    sheet,
  );
  const hint = h(
    "p",
    { class: "hint" },
    ...[
      ["Enter", "confirm"],
      ["X", "reject"],
      ["L", "label"],
      ["← →", "step"],
      ["N", "next open"],
      ["P", "play"],
      ["E", "words"],
    ].flatMap(([key, what]) => [h("span", { style: { "white-space": "nowrap" } }, h("kbd", {}, key), ` ${what}`), "  "]),
  );
  const element = h(
    "div",
    { class: "coding" },
    h(
      "div",
      { class: "row" },
      tierChoice,
      whoChoice,
      h("label", { class: "check" }, openOnly, "open only"),
      h("span", { class: "space" }),
      state,
    ),
    list,
    hint,
  );
  /** @type {Row[]} */
  let rows = [];
  let active = false;

  function listChoices() {
    const names = store.meeting.tiers.map((tier) => tier.name);
    const wanted = commands.pass?.tier ?? tierChoice.value;
    fill(tierChoice, ...names.map((name) => h("option", { value: name, selected: name === wanted }, title(name))));
    fill(
      whoChoice,
      h("option", { value: "" }, "everybody"),
      ...store.meeting.people.map((one) =>
        h("option", { value: one.id, selected: one.id === commands.pass?.participant }, one.name),
      ),
    );
  }

  /**
   * Begin a pass at its first open event.
   * @param {string} tier
   * @param {string} participant
   */
  function start(tier, participant = "") {
    commands.pass = { tier, participant };
    active = true;
    listChoices();
    refresh();
    const first = rows.find((row) => row.status === "auto") ?? rows[0];
    if (first) timeline.select(first.id);
    timeline.canvas.focus({ preventScroll: true });
  }

  function refresh() {
    if (!active || !commands.pass) return;
    const all = [...store.rows.values()]
      .filter((row) => commands.inPass(row))
      .sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1));
    const open = all.filter((row) => row.status === "auto").length;
    state.textContent = `${count(all.length - open)} of ${count(all.length)} reviewed`;
    rows = openOnly.checked ? all.filter((row) => row.status === "auto" || row.id === timeline.selected) : all;
    sheet.style.setProperty("height", `${rows.length * LINE}px`);
    draw();
  }

  function draw() {
    const from = Math.max(0, Math.floor(list.scrollTop / LINE) - SPARE);
    const to = Math.min(rows.length, Math.ceil((list.scrollTop + list.clientHeight) / LINE) + SPARE);
    fill(sheet, ...rows.slice(from, to).map((row, i) => line(row, from + i)));
  }

  /**
   * @param {Row} row
   * @param {number} place
   */
  function line(row, place) {
    const signs = { auto: "○", confirmed: "✓", edited: "●", added: "+", rejected: "✕" };
    const chosen = row.id === timeline.selected;
    return h(
      "div",
      {
        class: `coding-line ${row.status}`,
        role: "row",
        "aria-selected": String(chosen),
        style: { top: `${place * LINE}px` },
        on: { click: () => timeline.select(row.id) },
      },
      h("span", { role: "gridcell", class: "sign", title: row.status }, signs[row.status]),
      h("span", { role: "gridcell", class: "when" }, clock(row.start)),
      h("span", { role: "gridcell", class: "who" }, row.participant ? store.called(row.participant) : "–"),
      h("span", { role: "gridcell" }, store.titleOf(row.label) || "–"),
      h("span", { role: "gridcell", class: "text dim" }, row.text),
      h("span", { role: "gridcell", class: "dim" }, row.confidence === null ? "" : row.confidence.toFixed(2)),
    );
  }

  function reveal() {
    if (!active) return;
    const at = rows.findIndex((row) => row.id === timeline.selected);
    if (at < 0) return;
    if (at * LINE < list.scrollTop + LINE || (at + 2) * LINE > list.scrollTop + list.clientHeight)
      list.scrollTop = at * LINE - list.clientHeight / 2;
    draw();
  }

  list.addEventListener("scroll", draw, { passive: true });
  store.addEventListener("rows", refresh);
  store.addEventListener("people", () => (listChoices(), refresh()));
  timeline.addEventListener("select", reveal);

  return {
    element,
    /** @param {boolean} shown */
    show(shown) {
      active = shown;
      if (!shown) return void (commands.pass = null);
      const tiers = store.meeting.tiers.map((tier) => tier.name);
      start(timeline.row?.tier ?? (tiers.includes("nod") ? "nod" : tiers[0]));
    },
  };
}
