from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from workbench.errors import InputError
from workbench.label_model import DawidSkene, StackedLogistic

ACCURACY = [0.9, 0.8, 0.7]


@pytest.fixture
def world(simulate, table_of):
    """Votes, labels and verdicts; the last source repeats the first nine times in ten."""
    levels, truth = simulate(
        5, accuracy=ACCURACY, covers_present=0.7, covers_absent=0.6, n_pairs=4000
    )
    copies = np.random.default_rng(5).random(len(levels)) < 0.9
    levels = np.column_stack([levels, np.where(copies, levels[:, 0], -1)])
    votes, labels = table_of(levels, np.arange(len(levels)) % 2)
    pairs = votes.drop_duplicates("instance_id")[["instance_id", "label_id"]]
    verdict = np.where(truth[pairs["instance_id"].str[1:].astype(int)], "present", "absent")
    return votes, labels, pairs.assign(verdict=verdict).reset_index(drop=True)


def test_posterior_is_the_prior_plus_the_evidence(world):
    votes, labels, known = world
    posterior = StackedLogistic().fit(votes, labels, known[:300]).predict(votes, labels)
    added_up = posterior["prior"] + posterior.filter(like="evidence_").sum(axis=1)
    assert posterior["posterior"].to_numpy() == pytest.approx(expit(added_up), abs=1e-6)
    assert posterior.filter(like="evidence_").columns[-1] == "evidence_s3"


def test_it_is_the_regression_of_scikit_learn_on_the_same_columns(world):
    votes, labels, known = world
    model = StackedLogistic(C=0.5, attribute_scale=0, pseudo_pairs=0)
    posterior = model.fit(votes, labels, known[:400]).predict(votes, labels)
    below = DawidSkene().fit_predict(votes, labels)
    log_odds = below["prior"] + below.filter(like="evidence_").sum(axis=1)
    wide = votes.pivot(index="instance_id", columns="source", values="level").fillna(-1)
    said = pd.get_dummies(wide.loc[below["instance_id"]].astype(int).astype(str))
    X = np.column_stack([10 * log_odds, said.to_numpy(float)])
    rows = below["instance_id"].isin(known["instance_id"][:400])
    y = known.set_index("instance_id").loc[below["instance_id"][rows], "verdict"] == "present"
    slow = LogisticRegression(C=0.5, tol=1e-8, max_iter=1000).fit(X[rows], y)
    assert posterior["posterior"].to_numpy() == pytest.approx(slow.predict_proba(X)[:, 1], abs=1e-3)


def test_reviewed_pairs_mend_what_copies_do_to_dawid_skene(world):
    votes, labels, known = world
    stacked = StackedLogistic().fit(votes, labels, known[:400]).predict(votes, labels)
    below = DawidSkene().fit(votes, labels, known[:400]).predict(votes, labels)
    truth = known.set_index("instance_id").loc[below["instance_id"], "verdict"] == "present"
    unseen = ~below["instance_id"].isin(known["instance_id"][:400]).to_numpy()
    losses = [log_loss(truth[unseen], p["posterior"][unseen]) for p in (stacked, below)]
    assert losses[0] < 0.9 * losses[1]


def test_weights_count_as_so_many_pairs(world):
    votes, labels, known = world
    few = known[:200].assign(weight=[3.0 if i % 4 == 0 else 1.0 for i in range(200)])
    model = StackedLogistic().fit(votes, labels, few)
    plain = StackedLogistic().fit(votes, labels, known[:200])
    equal = StackedLogistic().fit(votes, labels, few.assign(weight=7.0))
    assert equal.slope_ == pytest.approx(plain.slope_, rel=1e-6)
    assert model.slope_ != pytest.approx(plain.slope_, rel=1e-6)


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_of_rows_never_matters(world_of_rows, shuffle):
    votes, labels, known = world_of_rows
    order = list(range(len(votes)))
    shuffle.shuffle(order)
    fitted = [
        StackedLogistic().fit_predict(v, labels, known)["posterior"].to_numpy()
        for v in (votes, votes.iloc[order].reset_index(drop=True))
    ]
    assert fitted[0] == pytest.approx(fitted[1], abs=1e-6)


@pytest.fixture(scope="module")
def world_of_rows(simulate, table_of):
    levels, truth = simulate(
        2, accuracy=ACCURACY, covers_present=0.7, covers_absent=0.6, n_pairs=120
    )
    votes, labels = table_of(levels, np.zeros(len(levels), int))
    pairs = votes.drop_duplicates("instance_id")[["instance_id", "label_id"]][:60]
    verdict = np.where(truth[pairs["instance_id"].str[1:].astype(int)], "present", "absent")
    return votes, labels, pairs.assign(verdict=verdict)


def test_verdicts_of_one_kind_teach_nothing(world):
    votes, labels, known = world
    absent = known[known["verdict"] == "absent"]
    with pytest.raises(InputError, match=r"expected present and absent pairs .* found 0 and 50"):
        StackedLogistic().fit(votes, labels, absent[:50])


def test_parameters_out_of_range_are_refused(world):
    votes, labels, known = world
    for wrong in ({"C": 0}, {"attribute_scale": -1}, {"pseudo_pairs": -1}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be .*, found"):
            StackedLogistic(**wrong).fit(votes, labels, known)


def test_predicting_before_fitting_is_refused(world):
    with pytest.raises(NotFittedError, match="call fit before predict"):
        StackedLogistic().predict(*world[:2])


def test_corrections_are_told_by_source_and_level(world):
    votes, labels, known = world
    table = StackedLogistic().fit(votes, labels, known[:300]).corrections_
    assert table.columns.tolist() == ["source", "attribute", "level", "log_odds"]
    assert len(table) == 4 * 3 * (1 + 2)
