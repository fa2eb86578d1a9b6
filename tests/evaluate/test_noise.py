from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError, InputError
from workbench.evaluate.noise import (
    NoisyLabels,
    inject_noise,
    siblings_by_attribute,
    siblings_by_similarity,
)
from workbench.matrices import LabelMatrix

PAIR = ["instance_id", "label_id"]
ATTRIBUTES = pd.Series([f"attribute {label % 5}" for label in range(40)], dtype="str")


def random_truth(seed: int, *, confidence: bool = False) -> LabelMatrix:
    rng = np.random.default_rng(seed)
    n_labels = len(ATTRIBUTES)
    chance = 0.4 / np.arange(1, n_labels + 1) + 0.02
    rows, columns = np.nonzero(rng.random((250, n_labels)) < chance)
    return LabelMatrix.from_positions(
        rows,
        columns,
        instance_ids=pd.Index([f"i{i}" for i in range(250)]),
        label_ids=pd.Index([f"l{j}" for j in range(n_labels)]),
        confidence=rng.random(len(rows)).astype(np.float32) if confidence else None,
    )


def noisy(truth: LabelMatrix, **options: float) -> NoisyLabels:
    return inject_noise(truth, siblings=siblings_by_attribute(ATTRIBUTES), **options)


def pairs_of(frame: pd.DataFrame) -> set[tuple[str, str]]:
    return set(frame[PAIR].itertuples(index=False, name=None))


@settings(max_examples=20, deadline=None)
@example(st.integers(0, 10**6))
def test_noise_is_exactly_the_difference_to_the_truth(seed: int) -> None:
    truth = random_truth(seed)
    result = noisy(truth, random_state=seed)
    before, after = pairs_of(truth.to_frame()), pairs_of(result.given.to_frame())
    assert after - before == pairs_of(result.wrong)
    assert before - after == pairs_of(result.missing)
    assert len(result.wrong) == len(pairs_of(result.wrong))


def test_each_kind_has_its_share() -> None:
    truth = random_truth(0)
    result = noisy(truth, added=0.04, swapped=0.06, dropped=0.1, dropped_by_propensity=0.02)
    n = truth.n_given
    assert result.wrong["cause"].value_counts().to_dict() == {
        "swapped": round(0.06 * n),
        "added": round(0.04 * n),
    }
    assert result.missing["cause"].value_counts().to_dict() == {
        "dropped": round(0.1 * n),
        "swapped": round(0.06 * n),
        "dropped_by_propensity": round(0.02 * n),
    }


def test_swap_stays_in_the_instance_and_the_attribute() -> None:
    result = noisy(random_truth(1), added=0, dropped=0, dropped_by_propensity=0)
    attribute = dict(zip([f"l{j}" for j in range(40)], ATTRIBUTES, strict=True))
    assert result.wrong["instance_id"].tolist() == result.missing["instance_id"].tolist()
    into, out_of = (
        result.wrong["label_id"].map(attribute),
        result.missing["label_id"].map(attribute),
    )
    assert into.tolist() == out_of.tolist()


def test_drops_by_propensity_hit_rare_labels_harder() -> None:
    truth = random_truth(2)
    options = {"added": 0.0, "swapped": 0.0}
    evenly = noisy(truth, **options, dropped=0.2, dropped_by_propensity=0)
    rarely = noisy(truth, **options, dropped=0, dropped_by_propensity=0.2)
    support = pd.Series(truth.support(), index=truth.label_ids)
    head = support.nlargest(3).index
    lost_evenly, lost_rarely = (
        drops.missing["label_id"].isin(head).mean() for drops in (evenly, rarely)
    )
    assert lost_rarely < 0.85 * lost_evenly


