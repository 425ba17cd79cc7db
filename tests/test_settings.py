import inspect
from dataclasses import asdict
from importlib.metadata import entry_points
from itertools import product

import pytest

from pipeline.errors import SettingsError
from pipeline.settings import Settings, configs_folder, load_settings, read_yaml
from pipeline.speech.engines import Diariser, Transcriber
from pipeline.speech.faster_whisper import FasterWhisper
from pipeline.timeline.turns import TurnSettings

SHIPPED = ("embedded.yaml", "research.yaml", "gpu.yaml")


def engine(kind: str, name: str) -> type:
    (point,) = entry_points(group=f"rapport.{kind}", name=name)
    return point.load()


def test_the_embedded_configuration_shows_every_default():
    written = read_yaml(configs_folder() / "embedded.yaml", "configuration")
    options = written["speech"]["transcriber"].pop("options")
    defaults = Settings().model_dump(mode="json")
    assert defaults["speech"]["transcriber"].pop("options") == {}
    assert written == defaults
    parameters = inspect.signature(FasterWhisper).parameters.values()
    assert {**options, "threads": written["threads"]} == {p.name: p.default for p in parameters}
    assert load_settings(None) == load_settings(configs_folder() / "embedded.yaml")


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_configurations_name_engines_that_take_their_options(name):
    settings = load_settings(configs_folder() / name)
    for kind, chosen in (
        ("transcribers", settings.speech.transcriber),
        ("diarisers", settings.speech.diariser),
    ):
        given = {"threads": settings.threads, **chosen.options}
        try:
            inspect.signature(engine(kind, chosen.engine)).bind(**given)
        except TypeError as error:
            pytest.fail(f"{chosen.engine}: {error}")


@pytest.mark.parametrize(
    ("kind", "protocol", "method"),
    [("transcribers", Transcriber, "transcribe"), ("diarisers", Diariser, "diarise")],
)
def test_installed_engines_offer_what_the_protocol_asks(kind, protocol, method):
    wanted = {p.name: p.kind for p in inspect.signature(getattr(protocol, method)).parameters.values()}
    for point in entry_points(group=f"rapport.{kind}"):
        found = inspect.signature(getattr(point.load(), method)).parameters.values()
        assert {p.name: p.kind for p in found} == wanted, point.name


def test_a_file_may_hold_only_what_differs(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("turns: {pause: 0.2}\nspeech: {diariser: {engine: pyannote}}")
    found = load_settings(path)
    assert asdict(found.turns) == {**asdict(TurnSettings()), "pause": 0.2}
    assert found.speech.diariser.engine == "pyannote"
    assert found.speech.transcriber == Settings().speech.transcriber
    path.write_text("# nothing\n")
    assert load_settings(path) == Settings()


GROUPS = [
    "",
    "speech",
    "speech.transcriber",
    "turns",
    *(f"speech.{g}" for g in ("guard", "edges", "channels")),
]


@pytest.mark.parametrize(("group", "key"), list(product(GROUPS, ["puase"])))
def test_an_unknown_key_is_named_in_a_sentence(tmp_path, group, key):
    path, content = tmp_path / "own.yaml", f"{{{key}: 1}}"
    for part in reversed(group.split(".") if group else []):
        content = f"{{{part}: {content}}}"
    path.write_text(content.replace("transcriber: {", "transcriber: {engine: faster-whisper, "))
    with pytest.raises(SettingsError, match=key) as caught:
        load_settings(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("threads: 0", "threads"),
        ("turns: {pause: soon}", "turns.pause"),
        ("a: [", "line 1"),
        ("[1, 2]", "configuration"),
    ],
)
def test_a_wrong_value_is_told_in_a_sentence(tmp_path, text, complaint):
    path = tmp_path / "own.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=complaint) as caught:
        load_settings(path)
    assert "\n" not in str(caught.value)
    assert ", : " not in str(caught.value)  # a fault of the whole file has no place


def test_a_missing_configuration(tmp_path):
    with pytest.raises(SettingsError, match="There is no configuration"):
        load_settings(tmp_path / "none.yaml")
