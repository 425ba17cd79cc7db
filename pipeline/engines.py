"""The engines that the configuration names: found by name, made when first needed.

Engines are registered through the entry points ``rapport.transcribers``, ``rapport.diarisers``,
``rapport.faces`` and ``rapport.pitches``, the built-in ones the same way, so that a lab adds its own without
a fork.
"""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import entry_points
from inspect import signature
from typing import Any

from pipeline.errors import SettingsError
from pipeline.face.engines import FaceReader
from pipeline.settings import EngineSettings, Settings
from pipeline.speech.engines import Diariser, Transcriber
from pipeline.voice.pitch import PitchEngine

SINGULAR = {
    "transcribers": "transcriber",
    "diarisers": "diariser",
    "faces": "face reader",
    "pitches": "pitch tracker",
}


class Engines:
    """The configured engines, each made when first needed and kept for all meetings of a call."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def transcriber(self) -> Transcriber:
        """Turns sound into words."""
        return self._load("transcribers", self._settings.speech.transcriber)

    @cached_property
    def diariser(self) -> Diariser:
        """Tells voices apart."""
        return self._load("diarisers", self._settings.speech.diariser)

    @cached_property
    def face_reader(self) -> FaceReader:
        """Finds faces and reads them."""
        return self._load("faces", self._settings.face.reader)

    @cached_property
    def pitch_tracker(self) -> PitchEngine:
        """Finds the pitch of a voice."""
        return self._load("pitches", self._settings.voice.pitch)

    def _load(self, kind: str, chosen: EngineSettings) -> Any:
        return load_engine(kind, chosen.engine, chosen.options, threads=self._settings.threads)


def load_engine(kind: str, name: str, options: dict[str, Any], *, threads: int) -> Any:
    """Make the engine that the configuration names.

    Parameters
    ----------
    kind : str
        ``transcribers``, ``diarisers``, ``faces`` or ``pitches``.
    name : str
        Entry-point name.
    options : dict
        Keyword arguments of the engine's constructor.
    threads : int
        Processor cores, for an engine that takes `threads` and was given none.

    Raises
    ------
    SettingsError
        Where no engine of that name is installed, or its extra is missing.
    """
    points = {point.name: point for point in entry_points(group=f"rapport.{kind}")}
    if name not in points:
        known = ", ".join(sorted(points)) or "none"
        raise SettingsError(f"No {SINGULAR[kind]} called '{name}' is installed; choose one of: {known}.")
    make = points[name].load()
    if "threads" in signature(make).parameters:
        options = {"threads": threads, **options}
    try:
        return make(**options)
    except TypeError as error:
        raise SettingsError(f"The options given to {SINGULAR[kind]} '{name}' do not fit: {error}.") from error
