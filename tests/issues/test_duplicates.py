from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from workbench.issues.duplicates import alike, other_labels, same_text
from workbench.matrices import LabelMatrix

LABELS = pd.Index(["Red", "Shoe"])


def labelled(*rows: list[int]) -> LabelMatrix:
    row = np.repeat(np.arange(len(rows)), [len(r) for r in rows])
    columns = np.concatenate([np.array(r, np.int64) for r in rows])
    ids = pd.Index([f"q{i}" for i in range(len(rows))])
    return LabelMatrix.from_positions(row, columns, instance_ids=ids, label_ids=LABELS)


def conflicts(given: LabelMatrix, **options):
    n = given.values.shape[0]
    texts = [f"{'x ' * (i % 2)}red{' x' * (1 - i % 2)}" for i in range(n)]
    links = same_text(texts)
    return other_labels(given, links, texts, rule="same", how="says the same", **options)


def test_order_of_words_case_width_and_spaces_do_not_matter() -> None:
    texts = ["Red shoe", "shoe ＲＥＤ", "redshoe", "redshoes", "", "", " "]
    rows, columns = same_text(texts).nonzero()
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [
        *((0, 1), (0, 2), (1, 0), (2, 0)),
    ]


@settings(deadline=None)
@drawn(st.lists(st.sampled_from(["a b", "b a", "ab", "c", ""]), max_size=30))
def test_links_are_symmetric_bounded_and_of_the_same_letters(texts) -> None:
    links = same_text(texts, most_links=4)
    dense = links.toarray()
    assert (dense == dense.T).all()
    assert not dense.diagonal().any()
    assert dense.sum(axis=0).max(initial=0) <= 2 * 4
    rows, columns = links.nonzero()
    letters = ["".join(sorted(text.replace(" ", ""))) for text in texts]
    assert all(letters[i] == letters[j] != "" for i, j in zip(rows, columns, strict=True))


def test_neighbours_above_the_bound_are_alike_both_ways() -> None:
    near = csr_array(np.float32([[0, 0.97, 0.5], [0, 0, 0], [0, 0, 0]]))
    assert np.argwhere(alike(near, least=0.95).toarray()).tolist() == [[0, 1], [1, 0]]


def test_a_label_of_one_duplicate_alone_is_in_doubt_and_told() -> None:
    found = conflicts(labelled([0], [1], [1], [1]))
    doubted = found.may_doubt[:, 0] & (found.first.columns == 0)
    assert set(found.first.rows[doubted]) == {0}
    told = found.tell(int(np.flatnonzero(doubted)[0]), True)
    assert told == "'x red' says the same and does not carry it, as 3 of 3 such instances"


def test_a_label_of_most_duplicates_is_missing_where_it_is_not_given() -> None:
    found = conflicts(labelled([0, 1], [0, 1], [0, 1], [1]))
    assert set(found.second.rows) == {3}
    assert found.may_doubt.all(axis=0).tolist() == [False, True]
    assert found.tell(0, False).endswith("carries it, as 3 of 3 such instances")


def test_tolerance_is_the_share_of_given_pairs_that_the_other_lacks() -> None:
    found = conflicts(labelled([0, 1], [1]), tolerance=None)
    # Red to q1 is lacking; Shoe to q1 and Shoe to q0 are not; one more of each is counted.
    assert found.tolerance.tolist() == [pytest.approx((1 + 1) / (3 + 1))]


def test_too_few_duplicates_doubt_nothing() -> None:
    assert not len(conflicts(labelled([0], [1]), fewest=2))
