"""The configuration: what runs, with which engines and limits. One YAML file is the single source of truth.

Every setting has the default of the embedded configuration, so a file may hold only what differs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import SettingsError
from pipeline.face.rows import SeenSettings
from pipeline.people.link import LinkSettings
from pipeline.speech.attribute import AttributeSettings
from pipeline.speech.channels import ChannelSettings
from pipeline.speech.edges import EdgeSettings
from pipeline.speech.guard import GuardSettings
from pipeline.timeline.turns import TurnSettings
from pipeline.voice.labels import LabelSettings
from pipeline.voice.laughter import LaughSettings
from pipeline.voice.measure import SignalSettings
from pipeline.voice.prosody import ProsodySettings

WITHOUT_EFFECT = frozenset({"threads", "token"})
"""Settings that change nothing in the results."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EngineSettings(_Strict):
    """An engine by its entry-point name, and its constructor's options."""

    engine: str
    options: dict[str, Any] = Field(default_factory=dict)


class SpeechSettings(_Strict):
    """Words and who said them."""

    transcriber: EngineSettings = EngineSettings(engine="faster-whisper")
    diariser: EngineSettings = EngineSettings(engine="embedded")
    language: str | None = None
    prompt: str | None = None
    guard: GuardSettings = GuardSettings()
    edges: EdgeSettings = EdgeSettings()
    attribute: AttributeSettings = AttributeSettings()
    channels: ChannelSettings = ChannelSettings()


class VoiceSettings(_Strict):
    """How it was said."""

    listen: bool = True
    pitch: EngineSettings = EngineSettings(engine="embedded")
    signals: SignalSettings = SignalSettings()
    prosody: ProsodySettings = ProsodySettings()
    laughter: LaughSettings = LaughSettings()
    labels: LabelSettings = LabelSettings()


class FaceSettings(_Strict):
    """What faces did."""

    watch: bool = True
    reader: EngineSettings = EngineSettings(engine="mediapipe")
    rate: float = Field(default=15.0, ge=1, le=60)
    events: SeenSettings = SeenSettings()


class PeopleSettings(_Strict):
    """Whose face is whose voice."""

    link: LinkSettings = LinkSettings()


class RapportSettings(_Strict):
    """Rapport actions."""

    code: bool = True
    codebook: Path | None = None


class Settings(_Strict):
    """A whole configuration."""

    threads: int = Field(default=2, ge=1)
    speech: SpeechSettings = SpeechSettings()
    voice: VoiceSettings = VoiceSettings()
    face: FaceSettings = FaceSettings()
    people: PeopleSettings = PeopleSettings()
    turns: TurnSettings = TurnSettings()
    rapport: RapportSettings = RapportSettings()


def configs_folder() -> Path:
    """Where the configurations that come with the product lie: in the checkout or the installed package."""
    packaged = Path(__file__).parent / "configs"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "configs"


def read_yaml(path: Path, what: str) -> Any:
    """Read a YAML file; `what` names it in the error."""
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError as error:
        raise SettingsError(f"There is no {what} {path}; check the path.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The {what} {path} cannot be read: {error}.") from error
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f" in line {place.line + 1}" if place else ""
        raise SettingsError(f"The {what} {path} is not valid YAML{line}; mend it and run again.") from error


def first_fault(error: ValidationError) -> str:
    """The first fault that pydantic found, as a phrase."""
    fault = error.errors()[0]
    message = fault["msg"].removeprefix("Value error, ")
    phrase = f"{message[0].lower()}{message[1:]}"
    where = ".".join(str(part) for part in fault["loc"])  # empty for a fault of the whole
    return f"{where}: {phrase}" if where else phrase


def load_settings(path: Path | None) -> Settings:
    """Read a configuration; None means the embedded default.

    Raises
    ------
    SettingsError
        Where the file is missing or holds something unknown.
    """
    if path is None:
        path = configs_folder() / "embedded.yaml"
    try:
        return Settings.model_validate(read_yaml(path, "configuration"))
    except ValidationError as error:
        raise SettingsError(f"In the configuration {path}, {first_fault(error)}.") from error


def with_effect(settings: Any) -> Any:
    """The settings in a manifest that change results, to compare configurations by."""
    if not isinstance(settings, dict):
        return settings
    return {name: with_effect(value) for name, value in settings.items() if name not in WITHOUT_EFFECT}
