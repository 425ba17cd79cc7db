import pandas as pd
import pytest

from pipeline.people.seating import partner_sides


def seated(*people: tuple[float, float]) -> dict[str, pd.DataFrame]:
    """Faces by place in the picture and degrees to the right that they are turned."""
    return {f"P{i}": pd.DataFrame({"x": [x] * 5, "yaw": [yaw] * 5}) for i, (x, yaw) in enumerate(people)}


@pytest.mark.parametrize(
    ("people", "sides"),
    [
        ([(0.25, 1.0), (0.75, -2.0)], {"P0": (), "P1": ()}),  # a call: both look ahead
        ([(0.25, 30.0), (0.75, -25.0)], {"P0": ("right",), "P1": ("left",)}),
        ([(0.25, 2.0), (0.75, -40.0)], {"P0": ("right",), "P1": ("left",)}),  # one sits sideways
        ([(0.25, -30.0), (0.75, 25.0)], {"P0": (), "P1": ()}),  # turned away from each other
        (
            [(0.2, 25.0), (0.5, 0.0), (0.8, -25.0)],
            {"P0": ("right",), "P1": ("left", "right"), "P2": ("left",)},
        ),
        ([(0.5, 30.0)], {"P0": ()}),
        ([], {}),
    ],
)
def test_partners_sit_where_people_turn_to(people, sides):
    assert partner_sides(seated(*people)) == sides
