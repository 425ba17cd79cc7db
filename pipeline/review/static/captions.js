/** Captions from the words of the timeline, in short lines, one a person. */

import { fill, h, later } from "./dom.js";

const LONGEST = 56; // letters
const PAUSE = 0.9; // seconds after which a new caption begins
const STAY = 0.6; // seconds that a caption stays

/** @typedef {{start: number, end: number, participant: string, text: string}} Caption */

/**
 * Words of each person joined into captions, in order of start.
 * @param {import("./store.js").Store} store
 * @returns {Caption[]}
 */
export function captionsOf(store) {
  /** @type {Map<string, Caption>} */
  const open = new Map();
  const captions = [];
  const said = [...store.rows.values()].filter((row) => row.tier === "word" && row.status !== "rejected" && row.text);
  said.sort((a, b) => a.start - b.start);
  for (const word of said) {
    const now = open.get(word.participant);
    if (
      now &&
      word.start - now.end < PAUSE &&
      now.text.length + word.text.length < LONGEST &&
      !/[.?!]$/.test(now.text)
    ) {
      now.text += ` ${word.text}`;
      now.end = Math.max(now.end, word.end);
      continue;
    }
    const caption = { start: word.start, end: word.end, participant: word.participant, text: word.text };
    open.set(word.participant, caption);
    captions.push(caption);
  }
  return captions;
}

/** @param {import("./store.js").Store} store */
export function makeCaptions(store) {
  const element = h("div", { class: "captions", "aria-hidden": "true" });
  let captions = captionsOf(store);
  let shown = "";
  let now = 0;
  const refresh = later(() => {
    captions = captionsOf(store);
    show(now);
  }, 300);
  store.addEventListener("rows", refresh);
  store.addEventListener("people", refresh);

  /** @param {number} time */
  function show(time) {
    now = time;
    /** @type {Map<string, Caption>} */
    const spoken = new Map();
    let low = 0;
    let high = captions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (captions[middle].start <= time + 0.05) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= Math.max(0, low - 8); i--) {
      const one = captions[i];
      if (!spoken.has(one.participant) && time < one.end + STAY) spoken.set(one.participant, one);
    }
    const key = [...spoken.values()].map((one) => `${store.called(one.participant)}${one.start}${one.text}`).join();
    if (key === shown) return;
    shown = key;
    const people = store.meeting.people;
    fill(
      element,
      ...[...spoken.values()]
        .reverse()
        .slice(-3)
        .map((one) => {
          const place = people.find((person) => person.id === one.participant)?.colour_index ?? 0;
          return h(
            "p",
            {},
            h("b", { style: { color: `var(--caption-${place % 8})` } }, store.called(one.participant)),
            ` ${one.text}`,
          );
        }),
    );
  }
  return { element, show };
}
