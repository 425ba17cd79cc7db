/** Every key, in one table: what the page answers to, and what its help shows. */

import { h, openDialog } from "./dom.js";
import { toggleTheme } from "./palette.js";

/** @typedef {{keys: string[], what: string, group: string, run: () => unknown}} Shortcut */

/**
 * @param {import("./commands.js").Commands} commands
 * @param {{showPanel: (name: string) => void, coding: () => void, edit: (field: string) => void, exporting: () => void}} page
 * @returns {Shortcut[]}
 */
export function shortcuts(commands, page) {
  const { player, timeline, view } = commands;
  const near = () => timeline.row?.start ?? timeline.playhead;
  const middle = () => (near() >= view.start && near() <= view.end ? near() : view.start + view.span / 2);
  const seek = (/** @type {number} */ seconds) => player.seek(player.at + seconds);
  const group = (/** @type {string} */ name, /** @type {Array<[string, string, () => unknown]>} */ rows) =>
    rows.map(([keys, what, run]) => ({ keys: keys.split("|"), what, group: name, run }));
  return [
    ...group("Watch", [
      [" ", "Play, pause", () => player.toggle()],
      ["p", "Play the event from one second before", () => commands.playEvent()],
      [",|.", "A frame back, a frame on", () => {}],
      ["j", "Back five seconds", () => seek(-5)],
      ["k", "Forward five seconds", () => seek(5)],
      ["<", "Slower", () => player.stepRate(-1)],
      [">", "Faster", () => player.stepRate(1)],
      ["v", "Next camera", () => player.nextCamera()],
    ]),
    ...group("Move", [
      ["ArrowRight", "Next event of the lane", () => timeline.step(1)],
      ["ArrowLeft", "Event before", () => timeline.step(-1)],
      ["ArrowDown", "Lane below", () => timeline.stepLane(1)],
      ["ArrowUp", "Lane above", () => timeline.stepLane(-1)],
      ["n", "Next event that nobody reviewed", () => commands.nextUnreviewed()],
      ["+|=", "Zoom in", () => view.zoom(1.6, middle())],
      ["-", "Zoom out", () => view.zoom(1 / 1.6, middle())],
      ["0", "Whole meeting", () => view.fit()],
      ["z", "Zoom to the event or the range", () => commands.zoomToEvent()],
      ["Home", "Beginning", () => player.seek(0)],
      ["End", "End", () => player.seek(view.duration)],
      ["Escape", "Choose nothing", () => (timeline.setRange(null), timeline.select(""), timeline.setEvidence([]))],
    ]),
    ...group("Correct", [
      ["Enter", "Confirm", () => commands.confirm()],
      ["x|Delete", "Reject", () => commands.reject()],
      ["l", "Label", () => commands.label()],
      ["w", "Who", () => commands.speaker()],
      ["e|F2", "Words", () => page.edit("text")],
      ["[", "Start at the playhead", () => commands.edgeHere("start")],
      ["]", "End at the playhead", () => commands.edgeHere("end")],
      ["Alt+ArrowLeft", "Start earlier by 20 ms", () => commands.nudge("start", -0.02)],
      ["Alt+ArrowRight", "Start later", () => commands.nudge("start", 0.02)],
      ["Shift+Alt+ArrowLeft", "End earlier by 20 ms", () => commands.nudge("end", -0.02)],
      ["Shift+Alt+ArrowRight", "End later", () => commands.nudge("end", 0.02)],
      ["s", "Split at the playhead", () => commands.split()],
      ["m", "Merge with the next", () => commands.merge()],
      ["a", "Add an event", () => commands.add()],
      ["c", "Comment", () => commands.comment()],
      ["Ctrl+z", "Undo", () => commands.back("undo")],
      ["Ctrl+Shift+z|Ctrl+y", "Redo", () => commands.back("redo")],
    ]),
    ...group("Page", [
      ["g", "Coding pass over the event's type", () => page.coding()],
      ["1", "Score", () => page.showPanel("score")],
      ["2", "Moments", () => page.showPanel("moments")],
      ["3", "Event", () => page.showPanel("event")],
      ["o", "Export", () => page.exporting()],
      ["t", "Light or dark", () => toggleTheme()],
      ["?", "These keys", () => {}],
    ]),
  ];
}

/**
 * Listen for keys, except where somebody types.
 * @param {Shortcut[]} table
 * @param {import("./player.js").Player} player
 * @param {() => unknown} [help]
 */
export function listenForKeys(table, player, help = () => showKeys(table)) {
  /** @type {Map<string, () => unknown>} */
  const byKey = new Map(
    table.flatMap((one) => one.keys.map((key) => /** @type {[string, () => unknown]} */ ([key, one.run]))),
  );
  byKey.set("?", help);
  byKey.set(",", () => player.seek(player.at - 0.04));
  byKey.set(".", () => player.seek(player.at + 0.04));
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (document.querySelector("dialog[open]")) return;
    const typing = target.matches("input:not([type=checkbox]), textarea, select");
    const letter = event.key.length === 1;
    const control = event.ctrlKey || event.metaKey;
    const parts = [
      control && "Ctrl",
      event.shiftKey && (!letter || control) && "Shift",
      event.altKey && "Alt",
      control && letter ? event.key.toLowerCase() : event.key,
    ];
    const name = parts.filter(Boolean).join("+");
    const own = target.matches("button, summary, [role=tab], a") && ["Enter", " "].includes(event.key);
    const scrolls =
      target.matches(".transcript, .coding-list") &&
      ["ArrowUp", "ArrowDown", "Home", "End", " "].includes(event.key) &&
      !target.matches(".coding-list");
    const tabs = target.matches("[role=tab], [role=separator]") && event.key.startsWith("Arrow");
    if (typing || own || scrolls || tabs) return;
    const run = byKey.get(name) ?? byKey.get(letter && !control ? name.toLowerCase() : name);
    if (!run) return;
    event.preventDefault();
    run();
  });
}

/**
 * How a key is written on a keyboard.
 * @param {string} key
 */
function written(key) {
  const names = { " ": "Space", ArrowRight: "→", ArrowLeft: "←", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
  return (
    key
      .split("+")
      .map((part) => /** @type {any} */ (names)[part] ?? (part.length === 1 ? part.toUpperCase() : part))
      .join(" + ") || "+"
  );
}

const MOUSE =
  "Wheel or pinch over the timeline zooms, with Shift it moves, with Alt it scrolls the lanes. Click an event to choose it, drag its edges to move them, drag elsewhere for a range.";

/**
 * Show the keys.
 * @param {Shortcut[]} table
 * @param {string | false} [mouse] what the mouse does
 */
export function showKeys(table, mouse = MOUSE) {
  const groups = [...new Set(table.map((one) => one.group))];
  return openDialog(
    "Keys",
    (close) => [
      mouse ? h("p", { class: "dim" }, mouse) : null,
      h(
        "div",
        { class: "key-groups" },
        ...groups.map((name) =>
          h(
            "section",
            {},
            h("h3", {}, name),
            h(
              "dl",
              {},
              ...table
                .filter((one) => one.group === name)
                .map((one) =>
                  h(
                    "div",
                    {},
                    h("dt", {}, ...one.keys.map((key) => h("kbd", {}, key === "+" ? "+" : written(key)))),
                    h("dd", {}, one.what),
                  ),
                ),
            ),
          ),
        ),
      ),
      h(
        "div",
        { class: "row end" },
        h("button", { type: "button", autofocus: true, on: { click: () => close(null) } }, "Close"),
      ),
    ],
    "keys",
  );
}
