"""Other words in place of names: which are found, and which stay."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.exports.material import material_of
from pipeline.rapport.codebook import load_codebook
from pipeline.report.hiding import Hider, hidden_copy
from pipeline.report.options import ReportError, ReportOptions, asked_for, pairs
from pipeline.timeline.table import read, write
from tests.report.made import OPTIONS, private_meeting


class TestWords:
    @pytest.mark.parametrize(
        ("said", "shown"),
        [
            ("Hi Anna, good to see you.", "Hi Maria, good to see you."),
            ("ANNA and anna", "Maria and Maria"),
            ("Anna's and Anna’s, the Annas", "Maria's and Maria’s, the Marias"),
            ("Annabel knows a banana", "Annabel knows a banana"),
            ("Anna-Liisa", "Maria-Liisa"),
            ("we at Acme  Tools, or Acme", "we at COMPANY, or FIRM"),
            ("Jose\u0301 is José", "PERSON is PERSON"),
            ("Mr Smith and Mrs Smith", "X Smith and Mrs Smith"),
        ],
    )
    def test_whole_words(self, said: str, shown: str):
        hide = Hider({"Anna": "Maria", "acme tools": "COMPANY", "Acme": "FIRM", "José": "PERSON", "Mr": "X"})
        assert hide(said) == shown

    def test_two_names_may_be_exchanged(self):
        assert Hider({"Sam": "Anna", "Anna": "Sam"})("Sam met Anna") == "Anna met Sam"

    @given(st.text(max_size=60), st.sampled_from(["Anna", "a.b", "x+y", "(", "İstanbul", "ß"]))
    def test_no_text_breaks_it(self, text: str, word: str):
        shown = Hider({word: "…"})(f"{text} {word} {text}")
        assert word.casefold() not in shown.casefold().split()


class TestCopy:
    def test_names_are_nowhere_in_it(self, tmp_path: Path):
        material = material_of(private_meeting(tmp_path))
        copy = tmp_path / "copy"
        copy.mkdir()
        hidden_copy(material, load_codebook(), ReportOptions(**OPTIONS), copy)
        content = "".join(
            path.read_text(encoding="utf-8") for path in copy.iterdir() if path.suffix != ".parquet"
        )
        for secret in ("virtanen", "korhonen", "acme", "eva_coder", "camera", "mikko", "Anna"):
            assert secret.casefold() not in content.casefold()
        table = read(copy / "timeline.parquet").set_index("id")
        turns = table[table["tier"] == "turn"]["text"]
        assert list(turns) == [
            "Hi Maria how was your holiday",
            "oh it was lovely thanks Pekka we were by the sea",
            "that sounds great and Maria's car is an COMPANY van",
            "yes COMPANY gave it to us",
        ]
        assert table.loc["mutual_gaze-0001", "text"] == "P2 P1"

    def test_nor_in_what_somebody_typed_with_signs_or_called_a_tier(self, tmp_path: Path):
        folder = private_meeting(tmp_path)
        table = read(folder / "timeline.parquet")
        first = {"marked": "Hi ↑A:nna Vir<ta>nen", "notation": "chat", "note": "Virtanen"}
        turn = table["id"] == "turn-0001"
        table.loc[turn, "details"] = json.dumps(first)
        own = table[table["tier"] == "nod"].head(2).assign(
            id=["virtanen-0001", "glottal_stop-0001"],
            tier=["gesture of Virtanen", "glottal_stop"],
            details=json.dumps({"Virtanen's": "hand"}),
        )  # fmt: skip
        write(pd.concat([table, own]).sort_values(["start", "end", "tier", "id"]), folder)
        copy = tmp_path / "copy"
        copy.mkdir()
        hidden_copy(material_of(folder), load_codebook(), ReportOptions(**OPTIONS), copy)
        hidden = read(copy / "timeline.parquet")
        assert "virtanen" not in " ".join(map(str, hidden.to_numpy().ravel())).casefold()
        assert {"other 1", "glottal_stop"} <= {*hidden["tier"]}
        assert json.loads(hidden.set_index("id").loc["turn-0001", "details"]) == {"note": "Maria"}

    def test_a_name_of_two_words_is_one_word_of_the_whole_time(self, tmp_path: Path):
        material = material_of(private_meeting(tmp_path))
        copy = tmp_path / "copy"
        copy.mkdir()
        hidden_copy(material, load_codebook(), ReportOptions(**OPTIONS), copy)
        table = read(copy / "timeline.parquet").set_index("id")
        words = [table.loc[name] for name in table.loc["turn-0001", "evidence"].split()]
        assert [word["text"] for word in words] == ["Hi", "Maria", "how", "was", "your", "holiday"]
        assert (words[1]["start"], words[1]["end"]) == pytest.approx((0.4, 1.15))


class TestOptions:
    def test_somebody_who_was_not_there(self, tmp_path: Path):
        material = material_of(private_meeting(tmp_path))
        with pytest.raises(
            ReportError, match=r"Nobody .* called Olga; there are korhonen \(Mikko\), virtanen"
        ):
            hidden_copy(material, load_codebook(), ReportOptions(names={"Olga": "X"}), tmp_path)

    def test_two_of_one_name(self, tmp_path: Path):
        material = material_of(private_meeting(tmp_path))
        with pytest.raises(ReportError, match="Two people would be called Mikko"):
            hidden_copy(material, load_codebook(), ReportOptions(names={"virtanen": "Mikko"}), tmp_path)

    @pytest.mark.parametrize("given", ["Anna", "=Anna", "C=", " = "])
    def test_a_pair_that_says_nothing(self, given: str):
        with pytest.raises(ReportError, match="write it as --name C=Anna"):
            pairs([given], "--name", "C=Anna")

    @pytest.mark.parametrize(
        "content", [{"video": "show"}, {"video": 3}, {"names": ["C"]}, {"hide": {"a": 1}}, {"sound": "yes"}]
    )
    def test_what_a_page_cannot_mean(self, content: dict):
        with pytest.raises(ReportError):
            asked_for(content)

    def test_sound_goes_with_the_video(self):
        assert not ReportOptions().heard and ReportOptions(video="blur").heard
        assert ReportOptions(sound=True).heard and not ReportOptions(video="include", sound=False).heard
