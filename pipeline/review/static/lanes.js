/** Rows on lanes: one lane a tier and participant, in the groups said, heard, seen and coded. */

/** @typedef {import("./store.js").Row} Row */
/**
 * @typedef {object} Lane
 * @property {string} key tier@participant
 * @property {string} group
 * @property {string} tier
 * @property {string} participant
 * @property {Row[]} rows in order of start
 * @property {number} longest seconds; where to begin a search
 * @property {number} levels how many rows lie over each other, at most `DEEPEST`
 * @property {boolean} main shown before anybody asks for more
 */

export const GROUPS = ["said", "heard", "seen", "coded"];
const DEEPEST = 4;
const ORDER = [
  "turn",
  "word",
  "overlap",
  "pause",
  "gap",
  "latch",
  "laughter",
  "reciprocal_laughter",
  "loudness",
  "pace",
  "intonation",
  "pitch_step",
  "stress",
  "stretch",
  "cut_off",
  "creak",
  "breath_in",
  "breath_out",
  "smile_voice",
  "nod",
  "head_shake",
  "smile",
  "gaze",
  "mutual_gaze",
  "face_visible",
  "action",
  "comment",
];
const MAIN = new Set([
  "turn",
  "word",
  "overlap",
  "laughter",
  "reciprocal_laughter",
  "loudness",
  "nod",
  "smile",
  "gaze",
  "mutual_gaze",
  "action",
  "comment",
]);

/**
 * @param {string} tier
 * @param {string} participant
 */
export function laneKey(tier, participant) {
  return `${tier}@${participant}`;
}

/**
 * Put all rows on lanes.
 * @param {import("./store.js").Store} store
 * @returns {Map<string, Lane>} by key, in the order in which they are shown
 */
export function buildLanes(store) {
  /** @type {Map<string, Row[]>} */
  const parts = new Map();
  for (const row of store.rows.values()) {
    const key = laneKey(row.tier, row.participant);
    const part = parts.get(key);
    if (part) part.push(row);
    else parts.set(key, [row]);
  }
  const lanes = [...parts].map(([key, rows]) => makeLane(store, key, rows));
  const people = store.meeting.people.map((person) => person.id);
  lanes.sort((a, b) => rank(a, people) - rank(b, people) || (a.key < b.key ? -1 : 1));
  return new Map(lanes.map((lane) => [lane.key, lane]));
}

/**
 * @param {Lane} lane
 * @param {string[]} people
 */
function rank(lane, people) {
  const tier = ORDER.indexOf(lane.tier);
  const who = people.indexOf(lane.participant);
  return GROUPS.indexOf(lane.group) * 1e6 + (tier < 0 ? 999 : tier) * 1e3 + (who < 0 ? 999 : who);
}

/**
 * @param {import("./store.js").Store} store
 * @param {string} key
 * @param {Row[]} rows
 * @returns {Lane}
 */
function makeLane(store, key, rows) {
  const { tier, participant } = rows[0];
  const group = store.meeting.tiers.find((one) => one.name === tier)?.group ?? "coded";
  const lane = {
    key,
    group,
    tier,
    participant,
    rows,
    longest: 0,
    levels: 1,
    main: MAIN.has(tier) || group === "coded",
  };
  arrange(lane);
  return lane;
}

/**
 * Order a lane's rows and give each the level on which it does not lie over another.
 * @param {Lane} lane
 */
function arrange(lane) {
  lane.rows.sort((a, b) => a.start - b.start || a.end - b.end);
  lane.longest = 0;
  lane.levels = 1;
  /** @type {number[]} */
  const ends = [];
  for (const row of lane.rows) {
    lane.longest = Math.max(lane.longest, row.end - row.start);
    row.level = 0;
    if (row.status === "rejected") continue; // it lies under what took its place
    let level = ends.findIndex((end) => end <= row.start + 0.001);
    if (level < 0) level = ends.length < DEEPEST ? ends.length : ends.indexOf(Math.min(...ends));
    ends[level] = Math.max(row.end, ends[level] ?? 0);
    row.level = level;
  }
  lane.levels = Math.max(1, ends.length);
}

/**
 * Bring lanes up to date with some rows.
 * @param {Map<string, Lane>} lanes
 * @param {import("./store.js").Store} store
 * @param {string[]} ids
 * @returns {boolean} whether it could; where a lane came or went they have to be built anew
 */
export function updateLanes(lanes, store, ids) {
  const wanted = new Set(ids);
  for (const id of ids) {
    const row = store.rows.get(id);
    if (row && !lanes.has(laneKey(row.tier, row.participant))) return false;
  }
  for (const lane of lanes.values()) {
    const kept = lane.rows.filter((row) => !wanted.has(row.id));
    const fresh = ids
      .map((id) => store.rows.get(id))
      .filter((row) => row && laneKey(row.tier, row.participant) === lane.key);
    if (kept.length === lane.rows.length && !fresh.length) continue;
    lane.rows = [...kept, .../** @type {Row[]} */ (fresh)];
    if (!lane.rows.length) return false;
    arrange(lane);
  }
  return true;
}

/**
 * Index of the first row that can reach into what begins at `time`.
 * @param {Lane} lane
 * @param {number} time
 */
export function firstFrom(lane, time) {
  const from = time - lane.longest;
  let low = 0;
  let high = lane.rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lane.rows[middle].start < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Index after the last row that begins by `time`.
 * @param {Lane} lane
 * @param {number} time
 */
export function lastBefore(lane, time) {
  let low = 0;
  let high = lane.rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lane.rows[middle].start <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The row of a lane nearest to a time.
 * @param {Lane} lane
 * @param {number} time
 * @returns {Row | null}
 */
export function nearest(lane, time) {
  let best = null;
  let least = Infinity;
  for (const row of lane.rows) {
    const away = time < row.start ? row.start - time : time > row.end ? time - row.end : 0;
    if (away < least) [best, least] = [row, away];
    if (row.start > time + least) break;
  }
  return best;
}
