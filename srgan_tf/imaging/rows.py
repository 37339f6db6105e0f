"""Pictures too large to be held: their rows are made while they are read."""

from collections.abc import Iterator
from typing import Any

import numpy as np


class Rows:
    """Rows of a picture that come in bands, from the top.

    Can be sliced by rows like an array, by a reader that goes downwards: no slice may begin above
    the one before it. What lies above the last slice is forgotten.

    Args:
        shape: (h, w, c) of the whole.
        dtype: of the levels.
        bands: gives (rows, w, c), one after another, h rows in all.
    """

    def __init__(self, shape: tuple[int, int, int], dtype: Any, bands: Iterator[np.ndarray]):
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self._bands = bands
        self._held = np.empty((0, *shape[1:]), dtype)
        self._top = 0  # where `_held` begins in the whole

    def __getitem__(self, rows: slice) -> np.ndarray:
        start, stop, _ = rows.indices(self.shape[0])
        if start < self._top:
            raise IndexError(f"rows: got {start}, expected at least {self._top}: they pass by once")
        bands, end = [self._held], self._top + len(self._held)
        while end < stop:
            bands.append(next(self._bands))
            end += len(bands[-1])
        held = np.concatenate(bands) if len(bands) > 1 else self._held
        self._held, self._top = held[start - self._top :], start
        return self._held[: stop - start]
