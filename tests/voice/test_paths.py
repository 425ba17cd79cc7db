from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.voice.paths import Lattice, best_path

JUMP, ONSET = 0.35, 0.14


def worth(lattice: Lattice, path) -> float:
    """Sum along a path, -1 for no voice."""
    total = 0.0
    for i, state in enumerate(path):
        total += lattice.unvoiced[i] if state < 0 else lattice.voiced[i, state]
        if i and (state < 0) != (path[i - 1] < 0):
            total -= ONSET
        elif i and state >= 0:
            total -= JUMP * abs(lattice.octave[i, state] - lattice.octave[i - 1, path[i - 1]])
    return total


def lattices(frames: int, seed: int) -> Lattice:
    rng = np.random.default_rng(seed)
    octave = rng.uniform(6, 9, (frames, 2)).astype(np.float32)
    voiced = rng.uniform(0, 1, (frames, 2)).astype(np.float32)
    return Lattice(octave, voiced, rng.uniform(0.2, 1.2, frames).astype(np.float32))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 7), st.integers(0, 10**6))
def test_no_path_is_better_than_the_best(frames, seed):
    lattice = lattices(frames, seed)
    best = max(worth(lattice, path) for path in product([-1, 0, 1], repeat=frames))
    found = best_path(lattice, [frames], jump=JUMP, onset=ONSET)
    assert worth(lattice, found.tolist()) == pytest.approx(best, abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=5), st.integers(0, 10**6))
def test_pieces_do_not_know_each_other(pieces, seed):
    lattice = lattices(sum(pieces), seed)
    together = best_path(lattice, pieces, jump=JUMP, onset=ONSET)
    first = 0
    for length in pieces:
        part = slice(first, first + length)
        own = Lattice(lattice.octave[part], lattice.voiced[part], lattice.unvoiced[part])
        assert together[part].tolist() == best_path(own, [length], jump=JUMP, onset=ONSET).tolist()
        first += length


def test_no_frames_and_no_voice():
    nothing = Lattice(np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32), np.zeros(0, np.float32))
    assert len(best_path(nothing, [], jump=JUMP, onset=ONSET)) == 0
    silent = Lattice(np.zeros((4, 2), np.float32), np.full((4, 2), -9.0, np.float32), np.ones(4, np.float32))
    assert best_path(silent, [4], jump=JUMP, onset=ONSET).tolist() == [-1] * 4
