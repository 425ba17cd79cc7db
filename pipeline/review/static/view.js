/** Which part of the meeting the timeline shows. */

export const CLOSEST = 0.1; // seconds across the whole width

/** Events: `change`. */
export class View extends EventTarget {
  /** @param {number} duration seconds */
  constructor(duration) {
    super();
    this.duration = Math.max(duration, 1);
    this.start = 0;
    this.span = this.duration;
    this.width = 1000;
  }

  get end() {
    return this.start + this.span;
  }

  /** @param {number} time */
  x(time) {
    return ((time - this.start) / this.span) * this.width;
  }

  /** @param {number} x */
  time(x) {
    return this.start + (x / this.width) * this.span;
  }

  /**
   * @param {number} start
   * @param {number} end
   */
  show(start, end) {
    const span = Math.min(Math.max(end - start, CLOSEST), this.duration);
    const from = Math.min(Math.max(start, 0), this.duration - span);
    if (span === this.span && from === this.start) return;
    this.start = from;
    this.span = span;
    this.dispatchEvent(new Event("change"));
  }

  /** The whole meeting. */
  fit() {
    this.show(0, this.duration);
  }

  /**
   * Zoom, holding a time where it is.
   * @param {number} factor above 1 comes closer
   * @param {number} time
   */
  zoom(factor, time) {
    const span = Math.min(Math.max(this.span / factor, CLOSEST), this.duration);
    const share = (time - this.start) / this.span;
    this.show(time - share * span, time - share * span + span);
  }

  /** @param {number} seconds */
  pan(seconds) {
    this.show(this.start + seconds, this.start + seconds + this.span);
  }

  /**
   * Bring a time into view, as pages are turned.
   * @param {number} time
   * @param {number} [end] of something that should be seen whole, if it fits
   */
  reveal(time, end = time) {
    const margin = this.span * 0.06;
    const fits = end - time < this.span - 2 * margin;
    if (time >= this.start + margin && (fits ? end : time) <= this.end - margin) return;
    const from = time - this.span * 0.15;
    this.show(from, from + this.span);
  }
}
