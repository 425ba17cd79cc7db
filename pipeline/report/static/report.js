/** A meeting's report: the parts of the review page that are for looking, and room for a participant's remarks. */

import "./memory.js";
import { getJson } from "./embedded.js";
import { makeAnswer, makeRemarks } from "./answer.js";
import { Filmed } from "./filmed.js";
import { Remarks } from "./remarks.js";
import { button, fill, h } from "../../review/static/dom.js";
import { listenForKeys, shortcuts, showKeys } from "../../review/static/keys.js";
import { Looking } from "../../review/static/looking.js";
import { startTheme, toggleTheme } from "../../review/static/palette.js";
import { ScorePanel, makeMoments } from "../../review/static/score.js";
import { splitter } from "../../review/static/splitter.js";
import { Store } from "../../review/static/store.js";
import { makeTabs } from "../../review/static/tabs.js";
import { clock, title } from "../../review/static/time.js";
import { Timeline } from "../../review/static/timeline.js";
import { tool, zoomTools } from "../../review/static/tools.js";
import { Transcript } from "../../review/static/transcript.js";
import { View } from "../../review/static/view.js";

const MOUSE =
  "Wheel or pinch over the timeline zooms, dragging moves it, with Alt the wheel scrolls the lanes. Click an event to choose it.";
const TRANSCRIPTS = { plain: "Transcript", jefferson: "In detail" };

startTheme();
const page = /** @type {HTMLElement} */ (document.getElementById("page"));
try {
  await showReport();
} catch (error) {
  fill(page, h("p", { class: "failed", role: "alert" }, `This cannot be shown: ${/** @type {Error} */ (error).message}`));
  throw error;
}

