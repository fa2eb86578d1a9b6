import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from workbench.model.lanes import load, store
from workbench.model.link import log_scores, margin_of


@njit
def score_lanes(margins):
    scores = np.empty_like(margins)
    store(scores, 0, log_scores(load(margins, 0)))
    return scores


def log_score(margins):
    """The definition, in float64."""
    margins = np.asarray(margins, np.float64)
    return -np.logaddexp(0, -4 * margins) - 4 * np.maximum(-margins, 0) ** 3


@pytest.mark.parametrize("scale", [0.01, 1, 10])
def test_sixteen_scores_are_those_of_the_definition(scale):
    margins = np.linspace(-scale, scale, 16, dtype=np.float32)
    np.testing.assert_allclose(score_lanes(margins), log_score(margins), rtol=1e-5, atol=1e-9)


def test_a_label_without_positives_scores_minus_infinity():
    assert (score_lanes(np.full(16, -np.inf, np.float32)) == -np.inf).all()


@settings(deadline=None, max_examples=500)
@given(
    st.floats(-30, 30, width=32),
    st.floats(-30, 30, width=32),
    st.floats(-20, 0, width=32),
)
def test_no_margin_that_scores_more_is_below_the_bound(margin, other, parent):
    scores = score_lanes(np.float32([margin, other] * 8)) + np.float32(parent)
    if scores[0] > scores[1]:
        assert margin > margin_of(scores[1], np.float32(parent))
