"""What every model promises."""

import sys

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from workbench.errors import InputError
from workbench.model import ClusteredOVR, OneVsRest

MODELS = {
    "one tree": ClusteredOVR(branching=4, leaf_size=5, beam=3, n_jobs=1),
    "three trees": ClusteredOVR(branching=4, leaf_size=5, beam=3, n_trees=3, n_jobs=1),
    "one-vs-rest": OneVsRest(n_jobs=1),
}


@pytest.fixture(params=MODELS)
def model(request):
    return clone(MODELS[request.param])


def same(one, other):
    return all(
        np.array_equal(getattr(one, part), getattr(other, part))
        for part in ("indptr", "indices", "data")
    )


def test_the_labels_are_found(model, world):
    X, Y = world
    best = model.fit(X[:200], Y[:200]).predict(X[200:], k=1)
    assert Y[200:].multiply(best > 0).sum() / 40 > 0.85


def test_the_score_is_the_precision_of_the_best_label(model, world):
    X, Y = world
    model.fit(X[:200], Y[:200])
    given, best = Y[200:].toarray(), model.predict(X[200:]).toarray().argmax(axis=1)
    assert model.score(X[200:], Y[200:]) == given[np.arange(40), best].mean()


def test_a_stored_zero_does_not_score(model, world):
    X, Y = world
    nothing = Y.astype(np.float32)
    nothing.data[:] = 0
    assert model.fit(X, Y).score(X, nothing) == 0


def test_labels_that_do_not_fit_are_not_scored(model, world):
    X, Y = world
    model.fit(X, Y)
    with pytest.raises(InputError, match="Y: expected 40 labels, as in fit, found 39"):
        model.score(X, Y[:, :39])
    with pytest.raises(InputError, match="same rows, found 240 in X and 9 in Y"):
        model.score(X, Y[:9])
    with pytest.raises(InputError, match="expected one row or more to score"):
        model.score(X[:0], Y[:0])


def test_predictions_are_canonical_and_at_most_k(model, world):
    X, Y = world
    found = model.fit(X, Y).predict(X, k=4)
    assert found.shape == Y.shape
    assert found.dtype == np.float32
    assert found.has_canonical_format
    assert np.diff(found.indptr).max() <= 4
    assert 0 < found.data.min() <= found.data.max() <= 1


def test_the_best_labels_are_kept(model, world):
    X, Y = world
    model.fit(X, Y)
    everything, two = model.predict(X[:9], k=40).toarray(), model.predict(X[:9], k=2).toarray()
    np.testing.assert_array_equal(np.sort(everything)[:, -2:], np.sort(two)[:, -2:])


def test_more_than_all_labels_are_all(model, world):
    X, Y = world
    model.fit(X, Y)
    assert same(model.predict(X, k=40), model.predict(X, k=1000))


def test_the_order_of_rows_does_not_matter_to_predictions(model, world):
    X, Y = world
    order = np.random.default_rng(0).permutation(X.shape[0])
    model.fit(X, Y)
    assert same(model.predict(X[order]), model.predict(X)[order])


def test_the_number_of_threads_does_not_change_the_model(model, world):
    X, Y = world
    one = clone(model).set_params(n_jobs=1).fit(X, Y).predict(X)
    two = clone(model).set_params(n_jobs=2).fit(X, Y).predict(X)
    assert same(one, two)


def test_another_seed_gives_another_model(model, world):
    X, Y = world
    one, other = clone(model).fit(X, Y), clone(model).set_params(random_state=1).fit(X, Y)
    assert not same(one.predict(X), other.predict(X))


def test_without_a_seed_the_model_still_learns(model, world):
    X, Y = world
    assert model.set_params(random_state=None).fit(X, Y).predict(X, k=1).nnz == X.shape[0]


@pytest.mark.parametrize("name", ["one tree", "one-vs-rest"])
def test_contributions_and_biases_add_up_to_the_score(name, world):
    X, Y = world
    model = clone(MODELS[name]).set_params(weight_threshold=0).fit(X, Y)
    trained, label = model.trees_[0], int(Y.indices[0])
    score = 1.0
    for level, step, parts in zip(
        trained.levels,
        trained.tree.paths(np.array([label])),
        model.explain_levels(X[[0]], label, top=1000),
        strict=True,
    ):
        margin = level.bias[step[0, 1]] + sum(share for _, share in parts)
        score *= np.exp(-4 * max(-margin, 0) ** 3) / (1 + np.exp(-4 * margin))
    assert score == pytest.approx(model.score_pairs(X, [0], [label])[0], rel=1e-4)


