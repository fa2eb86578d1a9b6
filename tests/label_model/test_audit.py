from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.label_model import draw_audit, extend_audit


def posterior_of(beliefs: np.ndarray) -> pd.DataFrame:
    names = pd.Series([f"q{i}" for i in range(len(beliefs))], dtype="str")
    return pd.DataFrame({"instance_id": names, "label_id": "red", "posterior": beliefs})


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=80), st.integers(1, 60))
def test_weights_stand_for_all_pairs(beliefs, n):
    sample = draw_audit(posterior_of(np.array(beliefs)), n, random_state=0)
    assert len(sample) == min(n, len(beliefs))
    assert sample["weight"].sum() == pytest.approx(len(beliefs))
    assert not sample["instance_id"].duplicated().any()


def test_the_weighted_share_is_unbiased_whatever_the_posterior_is_worth():
    rng = np.random.default_rng(0)
    posterior = posterior_of(rng.beta(0.3, 1.0, 5000))
    truth = pd.Series(rng.random(5000) < 0.4, index=posterior["instance_id"])
    shares = []
    for seed in range(60):
        sample = draw_audit(posterior, 200, random_state=seed)
        present = truth[sample["instance_id"]].to_numpy()
        shares.append(np.average(present, weights=sample["weight"]))
    error = np.std(shares) / np.sqrt(60)
    assert np.mean(shares) == pytest.approx(truth.mean(), abs=3 * error)


@pytest.mark.parametrize("n", [1, 5, 13, 14, 20, 27, 28])
def test_as_many_pairs_are_drawn_as_were_asked_for(n):
    posterior = posterior_of(np.linspace(0, 1, 700)).assign(given=np.arange(700) % 2 == 0)
    sample = draw_audit(posterior, n, random_state=0)
    assert len(sample) == n  # of 14 bands
    assert sample["weight"].sum() == pytest.approx(700)


def test_a_sample_of_fewer_pairs_than_bands_is_unbiased():
    posterior = posterior_of(np.linspace(0, 1, 500) ** 4)
    truth = posterior.set_index("instance_id")["posterior"]
    samples = [draw_audit(posterior, 3, random_state=seed) for seed in range(400)]
    found = [np.average(truth[one["instance_id"]], weights=one["weight"]) for one in samples]
    assert np.mean(found) == pytest.approx(truth.mean(), abs=3 * np.std(found) / np.sqrt(400))


def test_rare_posteriors_are_drawn_more_often():
    posterior = posterior_of(np.r_[np.full(9000, 0.001), np.full(1000, 0.5)])
    sample = draw_audit(posterior, 300, random_state=1)
    expected = 300 * 1000**0.5 / (9000**0.5 + 1000**0.5)
    assert (sample["weight"] < 20).sum() == pytest.approx(expected, abs=1)


def test_the_error_is_below_that_of_a_uniform_draw_though_the_posterior_is_wrong():
    rng = np.random.default_rng(0)
    posterior = posterior_of(rng.beta(0.1, 2.0, 20_000))
    belief = posterior["posterior"].to_numpy()
    # Half as likely as the posterior says.
    present = pd.Series(rng.random(20_000) < belief / 2, index=posterior["instance_id"])
    right = present == (belief >= 0.5)
    errors = {"drawn": [], "uniform": []}
    for seed in range(60):
        sample = draw_audit(posterior, 200, random_state=seed)
        known = right[sample["instance_id"]].to_numpy()
        errors["drawn"].append(np.average(known, weights=sample["weight"]) - right.mean())
        uniform = np.random.default_rng(seed).choice(right.to_numpy(), 200, replace=False)
        errors["uniform"].append(uniform.mean() - right.mean())
    drawn, uniform = (np.sqrt(np.mean(np.square(found))) for found in errors.values())
    assert drawn < 0.8 * uniform


def test_a_seed_draws_the_same_pairs_in_the_same_order():
    posterior = posterior_of(np.linspace(0, 1, 500))
    first, again, other = (draw_audit(posterior, 50, random_state=s) for s in (3, 3, 4))
    assert first.equals(again)
    assert first["instance_id"].tolist() != other["instance_id"].tolist()


def test_nothing_to_draw_from_is_refused():
    with pytest.raises(InputError, match="no pair to draw an audit sample from"):
        draw_audit(posterior_of(np.array([])), 5, random_state=0)


