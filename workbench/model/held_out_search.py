"""Search with held-out margins: the best labels of the rows that a tree learned from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from workbench.kernels import kernel, read_only
from workbench.model.best_children import Found
from workbench.model.collecting import collect
from workbench.model.held_out import (
    HeldOut,
    child_of,
    first_row,
    is_given,
    is_row,
)
from workbench.model.lane_type import N_LANES
from workbench.model.lanes import load, store
from workbench.model.levels import Level
from workbench.model.link import log_scores
from workbench.model.path_scores import probabilities, score_paths
from workbench.model.rows import Rows
from workbench.model.scoring import score_level
from workbench.model.search import CsrArrays
from workbench.model.totals import Totals, no_totals
from workbench.model.trained import TrainedTree

# No label of a cluster scores more than its cluster: one that scores less than .1 is not visited,
# unless it is the best of the row.
_LEAST_LOG_SCORE = np.float32(np.log(0.1))
_NO_TOTALS = no_totals()


@kernel
def _drop_unlikely(found: Found, least: np.float32) -> None:
    """Leave of each row the children that score at least so much, or the best alone."""
    for row in range(len(found.counts)):
        n_kept, best = 0, 0
        for j in range(found.counts[row]):
            if found.scores[row, j] > found.scores[row, best]:
                best = j
        best_child, best_score = found.children[row, best], found.scores[row, best]
        for j in range(found.counts[row]):
            if found.scores[row, j] >= least:
                found.scores[row, n_kept] = found.scores[row, j]
                found.children[row, n_kept] = found.children[row, j]
                n_kept += 1
        if n_kept == 0 and found.counts[row] > 0:
            found.children[row, 0], found.scores[row, 0] = best_child, best_score
            n_kept = 1
        found.counts[row] = n_kept


def search_held_out(
    trained: TrainedTree,
    held: tuple[HeldOut, ...],
    x: Rows,
    begin: int,
    end: int,
    totals: Totals,
    *,
    beam: int,
    k: int,
) -> CsrArrays:
    """Return csr arrays with the best k labels that rows begin to end do not carry.

    Every level answers as if it had not seen the row. The sums of all scores go into ``totals``, by
    position on the last level.
    """
    n_rows = end - begin
    found = Found(
        np.zeros((n_rows, 1), np.int32),
        np.zeros((n_rows, 1), np.float32),
        np.ones(n_rows, np.int32),
    )
    places = np.zeros(x.n_features, np.uint32)
    for depth, level in enumerate(trained.levels):
        is_last = depth == len(trained.levels) - 1
        wanted = min(k if is_last else beam, len(level.bias))
        noted = totals if is_last else _NO_TOTALS
        widest, of_level = trained.widest_blocks[depth], held[depth]
        found = Found(
            *score_level(
                x, level, begin, found, wanted, True, False, widest, places, of_level, noted
            )
        )
        if not is_last:
            _drop_unlikely(found, _LEAST_LOG_SCORE)
    arrays: CsrArrays = collect(found, read_only(trained.tree.label_order))
    return arrays


@kernel
def _pass_on(
    level: Level, held: HeldOut, scores: NDArray[np.float32], below: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the log scores of the rows of each child that carry it, child by child.

    ``scores`` has those of the rows of each node; the rows of a child begin at ``below[child]``.
    """
    found = np.empty(below[-1], np.float32)
    free = below.copy()
    room = np.empty(N_LANES, np.float32)
    for node in range(len(level.block_ptr) - 1):
        begin = held.row_ptr[node]
        for block in range(level.block_ptr[node], level.block_ptr[node + 1]):
            for nth in range(held.row_ptr[node + 1] - begin):
                pointer = held.first_ptr[block] + nth
                for e in range(held.ptr[pointer], held.ptr[pointer + 1]):
                    if is_given(held, e):
                        room[0] = held.margins[e]
                        store(room, 0, log_scores(load(room, 0)))
                        child = level.block_start[block] + child_of(held, e)
                        found[free[child]] = scores[begin + nth] + room[0]
                        free[child] += 1
    return found


def score_given(
    trained: TrainedTree, held: tuple[HeldOut, ...], Y: csr_array
) -> NDArray[np.float32]:
    """Return the held-out score of each given pair, in the order of Y, without looking at X.

    A row carries every cluster above its labels, so that each step has an entry.
    """
    scores = np.zeros(len(held[0].rows), np.float32)
    by_position = Y.tocsc()[:, trained.tree.label_order]
    for depth, level in enumerate(trained.levels):
        is_last = depth == len(held) - 1
        below = by_position.indptr if is_last else held[depth + 1].row_ptr
        scores = _pass_on(level, held[depth], scores, read_only(below.astype(np.int64)))
    positions = csc_array((scores, by_position.indices, by_position.indptr), shape=Y.shape)
    in_order = positions[:, trained.tree.position_of_label].tocsr()
    in_order.sort_indices()
    return np.asarray(probabilities(in_order.data))


@kernel
def _held_margins(
    level: Level,
    held: HeldOut,
    rows: NDArray[np.int64],
    nodes: NDArray[np.int64],
    children: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Return the held-out margin of each (row, child) pair, NaN where there is none."""
    found = np.full(len(rows), np.nan, np.float32)
    for i in range(len(rows)):
        node, row = nodes[i], rows[i]
        nth = first_row(held, node, row)
        if not is_row(held, node, nth, row):
            continue
        block = level.block_ptr[node]
        while level.block_start[block + 1] <= children[i]:
            block += 1
        pointer = held.first_ptr[block] + nth
        for e in range(held.ptr[pointer], held.ptr[pointer + 1]):
            if level.block_start[block] + child_of(held, e) == children[i]:
                found[i] = held.margins[e]
    return found


@kernel
def _add_log_scores(margins: NDArray[np.float32], scores: NDArray[np.float32]) -> None:
    """Add the log scores of margins to scores."""
    room = np.zeros(N_LANES, np.float32)
    for begin in range(0, len(margins), N_LANES):
        n = min(N_LANES, len(margins) - begin)
        room[:n] = margins[begin : begin + n]
        store(room, 0, log_scores(load(room, 0)))
        for i in range(n):
            scores[begin + i] += room[i]


def score_held_out_pairs(
    trained: TrainedTree,
    held: tuple[HeldOut, ...],
    x: Rows,
    rows: NDArray[np.int64],
    labels: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Return the score of each pair along its own path, as if the row were unseen."""
    order = np.argsort(trained.tree.position_of_label[labels], kind="stable")
    rows, paths = rows[order], trained.tree.paths(labels[order])
    scores = np.zeros(len(rows), np.float32)
    places = np.zeros(x.n_features, np.uint32)
    for level, of_level, path in zip(trained.levels, held, paths, strict=True):
        nodes, children = (np.ascontiguousarray(part) for part in path.T)
        margins = _held_margins(level, of_level, rows, nodes, children)
        seen = np.flatnonzero(np.isnan(margins))
        unseen = np.flatnonzero(~np.isnan(margins))
        plain, corrected = scores[seen], scores[unseen]
        score_paths(x, level, rows[seen], children[seen], plain, places)
        _add_log_scores(margins[unseen], corrected)
        scores[seen], scores[unseen] = plain, corrected
    result = np.empty(len(rows), np.float32)
    result[order] = probabilities(scores)
    return result
