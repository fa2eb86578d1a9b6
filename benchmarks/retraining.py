"""What training again after a review costs, against a full training.

    python -m benchmarks.retraining
    python -m benchmarks.retraining --queries 100000 --labels 20000 --runs 3

A full training grows its trees anew. Training again loads the model, takes its trees and solves
only the blocks that the decisions touched, those above the leaves from what they were before
(warm), or all from zero. Each ends with the model on disk. Decisions are made of

* one pattern: 400 pairs of one label, which were wrong;
* a queue: 500 given pairs of the lowest scores, wrong, and 500 other pairs of the highest, missing;
* chance: 500 given pairs, wrong, and 500 others, of any instance and label, missing.

The scores of the result are held against those of a full training on the same trees, and these
against one whose blocks take their rows in another order.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.sparse import csr_array

from benchmarks.xmc.shop import ShopShape, generate_shop
from workbench import __version__
from workbench.model import ClusteredOVR
from workbench.model.trained import TrainedTree
from workbench.sparse import rows_of

_OF_A_PATTERN = 400
_OF_A_KIND = 500
# Instances that a model is asked about to find the first of its queue.
_ASKED = 50_000
_SCORED = 2_000
_WAYS = {"warm": True, "from zero": False}


@dataclass(frozen=True)
class Cost:
    """Seconds of one training."""

    wall: float
    cpu: float
    n_trained: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--queries", type=int, default=500_000)
    parser.add_argument("--labels", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    shape = ShopShape(args.queries, n_features=max(1000, args.labels), n_labels=args.labels)
    X, Y = generate_shop(shape, args.seed)
    rng = np.random.default_rng(args.seed + 1)
    estimator = ClusteredOVR(n_jobs=args.threads, random_state=args.seed)
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        _warm_up(estimator, X, Y, place)
        full = [_full(estimator, X, Y, place / "full")]
        before = ClusteredOVR.load(place / "full")
        changes = list(_changes(before, X, Y, rng))
        print(_told_of_machine(args.threads))
        print(
            f"{X.shape[0]:,} queries x {X.shape[1]:,} features x {Y.shape[1]:,} labels, "
            f"{Y.nnz:,} given pairs; {before.n_blocks:,} blocks; the least of {args.runs} rounds, "
            "and the median of their shares\n"
        )
        costs: dict[str, list[Cost]] = {"full, new trees": full}
        # Round after round, so that what else the machine does hits all alike.
        for n_run in range(args.runs):
            if n_run:
                full.append(_full(estimator, X, Y, place / "once more"))
            for name, changed in changes:
                for way, is_warm in _WAYS.items():
                    cost = _again(estimator, X, changed, place / "full", place / "again", is_warm)
                    costs.setdefault(f"{name}, {way}", []).append(cost)
        _print_costs(costs, full)
        _print_differences(before, X, changes, args.seed)


def _warm_up(estimator: ClusteredOVR, X: csr_array, Y: csr_array, place: Path) -> None:
    """Compile, so that no run pays for it."""
    _full(estimator, X[:2000], Y[:2000], place / "small")
    _again(estimator, X[:1990], Y[:1990], place / "small", place / "small_again", True)
    ClusteredOVR.load(place / "small_again").predict(X[:10])


def _full(estimator: ClusteredOVR, X: csr_array, Y: csr_array, place: Path) -> Cost:
    return _measured(lambda: estimator.fit(X, Y, warm_start=True), place)


def _again(
    estimator: ClusteredOVR, X: csr_array, Y: csr_array, before: Path, place: Path, is_warm: bool
) -> Cost:
    return _measured(
        lambda: estimator.fit(X, Y, reuse=ClusteredOVR.load(before), warm_start=is_warm), place
    )


def _measured(train: Callable[[], ClusteredOVR], place: Path) -> Cost:
    shutil.rmtree(place, ignore_errors=True)
    wall, cpu = time.perf_counter(), time.process_time()
    model = train()
    model.save(place)
    return Cost(time.perf_counter() - wall, time.process_time() - cpu, model.n_blocks_trained_)


def _changes(
    model: ClusteredOVR, X: csr_array, Y: csr_array, rng: np.random.Generator
) -> Iterator[tuple[str, csr_array]]:
    """Return the labels after decisions of each sort."""
    nothing = np.empty((0, 2), np.int64)
    yield f"{_OF_A_PATTERN} of one pattern", _decided(Y, _of_a_pattern(Y, rng), nothing)
    yield f"{2 * _OF_A_KIND:,} of a queue", _decided(Y, *_of_a_queue(model, X, Y, rng))
    drawn = rng.choice(Y.nnz, _OF_A_KIND, replace=False)
    other = np.column_stack(
        [rng.integers(Y.shape[0], size=_OF_A_KIND), rng.choice(Y.indices, _OF_A_KIND)]
    )
    yield f"{2 * _OF_A_KIND:,} by chance", _decided(Y, drawn, other)


def _of_a_pattern(Y: csr_array, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the places of pairs of a label that is just frequent enough."""
    support = np.bincount(Y.indices, minlength=Y.shape[1])
    enough = np.flatnonzero(support >= min(2 * _OF_A_PATTERN, support.max()))
    label = enough[np.argmin(support[enough])]
    places = np.flatnonzero(Y.indices == label)
    return rng.choice(places, min(_OF_A_PATTERN, len(places)), replace=False)


