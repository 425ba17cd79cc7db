/** Talking to the server: one function for requests, errors that say what to do, and its events. */

/** The server refused; `status` and `body` say why. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {any} body
   */
  constructor(status, body) {
    super(body?.error ?? `The server answered with ${status}.`);
    this.status = status;
    this.body = body;
  }
}

/** The server could not be reached. */
export class Unreachable extends Error {
  constructor() {
    super("The server cannot be reached; start `rapport review` again. What you changed is kept here meanwhile.");
  }
}

/**
 * Take the token out of the address, so that it is in no screenshot; later requests carry it as a header.
 */
export function keepToken() {
  const address = new URL(location.href);
  const token = address.searchParams.get("token");
  if (!token) return;
  sessionStorage.setItem("token", token);
  address.searchParams.delete("token");
  history.replaceState(null, "", address);
}

/** @returns {Record<string, string>} */
function headers() {
  const token = sessionStorage.getItem("token");
  return token ? { "X-Rapport-Token": token } : {};
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
async function request(path, init = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...init, headers: { ...headers(), ...init.headers }, cache: "no-store" });
  } catch {
    throw new Unreachable();
  }
  if (answer.ok) return answer;
  const body = await answer.json().catch(() => null);
  if (answer.status === 401 && body && document.querySelector(".page.meeting"))
    body.error =
      "The server was started anew. Open the address that it printed in another tab; what you changed is kept here and saved then.";
  throw new Refused(answer.status, body);
}

/**
 * @param {string} path
 * @returns {Promise<any>}
 */
export async function getJson(path) {
  const early = /** @type {any} */ (window).early; // see early.js
  const asked = await early?.get(path);
  early?.delete(path);
  return (asked?.ok ? asked : await request(path)).json();
}

/**
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<any>}
 */
export async function postJson(path, body) {
  return (await post(path, body)).json();
}

/**
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<Response>}
 */
export function post(path, body) {
  return request(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

/**
 * Address of a meeting's part of the interface.
 * @param {string} name
 * @param {string} [rest]
 */
export function meetingPath(name, rest = "") {
  return `/api/meetings/${encodeURIComponent(name)}${rest}`;
}

/**
 * Listen for versions of a meeting, and connect again where the server was away.
 * @param {string} name
 * @param {(version: number) => void} risen
 * @param {(connected: boolean) => void} connected
 * @returns {() => void} stops it
 */
export function listen(name, risen, connected) {
  let source = /** @type {EventSource | null} */ (null);
  let timer = 0;
  const open = () => {
    source = new EventSource(meetingPath(name, "/events"));
    source.onopen = () => connected(true);
    source.onmessage = (event) => risen(JSON.parse(event.data).version);
    source.onerror = () => {
      connected(false);
      if (source?.readyState === EventSource.CLOSED) timer = window.setTimeout(open, 2000); // it was refused
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
