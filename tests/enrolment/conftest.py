from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli import main
from pipeline.enrolment.learn import learn
from tests.enrolment import made

HALF = 45.0
"""Seconds: what is learnt is before, what is recognised after."""

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run ``rapport voices`` in this process, which spares loading everything anew."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["rapport", "voices", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(sys.argv, int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture(scope="session")
def talk(truth: dict) -> made.Talk:
    """Who talks when in the sample meeting; laughter is no talk."""
    laughs = {(turn["start"], turn["end"]) for turn in truth["turns"] if turn["kind"] == "laugh"}
    return {
        who: [(a, b) for a, b in spans if not any(a < end and b > start for start, end in laughs)]
        for who, spans in truth["speech"].items()
    }


@pytest.fixture(scope="session")
def voices(tmp_path_factory: pytest.TempPathFactory, sample_sound: np.ndarray, talk: made.Talk) -> Path:
    """Sam's and Anna's voices, learnt from the first part of the sample; copy before you change them."""
    root = tmp_path_factory.mktemp("voices")
    names = {"S": "Sam", "C": "Anna"}
    first = made.make(
        root / "outputs" / "first", sample_sound[: int(HALF * made.RATE)], made.between(talk, 0, HALF), names
    )
    assert all(one.path for one in learn(first, [], root / "voices"))
    return root / "voices"


@pytest.fixture
def later(tmp_path: Path, sample_sound: np.ndarray, talk: made.Talk) -> Path:
    """The rest of the sample by telephone, with voices that nobody named."""
    sound = made.telephone(sample_sound[int(HALF * made.RATE) :])
    said = made.between(talk, HALF, 1e9, C="P1", S="P2")
    return made.make(tmp_path / "outputs" / "later", sound, said)
