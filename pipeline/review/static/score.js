/** The score with its steps; each part opens the events that it rests on. */

import { getJson, meetingPath } from "./api.js";
import { button, fill, h, later } from "./dom.js";
import { explanation } from "./evidence.js";
import { clock, title } from "./time.js";

/** Events: `change` (detail: the report), `choose` (detail: id). */
export class ScorePanel extends EventTarget {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    super();
    this.store = store;
    this.who = localStorage.getItem(`score of ${store.name}`) ?? "";
    /** @type {any} */
    this.report = null;
    /** @type {Record<string, number>} */
    this.before = {};
    this.open = new Set();
    this.element = h("div", { class: "score" }, h("p", { class: "dim" }, "Scoring …"));
    const refresh = later(() => this.load(), 400);
    store.addEventListener("rows", () => {
      this.element.classList.add("stale");
      refresh();
    });
    store.addEventListener("people", refresh);
  }

  async load() {
    const asked = (this.asked = (this.asked ?? 0) + 1);
    try {
      const report = await getJson(meetingPath(this.store.name, "/score"));
      if (asked !== this.asked) return;
      for (const score of this.report?.scores ?? []) {
        const who = score.who.join();
        const now = report.scores.find((/** @type {any} */ one) => one.who.join() === who);
        if (now?.total !== score.total) this.before[who] = score.total; // else the last change goes on being shown
      }
      this.report = report;
      this.draw();
      this.dispatchEvent(new CustomEvent("change", { detail: report }));
    } catch (error) {
      fill(
        this.element,
        h("p", { class: "dim empty" }, `The score cannot be told: ${/** @type {Error} */ (error).message}`),
      );
    }
    this.element.classList.remove("stale");
  }

  draw() {
    const scores = this.report.scores ?? [];
    if (!scores.length)
      return fill(
        this.element,
        h("p", { class: "dim empty" }, "There is no score: nothing could be measured."),
        ...this.warnings(),
      );
    const score =
      scores.find((/** @type {any} */ one) => one.who.join() === this.who) ??
      scores.find((/** @type {any} */ one) => one.who.join() === this.store.meeting.people[0]?.id) ??
      scores[0];
    const choice = h(
      "select",
      { class: "whose", "aria-label": "Whose score", on: { change: () => this.choose(choice.value) } },
      ...scores.map((/** @type {any} */ one) =>
        h(
          "option",
          { value: one.who.join(), selected: one === score },
          one.who.map((/** @type {string} */ id) => this.store.called(id)).join(" and "),
        ),
      ),
    );
    const opening = Object.keys(score).find((name) => name.startsWith("first_"));
    const [low, high] = score.interval ?? [null, null];
    const was = this.before[score.who.join()];
    const moved = was === undefined || score.total === null ? 0 : score.total - was;
    const change =
      Math.abs(moved) >= 0.05
        ? h(
            "span",
            { class: `moved ${moved > 0 ? "up" : "down"}`, title: "since the last change" },
            `${moved > 0 ? "▲" : "▼"} ${Math.abs(moved).toFixed(1)}`,
          )
        : null;
    fill(
      this.element,
      h("div", { class: "row" }, choice),
      h(
        "div",
        { class: "total" },
        h("b", { "data-total": score.total ?? "" }, score.total === null ? "–" : score.total.toFixed(0)),
        change,
        h(
          "span",
          { class: "dim" },
          low === null ? "" : `${low.toFixed(0)} to ${high.toFixed(0)}`,
          opening && score[opening] !== null ? ` · ${opening.replaceAll("_", " ")} ${score[opening].toFixed(0)}` : "",
        ),
      ),
      ...Object.entries(score.steps).map(([name, step]) => this.step(name, step)),
      this.summary(score.who),
      h("p", { class: "dim claim" }, this.report.claim ?? ""),
      ...this.warnings(),
    );
  }

  /** @param {string} who */
  choose(who) {
    this.who = who;
    localStorage.setItem(`score of ${this.store.name}`, who);
    this.draw();
    this.element.querySelector("select")?.focus();
  }

  /** @param {string} name */
  stepTitle(name) {
    return title(this.store.meeting.steps.find((one) => one.id === name)?.title ?? name);
  }

  /**
   * @param {string} name
   * @param {any} step
   */
  step(name, step) {
    const bar = h("span", { class: "bar", "aria-hidden": "true" }, h("i", { style: { width: `${step.score ?? 0}%` } }));
    const interval =
      step.interval?.[0] === null || !step.interval
        ? ""
        : `between ${step.interval[0].toFixed(0)} and ${step.interval[1].toFixed(0)}; `;
    const details = h(
      "details",
      {
        class: "step",
        name: "step",
        open: this.open.has(name),
        on: { toggle: () => (details.open ? this.open.add(name) : this.open.delete(name)) },
      },
      h(
        "summary",
        { title: `${interval}${Math.round((step.measured_share ?? 1) * 100)} % of it could be measured` },
        h("span", {}, this.stepTitle(name)),
        bar,
        h("span", { class: "figure" }, step.score === null ? "–" : step.score.toFixed(0)),
      ),
      h(
        "div",
        { class: "parts" },
        ...(step.parts.length
          ? step.parts.map((/** @type {any} */ part) => this.part(part))
          : [h("p", { class: "dim" }, "Nothing of this was found.")]),
      ),
    );
    return details;
  }

  /** @param {any} part */
  part(part) {
    const ids = part.actions.filter((/** @type {string} */ id) => this.store.rows.has(id));
    const why = h("p", { class: "why", hidden: true });
    const links = ids.map((/** @type {string} */ id) => {
      const row = /** @type {import("./store.js").Row} */ (this.store.rows.get(id));
      return button(
        `${clock(row.start)} ${this.store.called(row.participant)}`,
        async () => {
          for (const other of this.element.querySelectorAll(".moment-link[aria-current]"))
            other.removeAttribute("aria-current");
          links.find((/** @type {HTMLElement} */ link) => link.dataset.id === id)?.setAttribute("aria-current", "true");
          this.dispatchEvent(new CustomEvent("choose", { detail: id }));
          why.textContent = await explanation(this.store.name, id);
          why.hidden = !why.textContent;
        },
        { class: "moment-link", "data-id": id },
      );
    });
    const against = part.points < 0;
    return h(
      "div",
      { class: "part" },
      h(
        "div",
        { class: "row" },
        h("span", {}, title(this.store.titleOf(part.code))),
        h(
          "span",
          { class: `points ${against ? "miss" : "good"}` },
          `${against ? "−" : "+"}${Math.abs(part.points).toFixed(1)}`,
        ),
      ),
      h("div", { class: "links" }, ...links),
      why,
    );
  }

  /** @param {string[]} who */
  summary(who) {
    const measures = this.report.measures ?? {};
    const parts = who.flatMap((id) => {
      const one = measures[id];
      if (!one) return [];
      const share =
        one.share_of_speech_time === null
          ? []
          : [`speaks ${Math.round(one.share_of_speech_time * 100)} % of speech time`];
      return [
        `${this.store.called(id)} ${[...share, one.longest_monologue_s === null ? "" : `longest monologue ${one.longest_monologue_s.toFixed(0)} s`].filter(Boolean).join(", ")}`,
      ];
    });
    return h("p", { class: "dim summary" }, parts.join(" · "));
  }

  warnings() {
    const warnings = this.report.warnings ?? [];
    return warnings.length
      ? [
          h(
            "details",
            { class: "warnings" },
            h("summary", {}, `${warnings.length} caution${warnings.length > 1 ? "s" : ""}`),
            ...warnings.map((/** @type {string} */ text) => h("p", { class: "dim" }, text)),
          ),
        ]
      : [];
  }
}

