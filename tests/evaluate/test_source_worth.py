from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.evaluate.probabilities import MEASURES
from workbench.evaluate.source_worth import (
    JudgedPosteriors,
    ablations,
    candidate_pairs,
    draw_resamples,
    judge_candidates,
    judge_sources,
    votes_by_level,
)
from workbench.label_model import DawidSkene, MajorityVote
from workbench.signals.votes import concat_votes, make_votes

LABELS = pd.DataFrame(
    {
        "label_id": ["red", "blue", "shoes", "sneakers"],
        "attribute": ["Color", "Color", "Category", "Category"],
        "parent_id": [None, None, None, "shoes"],
    },
    dtype="str",
)


@pytest.fixture
def votes() -> pd.DataFrame:
    return concat_votes(
        [
            make_votes(["q1", "q2", "q2"], ["red", "red", "sneakers"], source="click", level=2),
            make_votes(["q1", "q3"], ["red", "blue"], source="text", level=[1, 0]),
        ]
    )


def judged(*pairs: str) -> pd.DataFrame:
    rows = [pair.split() for pair in pairs]
    frame = pd.DataFrame(rows, columns=["instance_id", "label_id", "true"])
    return frame.assign(true=frame["true"] == "yes")


def test_three_sources_are_tried_alone_and_left_out() -> None:
    names = [one.name for one in ablations(["b", "a", "c"])]
    assert names == ["all", "only a", "only b", "only c", "without a", "without b", "without c"]


def test_one_source_is_all_there_is() -> None:
    assert [one.name for one in ablations(["click"])] == ["all"]


def test_candidates_are_the_pairs_with_a_vote_and_their_ancestors(votes) -> None:
    pairs = candidate_pairs(votes, LABELS)
    assert sorted(pairs.itertuples(index=False, name=None)) == [
        ("q1", "red"),
        ("q2", "red"),
        ("q2", "shoes"),
        ("q2", "sneakers"),
        ("q3", "blue"),
    ]


def test_true_pairs_without_a_vote_lower_the_ceiling(votes) -> None:
    truth = pd.DataFrame({"instance_id": ["q1", "q2", "q2"], "label_id": ["red", "shoes", "blue"]})
    found, ceiling = judge_candidates(votes, LABELS, truth)
    assert ceiling == pytest.approx(2 / 3)
    assert found["true"].sum() == 2
    # Nothing is known of q3, so nothing of it is judged.
    assert set(found["instance_id"]) == {"q1", "q2"}


def test_a_silent_choice_of_sources_gets_the_base_rate(votes) -> None:
    pairs = judged("q1 red yes", "q2 red no", "q3 blue no")
    found = judge_sources(votes, LABELS, pairs, MajorityVote)
    assert found.posteriors["only text"].tolist()[1] == pytest.approx(1 / 3)
    assert found.silent_share["only text"] == pytest.approx(1 / 3)
    assert found.silent_share["all"] == 0


def test_a_label_below_speaks_for_its_ancestor(votes) -> None:
    pairs = judged("q2 shoes yes", "q1 red yes")
    found = judge_sources(votes, LABELS, pairs, MajorityVote)
    assert found.silent_share["only click"] == 0
    assert found.posteriors["only click"].tolist()[0] > 0.5


def test_all_sources_beat_each_alone_where_they_err_independently() -> None:
    rng = np.random.default_rng(0)
    true = rng.random(4000) < 0.3
    ids = [f"q{i}" for i in range(len(true))]
    parts = []
    for name, right in (("a", 0.85), ("b", 0.8), ("c", 0.75)):
        level = np.where(rng.random(len(true)) < right, true, ~true).astype(int)
        parts.append(make_votes(ids, ["red"] * len(ids), source=name, level=level))
    pairs = pd.DataFrame({"instance_id": ids, "label_id": "red", "true": true})
    measures = judge_sources(concat_votes(parts), LABELS, pairs, DawidSkene).measures()
    alone = measures.loc[["only a", "only b", "only c"]]
    assert measures.loc["all", "auc"] > alone["auc"].max() + 0.02
    assert measures.loc["all", "log_loss"] < alone["log_loss"].min() - 0.02


def test_a_resample_of_everything_is_the_whole() -> None:
    pairs = judged("q1 red yes", "q1 blue no", "q2 red yes", "q3 red no")
    found = JudgedPosteriors(
        pairs, pd.DataFrame({"all": [0.9, 0.2, 0.4, 0.6]}), pd.Series({"all": 0.0})
    )
    resampled = found.resampled(np.ones((1, 3)), pd.Index(["q1", "q2", "q3"]))
    assert resampled[0, 0] == pytest.approx(found.measures().loc["all", list(MEASURES)].tolist())


def test_a_resample_repeats_whole_instances() -> None:
    pairs = judged("q1 red yes", "q1 blue no", "q2 red no")
    found = JudgedPosteriors(pairs, pd.DataFrame({"all": [0.9, 0.2, 0.4]}), pd.Series({"all": 0.0}))
    once = found.resampled(np.array([[2.0, 0.0]]), pd.Index(["q1", "q2"]))
    loss = list(MEASURES).index("log_loss")
    assert once[0, 0, loss] == pytest.approx(-(np.log(0.9) + np.log(0.8)) / 2)


def test_every_resample_draws_as_many_instances() -> None:
    drawn = draw_resamples(7, 20, np.random.default_rng(0))
    assert drawn.sum(axis=1).tolist() == [7.0] * 20


def test_an_instance_without_a_weight_is_refused() -> None:
    pairs = judged("q1 red yes", "q2 red no")
    found = JudgedPosteriors(pairs, pd.DataFrame({"all": [0.9, 0.2]}), pd.Series({"all": 0.0}))
    with pytest.raises(ValueError, match="1 pairs are of instances without a weight"):
        found.resampled(np.ones((1, 1)), pd.Index(["q1"]))


def test_levels_show_how_often_they_are_right(votes) -> None:
    table = votes_by_level(votes, judged("q1 red yes", "q2 red no", "q3 blue no"))
    rows = table.itertuples(index=False, name=None)
    assert list(rows) == [("click", 2, 2, 1 / 2), ("text", 0, 1, 0.0), ("text", 1, 1, 1.0)]


def test_truth_about_other_pairs_is_refused(votes) -> None:
    with pytest.raises(InputError, match="the truth is about none of the pairs with a vote"):
        judge_sources(votes, LABELS, judged(), MajorityVote)
