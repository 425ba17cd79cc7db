"""Reading FlatBuffers, the form of TensorFlow Lite files, without their schema's compiler.

Sources
-------
"FlatBuffers Internals", flatbuffers.dev.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray


def root(data: bytes) -> Table:
    """Return the table that a buffer holds."""
    return Table(data, _number(data, 0, "<I"))


class Table:
    """A table of a FlatBuffer: fields by their number, absent ones by their default."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at
        self._fields = at - _number(data, at, "<i")
        self._size = _number(data, self._fields, "<H")

    def _place(self, field: int) -> int:
        offset = 4 + 2 * field
        shift = _number(self._data, self._fields + offset, "<H") if offset < self._size else 0
        return self._at + shift if shift else 0

    def number(self, field: int, form: str = "<i", default: int = 0) -> int:
        """Read a scalar of a form as in `struct`."""
        place = self._place(field)
        return _number(self._data, place, form) if place else default

    def table(self, field: int) -> Table:
        """Read a table."""
        place = self._place(field)
        return Table(self._data, place + _number(self._data, place, "<I"))

    def tables(self, field: int) -> list[Table]:
        """Read a vector of tables."""
        start, count = self._vector(field)
        places = range(start, start + 4 * count, 4)
        return [Table(self._data, place + _number(self._data, place, "<I")) for place in places]

    def array(self, field: int, dtype: Any) -> NDArray[Any]:
        """Read a vector of numbers; empty where it is absent."""
        start, count = self._vector(field)
        return np.frombuffer(self._data, dtype, count, start)

    def _vector(self, field: int) -> tuple[int, int]:
        place = self._place(field)
        if not place:
            return 0, 0
        start = place + _number(self._data, place, "<I")
        return start + 4, _number(self._data, start, "<I")


def _number(data: bytes, at: int, form: str) -> int:
    return int(struct.unpack_from(form, data, at)[0])