/**
 * The strongest moments, those to look at, and what was missed, as a playlist.
 * @param {import("./commands.js").Commands} commands
 * @param {ScorePanel} score
 */
export function makeMoments(commands, score) {
  const { player, store, timeline } = commands;
  const element = h("div", { class: "moments" });
  /** @type {Array<{start: number, end: number, story: string, kind: string, title: string, actions: string[]}>} */
  let moments = [];
  let at = -1;
  let running = false;

  const play = (/** @type {number} */ i) => {
    at = i;
    const moment = moments[i];
    [...element.querySelectorAll(".moment")].forEach((part, k) => part.classList.toggle("now", k === i));
    if (!moment) return void (running = false);
    element.querySelectorAll(".moment")[i]?.scrollIntoView({ block: "nearest" });
    timeline.setEvidence(moment.actions.filter((id) => store.rows.has(id)));
    const around = Math.max(2, (moment.end - moment.start) * 0.15);
    commands.view.show(moment.start - around, moment.end + around);
    player.playFrom(Math.max(0, moment.start - 1), moment.end + 1);
  };
  player.addEventListener("ended", () => running && play(at + 1));

  score.addEventListener("change", () => {
    const report = score.report;
    const kinds = /** @type {const} */ ([
      ["strongest_moments", "good", "Strong moment"],
      ["moments_to_look_at", "miss", "Worth a look"],
      ["missed_opportunities", "miss", "Missed opportunity"],
    ]);
    moments = kinds.flatMap(([name, kind, heading]) =>
      (report[name] ?? []).map((/** @type {any} */ one) => ({
        start: one.start,
        end: one.end,
        kind,
        title: heading,
        story: one.story ?? missedStory(one),
        actions: one.actions ?? [one.id],
      })),
    );
    const cards = moments.map((moment, i) =>
      h(
        "button",
        { type: "button", class: `moment ${moment.kind}`, on: { click: () => ((running = false), play(i)) } },
        h("b", {}, `${clock(moment.start)} – ${clock(moment.end)} · ${moment.title}`),
        h("span", { class: "dim" }, moment.story),
      ),
    );
    const all = button("▶ Play all in turn", () => ((running = true), play(0)), {
      class: "wide",
      disabled: !moments.length,
    });
    const missed = report.missed_opportunities?.length
      ? null
      : h(
          "p",
          { class: "dim" },
          report.missed_opportunities
            ? "No missed opportunity was found."
            : "Whether anything was missed could not be told.",
        );
    fill(element, all, ...cards, missed);
  });
  return element;
}

/**
 * What somebody offered in vain, in a sentence or two.
 * @param {{by: string, missed_by: string, offer: string, offered: string, then: string}} missed
 */
function missedStory(missed) {
  const offer = missed.offered
    ? `${missed.by} says “${missed.offered}”.`
    : `${missed.by} offers ${missed.offer.replaceAll("_", " ")}.`;
  return missed.then ? `${offer} ${missed.missed_by} goes on with “${missed.then}”.` : offer;
}
