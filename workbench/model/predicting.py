"""Search the labels of many rows, in batches that threads share."""

from __future__ import annotations

from scipy.sparse import csr_array

from workbench.blocks import count_jobs, map_blocks
from workbench.model.lane_type import N_LANES
from workbench.model.rows import as_rows
from workbench.model.search import VOTES_PER_TREE, CsrArrays, search_trees, stack_rows
from workbench.model.trained import TrainedTree

# So many scores are held at once by a thread.
_SCORES_PER_BATCH = 4_000_000
# So many rows take less time than threads take to start.
_FEW_ROWS = 100
# So many scores take a tenth of a second or so: an interruption can wait for them.
_QUICK_SCORES = 10_000_000


def search_rows(
    trees: list[TrainedTree], X: csr_array, *, beam: int, k: int, n_jobs: int | None
) -> csr_array:
    """Return the scores of the best k labels of each row, shape (n_rows, n_labels)."""
    n_rows, n_labels = X.shape[0], trees[0].tree.n_labels
    beam, k = min(beam, n_labels), min(k, n_labels)
    size = _rows_per_batch(trees, n_rows, count_jobs(n_jobs), beam=beam, k=k)
    batches = [(begin, min(begin + size, n_rows)) for begin in range(0, n_rows, size)]
    x = as_rows(X)

    def search(batch: tuple[int, int]) -> CsrArrays:
        return search_trees(trees, x, *batch, beam=beam, k=k)

    n_scores = n_rows * sum(min(beam * max(t.widest_nodes), n_labels) for t in trees)
    short = n_rows <= _FEW_ROWS or n_scores <= _QUICK_SCORES
    parts = map_blocks(search, batches, n_jobs=n_jobs, short=short)
    return stack_rows(parts, n_labels)


def _rows_per_batch(
    trees: list[TrainedTree], n_rows: int, n_threads: int, *, beam: int, k: int
) -> int:
    """Return how many rows to search at once: many share nodes, few share little memory."""
    widest = max(max(trained.widest_nodes) for trained in trees)
    kept = min(max(k, VOTES_PER_TREE), widest * beam, trees[0].tree.n_labels)
    even = n_rows if n_rows <= _FEW_ROWS else -(-n_rows // n_threads)
    return max(min(even, _SCORES_PER_BATCH // max(kept, beam, N_LANES)), 1)
