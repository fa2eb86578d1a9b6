import numpy as np
import pandas as pd
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError, InputError
from workbench.matrices import LabelMatrix, PairScores, check_aligned, pairs_in

IDS = pd.Index(["a", "b", "c"])
LABELS = pd.Index(["x", "y"])


def test_support_counts_the_instances_of_each_label(given):
    assert given.support().tolist() == [2, 1, 2, 2, 1]


def test_a_pair_named_twice_keeps_its_highest_confidence():
    labels = LabelMatrix.from_pairs(
        ["a", "a", "b"],
        ["x", "x", "y"],
        instance_ids=IDS,
        label_ids=LABELS,
        confidence=np.float32([0.2, 0.7, 0.5]),
    )
    assert labels.to_frame().values.tolist() == [["a", "x", np.float32(0.7)], ["b", "y", 0.5]]


def test_an_unknown_label_is_named():
    with pytest.raises(InputError, match=r"1 unknown label ids: \['z'\]"):
        LabelMatrix.from_pairs(["a"], ["z"], instance_ids=IDS, label_ids=LABELS)


@pytest.mark.parametrize(("kind", "dtype"), [(LabelMatrix, bool), (PairScores, np.float32)])
def test_ids_that_appear_twice_are_named(kind, dtype):
    values = csr_array((3, 2), dtype=dtype)
    with pytest.raises(InputError, match=r"1 instance ids appear more than once: \['a'\]"):
        kind(values, pd.Index(["a", "a", "b"]), LABELS)
    with pytest.raises(InputError, match=r"1 label ids appear more than once: \['x'\]"):
        kind(values, IDS, pd.Index(["x", "x"]))


def test_a_stored_false_is_refused():
    values = csr_array((np.array([True, False]), ([0, 1], [0, 1])), shape=(3, 2))
    with pytest.raises(InputError, match="must be True"):
        LabelMatrix(values, IDS, LABELS)


@pytest.mark.parametrize("bad", [np.nan, -0.1, 1.5, np.inf])
def test_a_score_that_is_no_probability_is_refused(bad):
    values = csr_array((np.float32([0.5, bad]), ([0, 1], [0, 1])), shape=(3, 2))
    with pytest.raises(
        InputError, match=r"1 of 2 values are NaN or outside \[0, 1\], at positions \[1\]"
    ):
        PairScores(values, IDS, LABELS)


def test_a_stored_zero_score_is_a_judgement(scores):
    assert scores.n_judged == 10


def test_a_matrix_must_fit_its_axes():
    with pytest.raises(InputError, match=r"shape \(2, 2\) does not fit"):
        LabelMatrix(csr_array((2, 2), dtype=bool), IDS, LABELS)


def test_matrices_of_other_instances_do_not_align(given):
    other = given.take_instances(np.array([1, 0]))
    with pytest.raises(AxisMismatchError, match="instances: 6 against 2"):
        check_aligned(given, other)


def test_taken_instances_keep_their_confidence():
    labels = LabelMatrix.from_pairs(
        ["a", "b"],
        ["x", "y"],
        instance_ids=IDS,
        label_ids=LABELS,
        confidence=np.float32([0.2, 0.7]),
    )
    taken = labels.take_instances(np.array([1, 2]))
    assert taken.confidence.tolist() == [np.float32(0.7)]
    assert taken.instance_ids.tolist() == ["b", "c"]


def test_absent_pairs_are_not_found(given):
    found = pairs_in(given.values, np.array([0, 0, 5]), np.array([1, 0, 4]))
    assert found.tolist() == [0, -1, -1]


@for_all(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), max_size=12))
def test_order_of_pairs_never_matters(pairs):
    def matrix(some):
        rows, columns = (np.array([p[i] for p in some], dtype=int) for i in (0, 1))
        return LabelMatrix.from_positions(rows, columns, instance_ids=IDS, label_ids=LABELS)

    one, other = matrix(pairs), matrix(pairs[::-1])
    assert (one.values != other.values).nnz == 0
    assert one.n_given == len(set(pairs))


@for_all(st.integers(0, 1000))
def test_pairs_are_found_where_the_dense_matrix_has_them(seed):
    rng = np.random.default_rng(seed)
    dense = rng.random((5, 7)) < 0.3
    matrix = csr_array(dense)
    rows, columns = rng.integers(0, 5, 40), rng.integers(0, 7, 40)
    found = pairs_in(matrix, rows, columns)
    place = np.cumsum(dense.ravel()) - 1  # row by row, as they are stored
    assert found.tolist() == np.where(dense, place.reshape(5, 7), -1)[rows, columns].tolist()


def test_pairs_outside_of_the_matrix_are_not_found():
    matrix = csr_array(np.ones((2, 2)))
    rows, columns = np.array([-1, 2, 0, 1, 1]), np.array([0, 0, 2, -1, 1])
    assert pairs_in(matrix, rows, columns).tolist() == [-1, -1, -1, -1, 3]


def test_no_pair_is_found_in_an_empty_matrix():
    assert pairs_in(csr_array((0, 3)), np.array([0]), np.array([1])).tolist() == [-1]


@pytest.mark.parametrize("sequence", [list, tuple, np.array, pd.Series])
def test_ids_may_be_any_sequence(sequence):
    scores = PairScores(csr_array((3, 2), dtype=np.float32), sequence(["a", "b", "c"]), ["x", "y"])
    given = LabelMatrix(csr_array((3, 2), dtype=bool), IDS, sequence(["x", "y"]))
    check_aligned(given, scores)


@pytest.mark.parametrize("ids", ["abc", 3, iter("abc")])
def test_ids_that_are_no_sequence_are_refused(ids):
    with pytest.raises(TypeError, match="instance_ids must be a sequence of distinct ids, found"):
        LabelMatrix(csr_array((3, 2), dtype=bool), ids, LABELS)


def test_values_of_another_type_are_refused_with_the_way_out():
    values = csr_array((3, 2))
    with pytest.raises(InputError, match=r"bool, found float64; give csr_array\(Y > 0\)"):
        LabelMatrix(values, IDS, LABELS)
    with pytest.raises(InputError, match=r"float32, found float64; give scores.astype"):
        PairScores(values, IDS, LABELS)


@pytest.mark.parametrize("values", [np.ones((3, 2), bool), csr_array((3, 2), dtype=bool).tocsc()])
def test_values_of_another_form_are_refused(values):
    with pytest.raises(TypeError, match="values must be a scipy csr_array, found"):
        LabelMatrix(values, IDS, LABELS)
