import numpy as np

from workbench.model.fingerprints import tell_apart


def test_equal_rows_are_told_apart_by_their_order():
    told = tell_apart(np.array([7, 5, 7, 0, 7, 0], np.uint64))
    assert told[[0, 1, 3]].tolist() == [7, 5, 0]
    assert len(set(told.tolist())) == 6


def test_what_comes_between_equal_rows_changes_none_of_them():
    told = tell_apart(np.array([7, 7, 7], np.uint64))
    between = tell_apart(np.array([7, 1, 7, 2, 7], np.uint64))
    np.testing.assert_array_equal(between[::2], told)


def test_any_number_of_equal_rows_among_others():
    prints = np.random.default_rng(0).integers(0, 2**64, 30_000, np.uint64)
    prints[::3] = prints[0]
    told = tell_apart(prints)
    assert len(np.unique(told)) == len(prints)
    is_first = np.arange(len(prints)) % 3 > 0
    np.testing.assert_array_equal(told[is_first], prints[is_first])