def test_explanation_sums_the_levels(model, world):
    X, Y = world
    label = int(Y.indices[0])
    model.fit(X, Y)
    total = {}
    for level in model.explain_levels(X[[0]], label, top=1000):
        for feature, share in level:
            total[feature] = total.get(feature, 0) + share
    explained = dict(model.explain(X[[0]], label, top=1000))
    assert explained == pytest.approx({f: v for f, v in total.items() if v != 0})


def test_a_label_is_explained_by_its_own_words(model, world):
    X, Y = world
    label = int(Y.indices[0])
    (feature, share), *_ = model.fit(X, Y).explain(X[[0]], label, top=1)
    assert feature // 3 == label
    assert share > 0


def test_an_empty_row_gets_scores_from_the_biases(model, world):
    X, Y = world
    nothing = csr_array((1, X.shape[1]), dtype=np.float32)
    found = model.fit(X, Y).predict(nothing, k=3)
    assert np.isfinite(found.data).all()
    assert model.explain(nothing, 0) == []


def test_no_rows_give_no_predictions(model, world):
    X, Y = world
    assert model.fit(X, Y).predict(X[:0]).shape == (0, 40)


def test_one_row_is_enough(model, world):
    X, Y = world
    found = model.fit(X[[0]], Y[[0]]).predict(X[[0]], k=40)
    assert set(found.indices) == set(Y[[0]].indices)


def test_one_label_is_enough(model, world):
    X, Y = world
    scores = model.fit(X, Y[:, [0]]).score_pairs(X, range(240), [0] * 240)
    given = Y[:, [0]].toarray()[:, 0]
    assert scores[given].min() > scores[~given].mean()


def test_a_label_given_to_none_is_never_predicted(model, world):
    X, Y = world
    without = Y.toarray()
    without[:, 3] = False
    model.fit(X, csr_array(without))
    assert 3 not in model.predict(X, k=40).indices
    assert model.score_pairs(X, [0, 1], [3, 3]).tolist() == [0, 0]


def test_a_label_given_to_all_is_predicted_for_all(model, world):
    X, Y = world
    everywhere = Y.toarray()
    everywhere[:, 3] = True
    model.fit(X, csr_array(everywhere))
    assert model.score_pairs(X, range(240), [3] * 240).min() > 0.9


def test_no_labels_at_all_give_no_predictions(model, world):
    X, Y = world
    assert model.fit(X, csr_array(Y.shape, dtype=bool)).predict(X).nnz == 0


def test_a_row_of_weight_zero_is_left_out(model, world):
    X, Y = world
    weight = (np.arange(240) < 150).astype(float)
    one, other = clone(model).fit(X, Y, sample_weight=weight), clone(model).fit(X[:150], Y[:150])
    assert same(one.predict(X), other.predict(X))


def test_a_stored_zero_is_not_a_given_pair(model, world):
    X, Y = world
    dense = Y.astype(np.float32).toarray()
    rows, columns = np.indices(dense.shape).reshape(2, -1)
    stored = csr_array((dense.ravel(), (rows, columns)), shape=Y.shape)
    assert stored.nnz == dense.size
    assert same(clone(model).fit(X, stored).predict(X), clone(model).fit(X, Y).predict(X))


def test_a_doubtful_pair_counts_less(model, world):
    X, Y = world
    doubtful = Y.astype(np.float32)
    doubtful.data[0] = 0.01
    pair = ([0], [Y.indices[0]])
    sure = clone(model).fit(X, Y).score_pairs(X, *pair)
    assert clone(model).fit(X, doubtful).score_pairs(X, *pair)[0] < sure[0]


