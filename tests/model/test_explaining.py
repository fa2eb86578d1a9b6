"""What speaks for a label adds up to its score."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from workbench.errors import InputError
from workbench.model import ClusteredOVR


def sums(levels):
    total = {}
    for level in levels:
        for feature, share in level:
            total[feature] = total.get(feature, 0) + share
    return {feature: share for feature, share in total.items() if share != 0}


@pytest.mark.parametrize("model", ["one tree", "one-vs-rest"], indirect=True)
def test_contributions_and_biases_add_up_to_the_score(model, world):
    X, Y = world
    model.set_params(weight_threshold=0).fit(X, Y)
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
    levels = model.explain_levels(X[[0]], label, top=1000)
    assert dict(model.explain(X[[0]], label, top=1000)) == pytest.approx(sums(levels))


def test_a_label_is_explained_by_its_own_words(model, world):
    X, Y = world
    label = int(Y.indices[0])
    (feature, share), *_ = model.fit(X, Y).explain(X[[0]], label, top=1)
    assert feature // 3 == label
    assert share > 0


@pytest.fixture
def two_depths(world):
    """A tree of two levels, built for ten labels, and one of three, built for all forty."""
    X, Y = world
    settings = {"branching": 4, "leaf_size": 5, "n_jobs": 1}
    shallow = ClusteredOVR(**settings).fit(X, Y[:, :10])
    model = ClusteredOVR(**settings, n_trees=2).fit(X, Y, reuse=shallow)
    assert [trained.tree.n_levels for trained in model.trees_] == [2, 3]
    return model


def of_one_tree(model, i):
    """Return a model of the i-th tree alone."""
    alone = ClusteredOVR(n_jobs=1)
    alone.trees_, alone.n_labels_ = [model.trees_[i]], model.n_labels_
    alone.n_features_in_ = model.n_features_in_
    return alone


def test_trees_of_different_depths_are_explained_by_their_mean(two_depths, world):
    X, Y = world
    label = int(Y.indices[0])
    alone = [of_one_tree(two_depths, i).explain(X[[0]], label, top=1000) for i in (0, 1)]
    halves = {feature: share / 2 for feature, share in sums(alone).items()}
    assert dict(two_depths.explain(X[[0]], label, top=1000)) == pytest.approx(halves)


def test_trees_of_different_depths_stand_level_at_their_leaves(two_depths, world):
    X, Y = world
    label = int(Y.indices[0])
    root, *others = two_depths.explain_levels(X[[0]], label, top=1000)
    short, deep = (
        of_one_tree(two_depths, i).explain_levels(X[[0]], label, top=1000) for i in (0, 1)
    )
    assert dict(root) == pytest.approx({feature: share / 2 for feature, share in deep[0]})
    for found, one, other in zip(others, short, deep[1:], strict=True):
        halves = {feature: share / 2 for feature, share in sums([one, other]).items()}
        assert dict(found) == pytest.approx(halves)


@pytest.mark.parametrize("explain", ["explain", "explain_levels"])
def test_what_cannot_be_explained_is_refused(model, world, explain):
    X, Y = world
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(model, explain)(X[[0]], 0)
    call = getattr(model.fit(X, Y), explain)
    with pytest.raises(ValueError, match="top must be a whole number of 1 or more"):
        call(X[[0]], 0, top=0)
    with pytest.raises(InputError, match="expected one row to explain, found 2"):
        call(X[[0, 1]], 0)
    with pytest.raises(InputError, match=r"label positions must be in 0..39"):
        call(X[[0]], 40)
    with pytest.raises(TypeError, match="a scipy sparse matrix, found ndarray"):
        call(X[[0]].toarray(), 0)


def test_nothing_speaks_for_a_label_that_no_row_carries(model, world):
    X, Y = world
    given = Y.tolil()
    given[:, 5] = 0
    model.fit(X, given.tocsr())
    assert model.explain(X[[0]], 5) == []
    assert model.score_pairs(X, [0], [5])[0] == 0
