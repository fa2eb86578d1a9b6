from __future__ import annotations

import krippendorff
import numpy as np
import pandas as pd
import pytest

from workbench.review.agreement import agreement_of_reviewers, measure_agreement


def standing(rows) -> pd.DataFrame:
    columns = ["reviewer", "instance_id", "label_id", "verdict"]
    return pd.DataFrame(rows, columns=columns).assign(label_id="red")


def team(seed, n_pairs=150, right=0.85) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    truth = rng.random(n_pairs) < 0.4
    return standing(
        [
            (reviewer, f"q{n}", "", "present" if (rng.random() < right) == truth[n] else "absent")
            for n in range(n_pairs)
            for reviewer in ("mika", "ken", "ana", "tom")
            if rng.random() < 0.5
        ]
    )


@pytest.mark.parametrize("seed", range(5))
def test_alpha_is_that_of_the_reference(seed) -> None:
    rows = team(seed)
    counts = pd.crosstab(rows["instance_id"], rows["verdict"]).to_numpy()
    shared = counts[counts.sum(axis=1) > 1]
    expected = krippendorff.alpha(value_counts=shared, level_of_measurement="nominal")
    found = measure_agreement(rows)
    assert found.alpha == pytest.approx(expected)
    assert found.n_pairs == len(shared)
    assert found.alpha_low < found.alpha < found.alpha_high


def test_interval_of_alpha_holds_the_value_of_many_pairs() -> None:
    everything = measure_agreement(team(100, n_pairs=20_000)).alpha
    inside = [
        found.alpha_low <= everything <= found.alpha_high
        for found in map(measure_agreement, map(team, range(40)))
    ]
    assert sum(inside) >= 35


def test_agreement_of_all_of_none_and_of_nobody() -> None:
    same = [
        (who, f"q{n}", "", verdict)
        for n, verdict in enumerate(["present", "absent"])
        for who in "ab"
    ]
    assert measure_agreement(standing(same)).alpha == measure_agreement(standing(same)).raw == 1
    one_word = standing([row for row in same if row[3] == "present"])
    assert np.isnan(measure_agreement(one_word).alpha)
    assert measure_agreement(one_word).raw == 1
    alone = measure_agreement(standing([("a", "q1", "", "present"), ("b", "q2", "", "absent")]))
    assert alone.n_pairs == 0
    assert np.isnan(alone.raw)


def test_who_is_unsure_has_not_answered() -> None:
    rows = [("a", "q1", "", "present"), ("b", "q1", "", "unsure"), ("c", "q1", "", "present")]
    assert measure_agreement(standing(rows)).raw == 1
    assert agreement_of_reviewers(standing(rows))[["reviewer", "other"]].to_numpy().tolist() == [
        ["a", "c"]
    ]


def test_two_reviewers_agree_as_cohen_says() -> None:
    said = {"a": "ppppaaaapa", "b": "pppaaaaapp"}
    verdicts = {"p": "present", "a": "absent"}
    rows = [
        (who, f"q{n}", "", verdicts[v]) for who, text in said.items() for n, v in enumerate(text)
    ]
    found = agreement_of_reviewers(standing(rows)).iloc[0]
    # 8 of 10 the same; both say present 5 times of 10, so strangers would agree on half.
    assert (found["n_pairs"], found["raw"]) == (10, 0.8)
    assert found["kappa"] == pytest.approx((0.8 - 0.5) / (1 - 0.5))
