"""The compiled kernels that score given pairs, each along its own path."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import kernel
from workbench.model.lane_type import N_LANES
from workbench.model.lanes import load, store
from workbench.model.levels import Level
from workbench.model.link import log_scores, probability
from workbench.model.margins import (
    COUNT,
    COUNT_BITS,
    MOST_PLACES,
    Hits,
    close_block,
    hits_of,
    open_block,
)
from workbench.model.rows import Rows

_ZERO = np.float32(0)
_1 = np.uint64(1)


@kernel
def score_paths(
    x: Rows,
    level: Level,
    rows: NDArray[np.int64],
    children: NDArray[np.int64],
    scores: NDArray[np.float32],
    places: NDArray[np.uint32],
) -> None:
    """Add to each score the log score of a (row, child) pair; pairs come sorted by child."""
    margins = np.full(N_LANES, _ZERO, np.float32)
    longest = 0
    for row in rows:
        longest = max(longest, x.indptr[row + 1] - x.indptr[row])
    hits = Hits(np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.float32))
    block = np.int64(0)
    opened = np.int64(-1)
    for i in range(len(rows)):
        while level.block_start[block + 1] <= children[i]:
            block += 1
        is_open = level.weight_ptr[block + 1] - level.weight_ptr[block] < MOST_PLACES
        if block != opened and is_open:
            if opened >= 0:
                close_block(level, opened, places)
            open_block(level, block, places)
            opened = block
        n_hits = hits_of(x, rows[i], level, block, is_open, places, hits)
        child = np.uint8(children[i] - level.block_start[block])
        margin = level.bias[children[i]]
        first = np.uint64(level.weight_ptr[block])
        for h in range(n_hits):
            q = first + (hits.places[h] >> COUNT_BITS)
            end = q + (hits.places[h] & COUNT)
            while q < end and level.children[q] < child:
                q += _1
            if q < end and level.children[q] == child:
                margin += hits.values[h] * level.weights[q]
        margins[0] = margin
        store(margins, 0, log_scores(load(margins, 0)))
        scores[i] += margins[0]
    if opened >= 0:
        close_block(level, opened, places)


@kernel
def probabilities(log_scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the scores of log scores, shape (n,)."""
    found = np.empty(len(log_scores), np.float32)
    for i in range(len(log_scores)):
        found[i] = probability(log_scores[i])
    return found
