/** The list of meetings: how long, who, the score, how far the review is. */

import { getJson, meetingPath } from "./api.js";
import { button, fill, h } from "./dom.js";
import { showKeys } from "./keys.js";
import { PEOPLE, toggleTheme } from "./palette.js";
import { clock, count, title } from "./time.js";

/** @typedef {{name: string, title: string, duration: number, people: Array<{id: string, name: string, role: string}>, score: number | null, rows: number, reviewed: number, touched: number, warnings: number}} Entry */

/** @type {Array<[string, (entry: Entry) => string | number]>} */
const ORDERS = [
  ["By name", (one) => one.title.toLowerCase()],
  ["Least reviewed first", (one) => one.reviewed / Math.max(one.rows, 1)],
  ["Highest score first", (one) => -(one.score ?? -1)],
  ["Longest first", (one) => -one.duration],
];

/** @param {HTMLElement} page */
export async function showMeetings(page) {
  /** @type {{meetings: Entry[]}} */
  const { meetings } = await getJson("/api/meetings");
  document.title = "Meetings · Rapport review";
  const search = h("input", {
    type: "search",
    placeholder: "Find a meeting or a person",
    "aria-label": "Find a meeting or a person",
    on: { input: () => draw() },
  });
  const order = h(
    "select",
    { "aria-label": "Order", on: { change: () => draw() } },
    ...ORDERS.map(([text], i) => h("option", { value: i }, text)),
  );
  const list = h("ul", { class: "meetings", "aria-label": "Meetings" });
  const found = h("span", { class: "dim", role: "status" });

  function draw() {
    const asked = search.value.trim().toLowerCase();
    const key = ORDERS[Number(order.value)][1];
    const shown = meetings.filter((one) =>
      [one.title, one.name, ...one.people.map((person) => person.name)].some((text) =>
        text.toLowerCase().includes(asked),
      ),
    );
    shown.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
    found.textContent = shown.length === 1 ? "1 meeting" : `${shown.length} meetings`;
    const empty = meetings.length
      ? "No meeting matches."
      : "There is no analysed meeting here yet. Run `rapport analyse RECORDING` first.";
    fill(list, ...(shown.length ? shown.map(card) : [h("li", { class: "dim empty" }, empty)]));
  }

  page.className = "page list";
  fill(
    page,
    h(
      "header",
      { class: "top" },
      h("h1", {}, "Rapport review"),
      h("span", { class: "space" }),
      search,
      order,
      button("?", () => showListKeys(), { class: "bare tool", "aria-label": "All keys (?)" }),
      button("◐", toggleTheme, { class: "bare tool", "aria-label": "Light or dark" }),
    ),
    h("main", { class: "listing" }, h("div", { class: "row" }, h("h2", {}, "Meetings"), found), list),
  );
  draw();
  scoreRest(meetings, draw);
  document.addEventListener("keydown", (event) => {
    const typing = /** @type {HTMLElement} */ (event.target).matches("input, select");
    const links = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("a")]);
    const at = links.indexOf(/** @type {any} */ (document.activeElement));
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "ArrowDown" && !(event.target instanceof HTMLSelectElement))
      links[Math.min(at + 1, links.length - 1)]?.focus();
    else if (event.key === "ArrowUp" && at >= 0) links[Math.max(at - 1, 0)]?.focus();
    else if (event.key === "/" && !typing) search.focus();
    else if (event.key === "t" && !typing) toggleTheme();
    else if (event.key === "?" && !typing) showListKeys();
    else return;
    event.preventDefault();
  });
}

/**
 * Have the meetings scored that were not since their last change, one after the other.
 * @param {Entry[]} meetings
 * @param {() => void} drawn
 */
async function scoreRest(meetings, drawn) {
  for (const one of meetings.filter((entry) => entry.score === null && entry.people.length)) {
    try {
      const { scores } = await getJson(meetingPath(one.name, "/score"));
      const theirs = scores.find((/** @type {any} */ score) => score.who.join(" ") === one.people[0].id);
      one.score = theirs?.total ?? null;
    } catch {
      continue; // the meeting itself says why
    }
    drawn();
  }
}

/** @param {Entry} one */
function card(one) {
  const share = one.reviewed / Math.max(one.rows, 1);
  const people = one.people.map((person, i) =>
    h(
      "span",
      { class: "chip" },
      h("i", { class: "dot", style: { background: `var(--person-${i % PEOPLE})` } }),
      person.name,
      h("span", { class: "dim" }, person.role === "other" ? "" : ` ${person.role}`),
    ),
  );
  const bar = h(
    "span",
    {
      class: "bar",
      role: "progressbar",
      "aria-label": "Reviewed",
      "aria-valuenow": Math.round(share * 100),
      "aria-valuemin": 0,
      "aria-valuemax": 100,
    },
    h("i", { style: { width: `${share * 100}%` } }),
  );
  const warned = one.warnings
    ? h(
        "span",
        { class: "warned", title: "Open the meeting to read them" },
        `${one.warnings} caution${one.warnings > 1 ? "s" : ""}`,
      )
    : null;
  return h(
    "li",
    {},
    h(
      "a",
      { class: "card", href: `/meeting/${encodeURIComponent(one.name)}` },
      h("span", { class: "name" }, h("b", {}, title(one.title)), h("span", { class: "chips" }, ...people)),
      h("span", { class: "dim long" }, clock(one.duration, 0)),
      h(
        "span",
        { class: "review" },
        bar,
        h("span", { class: "dim" }, `${count(one.reviewed)} of ${count(one.rows)} events reviewed`, warned ? " · " : ""),
        warned,
      ),
      h(
        "span",
        { class: "figure", "aria-label": one.score === null ? "no score yet" : `score ${one.score.toFixed(0)}` },
        one.score === null ? "–" : one.score.toFixed(0),
        h("span", { class: "dim" }, one.score === null ? "no score yet" : "score"),
      ),
    ),
  );
}

const KEYS = [
  ["ArrowDown", "Next meeting"],
  ["ArrowUp", "Meeting before"],
  ["Enter", "Open it"],
  ["/", "Find"],
  ["t", "Light or dark"],
];

function showListKeys() {
  return showKeys(
    KEYS.map(([key, what]) => ({ keys: [key], what, group: "Meetings", run: () => {} })),
    false,
  );
}
