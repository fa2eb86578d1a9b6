import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from workbench.evaluate import bootstrap
from workbench.evaluate.bootstrap import simultaneous
from workbench.evaluate.compare import compare_models
from workbench.evaluate.compare_segments import COLUMNS, compare_segments
from workbench.evaluate.ranking import ndcg_at_k
from workbench.evaluate.segments import Segment
from workbench.matrices import LabelMatrix, PairScores

AXES = pd.Index([f"q{i}" for i in range(90)]), pd.Index([f"label {j}" for j in range(12)])


@pytest.fixture(scope="module")
def truth():
    rng = np.random.default_rng(1)
    return LabelMatrix(csr_array(rng.random((90, 12)) < 0.2), *AXES)


@pytest.fixture(scope="module")
def models(truth):
    def predicted(noise):
        dense = truth.values + np.random.default_rng(0).normal(0, noise, (90, 12))
        return PairScores(csr_array(np.float32((dense + 9) / 20)), *AXES)

    return {"poor": predicted(1.0), "good": predicted(0.4)}


@pytest.fixture(scope="module")
def segments(truth):
    every = np.flatnonzero(truth.values.sum(axis=1))
    columns = np.arange(5)
    mine = np.flatnonzero(truth.values[:, columns].sum(axis=1))
    return [Segment("branch", "all", every), Segment("attribute", "Color", mine, columns)]


@pytest.fixture(scope="module")
def found(models, truth, segments):
    return compare_segments(models, truth, truth, segments, ks=[2], n_bootstrap=60)


def row_of(frame, **where):
    return frame[np.logical_and.reduce([frame[name] == one for name, one in where.items()])].iloc[0]


def test_labels_of_an_attribute_are_ranked_among_themselves(found, models, truth, segments):
    color = segments[1]
    S, T = (one.values[color.rows][:, color.columns] for one in (models["good"], truth))
    row = row_of(found, segment="Color", metric="ndcg", model="good")
    assert row["value"] == pytest.approx(ndcg_at_k(S, T, 2))
    assert (row["n_instances"], row["n_labels"], row["n_pairs"]) == (len(color.rows), 5, T.nnz)


def test_the_draws_are_those_of_the_comparison_over_all(found, models, truth):
    whole = compare_models(models, truth, truth, ks=[2], n_bootstrap=60)
    row = row_of(found, segment="all", metric="recall", model="good")
    same = row_of(whole.differences, segment="all", metric="recall")
    assert row["difference"] == pytest.approx(same["difference"])
    assert row["difference_low"] == pytest.approx(same["low"])
    assert row["better_share"] == same["better_share"]


def test_blocks_change_nothing(found, models, truth, segments, monkeypatch):
    monkeypatch.setattr(bootstrap, "_RESAMPLES_AT_ONCE", 7)
    monkeypatch.setattr(bootstrap, "_ROWS_AT_ONCE", 11)
    again = compare_segments(models, truth, truth, segments, ks=[2], n_bootstrap=60)
    pd.testing.assert_frame_equal(again, found)


def test_the_first_model_has_no_difference_to_itself(found):
    first = found[found["model"] == "poor"]
    assert first[["difference", "wide_low", "wide_high", "better_share"]].isna().all(axis=None)


def test_no_segments_are_an_empty_frame(models, truth):
    assert compare_segments(models, truth, truth, []).columns.tolist() == list(COLUMNS)


def test_of_many_segments_without_a_difference_the_wide_intervals_rarely_exclude_none():
    rng = np.random.default_rng(0)
    by_itself, all_at_once = 0, 0
    for _ in range(100):
        data = rng.normal(0, 1, (60, 15))
        draws = rng.multinomial(60, [1 / 60] * 60, size=400) @ data / 60
        ends = np.quantile(draws, (0.025, 0.975), axis=0)
        by_itself += bool(((ends[0] > 0) | (ends[1] < 0)).any())
        low, high = simultaneous(data.mean(axis=0), draws, 0.95)
        all_at_once += bool(((low > 0) | (high < 0)).any())
    # One by one 1 - .95^15 = 54 % of such comparisons show one.
    assert by_itself > 40
    assert all_at_once < 15
