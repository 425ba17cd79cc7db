"""``rapport relabel``: other limits for what voices did, from what was measured, without a new run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import SettingsError
from pipeline.listening import voice_rows
from pipeline.manifest import language_of, read_manifest, roles_of, write_manifest, write_transcript
from pipeline.publish import MEASURES
from pipeline.scoring import codebook_of, coded
from pipeline.settings import VoiceSettings
from pipeline.store import alone
from pipeline.timeline.human import replace_tiers
from pipeline.timeline.table import read, timeline, write
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
    read_manifest(folder)  # no lock is laid where no meeting is
    voices = timeline(voice_rows(_measures(folder), settings.labels))
    with alone(folder):
        manifest = read_manifest(folder)
        table = replace_tiers(read(folder / "timeline.parquet"), voices, TIERS)
        if "codebook" in manifest:  # actions rest on rows that have other ids now, or are gone
            table, _ = coded(table, roles_of(manifest), language_of(manifest), codebook_of(manifest))
        manifest["settings"]["voice"]["labels"] = settings.model_dump(mode="json")["labels"]
        write(table, folder)
        write_transcript(folder, manifest, table)
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