def test_unsorted_input_is_left_as_it_is(model, world):
    X, Y = world
    backwards = X.copy()
    for begin, end in zip(X.indptr[:-1], X.indptr[1:], strict=True):
        backwards.indices[begin:end] = X.indices[begin:end][::-1]
        backwards.data[begin:end] = X.data[begin:end][::-1]
    backwards = csr_array((backwards.data, backwards.indices, X.indptr), shape=X.shape)
    before = backwards.indices.copy()
    assert same(clone(model).fit(backwards, Y).predict(X), clone(model).fit(X, Y).predict(X))
    np.testing.assert_array_equal(backwards.indices, before)


def test_read_only_input_is_enough(model, world, tmp_path):
    X, Y = world
    parts = []
    for name in ("data", "indices", "indptr"):
        np.save(tmp_path / name, getattr(X, name))
        parts.append(np.load(tmp_path / f"{name}.npy", mmap_mode="r"))
    mapped = csr_array(tuple(parts), shape=X.shape)
    assert same(clone(model).fit(mapped, Y).predict(mapped), clone(model).fit(X, Y).predict(X))


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


def test_a_forged_matrix_is_refused(model, world):
    X, Y = world
    model.fit(X, Y)
    for indptr in (X.indptr[:10], np.append(X.indptr, X.indptr[-1])):
        forged = X.copy()
        forged.indptr = indptr
        with pytest.raises(InputError, match="not a valid csr matrix"):
            model.predict(forged)


def test_an_index_that_only_fits_64_bits_is_refused(model, world):
    X, Y = world
    wrapped = X.copy()
    wrapped.indices = X.indices.astype(np.int64)
    wrapped.indices[0] += 2**32
    with pytest.raises(InputError, match="not a valid csr matrix"):
        model.fit(wrapped, Y)


def test_a_pair_stored_twice_is_given_once(model, world):
    X, Y = world
    twice = csr_array(
        (np.ones(2 * Y.nnz, bool), np.repeat(Y.indices, 2), 2 * Y.indptr), shape=Y.shape
    )
    assert same(clone(model).fit(X, twice).predict(X), clone(model).fit(X, Y).predict(X))


def test_a_stored_zero_feature_changes_nothing(model, world):
    X, Y = world
    rows, columns = np.indices(X.shape).reshape(2, -1)
    stored = csr_array((X.toarray().ravel(), (rows, columns)), shape=X.shape)
    assert stored.nnz == stored.shape[0] * stored.shape[1]
    assert same(clone(model).fit(stored, Y).predict(X), clone(model).fit(X, Y).predict(X))


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


def test_an_enormous_k_means_all(model, world):
    X, Y = world
    model.fit(X, Y)
    assert same(model.predict(X, k=40), model.predict(X, k=sys.maxsize))


def test_positions_of_pairs_are_whole_numbers(model, world):
    X, Y = world
    with pytest.raises(InputError, match="row positions must be whole numbers, found float64"):
        model.fit(X, Y).score_pairs(X, [0.9], [1])


def test_order_is_checked_whatever_the_matrix_says_of_it(model, world):
    X, Y = world
    backwards = X.copy()
    for begin, end in zip(X.indptr[:-1], X.indptr[1:], strict=True):
        backwards.indices[begin:end] = X.indices[begin:end][::-1]
        backwards.data[begin:end] = X.data[begin:end][::-1]
    backwards.has_sorted_indices = True
    model.fit(X, Y)
    assert same(model.predict(backwards), model.predict(X))


def test_too_many_columns_are_refused(model, world):
    _, Y = world
    wide = csr_array((np.float32([1]), ([0], [2**31 + 5])), shape=(240, 2**31 + 10))
    with pytest.raises(InputError, match="at most 2,147,483,647 columns"):
        model.fit(wide, Y)


def test_rows_stored_behind_the_last_do_not_count(model, world):
    """A csr matrix may hold room at its end that belongs to no row."""
    X, Y = world
    roomy = X.copy()
    roomy.data = np.append(X.data, np.float32([7, 7]))
    roomy.indices = np.append(X.indices, np.int32([0, 1]))
    assert same(clone(model).fit(roomy, Y).predict(X), clone(model).fit(X, Y).predict(X))


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


def test_dense_input_is_refused(model, world):
    X, Y = world
    with pytest.raises(TypeError, match=r"a scipy sparse matrix, found .*; scipy.sparse.csr_array"):
        model.fit(X.toarray(), Y)


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
