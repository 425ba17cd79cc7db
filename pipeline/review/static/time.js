/** Times and names as people read them. */

/**
 * Seconds as 4:41.2, or 1:04:41.2.
 * @param {number} seconds
 * @param {number} [digits] after the point
 */
export function clock(seconds, digits = 1) {
  const unit = 10 ** digits;
  const ticks = Math.round(Math.max(0, seconds) * unit);
  const whole = Math.floor(ticks / unit);
  const part = digits ? "." + String(ticks % unit).padStart(digits, "0") : "";
  const s = String(whole % 60).padStart(2, "0");
  const m = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${String(m).padStart(2, "0")}:${s}${part}` : `${m}:${s}${part}`;
}

/**
 * A time that somebody typed: 281.2, 4:41.2 or 1:04:41.
 * @param {string} text
 * @returns {number | null} null where it is none
 */
export function parseClock(text) {
  const parts = text.trim().replace(",", ".").split(":");
  if (!parts.length || parts.length > 3 || !parts.every((part) => /^\d+(\.\d+)?$/.test(part))) return null;
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}

/**
 * How long, in words: 0.42 s, 12 s, 3 min.
 * @param {number} seconds
 */
export function howLong(seconds) {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`;
}

/**
 * A name of the tables as words: `head_shake` is head shake.
 * @param {string} name
 */
export function words(name) {
  return name.replaceAll("_", " ");
}

/**
 * A name as a heading.
 * @param {string} name
 */
export function title(name) {
  const text = words(name);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * A count with thin blanks between thousands.
 * @param {number} count
 */
export function count(count) {
  return count.toLocaleString("en");
}
