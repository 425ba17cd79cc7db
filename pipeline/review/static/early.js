/** Asks for the meeting while the modules are still on their way; no module, so that it runs at once. */
{
  const name = /^\/meeting\/([^/]+)\/?$/.exec(location.pathname)?.[1];
  const token = new URLSearchParams(location.search).get("token") ?? sessionStorage.getItem("token");
  const ask = (/** @type {string} */ path) =>
    fetch(path, { cache: "no-store", headers: token ? { "X-Rapport-Token": token } : {} });
  const paths = name ? ["", "/rows"].map((rest) => `/api/meetings/${name}${rest}`) : [];
  /** @type {any} */ (window).early = new Map(paths.map((path) => [path, ask(path).catch(() => null)]));
}
