/** Making and changing elements, dialogs, and what is told to the user. */

/**
 * An element. `on` holds listeners, `style` properties, `class` a class list; what is false or null is left out.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node | string | number | null | undefined | false)} children
 * @returns {HTMLElement & Record<string, any>}
 */
export function h(tag, props = {}, ...children) {
  const element = /** @type {any} */ (document.createElement(tag));
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "style") setStyle(element, value);
    else if (name === "class") element.className = value;
    else if (name === "value" || name === "checked" || name === "disabled") element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * Set styles by CSSOM, which the content security policy allows, custom properties too.
 * @param {HTMLElement} element
 * @param {Record<string, string>} styles
 */
export function setStyle(element, styles) {
  for (const [name, value] of Object.entries(styles)) element.style.setProperty(name, value);
}

/**
 * Replace what is in an element.
 * @param {Element} element
 * @param {...(Node | string | null | undefined | false)} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null && child !== undefined && child !== false));
}

/**
 * A button with a label for screen readers and a tooltip that names its key.
 * @param {string} text
 * @param {() => void} press
 * @param {Record<string, any>} [props]
 */
export function button(text, press, props = {}) {
  return h("button", { type: "button", ...props, on: { click: press } }, text);
}

/**
 * A control with its label above it.
 * @param {string} text
 * @param {HTMLElement} input with an id
 */
export function labelled(text, input) {
  return h("div", { class: "field" }, h("label", { for: input.id }, text), input);
}

/**
 * Open a modal dialog; the promise ends with what `close` was given, or null where it was left.
 * @template T
 * @param {string} title
 * @param {(close: (result: T | null) => void) => Array<Node | string | null>} content
 * @param {string} [kind] a class
 * @returns {Promise<T | null>}
 */
export function openDialog(title, content, kind = "") {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  return new Promise((resolve) => {
    let result = /** @type {T | null} */ (null);
    const dialog = h("dialog", { class: `dialog ${kind}`, "aria-label": title });
    const close = (/** @type {T | null} */ given) => {
      result = given;
      dialog.close();
    };
    dialog.append(h("h2", {}, title), ...content(close).filter((part) => part !== null));
    dialog.addEventListener("click", (/** @type {Event} */ event) => {
      if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before && before.isConnected) before.focus({ preventScroll: true });
      resolve(result);
    });
    document.body.append(dialog);
    dialog.showModal();
    const first = /** @type {HTMLElement | null} */ (
      dialog.querySelector("[autofocus], input, select, textarea, button")
    );
    if (first) first.focus();
  });
}

/**
 * Tell screen readers.
 * @param {string} text
 */
export function say(text) {
  const place = document.getElementById("said");
  if (place) place.textContent = text;
}

/**
 * Show a notice for a while; a second one of the same `kind` takes its place.
 * @param {string} text
 * @param {{kind?: string, seconds?: number, action?: [string, () => void]}} [options]
 */
export function notice(text, { kind = "", seconds = 6, action } = {}) {
  const place = document.getElementById("notices");
  if (!place) return;
  for (const old of place.querySelectorAll(`[data-kind="${kind}"]`)) old.remove();
  const gone = () => note.remove();
  const note = h("div", { class: "notice", "data-kind": kind }, h("span", {}, text));
  if (action) note.append(button(action[0], () => (gone(), action[1]())));
  note.append(button("×", gone, { class: "bare", "aria-label": "Close" }));
  place.append(note);
  if (seconds) setTimeout(gone, seconds * 1000);
}

/**
 * Take away notices of a kind.
 * @param {string} kind
 */
export function clearNotice(kind) {
  for (const old of document.querySelectorAll(`#notices [data-kind="${kind}"]`)) old.remove();
}

/**
 * Call no sooner than `ms` after the last of several calls.
 * @template {any[]} A
 * @param {(...args: A) => void} run
 * @param {number} ms
 * @returns {(...args: A) => void}
 */
export function later(run, ms) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = window.setTimeout(() => run(...args), ms);
  };
}
