from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit

from workbench.label_model import DawidSkene

ALMOST_NOTHING = 1e-9
PLAIN = {
    "shrinkage": ALMOST_NOTHING,
    "smoothing": ALMOST_NOTHING,
    "prior_shrinkage": ALMOST_NOTHING,
    "monotone": False,
    "tolerance": 0,
}

tables = arrays(
    np.int8, st.tuples(st.integers(1, 25), st.just(3)), elements=st.integers(-1, 2)
).map(lambda levels: levels[(levels >= 0).any(axis=1)])


def slow_dawid_skene(levels: np.ndarray, n_iter: int, *, unvoted: bool) -> np.ndarray:
    """Plain EM in a loop over the pairs of one attribute, started as DawidSkene starts."""
    pairs = levels.tolist()
    top = [max(column) for column in levels.T]
    step = [
        [(-1 if v == 0 else v / t) * (v >= 0) for v, t in zip(p, top, strict=True)] for p in pairs
    ]
    posterior = [expit(2.2 * sum(steps)) for steps in step]
    missing = [0.0, 0.0]
    for _ in range(n_iter):
        n = [missing[0] + sum(1 - q for q in posterior), missing[1] + sum(posterior)]
        counts = [{(j, -1): missing[y] for j in range(len(top))} for y in (0, 1)]
        for said, q in zip(pairs, posterior, strict=True):
            for outcome in enumerate(said):
                for y, weight in enumerate((1 - q, q)):
                    counts[y][outcome] = counts[y].get(outcome, 0.0) + weight

        def joint(said, y, n=n, counts=counts):
            return n[y] / sum(n) * np.prod([counts[y][o] / n[y] for o in enumerate(said)])

        posterior = [joint(said, 1) / (joint(said, 0) + joint(said, 1)) for said in pairs]
        if unvoted:
            silent = [joint([-1] * len(top), y) for y in (0, 1)]
            missing = [len(pairs) * s / (1 - sum(silent)) for s in silent]
    return np.array(posterior)


@pytest.mark.parametrize("unvoted", [False, True])
def test_fast_em_ends_where_a_plain_loop_over_pairs_ends(unvoted, simulate, table_of):
    levels, _ = simulate(
        3, accuracy=[0.9, 0.85, 0.8], covers_present=0.8, covers_absent=0.7, n_pairs=120
    )
    votes, labels = table_of(levels, np.zeros(len(levels), int))
    model = DawidSkene(**PLAIN, impute_unvoted=unvoted, max_iter=1500)
    fast = model.fit_predict(votes, labels)["posterior"]
    assert fast.to_numpy() == pytest.approx(
        slow_dawid_skene(levels, 400, unvoted=unvoted), abs=1e-4
    )


@given(tables, st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_em_never_lowers_its_bound(table_of, levels, monotone, unvoted, grouped):
    votes, labels = table_of(levels, np.arange(len(levels)) % 2)
    model = DawidSkene(
        groups={"s0": "g", "s1": "g"} if grouped else None,
        shrinkage=0.5,
        smoothing=0.5,
        prior_shrinkage=0.5,
        monotone=monotone,
        impute_unvoted=unvoted,
        max_iter=30,
        tolerance=-1,
    ).fit(votes, labels)
    assert model.n_iter_ == len(model.lower_bounds_)
    assert (np.diff(model.lower_bounds_) >= -1e-8).all()
