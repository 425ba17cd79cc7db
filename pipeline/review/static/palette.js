/** Colours for the canvas, taken from the styles so that light and dark are told in one place. */

/** @typedef {{solid: string, faint: string, on: string}} Tone `on`: of text on the solid colour */
/**
 * @typedef {object} Palette
 * @property {Tone[]} people
 * @property {Tone} nobody
 * @property {Tone} good
 * @property {Tone} miss
 * @property {string} ink
 * @property {string} soft
 * @property {string} line
 * @property {string} panel
 * @property {string} band
 * @property {string} mark
 */

export const PEOPLE = 8;

/** @returns {Palette} */
export function readPalette() {
  const style = getComputedStyle(document.documentElement);
  const value = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const tone = (/** @type {string} */ name) => ({
    solid: value(name),
    faint: value(`${name}-faint`) || fainter(value(name), value("--panel")),
    on: value("--on-colour"),
  });
  return {
    people: Array.from({ length: PEOPLE }, (_, i) => tone(`--person-${i}`)),
    nobody: tone("--nobody"),
    good: tone("--good"),
    miss: tone("--miss"),
    ink: value("--ink"),
    soft: value("--soft"),
    line: value("--line"),
    panel: value("--panel"),
    band: value("--band"),
    mark: value("--mark"),
  };
}

/**
 * A colour mixed into its ground.
 * @param {string} colour as #rrggbb
 * @param {string} ground
 */
function fainter(colour, ground) {
  const parts = (/** @type {string} */ hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  const [a, b] = [parts(colour), parts(ground)];
  return `rgb(${a.map((part, i) => Math.round(part * 0.3 + b[i] * 0.7)).join(" ")})`;
}

/**
 * The tone of somebody.
 * @param {Palette} palette
 * @param {import("./store.js").Person[]} people
 * @param {string} participant
 */
export function toneOf(palette, people, participant) {
  const person = people.find((one) => one.id === participant);
  return person ? palette.people[person.colour_index % PEOPLE] : palette.nobody;
}

/** Ask for the other of light and dark, and keep it. */
export function toggleTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
  setTheme(now === "dark" ? "light" : "dark");
}

/** @param {string} theme */
function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
  window.dispatchEvent(new Event("themechange"));
}

/** As the user chose, or as the system has it. */
export function startTheme() {
  const kept = localStorage.getItem("theme");
  if (kept) document.documentElement.dataset.theme = kept;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    window.dispatchEvent(new Event("themechange")),
  );
}
