/** Exporting a meeting: choose a format and a notation, get the file. */

import { meetingPath, post } from "./api.js";
import { h, labelled, notice, openDialog } from "./dom.js";
import { title } from "./time.js";

const CALLED = {
  docx: "Word transcript",
  jefferson: "Text transcript",
  chat: "CHAT / CLAN",
  elan: "ELAN",
  textgrid: "Praat",
  exmaralda: "EXMARaLDA",
  dote: "DOTE",
  qdpx: "ATLAS.ti, MAXQDA, NVivo",
  srt: "Subtitles",
  vtt: "Subtitles with speakers",
  rttm: "Who speaks when",
  csv: "Spreadsheet",
  parquet: "Parquet",
  json: "JSON",
};
const WITH_NOTATION = new Set(["docx", "jefferson", "dote", "qdpx"]);

/** @param {import("./store.js").Store} store */
export async function exportMeeting(store) {
  const notations = notationsOf(store).filter((name) => name !== "plain");
  const { formats } = store.meeting;
  const asked = await openDialog("Export", (close) => {
    const format = h(
      "select",
      { id: "export-format", autofocus: true },
      ...formats.map((one) =>
        h(
          "option",
          { value: one.name, selected: one.name === "docx" },
          `${/** @type {any} */ (CALLED)[one.name] ?? title(one.name)} (${one.suffix})`,
        ),
      ),
    );
    const carries = h("p", { class: "dim" });
    const notation = h(
      "select",
      { id: "export-notation" },
      ...notations.map((name) => h("option", { value: name, selected: name === "jefferson" }, title(name))),
    );
    const part = labelled("Notation", notation);
    const tell = () => {
      part.hidden = !WITH_NOTATION.has(format.value);
      carries.textContent = `Holds ${formats.find((one) => one.name === format.value)?.carries}. Every correction made so far is in it, and the names shown here.`;
    };
    format.addEventListener("change", tell);
    tell();
    const send = (/** @type {Event} */ event) => (
      event.preventDefault(),
      close({ format: format.value, notation: notation.value })
    );
    return [
      h(
        "form",
        { on: { submit: send } },
        labelled("Format", format),
        part,
        carries,
        h(
          "div",
          { class: "row end" },
          h("button", { type: "button", on: { click: () => close(null) } }, "Cancel"),
          h("button", { class: "primary" }, "Export"),
        ),
      ),
    ];
  });
  if (!asked) return;
  notice("Writing the file …", { kind: "export", seconds: 0 });
  try {
    const answer = await post(meetingPath(store.name, "/export"), asked);
    const given = /filename\*=UTF-8''([^;]+)/i.exec(answer.headers.get("Content-Disposition") ?? "");
    const file = given ? decodeURIComponent(given[1]) : `${store.name}.${asked.format}`;
    const address = URL.createObjectURL(await answer.blob());
    const link = h("a", { href: address, download: file });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
    notice(`${file} is in your downloads.`, { kind: "export" });
  } catch (error) {
    notice(`The file was not written: ${/** @type {Error} */ (error).message}`, { kind: "export", seconds: 0 });
  }
}

/**
 * Names of the notations, the plain and the usual one first.
 * @param {import("./store.js").Store} store
 * @returns {string[]}
 */
export function notationsOf(store) {
  const first = ["plain", "jefferson"];
  return [...first, ...store.meeting.notations.filter((name) => !first.includes(name))];
}
