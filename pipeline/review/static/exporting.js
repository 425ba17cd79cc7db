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
  report: "Report for a participant",
};
const WITH_NOTATION = new Set(["docx", "jefferson", "dote", "qdpx", "report"]);
const REPORT = "report";
const VIDEO = [
  ["leave-out", "Left out, and no sound"],
  ["blur", "Blurred beyond recognition"],
  ["include", "As recorded"],
];

/** @param {import("./store.js").Store} store */
export async function exportMeeting(store) {
  const notations = notationsOf(store).filter((name) => name !== "plain");
  const about = "timeline, transcript, score and room for remarks, in one page that needs no server";
  const formats = [...store.meeting.formats, { name: REPORT, suffix: ".html", carries: about }];
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
    const report = reportFields(store);
    const tell = () => {
      part.hidden = !WITH_NOTATION.has(format.value);
      report.element.hidden = format.value !== REPORT;
      carries.textContent = `Holds ${formats.find((one) => one.name === format.value)?.carries}. Every correction made so far is in it, and the names shown here.`;
    };
    format.addEventListener("change", tell);
    tell();
    const send = (/** @type {Event} */ event) => {
      event.preventDefault();
      if (format.value === REPORT && !report.understood()) return;
      close({
        format: format.value,
        notation: notation.value,
        ...(format.value === REPORT && report.values()),
      });
    };
    return [
      h(
        "form",
        { on: { submit: send } },
        labelled("Format", format),
        part,
        report.element,
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
  const path = asked.format === REPORT ? "/report" : "/export";
  try {
    const answer = await post(meetingPath(store.name, path), asked);
    const given = /filename\*=UTF-8''([^;]+)/i.exec(answer.headers.get("Content-Disposition") ?? "");
    const plain = asked.format === REPORT ? "report.html" : `${store.name}.${asked.format}`;
    const file = given ? decodeURIComponent(given[1]) : plain;
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
 * What is shown and hidden in a participant's report.
 * @param {import("./store.js").Store} store
 */
function reportFields(store) {
  const video = h("select", { id: "report-video" }, ...VIDEO.map(([value, text]) => h("option", { value }, text)));
  const sound = h("input", { type: "checkbox", id: "report-sound" });
  const comments = h("input", { type: "checkbox", id: "report-comments" });
  const hide = h("textarea", { id: "report-hide", rows: 2, placeholder: "Acme = COMPANY" });
  video.addEventListener("change", () => (sound.checked = video.value !== "leave-out"));
  const names = store.meeting.people.map((person) =>
    h("input", { type: "text", id: `report-name-${person.id}`, value: person.name, "data-person": person.id }),
  );
  const check = (/** @type {HTMLElement} */ box, /** @type {string} */ text) =>
    h("p", {}, h("label", { class: "check" }, box, text));
  const element = h(
    "div",
    {},
    labelled("Video", video),
    check(sound, "Sound: a voice tells who speaks"),
    check(comments, "What coders commented"),
    h("div", { class: "two" }, ...names.map((name, i) => labelled(`${store.meeting.people[i].name} is called`, name))),
    labelled("Words to replace, one a line", hide),
  );
  hide.addEventListener("input", () => hide.setCustomValidity(""));
  /** Whether every line of words says what comes in their place; else the first that does not is named. */
  const understood = () => {
    const odd = hide.value.split("\n").find((line) => line.trim() && replacement(line).some((side) => !side));
    hide.setCustomValidity(odd === undefined ? "" : `“${odd.trim()}” does not say what it becomes; write OLD = NEW.`);
    return hide.reportValidity();
  };
  const values = () => ({
    video: video.value,
    sound: sound.checked,
    comments: comments.checked,
    names: Object.fromEntries(
      names
        .filter((name) => name.value.trim() && name.value.trim() !== store.called(name.dataset.person ?? ""))
        .map((name) => [name.dataset.person, name.value.trim()]),
    ),
    hide: Object.fromEntries(
      hide.value
        .split("\n")
        .filter((line) => line.trim())
        .map(replacement),
    ),
  });
  return { element, understood, values };
}

/**
 * What a line replaces, and by what; empty where it does not say so.
 * @param {string} line
 * @returns {[string, string]}
 */
function replacement(line) {
  const at = line.indexOf("=");
  return at < 0 ? [line.trim(), ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
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
