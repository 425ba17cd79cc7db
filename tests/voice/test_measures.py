import pandas as pd

from pipeline.voice.measures import KINDS, Measure, measure_table, measures_of


def test_measures_go_into_a_table_and_come_back(tmp_path):
    kept = {
        "A": [Measure("pace", 1.0, 2.0, 1.25, 0.9, {"rate": 5.0, "syllables": 6.0})],
        "B": [
            Measure("loudness", 0.5, 0.7, -6.5, 1.0),
            Measure("creak", 3.0, 3.2, 40.0, 0.8, {"below": 12.5}),
        ],
    }
    measure_table(kept).to_parquet(tmp_path / "measures.parquet")
    assert measures_of(pd.read_parquet(tmp_path / "measures.parquet")) == kept
    assert measures_of(measure_table({"A": []})) == {}
    assert {m.kind for found in kept.values() for m in found} <= set(KINDS)
