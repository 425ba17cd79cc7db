/** The chosen event as a participant reads it, and what they answer; then all answers in a list. */

import { button, fill, h } from "../../review/static/dom.js";
import { explanation, restsOn } from "../../review/static/evidence.js";
import { clock, title } from "../../review/static/time.js";

/** @typedef {import("../../review/static/store.js").Row} Row */
/** @typedef {import("./remarks.js").Remarks} Remarks */

const JUDGEMENTS = /** @type {const} */ ([
  ["right", "✓ That is right", "good", "Enter"],
  ["not so", "✕ Not so", "miss", "X"],
]);

/**
 * @param {import("../../review/static/looking.js").Looking} looking
 * @param {Remarks} remarks
 */
export function makeAnswer(looking, remarks) {
  const { store, timeline } = looking;
  const element = h("div", { class: "inspector" });
  timeline.addEventListener("select", show);
  show();

  function show() {
    const row = timeline.row;
    if (!row) return fill(element, h("p", { class: "dim empty" }, "Choose an event in the timeline, a moment, or a line of the transcript."));
    const more = h("div", { class: "event-more" });
    fill(element, head(row), said(row), answer(row), more);
    explain(row, more);
  }

  /** @param {Row} row */
  function head(row) {
    const code = row.tier === "action";
    const label = code ? store.titleOf(row.label) : row.tier === "word" ? "" : store.titleOf(row.label);
    const who = store.called(row.participant);
    const playable = store.meeting.media.length > 0;
    return h(
      "div",
      { class: "event-head" },
      h("b", {}, title(code ? label : row.tier)),
      playable ? button("▶ Play", () => looking.playEvent(), { title: "Play (P)" }) : null,
      h("span", { class: "dim" }, [who, code ? "" : label, `${clock(row.start)} – ${clock(row.end)}`].filter(Boolean).join(" · ")),
    );
  }

  /** @param {Row} row */
  function said(row) {
    const text = row.text && store.shortText({ ...row, tier: "" });
    return text ? h("blockquote", { class: "said" }, text) : null;
  }

  /** @param {Row} row */
  function answer(row) {
    const buttons = JUDGEMENTS.map(([judgement, text, kind, key]) =>
      button(text, () => judge(judgement), { class: kind, "data-judgement": judgement, title: `Key ${key}` }),
    );
    const input = h("textarea", {
      rows: 3,
      id: "remark",
      placeholder: "What happened, as you see it",
      "aria-label": "Your remark",
      value: remarks.of(row.id).text,
      on: { input: () => remarks.set(row.id, { text: input.value }) },
    });
    const judge = (/** @type {"right" | "not so"} */ judgement) => {
      remarks.set(row.id, { judgement: remarks.of(row.id).judgement === judgement ? "" : judgement });
      press();
    };
    const press = () => {
      for (const one of buttons)
        one.setAttribute("aria-pressed", String(one.dataset.judgement === remarks.of(row.id).judgement));
    };
    press();
    return h("div", { class: "answer" }, h("h3", {}, "How do you see it?"), h("div", { class: "two" }, ...buttons), input);
  }

  /**
   * @param {Row} row
   * @param {HTMLElement} more
   */
  async function explain(row, more) {
    const list = restsOn(store, timeline, row);
    const code = row.tier === "action" && store.meeting.codes.find((one) => one.id === row.label);
    const meant = code && code.definition && h("p", { class: "dim" }, code.definition);
    fill(more, meant, list);
    const why = code && (await explanation(store.name, row.id));
    if (why && timeline.row === row) fill(more, meant, h("p", { class: "why" }, why), list);
  }

  return {
    element,
    /** @param {"right" | "not so"} judgement */
    judge: (judgement) => /** @type {HTMLElement | null} */ (element.querySelector(`[data-judgement="${judgement}"]`))?.click(),
    write: () => /** @type {HTMLElement | null} */ (element.querySelector("textarea"))?.focus(),
  };
}

/**
 * All remarks, and room for one about the whole.
 * @param {import("../../review/static/looking.js").Looking} looking
 * @param {Remarks} remarks
 */
export function makeRemarks(looking, remarks) {
  const { store, timeline } = looking;
  const list = h("div", { class: "remarks" });
  const whole = h("textarea", {
    rows: 4,
    id: "whole",
    placeholder: "Anything that was missed, or that you would like to add",
    value: remarks.whole,
    on: { input: () => remarks.set("", { text: whole.value }) },
  });
  const save = button("Save my remarks", () => remarks.save(), { class: "primary wide" });
  const state = h("p", { class: "dim", role: "status" });
  const show = () => {
    save.disabled = !remarks.count;
    state.textContent = !remarks.count
      ? "There are none yet."
      : remarks.saved
        ? "They are in the file my-remarks.json in your downloads. Send it to whom you got this page from."
        : "Nothing is sent by itself: save your remarks as a file, and send that to whom you got this page from.";
    fill(list, ...remarks.ids().map(entry));
  };
  remarks.addEventListener("change", show);
  show();

  /** @param {string} id */
  function entry(id) {
    const row = /** @type {Row} */ (store.rows.get(id));
    const { judgement, text } = remarks.of(id);
    const sign = judgement === "right" ? "✓ " : judgement ? "✕ " : "";
    return h(
      "button",
      { type: "button", class: `moment ${judgement === "not so" ? "miss" : "good"}`, on: { click: () => timeline.select(id, { closer: true }) } },
      h("b", {}, `${sign}${clock(row.start)} · ${title(row.tier === "action" ? store.titleOf(row.label) : row.tier)}`),
      h("span", { class: "dim" }, text || (judgement === "right" ? "That is right" : "Not so")),
    );
  }
  const about = h("div", { class: "field" }, h("label", { for: "whole" }, "About the meeting as a whole"), whole);
  return h("div", { class: "inspector" }, save, state, about, list);
}
