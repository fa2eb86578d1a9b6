import numpy as np
import pandas as pd
import pytest
from scipy.sparse import bsr_array, coo_array, csc_array, csr_array, csr_matrix, lil_array

from workbench.errors import InputError
from workbench.sparse import check_sparse, let_go_of_pages

DENSE = np.array([[0, 1, 0], [2, 0, 3], [0, 0, 4]])


@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "lil", "dok", "dia", "bsr"])
@pytest.mark.parametrize("make", [csr_array, csr_matrix])
def test_every_format_becomes_the_same_csr(kind, make):
    found = check_sparse(make(DENSE).asformat(kind), "X")
    assert isinstance(found, csr_array)
    np.testing.assert_array_equal(found.toarray(), DENSE)


def test_a_csr_is_not_copied():
    given = csr_array(DENSE)
    assert np.shares_memory(check_sparse(given, "X").data, given.data)


def test_an_order_that_the_matrix_only_claims_is_not_believed():
    given = csr_array((np.array([2, 3]), np.array([0, 1]), np.array([0, 2])), shape=(1, 2))
    assert given.has_canonical_format
    given.indices[:] = [1, 0]
    assert not check_sparse(given, "X").has_sorted_indices


@pytest.mark.parametrize(
    ("matrix", "found"),
    [(DENSE, "ndarray"), (pd.DataFrame(DENSE), "DataFrame"), (DENSE.tolist(), "list")],
)
def test_what_is_not_sparse_is_named(matrix, found):
    with pytest.raises(TypeError, match=f"X must be a scipy sparse matrix, found {found}; "):
        check_sparse(matrix, "X")


def test_other_numbers_and_other_dimensions_are_refused():
    with pytest.raises(TypeError, match="Y must hold real numbers, found complex128"):
        check_sparse(csr_array(DENSE.astype(complex)), "Y")
    with pytest.raises(InputError, match=r"Y must have two dimensions, found shape \(3,\)"):
        check_sparse(coo_array(DENSE[0]), "Y")


def point_outside(matrix):
    match matrix.format:
        case "coo":
            matrix.col[0] = 7
        case "lil":
            matrix.rows[1] = [0, 7]
        case _:
            matrix.indices[0] = 7
    return matrix


@pytest.mark.parametrize("make", [csr_array, csc_array, bsr_array])
@pytest.mark.parametrize(("position", "value"), [(-1, 0), (-1, -1), (0, 1), (1, 10**6)])
def test_pointers_that_do_not_ascend_are_refused(make, position, value):
    broken = make(DENSE)
    broken.indptr[position] = value
    with pytest.raises(InputError, match="X: not a valid"):
        check_sparse(broken, "X")


@pytest.mark.parametrize("make", [csr_array, csc_array, coo_array, lil_array, bsr_array])
def test_a_position_outside_is_refused(make):
    matrix = point_outside(make(DENSE))
    with pytest.raises(InputError, match=f"X: not a valid {matrix.format} matrix: .*build it anew"):
        check_sparse(matrix, "X")


@pytest.mark.parametrize("mode", ["r", "c", "r+"])
def test_a_matrix_is_the_same_after_its_pages_are_let_go(tmp_path, mode):
    parts = csr_array(DENSE)
    for name in ("data", "indices"):
        np.save(tmp_path / f"{name}.npy", getattr(parts, name))
    data, indices = (np.load(tmp_path / f"{n}.npy", mmap_mode=mode) for n in ("data", "indices"))
    mapped = csr_array((data, indices, parts.indptr), shape=parts.shape)
    if mode != "r":
        mapped.data[0] = 7
    expected = mapped.toarray()
    let_go_of_pages(mapped)
    np.testing.assert_array_equal(mapped.toarray(), expected)


def test_a_matrix_in_memory_has_no_pages_to_let_go():
    matrix = csr_array(DENSE)
    let_go_of_pages(matrix)
    np.testing.assert_array_equal(matrix.toarray(), DENSE)