def _of_a_queue(
    model: ClusteredOVR, X: csr_array, Y: csr_array, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of the least likely given pairs, and the likeliest others."""
    asked = np.sort(rng.choice(Y.shape[0], min(_ASKED, Y.shape[0]), replace=False))
    scores, given = model.predict(X[asked], k=10), Y[asked]
    of_given = model.score_pairs(X[asked], rows_of(given), given.indices)
    worst = np.argsort(of_given, kind="stable")[:_OF_A_KIND]
    places = np.concatenate([np.arange(*Y.indptr[row : row + 2]) for row in asked])
    others = csr_array(scores - scores.multiply(given > 0)).tocoo()
    best = np.argsort(-others.data, kind="stable")[:_OF_A_KIND]
    return places[worst], np.column_stack([asked[others.row[best]], others.col[best]])


def _decided(Y: csr_array, wrong: NDArray[np.int64], missing: NDArray[np.int64]) -> csr_array:
    kept = np.ones(Y.nnz, bool)
    kept[wrong] = False
    rows = np.concatenate([rows_of(Y)[kept], missing[:, 0]])
    columns = np.concatenate([Y.indices[kept], missing[:, 1]])
    changed = csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=Y.shape)
    changed.sum_duplicates()
    changed.data[:] = 1
    return changed


def _full_on_the_trees(model: ClusteredOVR, X: csr_array, Y: csr_array, seed: int) -> ClusteredOVR:
    """Return a full training on the trees of a model; the seed orders the rows of each block."""
    bare = copy(model)
    bare.entropy_ = seed
    bare.trees_ = [
        TrainedTree(
            one.tree, tuple(lv._replace(prints=np.zeros_like(lv.prints)) for lv in one.levels)
        )
        for one in model.trees_
    ]
    full = ClusteredOVR(**(model.get_params() | {"random_state": seed})).fit(X, Y, reuse=bare)
    assert full.n_blocks_trained_ == full.n_blocks
    return full


def _apart(found: ClusteredOVR, full: ClusteredOVR, X: csr_array, Y: csr_array) -> str:
    """Return P@1 on instances it learnt from, and how far scores are from the full training's."""
    precision = found.score(X[:_ASKED], Y[:_ASKED])
    apart = abs(found.predict(X[:_SCORED]) - full.predict(X[:_SCORED]))
    return f"{precision:.4f} | {apart.max():.2g} | {apart.sum() / max(apart.nnz, 1):.2g}"


def _print_costs(costs: dict[str, list[Cost]], full: list[Cost]) -> None:
    """Print the least of the runs: what others do on the machine only adds to it.

    A machine that is faster at some times than at others makes the median of the rounds' shares
    the fairer figure: each is of one time.
    """
    print("| training | wall s | CPU s | blocks | share of a full one | median of the rounds |")
    print("|---|---|---|---|---|---|")
    cpu_of_full = min(cost.cpu for cost in full)
    for name, found in costs.items():
        wall, cpu = (min(getattr(cost, of) for cost in found) for of in ("wall", "cpu"))
        of_round = [one.cpu / of_all.cpu for one, of_all in zip(found, full, strict=True)]
        shares = f"{cpu / cpu_of_full:.3f} | {np.median(of_round):.3f}"
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {found[0].n_trained:,} | {shares} |")


def _print_differences(
    before: ClusteredOVR, X: csr_array, changes: list[tuple[str, csr_array]], seed: int
) -> None:
    print("\n| on the same trees | P@1 | scores: largest difference | mean |")
    print("|---|---|---|---|")
    for name, changed in changes:
        exact = _full_on_the_trees(before, X, changed, seed)
        warm = ClusteredOVR(**before.get_params()).fit(X, changed, reuse=before, warm_start=True)
        other = _full_on_the_trees(before, X, changed, seed + 1)
        print(f"| {name}, warm | {_apart(warm, exact, X, changed)} |")
        print(f"| full, rows in another order | {_apart(other, exact, X, changed)} |", flush=True)


def _told_of_machine(threads: int) -> str:
    return (
        f"workbench {__version__}, Python {platform.python_version()}, numpy {np.__version__}, "
        f"scipy {scipy.__version__}, numba {numba.__version__}; {platform.machine()}, "
        f"{threads} thread(s)"
    )


if __name__ == "__main__":
    main()
