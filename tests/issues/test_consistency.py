from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError, InputError
from workbench.evaluate.noise import inject_noise
from workbench.issues.consistency import ConsistencyRules, find_inconsistencies
from workbench.matrices import LabelMatrix, PairScores
from workbench.signals.taxonomy import taxonomy_from_paths

IDS = pd.Index(["Category: Shoes", "Category: Shoes > Boots", "Color: Red", "Color: Blue"])
LABELS = pd.DataFrame(
    {
        "label_id": IDS,
        "attribute": ["Category", "Category", "Color", "Color"],
        "value": ["Shoes", "Boots", "Red", "Blue"],
        "parent_id": [None, "Category: Shoes", None, None],
    }
)
COLORS = ConsistencyRules(exclusive=["Color"])


def presence_of(values: list[float], n_instances: int) -> PairScores:
    """The same probabilities of the first labels for every instance."""
    dense = np.tile(np.float32(values), (n_instances, 1))
    stored = csr_array((dense.ravel(), np.indices(dense.shape).reshape(2, -1)), (n_instances, 4))
    return PairScores(stored, pd.Index([f"q{i}" for i in range(n_instances)]), IDS)


def labelled(*rows: list[int], confidence: list[float] | None = None) -> LabelMatrix:
    row = np.repeat(np.arange(len(rows)), [len(r) for r in rows])
    columns = np.concatenate([np.array(r, np.int64) for r in rows])
    return LabelMatrix.from_positions(
        row,
        columns,
        instance_ids=pd.Index([f"q{i}" for i in range(len(rows))]),
        label_ids=IDS,
        confidence=None if confidence is None else np.float32(confidence),
    )


def test_of_exclusive_values_the_one_of_less_confidence_is_wrong() -> None:
    given = labelled([2, 3], [2], confidence=[0.9, 0.6, 0.9])
    found = find_inconsistencies(given, labels=LABELS, rules=COLORS).frame
    assert found[["instance_id", "label_id", "kind"]].to_numpy().tolist() == [
        ["q0", "Color: Blue", "wrong"]
    ]
    both, blue_alone, neither = 0.01 * 0.9 * 0.6, 0.1 * 0.6, 0.1 * 0.4
    share = (both + blue_alone) / (both + blue_alone + 0.9 * 0.4 + neither)
    assert found["label_quality"][0] == pytest.approx(share, rel=1e-5)
    assert found["reason"][0] == "Color: Blue and Color: Red exclude each other"


@pytest.mark.parametrize(("of_child", "is_missing"), [(0.95, True), (0.05, False)])
def test_a_parent_that_nobody_judged_is_missing_only_if_its_child_is_right(
    of_child, is_missing
) -> None:
    given = labelled([1], [0, 1], [0, 1], [0, 1])
    matrix = csr_array((np.float32([of_child]), ([0], [1])), shape=(4, 4))
    presence = PairScores(matrix, given.instance_ids, IDS)
    found = find_inconsistencies(given, labels=LABELS, presence=presence).frame
    assert (found["kind"] == "missing").tolist() == [is_missing]


@pytest.mark.parametrize(
    ("of_child", "of_parent", "issue"),
    [
        (0.95, 0.6, ("Category: Shoes", "missing")),
        (0.3, 0.02, ("Category: Shoes > Boots", "wrong")),
    ],
)
def test_the_parent_is_missing_or_the_child_is_wrong_by_what_the_model_says(
    of_child, of_parent, issue
) -> None:
    given = labelled([1], [0, 1])
    matrix = csr_array((np.float32([of_parent, of_child]), ([0, 0], [0, 1])), shape=(2, 4))
    presence = PairScores(matrix, given.instance_ids, IDS)
    found = find_inconsistencies(given, labels=LABELS, presence=presence).frame
    assert found[["label_id", "kind"]].to_numpy().tolist() == [list(issue)]


def test_a_pair_that_breaks_two_rules_is_one_row_with_both_reasons() -> None:
    given = labelled([2, 3], [3], [3], confidence=[0.3, 0.9, 0.9, 0.9])
    texts = ["shoe", "shoe", "shoe"]
    found = find_inconsistencies(given, labels=LABELS, texts=texts, rules=COLORS).frame
    red = found[found["label_id"] == "Color: Red"].set_index("instance_id")
    assert red.loc["q0", "reason"] == (
        "Color: Red and Color: Blue exclude each other; "
        "'shoe' says the same and does not carry it, as 2 of 2 such instances"
    )


def test_what_does_not_apply_to_the_category_is_found_by_the_table() -> None:
    taxonomy = taxonomy_from_paths(["Shoes > Boots"])
    elsewhere = pd.DataFrame({"attribute": ["Color"], "category_id": ["Category: Phones"]})
    found = find_inconsistencies(
        labelled([0, 2], *[[2]] * 19, confidence=[0.99, 0.6, *[0.9] * 19]),
        labels=LABELS,
        taxonomy=taxonomy,
        applicability=elsewhere,
    )
    assert found.frame["reason"].tolist() == ["Color does not apply to Category: Shoes"]