def test_an_extended_sample_of_equal_pairs_weighs_as_one_draw():
    posterior = posterior_of(np.full(1000, 0.5))
    first = draw_audit(posterior, 50, random_state=0)
    sample = extend_audit(posterior, first, 150, random_state=0)
    assert sample["weight"].tolist() == pytest.approx([1000 / 200] * 200)
    assert sample["instance_id"].tolist()[:50] == first["instance_id"].tolist()
    assert not sample["instance_id"].duplicated().any()


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=80), st.integers(1, 60), st.integers(1, 90))
def test_weights_of_an_extended_sample_stand_for_all_pairs(beliefs, n, n_more):
    posterior = posterior_of(np.array(beliefs))
    first = draw_audit(posterior, n, random_state=0).head(len(beliefs) - 1)
    sample = extend_audit(posterior, first, n_more, random_state=0)
    assert len(sample) == min(len(first) + n_more, len(beliefs))
    assert sample["weight"].sum() == pytest.approx(len(beliefs))
    if len(sample) == len(beliefs):
        assert sample["weight"].tolist() == pytest.approx([1.0] * len(beliefs))


def test_an_extended_sample_is_unbiased_though_the_posterior_learnt_from_it():
    rng = np.random.default_rng(0)
    posterior = posterior_of(rng.beta(0.3, 1.0, 3000))
    truth = pd.Series(rng.random(3000) < 0.4, index=posterior["instance_id"])
    shares, at_once = [], []
    for seed in range(60):
        first = draw_audit(posterior, 60, random_state=seed)
        # Reviewed pairs are certain, and the others are pulled to what they were.
        found = truth[first["instance_id"]]
        learnt = posterior["posterior"] * 0.5 + 0.5 * found.mean()
        known = posterior["instance_id"].map(found.astype(float))
        learnt = posterior.assign(posterior=known.fillna(learnt))
        sample = extend_audit(learnt, first, 140, random_state=seed)
        shares.append(np.average(truth[sample["instance_id"]], weights=sample["weight"]))
        whole = draw_audit(posterior, 200, random_state=seed)
        at_once.append(np.average(truth[whole["instance_id"]], weights=whole["weight"]))
    assert np.mean(shares) == pytest.approx(truth.mean(), abs=3 * np.std(shares) / np.sqrt(60))
    assert np.std(shares) < 1.3 * np.std(at_once)


def test_a_seed_does_not_draw_the_neighbours_of_what_it_drew_before():
    posterior = posterior_of(np.full(10_000, 0.5))
    first = draw_audit(posterior, 50, random_state=0)
    more = extend_audit(posterior, first, 50, random_state=0).tail(50)
    rows = [np.sort(one["instance_id"].str[1:].astype(int)) for one in (first, more)]
    gaps = np.abs(rows[0][:, None] - rows[1]).min(axis=0)
    # Between 50 of 10,000 rows the nearest is some 10,000 / 50 / 4 away.
    assert np.median(gaps) > 10


def test_a_sample_of_all_pairs_cannot_be_extended():
    posterior = posterior_of(np.linspace(0, 1, 8))
    with pytest.raises(InputError, match="all 8 pairs to draw from are drawn already"):
        extend_audit(posterior, draw_audit(posterior, 9, random_state=0), 5, random_state=0)


def test_given_pairs_and_others_have_bands_of_their_own():
    pairs = posterior_of(np.full(1000, 0.5)).assign(given=np.arange(1000) < 10)
    sample = draw_audit(pairs, 44, random_state=0).merge(pairs)
    weight = sample.groupby("given")["weight"].agg(["sum", "size"])
    assert weight["sum"].to_dict() == pytest.approx({True: 10, False: 990})
    # In proportion to the roots: 44 * 3.16 / (3.16 + 31.46).
    assert weight["size"].to_dict() == {True: 4, False: 40}


def test_more_pairs_are_drawn_of_either_state():
    pairs = posterior_of(np.full(100, 0.5)).assign(given=np.arange(100) < 50)
    first = draw_audit(pairs, 20, random_state=0)
    more = extend_audit(pairs, first, 20, random_state=0).merge(pairs)
    assert more.groupby("given").size().to_dict() == {True: 20, False: 20}
