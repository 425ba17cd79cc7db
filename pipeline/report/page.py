"""The page of a report: the review page's own modules and styles, packed into one file.

The modules stand in an import map as ``data:`` addresses, under bare names, since a module in such an address
cannot name another by a relative path. The policy lets nothing be loaded from anywhere: only scripts whose
hash is in it may run, and the modules that they name.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pipeline.review

PLACES = (Path(__file__).parent / "static", Path(pipeline.review.__file__).parent / "static")
"""Where modules and styles are looked for, in this order."""
ENTRY = "report.js"
STAND_INS = {"api.js": "embedded.js"}
"""What takes the place of a module: there is no server to talk to."""
STYLES = ("styles.css", "panels.css", "timeline.css", "report.css")
IMPORTED = re.compile(r'\b(from|^import) "\.[\w./-]*/([\w-]+\.js)"', re.MULTILINE)
START = f'import "{ENTRY}";'
TOO_OLD = (
    'if (!HTMLScriptElement.supports?.("importmap")) document.querySelector(".waiting").textContent = '
    '"This browser is too old for the page; open it with another one, or bring this one up to date.";'
)


def modules() -> dict[str, str]:
    """The modules that the page needs, by bare name, with bare names for what they import."""
    found: dict[str, str] = {}
    wanted = [ENTRY]
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        text = _static(name)
        found[name] = IMPORTED.sub(lambda one: f'{one[1]} "{STAND_INS.get(one[2], one[2])}"', text)
        wanted += [STAND_INS.get(one[2], one[2]) for one in IMPORTED.finditer(text)]
    return found


def _static(name: str) -> str:
    """The text of a module or a style sheet."""
    return next(path for place in PLACES if (path := place / name).is_file()).read_text(encoding="utf-8")


def page_around(told: Mapping[str, Any], title: str, language: str) -> tuple[str, str]:
    """The page before and after its films.

    Parameters
    ----------
    told : mapping
        What the page asks for, see `pipeline.report.told`.
    title : str
    language : str
        ISO 639-1 code of what is said; the page itself is in English.
    """
    addresses = {
        name: "data:text/javascript;charset=utf-8;base64," + base64.b64encode(text.encode()).decode()
        for name, text in sorted(modules().items())
    }
    import_map = json.dumps({"imports": addresses}, separators=(",", ":"))
    styles = "\n".join(_static(name) for name in STYLES)
    hashes = " ".join(f"'sha256-{_digest(text)}'" for text in (import_map, TOO_OLD, START))
    policy = (
        f"default-src 'none'; script-src {hashes} data:; style-src 'unsafe-inline'; img-src data: blob:; "
        "media-src blob: data:; base-uri 'none'; form-action 'none'"
    )
    before = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>{html.escape(title)}</title>
<link rel="icon" href="data:,">
<style>
{styles}</style>
<script type="importmap">{import_map}</script>
</head>
<body>
<div id="page" class="page"><p class="waiting" role="status">Loading …</p></div>
<div id="said" class="unseen" role="status" aria-live="polite"></div>
<div id="notices" class="notices" role="alert" aria-live="assertive"></div>
<noscript><p class="waiting">This page needs JavaScript, which this program does not run; open it in a browser.</p></noscript>
<script>{TOO_OLD}</script>
<script type="application/json" id="told" data-language="{html.escape(language)}">{_as_json(told)}</script>
"""  # noqa: E501
    return before, f'<script type="module">{START}</script>\n</body>\n</html>\n'


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _as_json(told: Mapping[str, Any]) -> str:
    """JSON that may stand in a page: no sign in it ends a script or begins a comment."""
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
