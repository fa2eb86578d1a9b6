"""What both ways to out-of-sample scores have in common, and scores in their form."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from workbench.errors import InputError
from workbench.issues import find_label_issues
from workbench.matrices import LabelMatrix, PairScores
from workbench.model import OneVsRest, as_out_of_sample, leave_one_out, out_of_fold
from workbench.score_sums import ScoreSums, add_to_histogram

WAYS = {"folds": out_of_fold, "one left out": leave_one_out}
FILTERS = ["prune_by_noise_rate", "prune_by_class", "both", "confident_learning"]
ROWS, LABELS = pd.Index([f"row {i}" for i in range(240)]), pd.Index([f"l{i}" for i in range(40)])


@pytest.fixture(scope="module")
def noisy(world):
    """X, and Y with a tenth as many wrong labels as right ones."""
    X, Y = world
    dense = Y.toarray()
    dense[tuple(np.column_stack(np.nonzero(~dense))[::197].T)] = True
    return X, csr_array(dense)


@pytest.fixture(scope="module", params=WAYS)
def few_and_all(request, noisy):
    """Scores of one way: of three candidates a row, and of all pairs."""
    score, model = WAYS[request.param], OneVsRest(n_jobs=1)
    return [score(model, *noisy, top_k=k) for k in (3, 40)]


@pytest.mark.parametrize("filter_by", FILTERS)
def test_flags_of_few_scores_and_sums_bound_those_of_all_scores(few_and_all, noisy, filter_by):
    few, every = few_and_all
    given = LabelMatrix(noisy[1], ROWS, LABELS)
    scores = PairScores(few.scores, ROWS, LABELS)
    found = find_label_issues(given, scores, sums=few.sums, filter_by=filter_by)
    exact = find_label_issues(given, every.scores.toarray(), filter_by=filter_by)
    certain, possible, true = (
        set(zip(frame["instance_id"], frame["label_id"], strict=True))
        for frame in (found[found["exact"]], found, exact)
    )
    assert certain <= true <= possible
    assert len(true) > 20
    assert len(certain) > 0.9 * len(possible)


def test_a_histogram_holds_every_stored_score_in_its_bin(few_and_all):
    few, _ = few_and_all
    stored = np.zeros_like(few.sums.histogram)
    add_to_histogram(stored, few.scores.indices, few.scores.data)
    assert (stored <= few.sums.histogram).all()


@pytest.mark.parametrize("score", WAYS.values(), ids=WAYS)
def test_a_label_of_one_row_scores_zero_there_and_is_not_judged(world, score):
    X, Y = world
    only = np.zeros((240, 1), bool)
    only[7] = True
    Y = csr_array(np.hstack([Y.toarray(), only]))
    result = score(OneVsRest(n_jobs=1), X, Y, also=Y)
    for scores, unjudged in (
        (result.scores, result.unjudged_pairs),
        (result.also, result.unjudged_also),
    ):
        stored = scores.tocoo()
        assert np.column_stack([stored.row, stored.col])[unjudged].tolist() == [[7, 40]]
        assert stored.data[unjudged].tolist() == [0]


def test_scores_that_are_brought_sum_to_what_is_stored_if_nothing_else_is_known():
    values = csr_array(np.float32([[0.5, 0], [0.25, 1]]))
    result = as_out_of_sample(PairScores(values, ROWS[:2], LABELS[:2]), also=csr_array(np.eye(2)))
    assert result.sums.sums.tolist() == [0.5 + 0.25, 1]
    assert result.sums.histogram is None
    assert result.also.toarray().tolist() == [[0.5, 0], [0, 1]]


def test_sums_below_what_is_stored_are_refused():
    values = csr_array(np.float32([[0.5, 0], [0.25, 1]]))
    with pytest.raises(InputError, match=r"1 labels, at positions \[0\], have a sum below"):
        as_out_of_sample(
            PairScores(values, ROWS[:2], LABELS[:2]), sums=ScoreSums(2, np.array([0.5, 1]))
        )
