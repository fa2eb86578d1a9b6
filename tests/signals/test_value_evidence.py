import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from workbench.signals.value_evidence import (
    FEATURES,
    cells_of,
    count_values,
    find_candidates,
    pair_features,
    suggested_values,
)

# Four items, two phrases (the second on the last item only), values of one attribute; the last
# item has none.
PHRASES = csr_array(np.array([[1, 0], [1, 0], [1, 0], [1, 1]], np.float32))
CARRIED = csr_array(np.array([[1, 0], [1, 0], [0, 1], [0, 0]], np.float32))
COUNTS = count_values(PHRASES, CARRIED, np.zeros(2, np.int64))


def feature(name, **options):
    texts = csr_array(np.array([[1, 0]], np.float32))
    columns = np.array([0, 1])
    rows = np.zeros(2, np.int64)
    found, _ = pair_features(COUNTS, texts, rows, columns, shrinkage=1.0, **options)
    return found[:, FEATURES.index(name)]


def log_odds(share):
    return np.log(share / (1 - share))


def test_items_without_the_attribute_do_not_count():
    assert COUNTS.base.tolist() == [2 / 3, 1 / 3]
    assert COUNTS.with_attribute.toarray().ravel().tolist() == [3, 0]


def test_log_odds_are_those_of_the_shrunk_share():
    expected = [log_odds((2 + 2 / 3) / (3 + 1)), log_odds((1 + 1 / 3) / (3 + 1))]
    assert feature("highest log-odds of a phrase") == pytest.approx(expected)


def test_an_item_is_left_out_of_the_counts_that_judge_its_title():
    own = np.zeros(2, np.int64)
    expected = [log_odds((1 + 2 / 3) / (2 + 1)), log_odds((1 + 1 / 3) / (2 + 1))]
    assert feature("highest log-odds of a phrase", own_items=own) == pytest.approx(expected)


def test_a_value_is_compared_with_the_best_other_of_its_attribute():
    beyond = feature("highest log-odds beyond the best other value")
    highest = feature("highest log-odds of a phrase")
    assert beyond == pytest.approx([highest[0] - highest[1], highest[1] - highest[0]])


def test_phrases_on_items_without_the_attribute_are_unknown():
    texts = csr_array(np.array([[0, 1]], np.float32))
    _, n_known = pair_features(COUNTS, texts, np.zeros(1, int), np.zeros(1, int), shrinkage=1.0)
    assert n_known.tolist() == [0]


def test_candidates_reach_the_share_of_items_with_a_phrase():
    texts = csr_array(np.array([[1, 0], [0, 1]], np.float32))
    for share, expected in ((0.3, [[1, 0], [0, 0]]), (0.1, [[1, 1], [0, 0]])):
        suggested = suggested_values(COUNTS, share)
        assert find_candidates(suggested, texts).toarray().tolist() == expected


@settings(max_examples=30)
@given(seed=st.integers(0, 1000))
def test_cells_are_those_of_the_dense_matrix(seed):
    rng = np.random.default_rng(seed)
    dense = rng.integers(0, 3, (4, 5))
    rows, columns = rng.integers(0, 4, 10), rng.integers(0, 5, 10)
    assert cells_of(csr_array(dense), rows, columns).tolist() == dense[rows, columns].tolist()
