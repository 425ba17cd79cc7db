/** Where the page begins: the list of meetings, or one meeting, by the address. */

import { Refused, keepToken } from "./api.js";
import { fill, h } from "./dom.js";
import { showMeeting } from "./meeting.js";
import { showMeetings } from "./meetings.js";
import { startTheme } from "./palette.js";

startTheme();
keepToken();
const page = /** @type {HTMLElement} */ (document.getElementById("page"));
const name = /^\/meeting\/([^/]+)\/?$/.exec(location.pathname)?.[1];

try {
  if (name) await showMeeting(page, decodeURIComponent(name));
  else await showMeetings(page);
} catch (error) {
  const known = error instanceof Refused && error.status === 401;
  const text = known
    ? "This page needs the address that `rapport review` printed, with its token."
    : /** @type {Error} */ (error).message;
  fill(
    page,
    h(
      "div",
      { class: "failed", role: "alert" },
      h("h1", {}, "This cannot be shown"),
      h("p", {}, text),
      h("p", {}, h("a", { href: "/" }, "All meetings")),
    ),
  );
  throw error;
}
