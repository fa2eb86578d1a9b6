from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.issues.ranking import rank_issues


def rank(shop, **options: object):
    return rank_issues(
        shop.noisy.given, shop.scores, shop.column_sums, features=shop.features,
        labels=shop.labels, texts=shop.texts, below_quality=1.1, **options,
    )  # fmt: skip


def decided(shop, issues: pd.DataFrame) -> pd.DataFrame:
    true = pd.MultiIndex.from_frame(shop.truth.to_frame()[["instance_id", "label_id"]])
    pairs = issues[["instance_id", "label_id"]].reset_index(drop=True)
    is_true = pd.MultiIndex.from_frame(pairs).isin(true)
    return pairs.assign(verdict=np.where(is_true, "present", "absent"))


def test_settled_pairs_leave_the_table_and_unsure_ones_stay(shop) -> None:
    before = rank(shop).frame
    reviewed = decided(shop, before.head(4))
    reviewed.loc[3, "verdict"] = "unsure"
    after = rank(shop, reviewed=reviewed).frame
    left = before.iloc[3:].reset_index(drop=True)
    assert set(left["instance_id"] + left["label_id"]) == set(
        after["instance_id"] + after["label_id"]
    )


def test_fewer_than_fifty_decisions_change_no_quality(shop) -> None:
    before = rank(shop).frame
    after = rank(shop, reviewed=decided(shop, before.head(10))).frame
    both = before.merge(after, on=["instance_id", "label_id"])
    assert (both["label_quality_x"] == both["label_quality_y"]).all()


def test_the_judged_pairs_say_what_reviewers_found(shop) -> None:
    ranked = rank(shop)
    wrong = ranked.frame[ranked.frame["kind"] == "wrong"].head(80)
    reviewed = decided(shop, wrong).assign(audit=False, weight=1.0)
    known = rank(shop, reviewed=reviewed).judged
    assert (known.reviewed >= 0).sum() == 80
    assert (known.reviewed == 1).sum() == (reviewed["verdict"] == "absent").sum()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="verdict"), "columns .*verdict.* are missing"),
        (lambda frame: pd.concat([frame, frame]), "2 pairs appear more than once"),
        (lambda frame: frame.assign(verdict=["maybe", None]), "found 2 others: .*'maybe', nan"),
        (lambda frame: frame.assign(audit=True, weight=[1, np.nan]), r"found 1 others: \[nan\]"),
        (lambda frame: frame.assign(audit=True, weight=[-1, 1]), r"found 1 others: \[-1.0\]"),
    ],
)
def test_bad_tables_of_reviewed_pairs_are_refused(shop, change, message: str) -> None:
    reviewed = decided(shop, rank(shop).frame.head(2))  # two given pairs
    with pytest.raises(InputError, match=message):
        rank(shop, reviewed=change(reviewed))
