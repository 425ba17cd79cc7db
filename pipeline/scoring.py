"""A meeting's rapport: actions coded into its timeline, scored, explained, and what people disclosed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import SettingsError
from pipeline.intervals import coverage
from pipeline.manifest import language_of, names_of, read_manifest, roles_of, write_manifest
from pipeline.rapport.actions import TIER
from pipeline.rapport.codebook import Codebook, load_codebook
from pipeline.rapport.coding import code_actions, set_scene
from pipeline.rapport.corrections import corrected
from pipeline.rapport.disclosure import Disclosure, disclosures
from pipeline.rapport.explain import explain
from pipeline.rapport.exposure import Exposure
from pipeline.rapport.measures import measure
from pipeline.rapport.moments import missed, strongest, to_look_at
from pipeline.rapport.report import Report, draw
from pipeline.rapport.scene import Scene
from pipeline.rapport.score import read_actions, score_all, slope, trend
from pipeline.store import alone, storage_errors, write_whole
from pipeline.timeline.human import replace_tiers
from pipeline.timeline.table import read, timeline, write

if TYPE_CHECKING:
    import pandas as pd


SCORE, PICTURE = "rapport.json", "rapport.png"
"""Files of a meeting's score, in its folder."""


def coded(
    table: pd.DataFrame, roles: Mapping[str, str], language: str, codebook: Codebook
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """A timeline with its rapport actions found anew, and what could not be coded."""
    found = code_actions(table, roles, language, codebook)
    if not found.rows and not (table["tier"] == TIER).any():
        return table, found.warnings
    evidence = {row["id"]: row["evidence"] for row in found.rows}  # of other tiers, which a timeline checks
    actions = timeline({**row, "evidence": ""} for row in found.rows)
    actions["evidence"] = [evidence[name] for name in actions["id"]]
    gone = corrected(table, actions, codebook.renamed)
    return replace_tiers(table, actions[~actions["id"].isin(gone)], (TIER,)), found.warnings


def code_meeting(folder: Path, codebook: Codebook | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Code an analysed meeting anew from its timeline, and write the timeline and the manifest.

    Parameters
    ----------
    folder : Path
        An analysed meeting.
    codebook : Codebook, optional
        By default the one that the meeting was coded with.

    Raises
    ------
    SettingsError
        Where that one is no longer there.
    """
    read_manifest(folder)  # no lock is laid where no meeting is
    with alone(folder):
        manifest, before = read_manifest(folder), read(folder / "timeline.parquet")
        book = codebook or codebook_of(manifest)
        table, warnings = coded(before, roles_of(manifest), language_of(manifest), book)
        manifest["codebook"] = about(book)
        write(table, folder)
        write_manifest(folder, manifest)
    return table, (*warnings, *_unknown_codes(table, book))


def score_meeting(folder: Path, codebook: Codebook | None, opening: float | None = None) -> Report:
    """Score an analysed meeting.

    It is coded anew first, without writing anything, where it was coded with another codebook, or not at all.

    Parameters
    ----------
    folder : Path
        An analysed meeting.
    codebook : Codebook, optional
        By default the one that the meeting was coded with, or the product's own where that has moved.
    opening : float, optional
        Minutes of the opening, if they are others than the codebook's.
    """
    manifest, table = read_manifest(folder), read(folder / "timeline.parquet")
    book, doubts = codebook_to_read(manifest, codebook)
    roles, language = roles_of(manifest), language_of(manifest)
    table = _coded_with(table, manifest, book)
    if opening is not None:
        book = book.model_copy(update={"opening": book.opening.model_copy(update={"minutes": opening})})
    scene, warnings = set_scene(table, roles, language, book)
    actions, names = read_actions(table, book.renamed), names_of(manifest, table)
    measured = measured_in(scene, manifest)
    exposure = exposure_of(scene, measured)
    scores = score_all(actions, exposure, book) if len(table) else []
    groups = [score.who for score in scores]
    trends = {who: trend(actions, exposure, book, who) for who in groups}
    return Report(
        meeting=folder.name,
        codebook=book,
        names=names,
        roles=roles,
        scores=scores,
        trends=trends,
        slopes={who: slope(windows) for who, windows in trends.items()},
        measures=measure(scene, actions, measured),
        strongest=strongest(actions, book, names),
        to_look_at=to_look_at(actions, book, names),
        missed=missed(actions, names),
        checklist={name: manifest["meeting"].get("checklist", {}).get(name) for name in book.checklist},
        actions=actions,
        measured=measured,
        warnings=(*warnings, *doubts, *_unknown_codes(table, book), *_reservations(scene, measured, names)),
    )


def write_score(folder: Path, report: Report, picture: Path | None = None) -> str:
    """Write a meeting's score as ``rapport.json``, whole or not at all, and draw it if a picture is named.

    Returns
    -------
    str
        The JSON.
    """
    data = json.dumps(report.data(), indent=2, ensure_ascii=False)
    with storage_errors(folder):
        write_whole(folder / SCORE, data + "\n")
        if picture is not None:
            draw(report, picture)
    return data


def explain_action(folder: Path, action: str, codebook: Codebook | None = None) -> str:
    """Why an action of an analysed meeting was coded; `codebook` as in `score_meeting`."""
    manifest, table = read_manifest(folder), read(folder / "timeline.parquet")
    book, doubts = codebook_to_read(manifest, codebook)
    told = explain(_coded_with(table, manifest, book), action, book, names_of(manifest, table))
    return "\n".join([told, *(f"! {doubt}" for doubt in doubts)])


def _coded_with(table: pd.DataFrame, manifest: Mapping[str, Any], book: Codebook) -> pd.DataFrame:
    """The timeline coded with a codebook: as it is if it was, else anew, so that ids are always the same."""
    if manifest.get("codebook", {}).get("digest") == book.digest:
        return table
    return coded(table, roles_of(manifest), language_of(manifest), book)[0]


def disclosed(folder: Path) -> tuple[list[Disclosure], dict[str, str], tuple[str, ...]]:
    """What everybody told of themselves in an analysed meeting, their names, and what could not be told."""
    manifest, table = read_manifest(folder), read(folder / "timeline.parquet")
    roles, language = roles_of(manifest), language_of(manifest)
    scene, warnings = set_scene(table, roles, language, codebook_to_read(manifest)[0])
    return disclosures(scene) if scene.told else [], names_of(manifest, table), warnings


def exposure_of(scene: Scene, measured: Mapping[str, frozenset[str]]) -> Exposure:
    """What a scene's actions are rated against."""
    talk: dict[str, list[tuple[float, float]]] = {who: [] for who in scene.people}
    for floor in scene.floors:
        talk.setdefault(floor.participant, []).append((floor.start, floor.end))
    seen: dict[str, list[tuple[float, float]]] = {}
    for row in scene.rows("face_visible"):
        seen.setdefault(row.participant, []).append((row.start, row.end))
    viewed = {who: coverage(spans) for who, spans in seen.items()}
    return Exposure(0.0, scene.duration, talk, measured, viewed)


def measured_in(scene: Scene, manifest: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """What was measured of each participant, as `pipeline.rapport.exposure.Exposure` has it.

    ``words`` and ``voice`` are those of who is heard, the former where the language's lexicon tells what they
    mean, the latter where laughter was listened for; ``face`` is that of who is seen.
    """
    settings = manifest.get("settings", {}).get("voice", {})
    listened = bool(settings.get("listen")) or bool(scene.rows("laughter"))
    seen = {who for who in scene.people if scene.sees(who)}
    found = {}
    for who in scene.people:
        heard = scene.hears(who)
        there = {
            "words": heard and scene.told,
            "voice": heard and listened,
            "face": who in seen,
            "others_face": bool(seen - {who}),
        }
        found[who] = frozenset(name for name, known in there.items() if known)
    return found


def _unknown_codes(table: pd.DataFrame, book: Codebook) -> list[str]:
    """What people coded with codes that the codebook does not have."""
    rows = table[(table["tier"] == TIER) & ~table["status"].isin(("auto", "rejected"))]
    unknown = sorted(set(rows["label"]) - set(book.codes) - set(book.renamed))
    return [
        f"People coded '{name}' {(rows['label'] == name).sum()} times, which is no code of this codebook and "
        "in no score. If the code has another name now, give its old one there under `formerly`."
        for name in unknown
    ]


def _reservations(
    scene: Scene, measured: Mapping[str, frozenset[str]], names: Mapping[str, str]
) -> list[str]:
    """What a reader of the score must know about this meeting."""
    found = []
    unseen = [names.get(who, who) for who in scene.people if "face" not in measured[who]]
    if len(unseen) == len(scene.people):
        found.append("No face was read, so that nods, smiles and gaze are in no score.")
    elif unseen:
        found.append(
            f"No face was read of {', '.join(unseen)}, so that nods, smiles and gaze are not scored there."
        )
    if not any("voice" in known for known in measured.values()):
        found.append("Laughter was not listened for, so that it is in no score.")
    if "salesperson" not in scene.roles.values():
        found.append("Nobody is named salesperson in meeting.yaml, so that early pitches are not looked for.")
    if "customer" not in scene.roles.values():
        found.append("Nobody is named customer in meeting.yaml; anybody's offer counts as an opportunity.")
    speakers = {floor.participant for floor in scene.floors}
    if len(speakers) == 1:
        found.append("Only one person is heard; what answers another cannot be scored.")
    if 0 < scene.duration < 120:
        found.append("The meeting is shorter than two minutes; its rates rest on few events.")
    return found


def codebook_of(manifest: Mapping[str, Any]) -> Codebook:
    """The codebook that a meeting was coded with, by its file.

    Raises
    ------
    SettingsError
        Where that file has moved, so that nothing is written by another codebook unasked.
    """
    if gone := _moved(manifest):
        raise SettingsError(
            f"{gone} Put it back, or say where it is now: rapport code MEETING --codebook FILE."
        )
    path = manifest.get("codebook", {}).get("path")
    return load_codebook(Path(path) if path else None)


def _moved(manifest: Mapping[str, Any]) -> str:
    """That the codebook's file is not where it was when the meeting was coded; empty if it is."""
    known = manifest.get("codebook", {})
    path = known.get("path")
    if not path or Path(path).is_file():
        return ""
    called = f"{known['name']} {known['version']} ({known['digest']})"
    return f"The meeting was coded with the codebook {called}, which is no longer at {path}."


def codebook_to_read(
    manifest: Mapping[str, Any], given: Codebook | None = None
) -> tuple[Codebook, tuple[str, ...]]:
    """A codebook to read a meeting by, and what must be said of it.

    The one that is given, else the one that the meeting was coded with, else the product's own.
    """
    if given is not None:
        return given, ()
    if gone := _moved(manifest):
        return load_codebook(), (f"{gone} The product's own is used; say where it is now with --codebook.",)
    book, digest = codebook_of(manifest), manifest.get("codebook", {}).get("digest")
    if digest and digest != book.digest:
        return book, (
            "The codebook has changed since the meeting was coded "
            f"({digest} then, {book.digest} now); here it is coded anew, and `rapport code` keeps that.",
        )
    return book, ()


def about(codebook: Codebook) -> dict[str, Any]:
    """What the manifest says of a codebook."""
    where = {"path": str(codebook.path)} if codebook.path else {}
    return {"name": codebook.name, "version": codebook.version, "digest": codebook.digest, **where}
