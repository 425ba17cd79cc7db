"""A meeting's rapport: actions coded into its timeline, scored, explained, and what people disclosed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.manifest import language_of, names_of, read_manifest, roles_of, write_manifest
from pipeline.rapport.actions import TIER
from pipeline.rapport.codebook import Codebook, load_codebook
from pipeline.rapport.coding import code_actions, set_scene
from pipeline.rapport.disclosure import Disclosure, disclosures
from pipeline.rapport.explain import explain
from pipeline.rapport.measures import measure
from pipeline.rapport.moments import missed, strongest, to_look_at
from pipeline.rapport.report import Report
from pipeline.rapport.scene import Scene
from pipeline.rapport.score import Exposure, read_actions, score_all, slope, trend
from pipeline.store import storage_errors
from pipeline.timeline.human import replace_tiers
from pipeline.timeline.table import read, timeline, write

if TYPE_CHECKING:
    import pandas as pd


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
    return replace_tiers(table, actions, (TIER,)), found.warnings


def code_meeting(folder: Path, codebook: Codebook | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Code an analysed meeting anew from its timeline, and write the timeline and the manifest.

    Parameters
    ----------
    folder : Path
        An analysed meeting.
    codebook : Codebook, optional
        By default the one that the meeting was coded with, if it is still there, else the product's own.
    """
    manifest, before = read_manifest(folder), read(folder / "timeline.parquet")
    book = codebook or codebook_of(manifest)
    table, warnings = coded(before, roles_of(manifest), language_of(manifest), book)
    manifest["codebook"] = about(book)
    with storage_errors(folder):
        write(table, folder)
        write_manifest(folder, manifest)
    return table, warnings


def score_meeting(folder: Path, codebook: Codebook | None, opening: float | None = None) -> Report:
    """Score an analysed meeting.

    It is coded anew first, without writing anything, where it was coded with another codebook, or not at all.

    Parameters
    ----------
    folder : Path
        An analysed meeting.
    codebook : Codebook, optional
        By default the one that the meeting was coded with.
    opening : float, optional
        Minutes of the opening, if they are others than the codebook's.
    """
    manifest, table = read_manifest(folder), read(folder / "timeline.parquet")
    book = codebook or codebook_of(manifest)
    roles, language = roles_of(manifest), language_of(manifest)
    table = _coded_with(table, manifest, book)
    if opening is not None:
        book = book.model_copy(update={"opening": book.opening.model_copy(update={"minutes": opening})})
    scene, warnings = set_scene(table, roles, language, book)
    actions, names = read_actions(table), names_of(manifest, table)
    measured = measured_in(table, manifest, told=scene.told)
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
        warnings=(*warnings, *_reservations(scene, measured)),
    )


def explain_action(folder: Path, action: str, codebook: Codebook | None = None) -> str:
    """Why an action of an analysed meeting was coded; `codebook` as in `score_meeting`."""
    manifest, table = read_manifest(folder), read(folder / "timeline.parquet")
    book = codebook or codebook_of(manifest)
    return explain(_coded_with(table, manifest, book), action, book, names_of(manifest, table))


def _coded_with(table: pd.DataFrame, manifest: Mapping[str, Any], book: Codebook) -> pd.DataFrame:
    """The timeline coded with a codebook: as it is if it was, else anew, so that ids are always the same."""
    if manifest.get("codebook", {}).get("digest") == book.digest:
        return table
    return coded(table, roles_of(manifest), language_of(manifest), book)[0]


def disclosed(folder: Path) -> tuple[list[Disclosure], dict[str, str], tuple[str, ...]]:
    """What everybody told of themselves in an analysed meeting, their names, and what could not be told."""
    manifest, table = read_manifest(folder), read(folder / "timeline.parquet")
    roles, language = roles_of(manifest), language_of(manifest)
    scene, warnings = set_scene(table, roles, language, codebook_of(manifest))
    return disclosures(scene), names_of(manifest, table), warnings


def exposure_of(scene: Scene, measured: frozenset[str]) -> Exposure:
    """What a scene's actions are rated against."""
    talk: dict[str, list[tuple[float, float]]] = {who: [] for who in scene.people}
    for floor in scene.floors:
        talk.setdefault(floor.participant, []).append((floor.start, floor.end))
    return Exposure(0.0, scene.duration, talk, measured)


def measured_in(table: pd.DataFrame, manifest: Mapping[str, Any], *, told: bool) -> frozenset[str]:
    """What was measured in a meeting: ``words`` (if what they tell is known), ``face``, ``voice``."""
    tiers = set(table["tier"])
    listened = bool(manifest.get("settings", {}).get("voice", {}).get("listen")) or "laughter" in tiers
    face = bool(tiers & {"face_visible", "gaze", "nod", "smile"})
    found = {"words": told, "face": face, "voice": listened and "turn" in tiers}
    return frozenset(name for name, there in found.items() if there)


def _reservations(scene: Scene, measured: frozenset[str]) -> list[str]:
    """What a reader of the score must know about this meeting."""
    found = []
    if "face" not in measured:
        found.append("No face was read, so that nods, smiles and gaze are in no score.")
    if "voice" not in measured:
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
    """The codebook that a meeting was coded with, by its configuration."""
    path = manifest.get("codebook", {}).get("path")
    return load_codebook(Path(path) if path and Path(path).is_file() else None)


def about(codebook: Codebook) -> dict[str, Any]:
    """What the manifest says of a codebook."""
    where = {"path": str(codebook.path)} if codebook.path else {}
    return {"name": codebook.name, "version": codebook.version, "digest": codebook.digest, **where}