async function showReport() {
  const store = new Store((await getJson("")).name);
  await store.load();
  const { meeting } = store;
  const view = new View(meeting.duration);
  const timeline = new Timeline(store, view, { fixed: true });
  const player = new Filmed(store);
  const looking = new Looking({ store, view, timeline, player });
  const transcript = new Transcript(store);
  const score = new ScorePanel(store);
  const remarks = new Remarks(store);
  const answer = makeAnswer(looking, remarks);
  const note = makeNote(meeting);

  const middle = h("div", { class: "panel-body", role: "tabpanel" }, transcript.element);
  const middleTabs = makeTabs(
    "Transcript",
    meeting.notations.map((name) => ({ name, text: /** @type {any} */ (TRANSCRIPTS)[name] ?? title(name) })),
    (tab) => transcript.show(tab),
  );
  const right = h("div", { class: "panel-body", role: "tabpanel" });
  /** @type {Record<string, HTMLElement>} */
  const parts = {
    score: score.element,
    moments: makeMoments(looking, score),
    event: answer.element,
    remarks: makeRemarks(looking, remarks),
  };
  const rightTabs = makeTabs(
    "Score, event and remarks",
    ["score", "moments", "event", "remarks"].map((name) => ({ name, text: title(name) })),
    (tab) => fill(right, parts[tab]),
  );

  player.addEventListener("time", (event) => {
    const { time, playing } = /** @type {CustomEvent} */ (event).detail;
    if (time === timeline.playhead && !playing) return;
    timeline.setPlayhead(time, playing);
    transcript.follow(time);
  });
  const detail = (/** @type {Event} */ event) => /** @type {CustomEvent} */ (event).detail;
  timeline.addEventListener("seek", (event) => player.seek(detail(event)));
  timeline.addEventListener("select", (event) => {
    const inside = score.element.contains(document.activeElement);
    if (detail(event) && !inside) rightTabs.show("event");
  });
  transcript.addEventListener("seek", (event) => player.seek(detail(event)));
  transcript.addEventListener("choose", (event) => timeline.select(detail(event), { seek: false, closer: true }));
  score.addEventListener("choose", (event) => timeline.select(detail(event), { closer: true }));
  remarks.addEventListener("change", () => timeline.repaint());

  const table = keys();
  const help = () => showKeys(table, MOUSE);
  listenForKeys(table, player, help);
  put();
  rightTabs.show("score");
  middleTabs.show(meeting.notations[0]);
  timeline.resize();
  await score.load();

  /** The keys for looking, as in the review page, and for answering. */
  function keys() {
    const looks = shortcuts(/** @type {any} */ (looking), /** @type {any} */ ({ showPanel: rightTabs.show })).filter(
      (one) =>
        (["Watch", "Move"].includes(one.group) && !one.keys.includes("n")) || ["1", "2", "3", "t", "?"].includes(one.keys[0]),
    );
    const own = (/** @type {string} */ key, /** @type {string} */ what, /** @type {() => void} */ run) => ({
      keys: [key],
      what,
      group: "Answer",
      run: () => timeline.row && (rightTabs.show("event"), run()),
    });
    return [
      ...looks,
      own("Enter", "That is right", () => answer.judge("right")),
      own("x", "Not so", () => answer.judge("not so")),
      own("c", "Write a remark", () => answer.write()),
      { keys: ["4"], what: "Remarks", group: "Page", run: () => rightTabs.show("remarks") },
    ];
  }

  function put() {
    const people = meeting.people.map((person) =>
      h(
        "span",
        { class: "person" },
        h("i", { class: "dot", style: { background: `var(--person-${person.colour_index % 8})` } }),
        h("b", {}, person.name),
        h("span", { class: "dim" }, person.role === "other" ? "" : person.role),
      ),
    );
    const mine = button("", () => rightTabs.show("remarks"), { class: "primary" });
    const count = () => (mine.textContent = remarks.count ? `My remarks (${remarks.count})` : "My remarks");
    remarks.addEventListener("change", count);
    count();
    page.className = `page meeting report${meeting.media.length ? "" : " unseen-media"}`;
    fill(
      page,
      h(
        "header",
        { class: "top" },
        h("h1", {}, title(meeting.title)),
        h("span", { class: "dim" }, [day(/** @type {any} */ (meeting).start), clock(meeting.duration, 0)].filter(Boolean).join(" · ")),
        h("span", { class: "people" }, ...people),
        h("span", { class: "space" }),
        tool("About", "What this is", () => (note.hidden = !note.hidden)),
        tool("?", "All keys (?)", help),
        tool("◐", "Light or dark (T)", toggleTheme),
        mine,
      ),
      note,
      h(
        "main",
        { class: "upper" },
        meeting.media.length ? player.element : null,
        h("section", { class: "panel", "aria-label": "Transcript" }, middleTabs.element, middle),
        h("section", { class: "panel", "aria-label": "Score, event and remarks" }, rightTabs.element, right),
      ),
      splitter(page),
      h(
        "footer",
        { class: "lower" },
        h("div", { class: "tools", role: "toolbar", "aria-label": "Timeline" }, ...zoomTools(view, timeline)),
        timeline.element,
      ),
    );
  }
}

/**
 * What this is and how to answer, in plain words.
 * @param {import("../../review/static/store.js").Meeting} meeting
 */
function makeNote(meeting) {
  const { video, sound } = /** @type {any} */ (meeting).report;
  const names = meeting.people.map((person) => person.name);
  const who = names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0];
  const film = { blur: " The picture is blurred.", "leave-out": " The video is left out." }[video] ?? "";
  const voice = video !== "leave-out" && !sound ? " The sound is left out." : "";
  const note = h(
    "aside",
    { class: "note", "aria-label": "What this is" },
    h(
      "div",
      {},
      h(
        "p",
        {},
        h("b", {}, `This is what was noted of the meeting${who ? ` of ${who}` : ""}. `),
        `A program noted words, laughter, nods and looks, and what may help or hinder contact; it makes mistakes.${film}${voice}`,
      ),
      h(
        "p",
        {},
        h("b", {}, "If you see it otherwise, "),
        "click the line or the mark and say so under Event; then save your remarks under Remarks and send the file back. This page works offline and sends nothing by itself.",
      ),
    ),
    button("×", () => (note.hidden = true), { class: "bare", "aria-label": "Close this note" }),
  );
  return note;
}

/**
 * A day as people write it; empty where it is not told.
 * @param {string} start ISO 8601
 */
function day(start) {
  const date = new Date(start);
  return start && !Number.isNaN(date.getTime()) ? date.toLocaleDateString(undefined, { dateStyle: "long" }) : "";
}
