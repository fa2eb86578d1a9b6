"""Arrays that a thread works in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.model.lane_type import N_LANES


class Room:
    """Arrays made once and grown: large ones get large memory pages."""

    def __init__(self, n_features: int, n_rows: int) -> None:
        self.local = np.full(n_features, -1, np.int32)
        self.position = np.empty(n_rows, np.int32)
        nothing = np.empty((0, N_LANES), np.float32)
        self._weights = self._dual = self._signs = self._errors = nothing

    def weights_for(self, n: int) -> NDArray[np.float32]:
        """Return at least n rows of 16."""
        self._weights = _grown(self._weights, n)
        return self._weights

    def dual_for(self, n: int) -> NDArray[np.float32]:
        """Return at least n rows of 16."""
        self._dual = _grown(self._dual, n)
        return self._dual

    def signs_for(self, n: int) -> NDArray[np.float32]:
        """Return at least n rows of 16."""
        self._signs = _grown(self._signs, n)
        return self._signs

    def errors_for(self, n: int) -> NDArray[np.float32]:
        """Return at least n rows of 16."""
        self._errors = _grown(self._errors, n)
        return self._errors


def _grown(array: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    return array if len(array) >= n else np.empty((n + n // 4, N_LANES), np.float32)
