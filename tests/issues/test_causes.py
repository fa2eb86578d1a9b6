from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.issues.causes import (
    Causes,
    branches_of_tree,
    clicked_items,
    lone_sources,
    suggested_instead,
    words_of_texts,
)
from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix

# As in the tiny world: six instances, five labels.
INSTANCES = pd.Index(["adidas blue 26", "nike red", "red shoes", "blue bag", "nike bag", "socks"])
LABELS = pd.Index(["Brand: Nike", "Brand: adidas", "Color: Blue", "Color: Red", "Size: 26.0cm"])


def pairs(*places: tuple[int, int], given: bool = True) -> Pairs:
    rows, columns = np.array(places, np.int64).reshape(-1, 2).T
    return Pairs(rows, columns, np.full(len(rows), given))


def named(causes: Causes, asked: Pairs) -> list[tuple[int, str]]:
    pair, cause = causes.of(asked)
    return list(zip(pair.tolist(), causes.names.take(cause), strict=True))


def test_words_of_enough_instances_with_issues_are_causes() -> None:
    causes = words_of_texts(INSTANCES.tolist(), np.array([1, 2, 4]), fewest=2)
    assert causes.names.tolist() == ["nike", "red"]
    assert named(causes, pairs((1, 0), (0, 1), (2, 3))) == [(0, "nike"), (0, "red"), (2, "red")]


def test_a_clicked_item_is_a_cause_for_the_labels_that_it_carries() -> None:
    clicks = pd.DataFrame(
        {"instance_id": ["nike red"] * 2, "item_id": ["P1", "P2"], "clicks": [2, 0]}
    )
    items = pd.DataFrame({"item_id": ["P1", "P2"], "title": ["Air", None]})
    carries = pd.DataFrame({"item_id": ["P1", "P2"], "label_id": ["Brand: Nike"] * 2})
    causes = clicked_items(clicks, items, carries, INSTANCES, LABELS)
    assert named(causes, pairs((1, 0), (1, 3))) == [(0, "Air (P1)")]


def test_a_source_is_a_cause_where_it_alone_votes_for_the_pair() -> None:
    rows = [("nike red", "Brand: Nike", "click", 2), ("nike red", "Brand: Nike", "rules", 0)]
    rows += [("socks", "Color: Red", "click", 1), ("socks", "Color: Red", "rules", 1)]
    rows += [("unknown", "Color: Red", "click", 1)]
    votes = pd.DataFrame(rows, columns=["instance_id", "label_id", "source", "level"])
    causes = lone_sources(votes, INSTANCES, LABELS)
    asked = pairs((1, 0), (5, 3), (2, 3))
    assert named(causes, asked) == [(0, "click")]
    assert causes.count(asked, np.array([0, 3]), np.array([0, 0])).tolist() == [1, 0]


def test_a_branch_is_no_cause_for_labels_of_its_own_line() -> None:
    ids = pd.Index(["Shoes", "Boots", "Bags", "Red"])
    given = LabelMatrix.from_positions(
        np.array([0, 0, 0]), np.array([0, 1, 3]), instance_ids=pd.Index(["q"]), label_ids=ids
    )
    causes = branches_of_tree(given, np.array([-1, 0, -1, -1]))
    of_red = [(0, "Shoes"), (0, "Boots")]
    assert named(causes, pairs((0, 3))) == of_red
    assert named(causes, pairs((0, 1))) == []


def test_a_missing_value_of_the_attribute_is_a_cause_for_another_value() -> None:
    attributes = np.array([0, 0, 1, 1, -1])
    missing = pairs((1, 1), (1, 2), (5, 4), given=False)
    causes = suggested_instead(missing, (6, 5), attributes, LABELS)
    assert named(causes, pairs((1, 0), (1, 3), (5, 0))) == [
        (0, "Brand: adidas"),
        (1, "Color: Blue"),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_all_pairs_one_by_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    causes = words_of_texts(
        [" ".join(rng.choice(list("abcd"), 3)) for _ in range(40)], np.arange(40), fewest=1
    )
    keys = np.unique(rng.integers(0, 40 * 600, 300))
    asked = pairs(*zip((keys // 600).tolist(), (keys % 600).tolist(), strict=True))
    labels, wanted = rng.integers(0, 600, 50), rng.integers(0, len(causes.names), 50)
    pair, cause = causes.of(asked)
    slow = [
        int(((asked.columns[pair] == label) & (cause == one)).sum())
        for label, one in zip(labels, wanted, strict=True)
    ]
    assert causes.count(asked, labels, wanted).tolist() == slow
