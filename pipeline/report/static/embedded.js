/** In place of the server: what the page asks for stands in the page itself. */

const told = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("told")).textContent ?? "{}");
/** @type {Map<number, string>} */
const addresses = new Map();

/**
 * @param {string} path
 * @returns {Promise<any>}
 */
export async function getJson(path) {
  const action = /^\/explain\/(.+)$/.exec(path)?.[1];
  if (action) return { text: told["/explain"][decodeURIComponent(action)] ?? "" };
  if (!(path in told)) throw new Error("this file does not hold it.");
  return structuredClone(told[path]);
}

/** A page without a server has nobody to send anything to. */
export async function postJson() {
  throw new Error("this file sends nothing.");
}

/**
 * @param {string} _name
 * @param {string} [rest]
 */
export function meetingPath(_name, rest = "") {
  return rest;
}

/**
 * Address of a recording: its parts stand in the page as Base64 and are put together once.
 * @param {number} number
 * @param {string} type such as video/mp4
 */
export function recording(number, type) {
  const known = addresses.get(number);
  if (known) return known;
  const parts = [...document.querySelectorAll(`script.medium[data-number="${number}"]`)].map((piece) => {
    const text = atob(piece.textContent ?? "");
    piece.remove();
    return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  });
  const address = URL.createObjectURL(new Blob(parts, { type }));
  addresses.set(number, address);
  return address;
}
