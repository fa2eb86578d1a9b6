"""What every model refuses at its door, or warns of."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError

from workbench.errors import InputError
from workbench.model import ClusteredOVR


def test_predicting_before_fitting_is_refused(model, world):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        model.predict(world[0])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(model, world, value):
    X, Y = world[0].copy(), world[1]
    X.data[0] = value
    with pytest.raises(InputError, match=r"1 NaN or infinite .* rows \[0\]"):
        model.fit(X, Y)


def test_another_number_of_rows_is_refused(model, world):
    X, Y = world
    with pytest.raises(InputError, match="240 in X and 239 in Y"):
        model.fit(X, Y[:-1])


def test_another_number_of_features_is_refused(model, world):
    X, Y = world
    model.fit(X, Y)
    with pytest.raises(InputError, match="expected 120 features, as in fit, found 119"):
        model.predict(X[:, :-1])


@pytest.mark.parametrize(
    ("part", "position", "value"),
    [("indices", 0, 10_000), ("indices", 0, -1), ("indptr", 1, 10**6), ("indptr", 5, 0)],
)
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_a_broken_matrix_is_refused_before_a_kernel_sees_it(
    model, world, part, position, value, dtype
):
    X, Y = world
    broken = X.copy()
    broken.indices, broken.indptr = broken.indices.astype(dtype), broken.indptr.astype(dtype)
    getattr(broken, part)[position] = value
    with pytest.raises(InputError, match="not a valid csr matrix"):
        model.fit(broken, Y)
    with pytest.raises(InputError, match="not a valid csr matrix"):
        model.fit(X, Y).predict(broken)


@pytest.mark.parametrize("form", ["csc", "coo"])
def test_a_broken_matrix_of_another_format_is_refused(model, world, form):
    X, Y = world
    broken = X.asformat(form, copy=True)
    (broken.indices if form == "csc" else broken.row)[0] = 10_000
    with pytest.raises(InputError, match=f"not a valid {form} matrix"):
        model.fit(X, Y).predict(broken)


def test_a_forged_matrix_is_refused(model, world):
    X, Y = world
    model.fit(X, Y)
    for indptr in (X.indptr[:10], np.append(X.indptr, X.indptr[-1])):
        forged = X.copy()
        forged.indptr = indptr
        with pytest.raises(InputError, match="not a valid csr matrix"):
            model.predict(forged)


@pytest.mark.parametrize("away", [2**32, -(2**32)])
def test_an_index_that_only_fits_64_bits_is_refused(model, world, away):
    X, Y = world
    wrapped = X.copy()
    wrapped.indices = X.indices.astype(np.int64)
    wrapped.indices[0] += away
    with pytest.raises(InputError, match="not a valid csr matrix"):
        model.fit(wrapped, Y)


def test_values_too_large_to_be_squared_are_refused(model, world):
    X, Y = world[0].copy(), world[1]
    X.data[5] = 3e38
    with pytest.raises(InputError, match=r"1 beyond 1e\+09, .* scale the rows to length 1"):
        model.fit(X, Y)


def test_rows_far_from_length_one_are_warned_of(model, world):
    X, Y = world
    with pytest.warns(UserWarning, match="a median length of 100, .* sklearn.preprocessing.norm"):
        model.fit(X * np.float32(100), Y)


def test_a_row_of_one_dimension_is_refused(model, world):
    X, Y = world
    model.fit(X, Y)
    with pytest.raises(InputError, match=r"X must have two dimensions, .* a single row is X\[\[i"):
        model.predict(X[0])


def test_counts_are_no_confidences(model, world):
    X, Y = world
    with pytest.raises(InputError, match=r"found 483 other values: \[2.0\].*give Y > 0"):
        model.fit(X, Y * 2)


def test_parameters_that_are_set_after_fitting_are_checked(world):
    model = ClusteredOVR(n_jobs=1).fit(*world).set_params(beam=0)
    with pytest.raises(ValueError, match="beam must be a whole number of 1 or more"):
        model.predict(world[0])


def test_complex_values_are_refused(model, world):
    X, Y = world
    with pytest.raises(TypeError, match="X must hold real numbers, found complex64"):
        model.fit(X.astype(np.complex64), Y)


def test_positions_of_pairs_are_whole_numbers(model, world):
    X, Y = world
    with pytest.raises(InputError, match="row positions must be whole numbers, found float64"):
        model.fit(X, Y).score_pairs(X, [0.9], [1])


def test_too_many_columns_are_refused(model, world):
    _, Y = world
    wide = csr_array((np.float32([1]), ([0], [2**31 + 5])), shape=(240, 2**31 + 10))
    with pytest.raises(InputError, match="at most 2,147,483,647 columns"):
        model.fit(wide, Y)


def test_pairs_outside_are_refused(model, world):
    X, Y = world
    model.fit(X, Y)
    with pytest.raises(InputError, match=r"label positions must be in 0..39.*\[40\]"):
        model.score_pairs(X, [0], [40])


@pytest.mark.parametrize("value", [-0.5, 1.5, np.nan])
def test_confidence_outside_the_unit_interval_is_refused(model, world, value):
    X, Y = world[0], world[1].astype(np.float32)
    Y.data[0] = value
    with pytest.raises(InputError, match="1 other values"):
        model.fit(X, Y)


@pytest.mark.parametrize(
    "call",
    [
        lambda model, X, Y: model.fit(X.toarray(), Y),
        lambda model, X, Y: model.fit(X, Y).predict(X.toarray()),
        lambda model, X, Y: model.fit(X, Y).score_pairs(X.toarray(), [0], [0]),
    ],
    ids=["fit", "predict", "score_pairs"],
)
def test_dense_input_is_refused(model, world, call):
    with pytest.raises(TypeError, match=r"a scipy sparse matrix, found .*; scipy.sparse.csr_array"):
        call(model, *world)


def test_no_rows_are_refused(model, world):
    X, Y = world
    with pytest.raises(InputError, match="at least one row"):
        model.fit(X[:0], Y[:0])


def test_weights_of_zero_only_are_refused(model, world):
    with pytest.raises(InputError, match="nothing to learn from"):
        model.fit(*world, sample_weight=np.zeros(240))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("C", 0),
        ("C", "1"),
        ("C", 1e-40),
        ("max_passes", 0),
        ("max_passes", 2**63),
        ("tolerance", -1),
        ("tolerance", None),
        ("n_jobs", 0),
        ("random_state", -1),
    ],
)
def test_parameters_outside_their_range_are_refused(model, world, name, value):
    with pytest.raises(ValueError, match=name):
        model.set_params(**{name: value}).fit(*world)


def test_k_below_one_is_refused(model, world):
    model.fit(*world)
    with pytest.raises(ValueError, match="k must be a whole number of 1 or more"):
        model.predict(world[0], k=0)