def test_same_seed_gives_the_same_noise_and_another_seed_other_noise() -> None:
    truth = random_truth(3)
    one, same, other = (noisy(truth, random_state=seed) for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(one.wrong, same.wrong)
    assert pairs_of(one.wrong) != pairs_of(other.wrong)


def test_confidence_of_kept_pairs_stays_and_wrong_pairs_draw_one() -> None:
    truth = random_truth(4, confidence=True)
    result = noisy(truth)
    merged = result.given.to_frame().merge(truth.to_frame(), on=PAIR, suffixes=("", "_before"))
    assert (merged["confidence"] == merged["confidence_before"]).all()
    assert result.given.confidence is not None
    assert np.isin(result.given.confidence, truth.confidence).all()


def test_no_noise_leaves_the_truth() -> None:
    truth = random_truth(5)
    result = noisy(truth, added=0, swapped=0, dropped=0, dropped_by_propensity=0)
    assert result.wrong.empty
    assert result.missing.empty
    np.testing.assert_array_equal(result.given.values.toarray(), truth.values.toarray())


def test_labels_without_siblings_are_not_swapped() -> None:
    alone = siblings_by_attribute(pd.Series([None] * 40, dtype="str"))
    result = inject_noise(random_truth(6), siblings=alone, added=0)
    assert result.wrong.empty


def test_nearly_full_matrix_takes_what_is_free() -> None:
    values = np.ones((10, 10), bool)
    values[0, :3] = False
    truth = LabelMatrix.from_positions(
        *np.nonzero(values),
        instance_ids=pd.Index(map(str, range(10))),
        label_ids=pd.Index(map(str, range(10))),
    )
    rates = {"swapped": 0.0, "dropped": 0.0, "dropped_by_propensity": 0.0}
    siblings = csr_array((10, 10), dtype=np.float32)
    full = inject_noise(truth, siblings=siblings, added=3 / 97, **rates)
    assert full.given.n_given == 100
    with pytest.raises(ValueError, match="cannot add 5 pairs: only 3 are not given"):
        inject_noise(truth, siblings=siblings, added=5 / 97, **rates)


def test_similar_labels_are_siblings_and_never_themselves() -> None:
    X = csr_array(np.float32([[1, 0], [1, 0.1], [0, 1], [0.1, 1]]))
    truth = LabelMatrix.from_positions(
        np.arange(4),
        np.arange(4),
        instance_ids=pd.Index(list("abcd")),
        label_ids=pd.Index(list("wxyz")),
    )
    nearest = siblings_by_similarity(X, truth, n_siblings=1)
    assert nearest.toarray().argmax(axis=1).tolist() == [1, 0, 3, 2]


@pytest.mark.parametrize(
    "rates",
    [
        {"swapped": 0.5, "dropped": 0.6},
        {"added": np.nan},
        {"dropped": np.nan},
        {"added": np.inf},
        {"swapped": -0.1},
    ],
)
def test_impossible_rates_are_refused(rates) -> None:
    with pytest.raises(ValueError, match="noise rates must be 0 or more and leave labels over"):
        noisy(random_truth(7), **rates)


@pytest.mark.parametrize("n_labels", [39, 41])
def test_siblings_of_other_labels_are_refused(n_labels: int) -> None:
    siblings = siblings_by_attribute(pd.Series(["a"] * n_labels, dtype="str"))
    with pytest.raises(AxisMismatchError, match=r"a column a label, \(40, 40\), found"):
        inject_noise(random_truth(7), siblings=siblings)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 1), (6, 3)])
@pytest.mark.parametrize("value", [False, True])
def test_labels_given_to_none_or_to_all_get_what_noise_there_is_room_for(shape, value) -> None:
    ids = [pd.Index(map(str, range(n)), dtype="str") for n in shape]
    truth = LabelMatrix(csr_array(np.full(shape, value)), *ids)
    siblings = siblings_by_attribute(pd.Series(["a"] * shape[1], dtype="str"))
    result = inject_noise(truth, siblings=siblings, added=0, dropped=0.5)
    assert result.wrong.empty
    assert result.given.n_given == truth.n_given - len(result.missing)


@pytest.mark.parametrize("X", [np.zeros((250, 3)), np.ones((250, 3))])
def test_features_that_are_all_alike_tell_no_label_from_itself(X) -> None:
    found = siblings_by_similarity(csr_array(X), random_truth(8), n_siblings=2)
    assert np.isfinite(found.data).all()
    assert found.diagonal().sum() == 0


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.ones((5, 3)), AxisMismatchError, "X: expected one row an instance, 250, found 5"),
        (
            np.full((250, 1), np.nan),
            InputError,
            r"found 250 NaN .* first in rows \[0, 1, 2, 3, 4\]",
        ),
    ],
)
def test_features_that_do_not_fit_have_no_similar_labels(X, error, message) -> None:
    with pytest.raises(error, match=message):
        siblings_by_similarity(csr_array(X), random_truth(8))