def test_the_report_counts_each_rule_and_what_was_left_alone() -> None:
    given = labelled([2, 3], [2, 3], confidence=[0.9, 0.5, 0.9999, 0.9999])
    report = find_inconsistencies(given, labels=LABELS, rules=COLORS).report
    rule = "two values that exclude each other are given"
    assert report.counted(f"contradictions: {rule}") == 2
    left = "of these no issue, for both sides are likely: "
    assert report.counted(left + rule) == 1


def test_consistent_labels_make_an_empty_table_with_all_columns() -> None:
    found = find_inconsistencies(labelled([0, 1, 2], []), labels=LABELS, texts=["a", "b"])
    assert found.frame.empty
    assert found.frame.columns.tolist() == [
        *("instance_id", "label_id", "kind", "given", "label_quality", "reason"),
    ]


def test_labels_alone_are_enough_and_unknown_ones_have_no_rules() -> None:
    given = labelled([1], [2, 3])
    assert find_inconsistencies(given).frame.empty
    others = LABELS.assign(label_id=LABELS["label_id"] + "?")
    assert find_inconsistencies(given, labels=others, rules=COLORS).frame.empty


@pytest.mark.parametrize(
    ("part", "error", "message"),
    [
        ({"texts": ["a"]}, AxisMismatchError, "texts: expected one an instance, 2, found 1"),
        (
            {"texts": ["a", None]},
            InputError,
            r"1 of 2 are no strings, at positions \[1\]: \[None\]",
        ),
        ({"presence": presence_of([0.5], 1)}, AxisMismatchError, r"only in the first: \['q1'\]"),
        ({"neighbours": csr_array((3, 3))}, AxisMismatchError, "neighbours: expected shape"),
        ({"labels": LABELS.drop(columns="value")}, InputError, r"\['value'\] not found"),
        ({"labels": pd.concat([LABELS, LABELS])}, InputError, "more than once"),
        ({"labels": LABELS.assign(parent_id=IDS)}, InputError, "run in a circle"),
    ],
)
def test_parts_that_do_not_fit_are_refused(part, error, message) -> None:
    with pytest.raises(error, match=message):
        find_inconsistencies(labelled([0], [1]), **part)


def test_dropped_parents_and_added_values_are_found_with_high_precision() -> None:
    rng = np.random.default_rng(0)
    kinds, colors = rng.integers(0, 2, 600), rng.integers(2, 4, 600)
    rows = [[*([0, 1] if kind else [0]), color] for kind, color in zip(kinds, colors, strict=True)]
    truth = labelled(*rows)
    nothing = csr_array((4, 4), dtype=np.float32)
    noisy = inject_noise(truth, siblings=nothing, added=0.02, swapped=0, dropped=0.03)
    found = find_inconsistencies(noisy.given, labels=LABELS, rules=COLORS).frame
    pairs = pd.MultiIndex.from_frame(found[["instance_id", "label_id"]])
    changed = pd.concat([noisy.wrong, noisy.missing])[["instance_id", "label_id"]]
    right = pairs.isin(pd.MultiIndex.from_frame(changed))
    is_missing = (found["kind"] == "missing").to_numpy()
    assert is_missing.sum() > 10
    assert right[is_missing].mean() > 0.9
    # Of two colours without further evidence either may be the one that was added.
    of_colors = found["reason"].str.contains("exclude").to_numpy()
    assert of_colors.sum() > 10
    assert right[of_colors].mean() > 0.4


@pytest.mark.parametrize("rows", [[[]], [[], []], [[0]]])
def test_instances_without_labels_contradict_nothing(rows) -> None:
    texts = ["shoe"] * len(rows)
    neighbours = csr_array((len(rows), len(rows)), dtype=np.float32)
    found = find_inconsistencies(
        labelled(*rows),
        labels=LABELS,
        taxonomy=taxonomy_from_paths(["Shoes > Boots"]),
        applicability=pd.DataFrame({"attribute": ["Color"], "category_id": ["Category: Shoes"]}),
        texts=texts,
        neighbours=neighbours,
    )
    assert found.frame.empty
    assert found.report.lines() == []


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_equal_probabilities_leave_each_contradiction_with_a_sound_quality(p: float) -> None:
    given = labelled([1], [2, 3], [2])
    texts = ["boots", "red", "red"]
    found = find_inconsistencies(
        given, labels=LABELS, texts=texts, presence=presence_of([p] * 4, 3), rules=COLORS
    )
    assert found.report.counted("contradictions: two values that exclude each other are given") == 1
    assert found.frame["label_quality"].between(0, 1).all()
    assert not found.frame.duplicated(["instance_id", "label_id"]).any()
    assert set(found.frame["instance_id"]) >= {"q0"}


@pytest.mark.parametrize("n_instances", [1, 6])
def test_labels_that_all_carry_contradict_only_by_what_is_known_of_them(n_instances: int) -> None:
    given = labelled(*[[0, 1, 2, 3]] * n_instances)
    texts = ["red boots"] * n_instances
    assert find_inconsistencies(given, labels=LABELS, texts=texts).frame.empty
    found = find_inconsistencies(given, labels=LABELS, texts=texts, rules=COLORS).frame
    assert len(found) == 2 * n_instances
    assert found["reason"].str.contains("exclude").all()
