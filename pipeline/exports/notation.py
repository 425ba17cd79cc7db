"""A notation: which signs a transcript writes for what was heard and seen. Each is a file a lab can copy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import SettingsError
from pipeline.settings import configs_folder, first_fault, read_yaml


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _formats_a_number(pattern: str) -> str:
    try:
        if pattern.format(1.25) == pattern.format(7.5):
            raise ValueError("it must have a place for the number, such as ({:.1f})")
    except (IndexError, KeyError, ValueError) as error:
        raise ValueError("it must have one place for the number, such as ({:.1f})") from error
    return pattern


Timed = Annotated[str, AfterValidator(_formats_a_number)]


class Silences(_Strict):
    """How silences are written."""

    timed: Timed = "({:.1f})"
    micro: str = "(.)"
    micro_below: float = 0.2
    """Seconds."""


class Span(_Strict):
    """Signs around something; `capitals` writes the words in capitals, `each` follows every letter."""

    begin: str = ""
    end: str = ""
    capitals: bool = False
    each: str = ""
    underline: bool = False
    """Underlined instead, where the file can do that."""


NO_SPAN = Span()


class Sound(_Strict):
    """A sound that is no word; `repeat` stands once for every `each` seconds, up to `most` times."""

    before: str = ""
    repeat: str = ""
    after: str = ""
    each: float = Field(default=0.1, gt=0)
    least: int = Field(default=1, ge=1)
    most: int = Field(default=8, ge=1)

    def of(self, seconds: float) -> str:
        """The sound of a length in seconds."""
        times = min(max(round(seconds / self.each), self.least), self.most) if self.repeat else 0
        return f"{self.before}{self.repeat * times}{self.after}"


SIGNS = (
    *("falling", "level", "rising", "up", "down", "cut_off", "glottal_stop", "latch", "stretch"),
    *("not_heard", "laugh_in_word"),
)
SPANS = (
    *("faster", "slower", "quieter", "louder", "creak", "smile_voice", "voice_quality", "stress"),
    *("uncertain", "overlap", "comment"),
)
AFTER = ("cut_off", "glottal_stop", "falling", "level", "rising")
"""Signs that stand after a word."""


class Notation(_Strict):
    """A notation; ``configs/notation/jefferson.yaml`` explains every field.

    A sign or span that a notation does not name is not written.
    """

    name: str
    about: str = ""
    width: int = Field(default=58, ge=20)
    speaker_width: int = Field(default=12, ge=3)
    capitals: Literal["as_heard", "none"] = "as_heard"
    silences: Silences = Silences()
    signs: dict[str, str] = Field(default_factory=dict)
    spans: dict[str, Span] = Field(default_factory=dict)
    sounds: dict[str, Sound] = Field(default_factory=dict)
    overlap_end: Literal["always", "where_talk_follows"] = "always"
    stretch_seconds: float = Field(default=0.1, gt=0)
    uncertain_below: float = Field(default=0.4, ge=0, le=1)
    embodied: Literal["inline", "below", "none"] = "inline"
    conduct: dict[str, str] = Field(default_factory=dict)
    symbols: str = "*+∆&$@%"

    def sign(self, name: str) -> str:
        """A sign; empty where the notation has none."""
        return self.signs.get(name, "")

    def span(self, name: str) -> Span:
        """The signs around something; empty where the notation has none."""
        return self.spans.get(name, NO_SPAN)

    def comment(self, text: str) -> str:
        """A remark of the transcriber."""
        span = self.span("comment")
        return f"{span.begin}{text}{span.end}"

    def silence(self, seconds: float) -> str:
        """A silence."""
        if round(seconds, 3) < self.silences.micro_below:  # 0.2 s may be 0.1999...
            return self.silences.micro
        return self.silences.timed.format(seconds)


def notation_names() -> list[str]:
    """Names of the notations that come with the product."""
    return sorted(path.stem for path in (configs_folder() / "notation").glob("*.yaml"))


def load_notation(name: str) -> Notation:
    """Read a notation by its name, or a lab's own by its path.

    Raises
    ------
    SettingsError
        Where there is none, or it holds something unknown.
    """
    known = configs_folder() / "notation" / f"{name}.yaml"
    path = known if known.is_file() else Path(name)
    if path.suffix not in (".yaml", ".yml"):
        raise SettingsError(
            f"There is no notation {name}; there are {', '.join(notation_names())}, or give a file's path."
        )
    try:
        notation = Notation.model_validate(read_yaml(path, "notation"))
    except ValidationError as error:
        raise SettingsError(f"In the notation {path}, {first_fault(error)}.") from error
    for kind, given, allowed in (("sign", notation.signs, SIGNS), ("span", notation.spans, SPANS)):
        if unknown := [key for key in given if key not in allowed]:
            raise SettingsError(
                f"In the notation {path}, there is no {kind} {unknown[0]}; there are {', '.join(allowed)}."
            )
    return notation
