from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.label_model import MajorityVote, source_accuracy, source_accuracy_by_attribute
from workbench.label_model.accuracy import (
    accuracy_by_attribute,
    accuracy_of_sources,
    posterior_of_votes,
    source_levels,
)
from workbench.signals.vote_codes import VoteCodes

LABELS = pd.DataFrame({"label_id": ["red", "sale"], "attribute": ["Color", None]})
VOTES = pd.DataFrame(
    [
        ("q1", "red", "clicks", 3),
        ("q1", "red", "text", 1),
        ("q2", "red", "clicks", 0),
        ("q2", "sale", "clicks", 3),
        ("q2", "sale", "text", 0),
    ],
    columns=["instance_id", "label_id", "source", "level"],
)
POSTERIOR = pd.DataFrame(
    {
        "instance_id": ["q2", "q2", "q1"],
        "label_id": ["sale", "red", "red"],
        "posterior": np.float32([0.5, 0.25, 0.75]),
    }
)


def test_accuracy_of_a_source_is_how_often_the_posterior_agrees():
    accuracy = source_accuracy(VOTES, POSTERIOR)
    assert accuracy["source"].tolist() == ["clicks", "text"]
    assert accuracy["n_votes"].tolist() == [3, 2]
    assert accuracy["accuracy"].tolist() == [(0.75 + 0.75 + 0.5) / 3, (0.75 + 0.5) / 2]


def test_accuracy_lies_in_its_interval():
    accuracy = source_accuracy(VOTES, POSTERIOR)
    assert (accuracy["accuracy_low"] < accuracy["accuracy"]).all()
    assert (accuracy["accuracy_high"] > accuracy["accuracy"]).all()


def test_accuracy_by_attribute_pools_labels_without_one():
    posterior = MajorityVote().fit_predict(VOTES, LABELS)
    accuracy = source_accuracy_by_attribute(VOTES, posterior, LABELS)
    assert accuracy[["source", "attribute", "n_votes"]].to_numpy().tolist() == [
        ["clicks", "", 1],
        ["clicks", "Color", 2],
        ["text", "", 1],
        ["text", "Color", 1],
    ]


def test_a_level_is_worth_the_mean_posterior_of_its_pairs():
    codes = VoteCodes.from_votes(VOTES, LABELS)
    found = source_levels(codes, posterior_of_votes(VOTES, POSTERIOR))
    rows = found[["source", "level", "n_votes", "n_instances", "posterior"]]
    assert rows.to_numpy().tolist() == [
        ["clicks", 0, 1, 1, 0.25],
        ["clicks", 3, 2, 2, (0.75 + 0.5) / 2],
        ["text", 0, 1, 1, 0.5],
        ["text", 1, 1, 1, 0.75],
    ]


def test_votes_without_a_posterior_are_refused():
    posterior = MajorityVote().fit_predict(VOTES, LABELS)
    with pytest.raises(InputError, match="2 of 5 votes are on pairs without a posterior"):
        source_accuracy(VOTES, posterior.query("label_id == 'red'"))


def test_without_any_posterior_every_vote_is_counted_as_lacking_one():
    with pytest.raises(InputError, match="5 of 5 votes are on pairs without a posterior"):
        source_accuracy(VOTES, POSTERIOR.head(0))


def test_a_pair_with_two_posteriors_is_refused():
    twice = pd.concat([POSTERIOR, POSTERIOR.tail(1)])
    with pytest.raises(InputError, match=r"stands above already: 1, such as \[\['q1', 'red'\]\]"):
        source_accuracy(VOTES, twice)


def test_votes_counted_in_parts_give_what_those_at_once_do(monkeypatch):
    rng = np.random.default_rng(2)
    pairs = pd.MultiIndex.from_product([[f"q{n}" for n in range(60)], LABELS["label_id"]])
    posterior = pairs.to_frame(index=False, name=["instance_id", "label_id"])
    posterior = posterior.assign(posterior=rng.random(len(posterior)))
    # The votes of an instance stand apart, so a part is no run of rows.
    votes = posterior.merge(pd.DataFrame({"source": ["a", "b", "c"]}, dtype="str"), how="cross")
    votes = votes.sample(300, random_state=0).assign(level=rng.integers(0, 4, 300))
    codes = VoteCodes.from_votes(votes, LABELS)

    def tables():
        belief = posterior_of_votes(votes, posterior)
        return [
            accuracy_of_sources(codes, belief),
            accuracy_by_attribute(codes, belief),
            source_levels(codes, belief),
        ]

    at_once = tables()
    for module in ("workbench.signals.vote_codes", "workbench.label_model.accuracy"):
        monkeypatch.setattr(f"{module}.VOTES_AT_ONCE", 40)
    assert posterior_of_votes(votes, posterior).tolist() == votes["posterior"].tolist()
    for found, whole in zip(tables(), at_once, strict=True):
        pd.testing.assert_frame_equal(found, whole, rtol=1e-12)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = []
    for _ in range(200):
        # Pairs of one query share their fate: .8 of the queries are good ones.
        good = np.repeat(rng.random(60) < 0.8, 10)
        belief = np.where(good, 0.95, 0.2)
        right = rng.random(600) < belief
        votes = pd.DataFrame({"instance_id": [f"q{n // 10}" for n in range(600)]})
        votes = votes.assign(label_id=[f"l{n}" for n in range(600)], source="s", level=1)
        posterior = votes[["instance_id", "label_id"]].assign(posterior=belief)
        (row,) = source_accuracy(votes, posterior).to_dict("records")
        held.append(row["accuracy_low"] <= 0.8 * 0.95 + 0.2 * 0.2 <= row["accuracy_high"])
        assert abs(right.mean() - row["accuracy"]) < 0.1
    assert 0.9 <= np.mean(held) <= 0.99
