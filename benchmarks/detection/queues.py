"""The ways to order the pairs, each a queue of wrong labels and one of missing ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.detection.data_sets import Data
from pipelines.scoring import judged
from workbench.issues.comparison import draw_comparison_pairs
from workbench.issues.confident import find_label_issues
from workbench.issues.neighbours import count_neighbours_with_label, nearest_neighbours
from workbench.issues.pairs import Pairs, judged_pairs
from workbench.issues.ranking import rank_issues
from workbench.matrices import LabelMatrix, PairScores, pairs_in
from workbench.model import ClusteredOVR, OutOfSample, leave_one_out, out_of_fold
from workbench.score_sums import ScoreSums

OURS, ONE_RUN, FOLDS = "ours", "ours, leave one out", "five-fold scores"
CLEANLAB, IN_SAMPLE = "cleanlab's verdicts first", "in-sample scores"
NEIGHBOURS, RANDOM = "neighbours alone", "random"
QUEUES = (OURS, ONE_RUN, FOLDS, CLEANLAB, IN_SAMPLE, NEIGHBOURS, RANDOM)
TOP_K = 20
# Every pair is ranked.
_ALL = 2.0


@dataclass(frozen=True, eq=False)
class Scored:
    """Out-of-sample scores as the pipeline makes them.

    Parameters
    ----------
    scores, comparison : PairScores
    sums : ScoreSums
    """

    scores: PairScores
    comparison: PairScores
    sums: ScoreSums


def score(data: Data, given: LabelMatrix, seed: int, n_jobs: int) -> Scored:
    """Return five-fold scores of the model at its defaults; the seed draws folds and clusters."""
    found = out_of_fold(
        ClusteredOVR(n_jobs=n_jobs, random_state=seed),
        data.X,
        given.values.astype(np.float32),
        top_k=TOP_K,
        random_state=seed,
        also=draw_comparison_pairs(given, data.labels),
    )
    return _as_scored(found, given)


def score_in_one_run(data: Data, given: LabelMatrix, seed: int, n_jobs: int) -> Scored:
    """Return leave-one-out scores of the model at its defaults; the seed draws clusters."""
    found = leave_one_out(
        ClusteredOVR(n_jobs=n_jobs, random_state=seed),
        data.X,
        given.values.astype(np.float32),
        top_k=TOP_K,
        also=draw_comparison_pairs(given, data.labels),
    )
    return _as_scored(found, given)


def _as_scored(found: OutOfSample, given: LabelMatrix) -> Scored:
    ids = given.instance_ids, given.label_ids
    return Scored(
        PairScores(judged(found.scores, found.unjudged_pairs), *ids),
        PairScores(judged(found.also, found.unjudged_also), *ids),
        found.sums,
    )


def rank(
    data: Data, given: LabelMatrix, scored: Scored, *, reviewed: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return our queues with everything that the pipeline hands on."""
    return rank_issues(
        given,
        scored.scores,
        scored.sums.sums,
        comparison=scored.comparison,
        features=data.X,
        labels=data.labels,
        texts=data.texts,
        reviewed=reviewed,
        below_quality=_ALL,
    ).frame


def queue_makers(
    data: Data, given: LabelMatrix, scored: Scored, seed: int, n_jobs: int
) -> dict[str, Callable[[], pd.DataFrame]]:
    """Return for each queue what makes it: ``instance_id, label_id, kind, rank``.

    Only ours have a ``label_quality``. All but the one-run and the in-sample queue rank the same
    pairs: the judged given ones, and the best candidates of every instance. Ties fall by chance.
    """
    pairs = judged_pairs(given, scored.scores)
    chance = np.random.default_rng(seed).random(len(pairs))

    def by(value: NDArray[np.floating]) -> pd.DataFrame:
        return _order(pairs, np.asarray(value, np.float64), given, chance)

    def verdicts_first() -> pd.DataFrame:
        found = find_label_issues(
            given, scored.scores, sums=scored.sums, filter_by="confident_learning"
        )
        rows = given.instance_ids.get_indexer(pd.Index(found["instance_id"]))
        columns = given.label_ids.get_indexer(pd.Index(found["label_id"]))
        flagged = np.zeros(len(pairs), bool)
        flagged[pairs_in(scored.scores.values, rows, columns)] = True
        first = np.where(pairs.given, -1.0, 1.0) * flagged
        return by(scored.scores.values.data + 2 * first)

    def neighbours() -> pd.DataFrame:
        nearest = nearest_neighbours(data.X)
        carry = count_neighbours_with_label(nearest, given, pairs)
        return by((carry + 0.5) / (np.diff(nearest.indptr)[pairs.rows] + 1.0))

    def in_sample() -> pd.DataFrame:
        return _in_sample(data, given, seed, n_jobs)

    return {
        OURS: lambda: rank(data, given, scored),
        ONE_RUN: lambda: rank(data, given, score_in_one_run(data, given, seed, n_jobs)),
        FOLDS: lambda: by(scored.scores.values.data),
        CLEANLAB: verdicts_first,
        IN_SAMPLE: in_sample,
        NEIGHBOURS: neighbours,
        RANDOM: lambda: by(np.zeros(len(pairs))),
    }


def _in_sample(data: Data, given: LabelMatrix, seed: int, n_jobs: int) -> pd.DataFrame:
    Y = given.values.astype(np.float32)
    model = ClusteredOVR(n_jobs=n_jobs, random_state=seed).fit(data.X, Y)
    best = model.predict(data.X, k=TOP_K)
    rows = np.repeat(np.arange(best.shape[0]), np.diff(best.indptr))
    absent = pairs_in(given.values, rows, best.indices) < 0
    own_rows, own = given.rows_of_pairs(), given.values.indices
    pairs = Pairs(
        np.concatenate([own_rows, rows[absent]]),
        np.concatenate([own, best.indices[absent]]).astype(np.int64),
        np.repeat([True, False], [len(own), int(absent.sum())]),
    )
    values = np.concatenate([model.score_pairs(data.X, own_rows, own), best.data[absent]])
    chance = np.random.default_rng(seed).random(len(pairs))
    return _order(pairs, values.astype(np.float64), given, chance)


def _order(
    pairs: Pairs, value: NDArray[np.float64], given: LabelMatrix, chance: NDArray[np.float64]
) -> pd.DataFrame:
    """Return given pairs by rising value and the others by falling value."""
    frames = []
    for kind, chosen in (("wrong", pairs.given), ("missing", ~pairs.given)):
        at = np.flatnonzero(chosen)
        suspicion = value[at] if kind == "wrong" else -value[at]
        at = at[np.lexsort((chance[at], suspicion))]
        frames.append(
            pd.DataFrame(
                {
                    "instance_id": given.instance_ids.take(pairs.rows[at]),
                    "label_id": given.label_ids.take(pairs.columns[at]),
                    "kind": kind,
                    "rank": np.arange(1, len(at) + 1),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
