/** A meeting's page: its parts, and what passes between them. */

import { listen } from "./api.js";
import { button, clearNotice, fill, h, notice } from "./dom.js";
import { Commands } from "./commands.js";
import { makeCoding } from "./coding.js";
import { settleConflict } from "./conflict.js";
import { exportMeeting, notationsOf } from "./exporting.js";
import { Inspector } from "./inspector.js";
import { listenForKeys, shortcuts, showKeys } from "./keys.js";
import { toggleTheme } from "./palette.js";
import { Player } from "./player.js";
import { rangeBar } from "./ranging.js";
import { Saving } from "./saving.js";
import { ScorePanel, makeMoments } from "./score.js";
import { makeSignals } from "./signals.js";
import { splitter } from "./splitter.js";
import { Store } from "./store.js";
import { makeTabs } from "./tabs.js";
import { clock, count, title } from "./time.js";
import { Timeline } from "./timeline.js";
import { tool, zoomTools } from "./tools.js";
import { Transcript } from "./transcript.js";
import { View } from "./view.js";

/** How notations are called. */
const NOTATIONS = { gat2: "GAT 2", chat: "CHAT" };

/**
 * Tabs of the middle panel: the two usual notations, the coding pass, then the others.
 * @param {string[]} notations
 */
function tabsOf(notations) {
  const tabs = notations.map((name) => ({ name, text: /** @type {any} */ (NOTATIONS)[name] ?? title(name) }));
  return [...tabs.slice(0, 2), { name: "coding", text: "Coding" }, ...tabs.slice(2)];
}

/**
 * @param {HTMLElement} page
 * @param {string} name
 */
