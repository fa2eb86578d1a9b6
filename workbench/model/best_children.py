"""The compiled kernels that keep the best children of each row while a level is searched."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import inlined, kernel
from workbench.model.lane_type import N_LANES
from workbench.model.lanes import (
    above,
    add,
    count_bits,
    load,
    lowest_bit,
    maximum,
    minimum,
    splat,
    store,
)
from workbench.model.link import log_scores, margin_of
from workbench.model.scoring_lanes import moved_up, splat_bits, where_reaching


class Found(NamedTuple):
    """The best children of each row, by falling score where they are in order.

    Shapes (n_rows, width), (n_rows, width), (n_rows,): of a row count those in front, ``counts``
    of them. Scores are logarithms.
    """

    children: NDArray[np.int32]
    scores: NDArray[np.float32]
    counts: NDArray[np.int32]


@inlined
def insert(found: Found, row: int, k: int, child: int, score: np.float32) -> None:
    """Put a child among the best of a row, behind those that score no less.

    Without a branch: its place is where the score before reaches it and the one there does not.
    """
    new, new_child = splat(score), splat_bits(child)
    scores_before, children_before = splat(np.float32(np.inf)), new_child
    n_vectors = found.scores.shape[1] // N_LANES
    for vector in range(row * n_vectors, (row + 1) * n_vectors):
        scores, children = load(found.scores, vector), load(found.children, vector)
        before = moved_up(scores, scores_before)
        moved = where_reaching(before, new, new_child, moved_up(children, children_before))
        store(found.children, vector, where_reaching(scores, new, children, moved))
        store(found.scores, vector, maximum(scores, minimum(before, new)))
        scores_before, children_before = scores, children
    found.counts[row] = min(found.counts[row] + 1, k)


@inlined
def _append(found: Found, row: int, child: int, score: np.float32) -> None:
    """Put a child behind those found so far; there is room."""
    slot = found.counts[row]
    found.scores[row, slot], found.children[row, slot] = score, child
    found.counts[row] = slot + 1


@kernel
def _bound_of_best(
    margins: NDArray[np.float32], n_groups: int, k: int, room: NDArray[np.float32]
) -> np.float32:
    """Return a margin that k children reach, k up to 16.

    The k-th highest of the sixteen lanes' best: cheap, and few others reach it.
    """
    best = load(margins, 0)
    for group in range(1, n_groups):
        best = maximum(best, load(margins, group))
    store(room, 0, best)
    for lane in range(N_LANES):
        n_above = count_bits(above(best, splat(room[lane])))
        n_reaching = N_LANES - count_bits(above(splat(room[lane]), best))
        if n_above < k <= n_reaching:
            return room[lane]
    return np.float32(-np.inf)


@inlined
def keep_best_children(
    margins: NDArray[np.float32],
    first: int,
    n_children: int,
    parent_score: np.float32,
    found: Found,
    row: int,
    k: int,
    in_order: bool,
    room: NDArray[np.float32],
) -> None:
    """Add the children that belong there to the best of a row; of equal scores the first stays."""
    parent = splat(parent_score)
    lowest, lowest_margin = np.float32(-np.inf), np.float32(-np.inf)
    n_groups = -(-n_children // N_LANES)
    if found.counts[row] == 0 and n_groups > 1 and k <= N_LANES:
        bound = _bound_of_best(margins, n_groups, k, room)
        lowest_margin = np.nextafter(bound, lowest)
    for group in range(n_groups):
        if found.counts[row] == k and found.scores[row, k - 1] > lowest:
            lowest = found.scores[row, k - 1]
            lowest_margin = margin_of(lowest, parent_score)
        # Few groups have a child that is good enough; only for those the logarithms are needed.
        margin = load(margins, group)
        if above(margin, splat(lowest_margin)) == 0:
            continue
        scores = add(log_scores(margin), parent)
        promising = above(margin, splat(lowest_margin)) & above(scores, splat(lowest))
        if promising:
            store(margins, group, scores)
        while promising:
            lane = lowest_bit(promising)
            promising &= promising - 1
            score = margins[group * N_LANES + lane]
            if found.counts[row] < k or score > found.scores[row, k - 1]:
                if in_order:
                    insert(found, row, k, first + group * N_LANES + lane, score)
                else:
                    _append(found, row, first + group * N_LANES + lane, score)
