from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.review.samples import Promise, Tally, draw, promise_of, said_of, sample_of


def pairs(n, kind="wrong"):
    names = [f"q{number}" for number in range(n)]
    return pd.DataFrame({"instance_id": names, "label_id": "red", "kind": kind})


def test_the_sample_is_the_same_whatever_the_order_of_the_pairs():
    many = pairs(300)
    shuffled = many.sample(frac=1, random_state=1)
    assert sample_of("p", many)["instance_id"].tolist() == (
        sample_of("p", shuffled)["instance_id"].tolist()
    )


def test_another_pattern_draws_another_sample():
    one, other = (set(sample_of(name, pairs(300))["instance_id"]) for name in ("p", "r"))
    assert len(one & other) < 10


def test_ten_more_pairs_move_at_most_ten_out_of_the_sample():
    before, after = (set(sample_of("p", pairs(n))["instance_id"]) for n in (200, 210))
    assert len(before & after) >= 10


def test_every_pair_is_drawn_equally_often():
    few = pairs(10)
    drawn = np.concatenate([draw(f"p{n}", few, 3).index for n in range(4000)])
    # 1200 each, within four standard deviations of a binomial count
    assert np.abs(np.bincount(drawn) - 1200).max() < 4 * np.sqrt(4000 * 0.3 * 0.7)


def test_the_right_verdict_depends_on_the_kind_of_the_flag():
    some = pairs(4).assign(kind=["wrong", "missing", "wrong", "missing"])
    verdicts = some.assign(verdict=["absent", "absent", "unsure", None]).head(3)
    assert said_of(some, verdicts).fillna("open").tolist() == ["right", "wrong", "unsure", "open"]


def test_wrong_pairs_that_were_found_are_not_among_the_open_ones():
    said = ["right"] * 20 + ["wrong"] * 2 + [None] * 8
    some = pairs(30).assign(said=pd.Series(said, dtype="str"))
    # 28 of 30 are right at least, and the two that may be wrong are known.
    assert promise_of(some, some.head(20)) == Promise(
        n_pairs=30, n_sample=20, n_right=20, n_wrong=0, n_unsure=0, n_open=8, n_open_right=8
    )


def test_those_of_which_reviewers_are_unsure_count_as_wrong():
    said = ["right"] * 18 + ["unsure"] * 2 + [None] * 80
    some = pairs(100).assign(said=pd.Series(said, dtype="str"))
    wrong = some.assign(said=some["said"].replace("unsure", "wrong"))
    assert promise_of(some, some.head(20)).n_open_right == (
        promise_of(wrong, wrong.head(20)).n_open_right
    )


def test_a_sample_that_is_judged_tells_how_many_flags_are_errors():
    assert Tally(n_sample=20, n_right=15, n_wrong=3, n_unsure=2).expected_errors(200) == 150
    assert Tally(n_sample=20, n_right=15, n_wrong=3, n_unsure=1).expected_errors(200) is None
