/** A menu to choose from by typing and arrows. */

import { fill, h, openDialog } from "./dom.js";

/** @typedef {{value: string, text: string, hint?: string}} Choice */

/**
 * Ask for one of several.
 * @param {string} title
 * @param {Choice[]} choices
 * @param {string} [current] value that is chosen at first
 * @returns {Promise<string | null>} null where the menu was left
 */
export function choose(title, choices, current = "") {
  return openDialog(
    title,
    (close) => {
      let shown = choices;
      let at = Math.max(
        0,
        choices.findIndex((choice) => choice.value === current),
      );
      const list = h("ul", { class: "choices", role: "listbox", id: "choices", "aria-label": title });
      const input = h("input", {
        type: "text",
        role: "combobox",
        "aria-expanded": "true",
        "aria-controls": "choices",
        autocomplete: "off",
        "aria-label": `${title}: type to narrow, arrows to choose`,
        placeholder: "Type to narrow",
        autofocus: true,
      });
      const draw = () => {
        fill(
          list,
          ...shown.map((choice, i) =>
            h(
              "li",
              {
                role: "option",
                id: `choice-${i}`,
                "aria-selected": String(i === at),
                on: { click: () => close(choice.value) },
              },
              h("span", {}, choice.text),
              choice.hint ? h("span", { class: "dim" }, choice.hint) : null,
            ),
          ),
        );
        input.setAttribute("aria-activedescendant", shown.length ? `choice-${at}` : "");
        list.children[at]?.scrollIntoView({ block: "nearest" });
      };
      input.addEventListener("input", () => {
        const asked = input.value.trim().toLowerCase();
        const starts = choices.filter((choice) => choice.text.toLowerCase().startsWith(asked));
        shown = [
          ...starts,
          ...choices.filter((choice) => !starts.includes(choice) && choice.text.toLowerCase().includes(asked)),
        ];
        at = 0;
        draw();
      });
      input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
        const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
        if (step && shown.length) {
          at = (at + step + shown.length) % shown.length;
          draw();
        } else if (event.key === "Enter" && shown[at]) close(shown[at].value);
        else return;
        event.preventDefault();
      });
      draw();
      return [input, list];
    },
    "menu",
  );
}

/**
 * Ask for one line of text.
 * @param {string} title
 * @param {string} value
 * @param {string} [hint]
 * @param {number} [longest] letters
 * @returns {Promise<string | null>}
 */
export function askText(title, value, hint = "", longest = 100) {
  return openDialog(title, (close) => {
    const input = h("input", { type: "text", value, "aria-label": title, autofocus: true, maxlength: longest });
    const form = h(
      "form",
      {
        class: "ask",
        on: { submit: (/** @type {Event} */ event) => (event.preventDefault(), close(input.value.trim())) },
      },
      hint ? h("p", { class: "dim" }, hint) : null,
      input,
      h(
        "div",
        { class: "row end" },
        h("button", { type: "button", on: { click: () => close(null) } }, "Cancel"),
        h("button", { class: "primary" }, "Save"),
      ),
    );
    queueMicrotask(() => input.select());
    return [form];
  });
}
