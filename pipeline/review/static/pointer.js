/** Mouse, pen, touch and wheel on the timeline's canvas. */

import { RULER } from "./painter.js";
import { clock } from "./time.js";

const STILL = 4; // pixels that are not yet a drag

/** @param {import("./timeline.js").Timeline} timeline */
export function watchPointer(timeline) {
  const { canvas, view } = timeline;
  /** @type {null | {kind: string, x: number, y: number, time: number, moved: boolean, row: any, start: number, end: number}} */
  let drag = null;
  /** @type {Map<number, PointerEvent>} */
  const touches = new Map();

  canvas.addEventListener(
    "wheel",
    (/** @type {WheelEvent} */ event) => {
      if (event.altKey) return; // scrolls the lanes
      event.preventDefault();
      const pixels = event.deltaMode === 1 ? 16 : 1;
      const across = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (Math.abs(across) > Math.abs(event.deltaY) || event.shiftKey)
        view.pan((across * pixels * view.span) / view.width);
      else view.zoom(Math.exp((-event.deltaY * pixels * (event.ctrlKey ? 4 : 1)) / 500), view.time(event.offsetX));
    },
    { passive: false },
  );

  canvas.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (event.button > 1) return;
    canvas.focus({ preventScroll: true });
    touches.set(event.pointerId, event);
    try {
      canvas.setPointerCapture(event.pointerId);
    } catch {
      return; // the pointer has gone already
    }
    const { row, lane, edge } = timeline.at(event.offsetX, event.offsetY);
    const free = timeline.fixed ? "move" : "range";
    const kind = event.button === 1 || touches.size > 1 ? "pan" : event.offsetY < RULER ? "scrub" : edge || free;
    if (kind === "scrub") seek(event);
    if (lane && !edge) timeline.current = lane.key;
    drag = {
      kind,
      x: event.offsetX,
      y: event.offsetY,
      time: view.time(event.offsetX),
      moved: false,
      row,
      start: row?.start ?? 0,
      end: row?.end ?? 0,
    };
  });

  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (!drag) return hover(event);
    const before = touches.get(event.pointerId);
    if (touches.size > 1 && before) pinch(event, before);
    touches.set(event.pointerId, event);
    if (Math.abs(event.offsetX - drag.x) > STILL) drag.moved = true;
    if (!drag.moved || touches.size > 1) return;
    const time = Math.min(Math.max(view.time(event.offsetX), 0), view.duration);
    if (drag.kind === "scrub") seek(event);
    else if (drag.kind === "pan" || drag.kind === "move") view.pan((-event.movementX * view.span) / view.width);
    else if (drag.kind === "range") timeline.setRange(drag.time < time ? [drag.time, time] : [time, drag.time]);
    else if (drag.row) moveEdge(drag, time);
  });

  for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) {
    canvas.addEventListener(name, (/** @type {PointerEvent} */ event) => {
      touches.delete(event.pointerId);
      const done = drag;
      drag = null;
      if (!done || name === "pointercancel") return;
      if ((done.kind === "range" || done.kind === "move") && !done.moved) click(event, done);
      const row = done.row && timeline.store.rows.get(done.row.id);
      if (row && done.moved && (done.kind === "start" || done.kind === "end")) {
        timeline.dispatchEvent(
          new CustomEvent("edges", {
            detail: { before: { ...row, start: done.start, end: done.end }, start: row.start, end: row.end },
          }),
        );
      }
    });
  }
  canvas.addEventListener("dblclick", () => {
    const row = timeline.row;
    if (row) view.show(row.start - (row.end - row.start) - 0.2, row.end + (row.end - row.start) + 0.2);
  });

  /** @param {PointerEvent} event */
  function seek(event) {
    timeline.dispatchEvent(new CustomEvent("seek", { detail: Math.max(view.time(event.offsetX), 0) }));
  }

  /**
   * @param {PointerEvent} event
   * @param {any} done
   */
  function click(event, done) {
    timeline.setRange(null);
    if (done.row) timeline.select(done.row.id, { reveal: false });
    else {
      timeline.select("");
      seek(event);
    }
  }

  /**
   * @param {any} done
   * @param {number} time
   */
  function moveEdge(done, time) {
    const row = timeline.store.rows.get(done.row.id);
    if (!row) return;
    const values = done.kind === "start" ? { start: Math.min(time, row.end) } : { end: Math.max(time, row.start) };
    timeline.store.preview(row.id, values);
  }

  /**
   * @param {PointerEvent} event
   * @param {PointerEvent} before
   */
  function pinch(event, before) {
    const other = [...touches.values()].find((one) => one.pointerId !== event.pointerId);
    if (!other) return;
    const was = Math.max(Math.abs(before.offsetX - other.offsetX), 10);
    const is = Math.max(Math.abs(event.offsetX - other.offsetX), 10);
    view.zoom(is / was, view.time((event.offsetX + other.offsetX) / 2));
  }

  /** @param {PointerEvent} event */
  function hover(event) {
    const { row, edge } = timeline.at(event.offsetX, event.offsetY);
    canvas.style.cursor = edge ? "ew-resize" : row ? "pointer" : event.offsetY < RULER ? "col-resize" : "default";
    canvas.title = row
      ? `${timeline.store.tell(row)}\n${clock(row.start, 2)} – ${clock(row.end, 2)}${row.status === "auto" || timeline.fixed ? "" : ` · ${row.status} by ${row.coder}`}`
      : "";
  }
}
