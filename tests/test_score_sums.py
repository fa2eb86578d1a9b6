import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import AxisMismatchError, InputError
from workbench.score_sums import (
    N_BINS,
    ScoreSums,
    add_to_histogram,
    bin_ranges,
    check_probabilities,
)

SCORES = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=50)


def counts_of(scores, n_bins):
    counts = np.zeros((1, n_bins), np.int64)
    add_to_histogram(counts, np.zeros(len(scores), np.int64), scores)
    return counts[0]


@given(SCORES, st.integers(1, N_BINS))
def test_scores_are_counted_in_the_bins_whose_range_they_lie_in(scores, n_bins):
    values = np.array(scores, np.float32)
    lowest, highest = bin_ranges(n_bins)
    inside = (lowest[:, None] <= values) & (values <= highest[:, None])
    assert (inside.sum(axis=0) == 1).all()
    assert counts_of(values, n_bins).tolist() == inside.sum(axis=1).tolist()


def test_bins_leave_no_room_between_them():
    lowest, highest = (ends.astype(np.float32) for ends in bin_ranges())
    np.testing.assert_array_equal(np.nextafter(highest[:-1], np.float32(1)), lowest[1:])
    assert (lowest[0], highest[-1]) == (0, 1)


def test_minus_zero_is_zero():
    assert counts_of(np.float32([-0.0]), N_BINS)[0] == 1


@given(SCORES, SCORES)
def test_sums_of_parts_add_up_to_those_of_the_whole(upper, lower):
    parts = [np.array(scores, np.float32)[:, None] for scores in (upper, lower)]
    added = ScoreSums.from_dense(parts[0]) + ScoreSums.from_dense(parts[1])
    whole = ScoreSums.from_dense(np.concatenate(parts))
    assert added.n_instances == whole.n_instances == len(upper) + len(lower)
    np.testing.assert_allclose(added.sums, whole.sums)
    np.testing.assert_array_equal(added.histogram, whole.histogram)


def test_a_histogram_that_one_part_lacks_is_not_made_up():
    part = ScoreSums.from_dense(np.zeros((2, 3), np.float32))
    assert (part + ScoreSums(1, np.zeros(3))).histogram is None


def test_sums_of_other_labels_do_not_add_up():
    with pytest.raises(InputError, match="3 labels and of 2 do not add up"):
        ScoreSums(1, np.zeros(3)) + ScoreSums(1, np.zeros(2))


@pytest.mark.parametrize(
    ("sums", "message"),
    [
        ([1.0, np.nan], "found 1 others"),
        ([1.0, 2.5], r"positions \[1\]: \[2.5\]"),
        ([-1.0, 0.0], "numbers from 0 to 2"),
        ([[1.0]], "one number a label"),
    ],
)
def test_sums_that_no_scores_have_are_refused(sums, message):
    with pytest.raises(InputError, match=message):
        ScoreSums(2, np.array(sums))


def test_a_histogram_that_leaves_instances_out_is_refused():
    histogram = np.zeros((2, N_BINS), np.int64)
    histogram[0, 0] = 3
    with pytest.raises(InputError, match=r"3 scores a label.* found \[0\] at positions \[1\]"):
        ScoreSums(3, np.zeros(2), histogram)


def test_a_histogram_of_other_bins_is_refused():
    with pytest.raises(InputError, match="at most 81 bins"):
        ScoreSums(3, np.zeros(2), np.zeros((2, N_BINS + 1), np.int64))


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros((2, 2), int)])
def test_probabilities_are_a_table_of_floats(array):
    with pytest.raises(InputError, match="expected an array of float"):
        check_probabilities(array)


def test_histograms_of_other_bins_do_not_add_up():
    one, other = (ScoreSums(0, np.zeros(1), np.zeros((1, n), np.int64)) for n in (33, 81))
    with pytest.raises(InputError, match="of 33 and of 81 bins"):
        one + other


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_scores_are_counted_with_their_labels(kind):
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(0, 3, 500).astype(kind), rng.random(500, np.float32) ** 8
    counts = np.zeros((3, N_BINS), kind)
    add_to_histogram(counts, labels, scores)
    one_by_one = [counts_of(scores[labels == label], N_BINS).tolist() for label in range(3)]
    assert counts.tolist() == one_by_one


@pytest.mark.parametrize(
    ("labels", "message"),
    [([0, 3], "expected positions in 0..2"), ([-1, 0], "positions in 0..2"), ([0], "one label a")],
)
def test_scores_of_labels_that_are_not_there_are_not_counted(labels, message):
    counts = np.zeros((3, N_BINS), np.int64)
    with pytest.raises(ValueError, match=message):
        add_to_histogram(counts, np.array(labels), np.float32([0.1, 0.2]))


@pytest.mark.parametrize(("n_instances", "n_labels"), [(2, 3), (3, 2)])
def test_sums_speak_of_their_own_axes_alone(n_instances, n_labels):
    sums = ScoreSums(3, np.zeros(3))
    sums.check_axes(3, 3)
    with pytest.raises(AxisMismatchError, match="3 and 3; they have to speak of the same axes"):
        sums.check_axes(n_instances, n_labels)
