"""``rapport relabel``: other limits for what voices did, from what was measured, without a new run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import SettingsError
from pipeline.listening import voice_rows
from pipeline.manifest import language_of, names_of, read_manifest, roles_of, write_manifest
from pipeline.publish import MEASURES
from pipeline.scoring import codebook_of, coded
from pipeline.settings import VoiceSettings
from pipeline.store import storage_errors, write_whole
from pipeline.timeline.human import replace_tiers
from pipeline.timeline.table import read, timeline, write
from pipeline.timeline.transcript import plain_transcript
from pipeline.voice.labels import TIERS

if TYPE_CHECKING:
    import pandas as pd


def relabel(folder: Path, settings: VoiceSettings) -> pd.DataFrame:
    """Make the rows of voices anew, and write the timeline, the transcript and the limits in the manifest.

    Rows that a human touched stay as they are, and so do all other tiers. Laughter is one of these, though
    its probabilities are kept (``signals/laughter.parquet``): other bouts make other words the sound of
    laughing, and voices would have to be measured anew beside them, for which the sound is needed. ``rapport
    analyse`` applies other limits of laughter, and computes no more than that again.

    Parameters
    ----------
    folder : Path
        An analysed meeting.
    settings : VoiceSettings
        With the limits to use, `settings.labels`.

    Returns
    -------
    DataFrame
        The new timeline.

    Raises
    ------
    RapportError
        Where the meeting was not analysed, its voices were not measured, or a file cannot be read.
    """
    manifest = read_manifest(folder)
    before = read(folder / "timeline.parquet")
    voices = timeline(voice_rows(_measures(folder), settings.labels))
    table = replace_tiers(before, voices, TIERS)
    if "codebook" in manifest:  # actions rest on rows that have other ids now, or are gone
        table, _ = coded(table, roles_of(manifest), language_of(manifest), codebook_of(manifest))
    manifest["settings"]["voice"]["labels"] = settings.model_dump(mode="json")["labels"]
    with storage_errors(folder):
        write(table, folder)
        write_whole(folder / "transcript.txt", plain_transcript(table, names_of(manifest, table)))
        write_manifest(folder, manifest)
    return table


def _measures(folder: Path) -> pd.DataFrame:
    import pandas as pd

    path = folder / "signals" / MEASURES
    try:
        return pd.read_parquet(path)
    except FileNotFoundError as error:
        raise SettingsError(
            f"Nothing was measured of the voices in {folder}; analyse it with `voice: {{listen: true}}`."
        ) from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read ({error}); analyse the meeting again.") from error
