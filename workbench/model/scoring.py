"""The compiled kernels of a search: score the children of nodes for the rows that visit them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.kernels import inlined, kernel
from workbench.model.best_children import Found, insert, keep_best_children
from workbench.model.held_out import (
    HeldOut,
    child_of,
    first_row,
    is_given,
    is_row,
    reach_row,
)
from workbench.model.lane_type import N_LANES
from workbench.model.lanes import add, fetch_ahead, load, splat, store
from workbench.model.levels import Level
from workbench.model.link import log_scores
from workbench.model.margins import (
    MOST_PLACES,
    Hits,
    add_lanes,
    add_weights,
    close_block,
    fetch_weights,
    hits_of,
    open_block,
    set_biases,
    spread_block,
)
from workbench.model.rows import Rows
from workbench.model.totals import Totals, add_block, add_score, close_totals


class _Visits(NamedTuple):
    """The (row, node) pairs of a level, node by node; ``ptr`` has the bounds of each node's.

    First come those with the best node of each row, as nodes 0 to n - 1, then the others, as
    nodes n to 2 n - 1.
    """

    ptr: NDArray[np.int64]
    rows: NDArray[np.uint32]
    parent_scores: NDArray[np.float32]


@kernel
def _sort_visits(beam: Found, n_nodes: int, best_first: bool) -> _Visits:
    """Return the visits; without ``best_first`` all of them as nodes 0 to n - 1."""
    later = n_nodes if best_first else 0
    ptr = np.zeros(2 * n_nodes + 1, np.int64)
    for row in range(len(beam.counts)):
        for b in range(beam.counts[row]):
            ptr[beam.children[row, b] + (later if b else 0) + 1] += 1
    for node in range(2 * n_nodes):
        ptr[node + 1] += ptr[node]
    rows, parent_scores = np.empty(ptr[-1], np.uint32), np.empty(ptr[-1], np.float32)
    next_free = ptr[:-1].copy()
    for row in range(len(beam.counts)):
        for b in range(beam.counts[row]):
            node = beam.children[row, b] + (later if b else 0)
            rows[next_free[node]], parent_scores[next_free[node]] = row, beam.scores[row, b]
            next_free[node] += 1
    return _Visits(ptr, rows, parent_scores)


@inlined
def _fetch_rows(x: Rows, begin: int, row: int, found: Found) -> None:
    """Ask for the memory of a row that is visited soon."""
    fetch_ahead(x.indices, x.indptr[begin + row])
    fetch_ahead(x.data, x.indptr[begin + row])
    k = found.scores.shape[1]
    fetch_ahead(found.scores, row * k)
    fetch_ahead(found.scores, row * k + k - 1)
    fetch_ahead(found.children, row * k)


@inlined
def _visit_held_out(
    level: Level,
    node: int,
    held: HeldOut,
    nth: np.int64,
    parent: np.float32,
    found: Found,
    row: int,
    k: int,
    room: NDArray[np.float32],
    totals: Totals,
) -> None:
    """Add the children of a node to the best of the ``nth`` of the rows that it learned from."""
    for block in range(level.block_ptr[node], level.block_ptr[node + 1]):
        pointer = held.first_ptr[block] + nth
        e, end = held.ptr[pointer], held.ptr[pointer + 1]
        while e < end:
            n = min(end - e, N_LANES)
            for j in range(n):
                room[j] = held.margins[e + j]
            store(room, 0, add(log_scores(load(room, 0)), splat(parent)))
            for j in range(n):
                child = level.block_start[block] + child_of(held, e + j)
                if len(totals.sums) > 0:
                    if is_given(held, e + j):
                        continue
                    add_score(totals, child, room[j])
                if found.counts[row] < k or room[j] > found.scores[row, k - 1]:
                    insert(found, row, k, child, room[j])
            e += n


@kernel
def score_level(
    x: Rows,
    level: Level,
    begin: int,
    beam: Found,
    k: int,
    in_order: bool,
    best_first: bool,
    widest_block: int,
    places: NDArray[np.uint32],
    held: HeldOut,
    totals: Totals,
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]:
    """Return the parts of what is found: the k best children of the nodes in each row's beam.

    Works node by node, so that the weights of a node are read once for all its rows.

    Parameters
    ----------
    begin : int
        The row of x that the first row of the beam stands for.
    in_order : bool
        False where ``k`` is as much as a row can find: there is nothing to choose.
    best_first : bool
        Visit the best node of every row before the others, most of which then need no visit: pays
        where nodes have many more than ``k`` children.
    places : ndarray of uint32, shape (n_features,)
        Zero before and after. Empty to open no block.
    held : HeldOut
        If not empty, the rows that a node learned from have its margins there, and no node is
        left out.
    totals : Totals
        If not empty, scores are added up in it, and what a row carries is not found.
    """
    n_rows = len(beam.counts)
    n_nodes = len(level.child_ptr) - 1
    width = -(-k // N_LANES) * N_LANES
    found = Found(
        np.empty((n_rows, width), np.int32),
        np.full((n_rows, width), -np.inf, np.float32),
        np.zeros(n_rows, np.int32),
    )
    visits = _sort_visits(beam, n_nodes, best_first)
    margins = np.empty(-(-widest_block // N_LANES) * N_LANES, np.float32)
    biases = np.empty(-(-widest_block // N_LANES) * N_LANES, np.float32)
    room = np.empty(N_LANES, np.float32)
    dense = np.empty((0, N_LANES), np.float32)
    longest = 0
    for row in range(begin, begin + n_rows):
        longest = max(longest, x.indptr[row + 1] - x.indptr[row])
    hits = Hits(np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.float32))
    following = Hits(np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.float32))
    holds_out, sums_up = len(held.rows) > 0, len(totals.sums) > 0
    visiting, parent_scores = np.empty(n_rows, np.uint32), np.empty(n_rows, np.float32)
    for visited in range(2 * n_nodes):
        node = visited % n_nodes
        n_visits, n_stored = 0, 0
        nth = first_row(held, node, begin) if holds_out else np.int64(0)
        for i in range(visits.ptr[visited], visits.ptr[visited + 1]):
            row = visits.rows[i]
            # No child scores more than its parent: a row whose best are full may be done here.
            is_full = found.counts[row] == k and not holds_out
            if is_full and visits.parent_scores[i] <= found.scores[row, k - 1]:
                continue
            if holds_out:
                nth = reach_row(held, node, nth, begin + row)
                if is_row(held, node, nth, begin + row):
                    parent = visits.parent_scores[i]
                    _visit_held_out(level, node, held, nth, parent, found, row, k, room, totals)
                    continue
            visiting[n_visits], parent_scores[n_visits] = row, visits.parent_scores[i]
            n_visits += 1
            n_stored += x.indptr[begin + row + 1] - x.indptr[begin + row]
        if n_visits == 0:
            continue
        for block in range(level.block_ptr[node], level.block_ptr[node + 1]):
            n_features = level.feature_ptr[block + 1] - level.feature_ptr[block]
            n_weights = level.weight_ptr[block + 1] - level.weight_ptr[block]
            # Reading the whole block pays once its rows would look up enough features.
            is_open = n_stored * 8 > n_features and n_weights < MOST_PLACES and len(places) > 0
            first = level.block_start[block]
            n_children = level.block_start[block + 1] - first
            n_groups = -(-n_children // N_LANES)
            # A step on 16 lanes costs half as much as one on a single weight.
            saved = n_stored * (2 * n_weights - n_groups * n_features)
            is_dense = is_open and saved > 4 * n_features * (n_weights + n_groups * n_features)
            is_dense = is_dense and n_groups * n_features < MOST_PLACES
            if is_dense:
                if len(dense) < n_features * n_groups:
                    dense = np.empty((n_features * n_groups, N_LANES), np.float32)
                spread_block(level, block, n_groups, places, dense)
            elif is_open:
                open_block(level, block, places)
            set_biases(level, block, n_groups, biases)
            n_next = hits_of(x, begin + visiting[0], level, block, is_open, places, following)
            for i in range(n_visits):
                hits, following, n_hits = following, hits, n_next
                if i + 1 < n_visits:
                    next_row = begin + visiting[i + 1]
                    n_next = hits_of(x, next_row, level, block, is_open, places, following)
                    if not is_dense:
                        fetch_weights(level, block, n_next, following)
                    _fetch_rows(x, begin, visiting[min(i + 3, n_visits - 1)], found)
                for group in range(n_groups):
                    store(margins, group, load(biases, group))
                if is_dense:
                    add_lanes(n_groups, dense, n_hits, hits, margins)
                else:
                    add_weights(level, block, n_hits, hits, margins)
                if sums_up:
                    add_block(totals, first, n_groups, parent_scores[i], margins, room)
                keep_best_children(
                    margins,
                    first,
                    n_children,
                    parent_scores[i],
                    found,
                    visiting[i],
                    k,
                    in_order,
                    room,
                )
            if is_open:
                close_block(level, block, places)
            if sums_up:
                close_totals(totals, first, n_children)
    return found.children, found.scores, found.counts
