/** Where a browser keeps nothing for a file, or forbids to ask, what would be kept lasts as long as the page. */

try {
  localStorage.setItem("kept", "yes");
  localStorage.removeItem("kept");
} catch {
  /** @type {Map<string, string>} */
  const kept = new Map();
  Object.defineProperty(window, "localStorage", {
    value: {
      getItem: (/** @type {string} */ name) => kept.get(name) ?? null,
      setItem: (/** @type {string} */ name, /** @type {string} */ value) => void kept.set(name, String(value)),
      removeItem: (/** @type {string} */ name) => void kept.delete(name),
    },
  });
}
