"""The best path through candidates of pitch, many stretches of voice at once (Viterbi)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.intervals import runs

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Lattice:
    """What each frame could be.

    Attributes
    ----------
    octave : ndarray, shape (frames, candidates)
        Log2 of the candidates' frequencies.
    voiced : ndarray, shape (frames, candidates)
        How much speaks for each; below -1 for none.
    unvoiced : ndarray, shape (frames,)
        How much speaks for no voice.
    """

    octave: Array
    voiced: Array
    unvoiced: Array


def best_path(lattice: Lattice, pieces: Sequence[int], *, jump: float, onset: float) -> NDArray[np.int64]:
    """Which candidate each frame is on the path with the highest sum; -1 for no voice.

    Parameters
    ----------
    lattice : Lattice
        Frames of all pieces one after the other.
    pieces : sequence of int
        Frames in each piece; no cost between pieces.
    jump, onset : float
        Cost of a change by an octave, and between voiced and unvoiced.

    Notes
    -----
    A candidate that is worse than no voice by more than two changes is never on the best path: leaving it out
    parts the frames into independent stretches without changing the result.
    """
    hopeful: NDArray[np.bool_] = np.greater_equal(lattice.voiced, (lattice.unvoiced - 2 * onset)[:, None])
    possible: NDArray[np.bool_] = np.any(hopeful, axis=1)
    stretches: list[tuple[int, int]] = []
    first = 0
    for length in pieces:
        stretches += [(first + a, first + b) for a, b in runs(possible[first : first + length])]
        first += length
    chosen = np.full(len(possible), -1, np.int64)
    if not stretches:
        return chosen
    stretches.sort(key=lambda stretch: stretch[0] - stretch[1])
    starts = np.array([start for start, _ in stretches])
    lengths = np.array([end - start for start, end in stretches])
    piece_edges = np.cumsum([0, *pieces])
    # State 0 is no voice. Beside a stretch there is none, except at the edge of a piece, where all is free.
    states = np.concatenate([lattice.unvoiced[:, None], np.where(hopeful, lattice.voiced, -99)], axis=1)
    entry = np.where(np.isin(starts, piece_edges), 0, onset).astype(np.float32)
    leave = np.where(np.isin(starts + lengths, piece_edges), 0, onset).astype(np.float32)
    toll = np.zeros((len(starts), states.shape[1]), np.float32)
    toll[:, 1:] = entry[:, None]
    best = states[starts] - toll
    came = np.zeros((lengths[0], *best.shape), np.int8)
    octave = np.concatenate([np.zeros((len(states), 1), np.float32), lattice.octave], axis=1)
    for step in range(1, lengths[0]):
        alive = int(np.searchsorted(-lengths, -step, side="left"))
        at = starts[:alive] + step
        cost = jump * np.abs(octave[at][:, None, :] - octave[at - 1][:, :, None])
        cost[:, 0, 1:] = onset
        cost[:, 1:, 0] = onset
        cost[:, 0, 0] = 0
        reached = best[:alive, :, None] - cost
        came[step, :alive] = reached.argmax(axis=1)
        best[:alive] = reached.max(axis=1) + states[at]
    best[:, 1:] -= leave[:, None]
    state = best.argmax(axis=1)
    for step in range(lengths[0] - 1, -1, -1):
        alive = int(np.searchsorted(-lengths, -step, side="left"))
        chosen[starts[:alive] + step] = state[:alive] - 1
        state[:alive] = came[step, np.arange(alive), state[:alive]]
    return chosen