export async function showMeeting(page, name) {
  const store = new Store(name);
  await store.load();
  document.title = `${store.meeting.title} · Rapport review`;
  const view = new View(store.meeting.duration);
  const timeline = new Timeline(store, view);
  const player = new Player(store);
  const saving = new Saving(store);
  const commands = new Commands({ store, view, timeline, player, saving });
  const transcript = new Transcript(store);
  const score = new ScorePanel(store);
  const signals = makeSignals(store, view, timeline);
  const inspector = new Inspector(commands);
  const coding = makeCoding(commands);
  const moments = makeMoments(commands, score);

  const middle = h("div", { class: "panel-body", role: "tabpanel" });
  const middleTabs = makeTabs("Transcript", tabsOf(notationsOf(store)), (tab) => {
    fill(middle, tab === "coding" ? coding.element : transcript.element);
    coding.show(tab === "coding");
    if (tab !== "coding") transcript.show(tab);
  });
  const right = h("div", { class: "panel-body", role: "tabpanel" });
  const rightParts = { score: score.element, moments, event: inspector.element };
  const rightTabs = makeTabs(
    "Score and event",
    [
      { name: "score", text: "Score" },
      { name: "moments", text: "Moments" },
      { name: "event", text: "Event" },
    ],
    (tab) => fill(right, /** @type {any} */ (rightParts)[tab]),
  );

  connect();
  const table = shortcuts(commands, {
    showPanel: rightTabs.show,
    coding: () => middleTabs.show(middleTabs.shown() === "coding" ? "jefferson" : "coding"),
    exporting: () => exportMeeting(store),
    edit: (field) => {
      if (!commands.row) return;
      rightTabs.show("event");
      inspector.fields.get(field)?.focus();
      /** @type {any} */ (inspector.fields.get(field))?.select?.();
    },
  });
  listenForKeys(table, player);
  put();
  rightTabs.show("score");
  middleTabs.show("jefferson");
  timeline.resize();
  performance.mark("timeline"); // the first lanes are drawn
  await saving.start();
  inspector.restore();
  requestIdleCallback?.(() => score.load()) ?? score.load();

  /** What one part tells, the others follow. */
  function connect() {
    player.addEventListener("time", (event) => {
      const { time, playing } = /** @type {CustomEvent} */ (event).detail;
      if (time === timeline.playhead && !playing) return;
      timeline.setPlayhead(time, playing);
      transcript.follow(time);
      signals.repaint();
    });
    timeline.addEventListener("seek", (event) => player.seek(/** @type {CustomEvent} */ (event).detail));
    transcript.addEventListener("seek", (event) => {
      player.seek(/** @type {CustomEvent} */ (event).detail);
    });
    transcript.addEventListener("choose", (event) =>
      timeline.select(/** @type {CustomEvent} */ (event).detail, { seek: false, closer: true }),
    );
    score.addEventListener("choose", (event) =>
      timeline.select(/** @type {CustomEvent} */ (event).detail, { closer: true }),
    );
    timeline.addEventListener("select", (event) => {
      const row = /** @type {CustomEvent} */ (event).detail;
      if (!row) return;
      const fromScore = score.element.contains(document.activeElement);
      if (!fromScore) rightTabs.show("event");
    });
    timeline.addEventListener("edges", async (event) => {
      const { before, start, end } = /** @type {CustomEvent} */ (event).detail;
      const set = {
        ...(before.start !== start && { start: Number(start.toFixed(3)) }),
        ...(before.end !== end && { end: Number(end.toFixed(3)) }),
      };
      if (Object.keys(set).length) await commands.save([{ do: "change", id: before.id, set }]);
    });
    saving.addEventListener("conflict", (event) => {
      const { job, body } = /** @type {CustomEvent} */ (event).detail;
      settleConflict(commands, job, body);
    });
    saving.addEventListener("refused", (event) =>
      notice(/** @type {CustomEvent} */ (event).detail.message, { kind: "refused", seconds: 10 }),
    );
    store.addEventListener("foreign", (event) => {
      const who = /** @type {CustomEvent} */ (event).detail
        .map((/** @type {string} */ one) => one || "Another command")
        .join(", ");
      notice(`${who} changed this meeting just now; it is shown here already.`, { kind: "foreign", seconds: 4 });
    });
    saving.addEventListener("waiting", (event) => {
      const why = /** @type {CustomEvent} */ (event).detail;
      if (why) notice(why, { kind: "waiting", seconds: 0 });
      else clearNotice("waiting");
    });
    const sync = () => void (saving.running || store.sync().catch(() => {})); // after a change it is read anyway
    const stop = listen(
      name,
      (version) => version > store.version && sync(),
      (on) => online(on),
    );
    window.addEventListener("pagehide", stop);
  }

  /** @param {boolean} on */
  function online(on) {
    document.body.classList.toggle("offline", !on);
    if (on) {
      if (!saving.running) store.sync().catch(() => {});
      saving.wait = 500;
    }
  }

  /** Put the parts on the page. */
  function put() {
    const progress = h("span", { class: "progress" });
    const coder = button("", () => commands.askCoder(), { class: "bare coder", title: "Who is coding" });
    const state = h("span", { class: "state", role: "status" });
    const people = h("span", { class: "people" });
    const show = () => {
      const { reviewed, all } = store.progress();
      progress.textContent = `${count(reviewed)} of ${count(all)} reviewed`;
      coder.textContent = saving.coder ? `coder ${saving.coder}` : "coder: not named";
      state.textContent = saving.state;
      state.classList.toggle("waiting", saving.state === "not saved yet");
      fill(
        people,
        ...store.meeting.people.map((person) =>
          h(
            "button",
            {
              type: "button",
              class: "bare person",
              title: "Rename everywhere",
              "aria-label": `Rename ${person.name}`,
              on: { click: () => commands.rename(person.id) },
            },
            h("i", { class: "dot", style: { background: `var(--person-${person.colour_index % 8})` } }),
            h("b", {}, person.name),
            h("span", { class: "dim" }, person.role === "other" ? "" : person.role),
          ),
        ),
      );
    };
    saving.addEventListener("state", show);
    store.addEventListener("rows", show);
    store.addEventListener("people", show);
    show();
    const tools = h(
      "div",
      { class: "tools", role: "toolbar", "aria-label": "Timeline" },
      ...zoomTools(view, timeline),
      h("span", { class: "divide" }),
      tool("+ Add event", "Add an event that was missed (A)", () => commands.add()),
      tool("↶", "Undo (Ctrl+Z)", () => commands.back("undo")),
      tool("↷", "Redo (Ctrl+Shift+Z)", () => commands.back("redo")),
      h("span", { class: "space" }),
      h("span", { class: "dim" }, "Signals"),
      ...signals.buttons,
    );
    const upper = h(
      "main",
      { class: "upper" },
      player.element,
      h("section", { class: "panel", "aria-label": "Transcript" }, middleTabs.element, middle),
      h("section", { class: "panel", "aria-label": "Score and event" }, rightTabs.element, right),
    );
    const lower = h("footer", { class: "lower" }, tools, timeline.element, signals.element, rangeBar(commands));
    page.className = "page meeting";
    fill(
      page,
      h(
        "header",
        { class: "top" },
        h("a", { class: "back", href: "/", "aria-label": "All meetings", title: "All meetings" }, "‹"),
        h("h1", {}, title(store.meeting.title)),
        h("span", { class: "dim" }, clock(store.meeting.duration, 0)),
        people,
        h("span", { class: "space" }),
        coder,
        h("span", { class: "dim" }, progress),
        state,
        tool("?", "All keys (?)", () => showKeys(table)),
        tool("◐", "Light or dark (T)", toggleTheme),
        button("Export", () => exportMeeting(store), { class: "primary", title: "Export (O)" }),
      ),
      upper,
      splitter(page),
      lower,
    );
  }
}
