/** The recordings: several cameras that keep time together, or sound with its waveform; captions; the clock. */

import { button, fill, h, setStyle } from "./dom.js";
import { makeCaptions } from "./captions.js";
import { makeWaveform } from "./waveform.js";
import { clock } from "./time.js";

/** @typedef {import("./store.js").Medium} Medium */

const RATES = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2];
const DRIFT = 0.12; // seconds that two cameras may be apart

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
    this.faulty = new Set();
    const media = store.meeting.media;
    const videos = media.filter((one) => one.kind === "video");
    this.shown = new Set((videos.length ? videos : media).slice(0, 1).map((one) => one.number));
    this.screen = h("div", { class: "screen" });
    this.captions = makeCaptions(this.store);
    this.playButton = button("▶", () => this.toggle(), { class: "bare play", "aria-label": "Play (space)" });
    this.clockText = h("span", { class: "clock", role: "timer" }, clock(0));
    this.rateChoice = h(
      "select",
      { "aria-label": "Speed", title: "Speed", on: { change: () => this.setRate(Number(this.rateChoice.value)) } },
      ...RATES.map((rate) => h("option", { value: String(rate), selected: rate === 1 }, `${rate}×`)),
    );
    this.captionButton = button("CC", () => this.toggleCaptions(), {
      class: "bare",
      "aria-pressed": "true",
      title: "Captions",
      "aria-label": "Captions",
    });
    this.cameras = h("span", { class: "cameras", role: "group", "aria-label": "Cameras" });
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
        h("span", { class: "dim" }, `/ ${clock(this.store.meeting.duration, 0)}`),
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

  /** Show the recordings that are chosen, each in an element of its own. */
  arrange() {
    const media = this.store.meeting.media;
    for (const [number, element] of this.elements) {
      if (this.shown.has(number)) continue;
      element.pause();
      element.removeAttribute("src");
      this.elements.delete(number);
    }
    const playing = this.playing;
    const parts = media.filter((one) => this.shown.has(one.number)).map((medium) => this.part(medium, media.length));
    fill(
      this.screen,
      ...(parts.length
        ? parts
        : [
            h(
              "p",
              { class: "dim empty" },
              "This meeting has no recording; the timeline and the transcript work without.",
            ),
          ]),
    );
    setStyle(this.screen, { "grid-template-columns": `repeat(${Math.max(1, Math.min(parts.length, 2))}, 1fr)` });
    this.listCameras();
    this.seek(this.at);
    if (playing) this.play();
  }

  /**
   * @param {Medium} medium
   * @param {number} among
   */
  part(medium, among) {
    let element = this.elements.get(medium.number);
    if (!element) {
      element = /** @type {HTMLMediaElement} */ (
        /** @type {unknown} */ (
          h(medium.kind, {
            src: `/media/${encodeURIComponent(this.store.name)}/${medium.number}`,
            preload: "auto",
            playsinline: true,
            tabindex: "-1",
            "aria-label": medium.name,
            on: { error: () => this.fault(medium), click: () => this.toggle() },
          })
        )
      );
      this.elements.set(medium.number, element);
    }
    const tag = among > 1 && h("span", { class: "tag" }, medium.name);
    const wave = medium.kind === "audio" && makeWaveform(this.store, this).element;
    const part = h("div", { class: `part ${medium.kind}` }, element, wave, tag);
    if (medium.there === false) this.fault(medium, part);
    return part;
  }

  listCameras() {
    const media = this.store.meeting.media;
    if (media.length < 2) return;
    const choose = (/** @type {number[]} */ numbers) => {
      this.shown = new Set(numbers);
      this.arrange();
    };
    const one = (/** @type {Medium} */ medium, /** @type {number} */ i) =>
      button(`${medium.kind === "video" ? "Cam" : "Sound"} ${i + 1}`, () => choose([medium.number]), {
        class: "bare",
        title: medium.name,
        "aria-pressed": String(this.shown.size === 1 && this.shown.has(medium.number)),
      });
    const videos = media.filter((medium) => medium.kind === "video").map((medium) => medium.number);
    const all =
      videos.length > 1 &&
      button("All", () => choose(videos), { class: "bare", "aria-pressed": String(this.shown.size > 1) });
    fill(this.cameras, ...media.map(one), all);
  }

  /**
   * @param {Medium} medium
   * @param {Element | null | undefined} part
   */
  fault(medium, part = this.elements.get(medium.number)?.parentElement) {
    if (!this.elements.get(medium.number)?.getAttribute("src")) return;
    this.faulty.add(medium.number);
    if (part && !part.querySelector(".empty"))
      part.append(
        h(
          "p",
          { class: "dim empty" },
          `${medium.name} cannot be played by this browser, or is no longer where it was analysed. Everything else works without it.`,
        ),
      );
  }

  /** The recording that gives the time. @returns {[HTMLMediaElement, Medium] | null} */
  get leader() {
    for (const [number, element] of this.elements) {
      const medium = this.store.meeting.media.find((one) => one.number === number);
      if (medium && !this.faulty.has(number)) return [element, medium];
    }
    return null;
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
    this.at = element.currentTime + medium.offset;
    for (const [number, other] of this.elements) {
      const offset = this.store.meeting.media.find((one) => one.number === number)?.offset ?? 0;
      if (other !== element && Math.abs(other.currentTime + offset - this.at) > DRIFT)
        other.currentTime = this.at - offset;
    }
    if (this.at >= this.until || element.ended) {
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
    for (const [number, element] of this.elements) {
      const offset = this.store.meeting.media.find((one) => one.number === number)?.offset ?? 0;
      element.currentTime = Math.max(this.at - offset, 0);
    }
    this.tell();
  }

  play() {
    const parts = [...this.elements.values()];
    parts.forEach((element, i) => {
      element.muted = i > 0; // one sound is enough
      element.playbackRate = this.rate;
      element.play().then(
        () => this.tell(),
        () => {},
      );
    });
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
