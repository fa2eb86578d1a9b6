"""Scores that are well-formed, and wrong all the same, are warned of."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.metrics import roc_auc_score

from pipelines.brought_checks import auc_within_labels, doubts_about_scores
from workbench.matrices import LabelMatrix, PairScores

N, L = 60, 4
IDS, LABELS = pd.Index([f"q{i}" for i in range(N)]), pd.Index(list("abcd"))


@pytest.fixture
def given():
    rng = np.random.default_rng(0)
    return LabelMatrix(csr_array(rng.random((N, L)) < [0.3, 0.5, 0.1, 0.7]), IDS, LABELS)


def sparse(dense, stored):
    rows, columns = np.nonzero(stored)
    values = csr_array((dense[rows, columns].astype(np.float32), (rows, columns)), shape=(N, L))
    values.sort_indices()
    return PairScores(values, IDS, LABELS)


def sound(given):
    noise = np.random.default_rng(1).random((N, L))
    return np.round(given.values.toarray() * 0.5 + noise * 0.5, 1)


def doubts(given, dense, stored=None):
    stored = np.ones((N, L), bool) if stored is None else stored
    return doubts_about_scores(given, sparse(dense, stored), "mine.csv")


def test_sound_scores_raise_no_doubt(given):
    assert doubts(given, sound(given)) == []


def test_instances_without_a_score_are_told(given):
    stored = np.ones((N, L), bool)
    stored[:20] = False
    n_lost = given.values[:20].nnz
    first, second = doubts(given, sound(given), stored)
    assert first.startswith("20 of 60 instances have no score in mine.csv")
    assert second.startswith(f"{n_lost} of {given.n_given} given pairs have no score")


def test_zeros_that_an_export_dropped_are_suspected(given):
    dense = np.where(np.random.default_rng(2).random((N, L)) < 0.1, 0, sound(given) * 0.9 + 0.1)
    n_lost = int((given.values.toarray() & (dense == 0)).sum())
    (told,) = doubts(given, dense, dense > 0)
    assert told.startswith(f"{n_lost} of {given.n_given} given pairs have no score")
    assert "no score in mine.csv is 0: if your export drops zeros" in told


def test_scores_of_other_instances_are_told_by_their_order(given):
    dense = sound(given)[np.random.default_rng(3).permutation(N)]
    (told,) = doubts(given, dense)
    assert told.startswith("given pairs score no higher in mine.csv than other pairs of the same")


def test_scores_that_mean_absent_are_told(given):
    (told,) = doubts(given, 1 - sound(given))
    assert "that a high score means present" in told


def test_equal_scores_tell_nothing(given):
    assert doubts(given, np.full((N, L), 0.5)) == [
        "all 240 scores in mine.csv are 0.5: they tell nothing"
    ]


def test_given_pairs_alone_find_nothing_missing(given):
    told = doubts(given, sound(given), given.values.toarray())[-1]
    assert told.startswith("only given pairs have a score in mine.csv")


def test_others_that_a_threshold_cut_off_are_told(given):
    dense, is_given = sound(given), given.values.toarray()
    (told,) = doubts(given, dense, is_given | (dense >= 0.3))
    assert told.startswith("no pair that is not given scores below 0.3 in mine.csv")
    assert "add the 10 best-scored other pairs" in told
    assert doubts(given, dense, is_given | (dense >= 0.2)) == []


def test_few_others_are_told(given):
    stored = given.values.toarray()
    stored[:10] = True
    n = int(stored.sum()) - given.n_given
    told = doubts(given, sound(given), stored)[-1]  # some instances have no label
    assert told.startswith(f"only {n} pairs that are not given have a score in mine.csv, fewer")


@pytest.mark.parametrize("share", [1.0, 0.6, 0.1])
def test_order_within_labels_is_that_of_the_whole_matrix(given, share):
    stored = np.random.default_rng(4).random((N, L)) < share
    dense, truth = sound(given) * 0.9 + 0.1, given.values.toarray()
    scores, whole = sparse(dense, stored), np.where(stored, dense, 0).astype(np.float32)
    each = [roc_auc_score(truth[:, j], whole[:, j]) for j in range(L)]
    expected = np.average(each, weights=truth.sum(axis=0))
    is_given = truth[scores.values.nonzero()]
    assert auc_within_labels(given, scores, is_given) == pytest.approx(expected)
