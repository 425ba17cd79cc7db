/** The recordings: several cameras that keep time together, or sound with its waveform; captions; the clock. */

import { getJson, meetingPath, postJson } from "./api.js";
import { button, fill, h, setStyle } from "./dom.js";
import { makeCaptions } from "./captions.js";
import { makeWaveform } from "./waveform.js";
import { clock } from "./time.js";

/** @typedef {import("./store.js").Medium} Medium */

const RATES = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2];
const DRIFT = 0.12; // seconds that two cameras may be apart
const GLANCE = 1000; // milliseconds between two looks at how a copy comes along

/**
 * A second of the meeting in a recording's own time. A recorder may have a clock of its own.
 * @param {Medium} medium
 * @param {number} time
 */
const ownTime = (medium, time) => (time - medium.offset) / (medium.clock_rate ?? 1);

/**
 * Whether a recording has anything at a second of the meeting.
 * @param {Medium} medium
 * @param {number} time
 */
const covers = (medium, time) => ownTime(medium, time) >= 0 && ownTime(medium, time) < medium.duration;

/** Events: `time` (detail: {time, playing}), `ended` once a stretch was played. */
export class Player extends EventTarget {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    super();
    this.store = store;
    this.at = 0;
    this.until = Infinity;
    this.rate = 1;
    /** @type {Map<number, HTMLMediaElement>} */
    this.elements = new Map();
    /** What shows each recording. @type {Map<number, HTMLElement>} */
    this.parts = new Map();
    /** Numbers of recordings that cannot be played, or not yet. @type {Set<number>} */
    this.faulty = new Set();
    /** Numbers of recordings of which a copy is shown. @type {Set<number>} */
    this.copied = new Set();
    const media = store.meeting.media;
    const videos = media.filter((one) => one.kind === "video");
    this.shown = new Set((videos.length ? videos : media).slice(0, 1).map((one) => one.number));
    this.screen = h("div", { class: "screen" });
    this.captions = makeCaptions(this.store);
    this.playButton = button("▶", () => this.toggle(), { class: "bare play", "aria-label": "Play (space)" });
    this.clockText = h("span", { class: "clock", role: "timer" }, clock(0));
    this.rateChoice = h(
      "select",
      {
        "aria-label": "Speed",
        title: "Speed",
        style: { padding: "4px 0" },
        on: { change: () => this.setRate(Number(this.rateChoice.value)) },
      },
      ...RATES.map((rate) => h("option", { value: String(rate), selected: rate === 1 }, `${rate}×`)),
    );
    this.captionButton = button("CC", () => this.toggleCaptions(), {
      class: "bare",
      "aria-pressed": "true",
      title: "Captions",
      "aria-label": "Captions",
    });
    this.cameras = h("span", {
      class: "cameras",
      role: "group",
      "aria-label": "Recordings",
      style: { "white-space": "nowrap", "overflow-x": "auto" },
    });
    this.element = h(
      "section",
      { class: "panel player", "aria-label": "Recording" },
      this.screen,
      this.captions.element,
      h(
        "div",
        { class: "controls" },
        this.playButton,
        this.clockText,
        h("span", { class: "dim", style: { flex: "none" } }, `/ ${clock(this.store.meeting.duration, 0)}`),
        h("span", { class: "space" }),
        this.cameras,
        this.rateChoice,
        this.captionButton,
      ),
    );
    this.arrange();
    const turn = () => {
      this.tick();
      requestAnimationFrame(turn);
    };
    requestAnimationFrame(turn);
  }

  /** Show the recordings that are chosen. */
  arrange() {
    const media = this.store.meeting.media;
    const playing = this.playing;
    for (const number of this.parts.keys()) if (!this.shown.has(number)) this.putAway(number);
    const parts = media.filter((one) => this.shown.has(one.number)).map((medium) => this.part(medium));
    const none = "This meeting has no recording; the timeline and the transcript work without.";
    fill(this.screen, ...(parts.length ? parts : [h("p", { class: "dim empty" }, none)]));
    setStyle(this.screen, { "grid-template-columns": `repeat(${Math.max(1, Math.min(parts.length, 2))}, 1fr)` });
    this.listCameras();
    this.seek(this.at);
    if (playing) this.play();
  }

  /** @param {number} number */
  putAway(number) {
    this.elements.get(number)?.pause();
    this.elements.get(number)?.removeAttribute("src");
    for (const kept of [this.elements, this.parts, this.faulty]) kept.delete(number);
  }

  /**
   * What shows a recording, with an element of its own.
   * @param {Medium} medium
   */
  part(medium) {
    const there = this.parts.get(medium.number);
    if (there) return there;
    const element = /** @type {HTMLMediaElement} */ (
      /** @type {unknown} */ (
        h(medium.kind, {
          preload: "auto",
          playsinline: true,
          tabindex: "-1",
          "aria-label": medium.name,
          on: { error: () => this.failed(medium), click: () => this.toggle() },
        })
      )
    );
    const wave = medium.kind === "audio" && makeWaveform(this.store, this, medium).element;
    const tag = this.store.meeting.media.length > 1 && h("span", { class: "tag" }, medium.name);
    const part = h("div", { class: `part ${medium.kind}` }, element, wave, tag);
    this.elements.set(medium.number, element);
    this.parts.set(medium.number, part);
    if (medium.there === false)
      this.without(medium, `${medium.name} is no longer where it was analysed; put it back and reload the page.`);
    else if (medium.playable === false) this.copy(medium);
    else this.load(medium);
    return part;
  }

  /**
   * @param {Medium} medium
   * @param {string} [version] so that a browser takes the copy for something new
   */
  load(medium, version = "") {
    const element = this.elements.get(medium.number);
    if (!element) return;
    this.faulty.delete(medium.number);
    this.parts.get(medium.number)?.querySelector(".empty")?.remove();
    element.src = `/media/${encodeURIComponent(this.store.name)}/${medium.number}${version}`;
    element.currentTime = Math.max(ownTime(medium, this.at), 0);
  }

  /**
   * Say why a recording is not shown.
   * @param {Medium} medium
   * @param {string} text
   * @param {number} [share] of a copy that is made, 0 to 1
   */
  without(medium, text, share) {
    this.faulty.add(medium.number);
    const part = this.parts.get(medium.number);
    const bar = share !== undefined && h("span", { class: "bar" }, h("i", { style: { width: `${share * 100}%` } }));
    const rest = h("span", {}, `${text}${text.endsWith(".") ? "" : "."} Everything else works meanwhile.`);
    part?.querySelector(".empty")?.remove();
    part?.append(h("p", { class: "dim empty", role: "status" }, rest, bar));
  }

  /**
   * The browser cannot play a recording, or could not reach it.
   * @param {Medium} medium
   */
  async failed(medium) {
    if (!this.elements.get(medium.number)?.getAttribute("src")) return;
    const part = this.parts.get(medium.number);
    this.without(medium, `${medium.name} cannot be played right now`);
    let away = false;
    while (this.parts.get(medium.number) === part) {
      const told = await getJson(this.pathOf(medium, "state")).catch(() => null);
      if (told?.state === "gone") return this.without(medium, told.text);
      if (told && away) return this.load(medium, `?${Date.now()}`);
      if (told && !this.copied.has(medium.number)) return this.copy(medium);
      if (told) return this.without(medium, `${medium.name} cannot be played by this browser`);
      away = true;
      await new Promise((later) => setTimeout(later, GLANCE));
    }
  }

  /**
   * Ask for a copy that the browser plays, and show how it comes along; ask again where the server was started anew.
   * @param {Medium} medium
   */
  async copy(medium) {
    const part = this.parts.get(medium.number);
    let told = { state: "needed", share: 0, text: "" };
    this.faulty.add(medium.number);
    while (this.parts.get(medium.number) === part) {
      const before = told;
      const asked = told.state === "needed" ? postJson(this.pathOf(medium, "copy"), {}) : getJson(this.pathOf(medium, "state"));
      told = await asked.catch(() => before);
      const over = told.state === "failed" || told.state === "gone";
      if (told.state === "ready") this.copied.add(medium.number);
      if (told.state === "ready") return this.load(medium, `?${Date.now()}`);
      if (told.text) this.without(medium, told.text, over ? undefined : told.share);
      if (over) return;
      await new Promise((later) => setTimeout(later, GLANCE));
    }
  }

  /**
   * @param {Medium} medium
   * @param {"state" | "copy"} what
   */
  pathOf(medium, what) {
    return meetingPath(this.store.name, `/media/${medium.number}/${what}`);
  }

  listCameras() {
    const media = this.store.meeting.media;
    if (media.length < 2) return;
    const choose = (/** @type {number[]} */ numbers) => {
      this.shown = new Set(numbers);
      this.arrange();
    };
    const one = (/** @type {Medium} */ medium, /** @type {number} */ i) => {
      const what = `${medium.kind === "video" ? "Cam" : "Sound"} ${i + 1}`;
      const text = media.length > 2 ? `${medium.kind === "video" ? "" : "♪"}${i + 1}` : what; // all in one row
      return button(text, () => choose([medium.number]), {
        class: "bare",
        title: `${what}: ${medium.name}`,
        "aria-label": `${what}: ${medium.name}`,
        "aria-pressed": String(this.shown.size === 1 && this.shown.has(medium.number)),
      });
    };
    const videos = media.filter((medium) => medium.kind === "video").map((medium) => medium.number);
    const all =
      videos.length > 1 &&
      button("All", () => choose(videos), { class: "bare", "aria-pressed": String(this.shown.size > 1) });
    fill(this.cameras, ...media.map(one), all);
  }

  /** Elements that show something, each with its recording. @returns {Array<[HTMLMediaElement, Medium]>} */
  get sound() {
    const media = this.store.meeting.media.filter((one) => this.elements.has(one.number) && !this.faulty.has(one.number));
    return media.map((one) => [/** @type {HTMLMediaElement} */ (this.elements.get(one.number)), one]);
  }

  /** The recording that gives the time: the first that has anything now. @returns {[HTMLMediaElement, Medium] | null} */
  get leader() {
    return this.sound.find(([, medium]) => covers(medium, this.at)) ?? this.sound[0] ?? null;
  }

  get playing() {
    const leader = this.leader;
    return leader !== null && !leader[0].paused;
  }

  /** Once a frame: the time goes to all who follow it. */
  tick() {
    const leader = this.leader;
    if (!leader || leader[0].paused || leader[0].seeking) return;
    const [element, medium] = leader;
    this.at = element.currentTime * (medium.clock_rate ?? 1) + medium.offset;
    for (const [other, its] of this.sound) {
      const time = ownTime(its, this.at);
      other.muted = other !== element; // one sound is enough
      if (other === element) continue;
      if (!covers(its, this.at)) other.pause();
      else if (other.paused) this.start(other);
      if (covers(its, this.at) && Math.abs(other.currentTime - time) > DRIFT) other.currentTime = time;
    }
    if (this.at >= this.until || (element.ended && this.leader?.[0] === element)) {
      this.pause();
      this.until = Infinity;
      this.dispatchEvent(new Event("ended"));
    }
    this.tell();
  }

  tell() {
    this.clockText.textContent = clock(this.at);
    this.captions.show(this.at);
    this.playButton.textContent = this.playing ? "❚❚" : "▶";
    this.playButton.setAttribute("aria-label", this.playing ? "Pause (space)" : "Play (space)");
    this.dispatchEvent(new CustomEvent("time", { detail: { time: this.at, playing: this.playing } }));
  }

  /** @param {number} time */
  seek(time) {
    this.at = Math.min(Math.max(time, 0), this.store.meeting.duration);
    this.until = Infinity;
    for (const [element, medium] of this.sound) element.currentTime = Math.max(ownTime(medium, this.at), 0);
    this.tell();
  }

  play() {
    for (const [element] of this.sound) this.start(element);
  }

  /** @param {HTMLMediaElement} element */
  start(element) {
    element.muted = element !== this.leader?.[0];
    element.playbackRate = this.rate;
    element.play().then(
      () => this.tell(),
      () => {},
    );
  }

  pause() {
    for (const element of this.elements.values()) element.pause();
    this.tell();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /**
   * Play a stretch and stop after it.
   * @param {number} start
   * @param {number} [end]
   */
  playFrom(start, end = Infinity) {
    this.seek(start);
    this.until = end;
    this.play();
  }

  /** @param {number} rate */
  setRate(rate) {
    this.rate = rate;
    this.rateChoice.value = String(rate);
    for (const element of this.elements.values()) element.playbackRate = rate;
  }

  /** @param {1 | -1} way */
  stepRate(way) {
    const at = RATES.indexOf(this.rate) + way;
    if (RATES[at]) this.setRate(RATES[at]);
  }

  toggleCaptions() {
    const on = this.captions.element.hidden;
    this.captions.element.hidden = !on;
    this.captionButton.setAttribute("aria-pressed", String(on));
  }

  /** To the next camera. */
  nextCamera() {
    const numbers = this.store.meeting.media.map((one) => one.number);
    if (numbers.length < 2) return;
    const at = numbers.indexOf([...this.shown][0]);
    this.shown = new Set([numbers[(at + 1) % numbers.length]]);
    this.arrange();
  }
}
