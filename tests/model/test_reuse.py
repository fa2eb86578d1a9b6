"""Training on the trees of a model that is there already."""

import numpy as np
import pytest
from scipy.sparse import csr_array, hstack

from workbench.errors import InputError
from workbench.model import ClusteredOVR, OneVsRest
from workbench.model.finished import FinishedWork

TREE = {"branching": 4, "leaf_size": 5, "n_jobs": 1}


@pytest.fixture
def trained_blocks(monkeypatch):
    """The fingerprints of the blocks that were trained, not taken."""
    added = []
    monkeypatch.setattr(FinishedWork, "add", lambda self, print_, block: added.append(print_))
    return added


def assert_same_trees(one, other):
    for a, b in zip(one.trees_, other.trees_, strict=True):
        np.testing.assert_array_equal(a.tree.label_order, b.tree.label_order)
        for mine, theirs in zip(a.levels, b.levels, strict=True):
            for field in mine._fields:
                np.testing.assert_array_equal(getattr(mine, field), getattr(theirs, field))


def on_the_same_trees(model, X, Y, **parameters):
    """Return a full training on the trees of a model: none of its blocks may be taken."""
    stripped = ClusteredOVR(**model.get_params()).fit(X[:, : model.n_features_in_], Y[:, :40])
    stripped.trees_ = [
        type(t)(t.tree, tuple(lv._replace(prints=np.zeros_like(lv.prints)) for lv in t.levels))
        for t in model.trees_
    ]
    return ClusteredOVR(**(model.get_params() | parameters)).fit(X, Y, reuse=stripped)


def corrected(Y, row):
    """Return Y with one given pair taken away and another label given instead."""
    dense = Y.toarray()
    old, new = np.flatnonzero(dense[row])[0], np.flatnonzero(~dense[row])[0]
    dense[row, [old, new]] = False, True
    return csr_array(dense)


@pytest.mark.parametrize("n_trees", [1, 2])
def test_after_a_correction_only_touched_blocks_are_trained(world, trained_blocks, n_trees):
    X, Y = world
    model = ClusteredOVR(**TREE, n_trees=n_trees).fit(X, Y)
    n_blocks = len(trained_blocks)
    trained_blocks.clear()
    again = ClusteredOVR(**TREE, n_trees=n_trees).fit(X, corrected(Y, 7), reuse=model)
    assert 0 < len(trained_blocks) < n_blocks / 2
    assert_same_trees(again, on_the_same_trees(model, X, corrected(Y, 7)))


def test_nothing_changed_is_nothing_trained(world, trained_blocks):
    X, Y = world
    model = ClusteredOVR(**TREE).fit(X, Y)
    trained_blocks.clear()
    assert_same_trees(ClusteredOVR(**TREE).fit(X, Y, reuse=model), model)
    assert trained_blocks == []


def test_a_saved_model_can_be_reused(world, trained_blocks, tmp_path):
    X, Y = world
    ClusteredOVR(**TREE).fit(X, Y).save(tmp_path / "model")
    trained_blocks.clear()
    ClusteredOVR(**TREE).fit(X, Y, reuse=ClusteredOVR.load(tmp_path / "model"))
    assert trained_blocks == []


def test_further_rows_touch_the_blocks_that_they_belong_to(world, trained_blocks):
    X, Y = world
    model = ClusteredOVR(**TREE).fit(X[:239], Y[:239])
    n_blocks = len(trained_blocks)
    trained_blocks.clear()
    again = ClusteredOVR(**TREE).fit(X, Y, reuse=model)
    assert 0 < len(trained_blocks) < n_blocks
    assert_same_trees(again, on_the_same_trees(model, X, Y))


@pytest.mark.parametrize(
    "change",
    [{"C": 0.5}, {"tolerance": 0.1}, {"max_passes": 3}, {"weight_threshold": 0.2}],
    ids=lambda change: next(iter(change)),
)
def test_another_parameter_trains_every_block(world, trained_blocks, change):
    X, Y = world
    model = ClusteredOVR(**TREE).fit(X, Y)
    n_blocks = len(trained_blocks)
    trained_blocks.clear()
    again = ClusteredOVR(**TREE, **change).fit(X, Y, reuse=model)
    assert len(trained_blocks) == n_blocks
    assert_same_trees(again, on_the_same_trees(model, X, Y, **change))


def test_another_weight_of_a_row_trains_its_blocks(world, trained_blocks):
    X, Y = world
    model = ClusteredOVR(**TREE).fit(X, Y)
    trained_blocks.clear()
    weight = np.ones(240)
    weight[3] = 0.5
    ClusteredOVR(**TREE).fit(X, Y, weight, reuse=model)
    assert trained_blocks


def test_another_confidence_of_a_pair_trains_its_blocks(world, trained_blocks):
    X, Y = world
    model = ClusteredOVR(**TREE).fit(X, Y)
    trained_blocks.clear()
    doubtful = Y.astype(np.float32)
    doubtful.data[0] = 0.5
    ClusteredOVR(**TREE).fit(X, doubtful, reuse=model)
    assert trained_blocks


def test_equal_rows_that_exchange_their_labels_train_their_blocks(world, trained_blocks):
    X, Y = world
    X, dense = csr_array(X[[0, 0, *range(2, X.shape[0])]]), Y.toarray()
    model = ClusteredOVR(**TREE).fit(X, csr_array(dense))
    trained_blocks.clear()
    dense[[0, 1]] = dense[[1, 0]]
    again = ClusteredOVR(**TREE).fit(X, csr_array(dense), reuse=model)
    assert trained_blocks
    assert_same_trees(again, on_the_same_trees(model, X, csr_array(dense)))


def test_a_further_label_goes_to_the_leaf_of_its_like(world):
    X, Y = world
    model = ClusteredOVR(**TREE).fit(X, Y)
    twin = hstack([Y, Y[:, [3]]], format="csr")
    again = ClusteredOVR(**TREE).fit(X, csr_array(twin), reuse=model)
    tree = again.trees_[0].tree
    leaf = np.searchsorted(tree.child_ptr[-1], tree.position_of_label[[3, 40]], side="right")
    assert leaf[0] == leaf[1]
    assert again.n_labels_ == 41
    assert_same_trees(again, on_the_same_trees(model, X, csr_array(twin)))


def test_a_further_label_leaves_other_leaves_as_they_are(world, trained_blocks):
    X, Y = world
    model = ClusteredOVR(**TREE).fit(X, Y)
    n_blocks = len(trained_blocks)
    trained_blocks.clear()
    ClusteredOVR(**TREE).fit(X, csr_array(hstack([Y, Y[:, [3]]], format="csr")), reuse=model)
    assert 0 < len(trained_blocks) < n_blocks / 2


def test_a_further_label_without_rows_is_placed_by_what_is_known_of_it(world):
    X, Y = world
    known = csr_array(np.eye(40, dtype=np.float32))
    model = ClusteredOVR(**TREE).fit(X, Y, label_features=known)
    unseen = csr_array(hstack([Y, csr_array((240, 1), dtype=bool)], format="csr"))
    like_three = csr_array(np.vstack([known.toarray(), known.toarray()[[3]]]))
    tree = (
        ClusteredOVR(**TREE).fit(X, unseen, reuse=model, label_features=like_three).trees_[0].tree
    )
    leaf = np.searchsorted(tree.child_ptr[-1], tree.position_of_label[[3, 40]], side="right")
    assert leaf[0] == leaf[1]


def test_a_further_label_of_which_nothing_is_known_goes_to_the_smallest_leaf(world):
    X, Y = world
    model = ClusteredOVR(**TREE).fit(X, Y)
    unseen = csr_array(hstack([Y, csr_array((240, 1), dtype=bool)], format="csr"))
    sizes = np.diff(ClusteredOVR(**TREE).fit(X, unseen, reuse=model).trees_[0].tree.child_ptr[-1])
    before = np.diff(model.trees_[0].tree.child_ptr[-1])
    assert np.argmax(sizes - before) == np.argmin(before)


def test_many_further_labels_are_spread(world):
    X, Y = world
    model = ClusteredOVR(**TREE).fit(X, Y)
    unseen = csr_array(hstack([Y, csr_array((240, 200), dtype=bool)], format="csr"))
    sizes = np.diff(ClusteredOVR(**TREE).fit(X, unseen, reuse=model).trees_[0].tree.child_ptr[-1])
    assert sizes.max() - sizes.min() <= 1


def test_a_leaf_takes_twice_its_labels_and_no_more(world):
    X, Y = world
    model = ClusteredOVR(**TREE).fit(X, Y)
    twins = csr_array(hstack([Y, *[Y[:, [3]]] * 30], format="csr"))
    sizes = np.diff(ClusteredOVR(**TREE).fit(X, twins, reuse=model).trees_[0].tree.child_ptr[-1])
    assert sizes.max() == 2 * np.diff(model.trees_[0].tree.child_ptr[-1]).max()


def test_one_vs_rest_can_be_reused_too(world, trained_blocks):
    X, Y = world
    model = OneVsRest(n_jobs=1).fit(X, Y)
    trained_blocks.clear()
    OneVsRest(n_jobs=1).fit(X, Y, reuse=model)
    assert trained_blocks == []


@pytest.mark.parametrize("change", [{"branching": 3}, {"leaf_size": 6}, {"random_state": 5}])
def test_a_model_with_other_trees_cannot_be_reused(world, change):
    X, Y = world
    model = ClusteredOVR(**TREE).fit(X, Y)
    with pytest.raises(ValueError, match="use the same, or train without reuse"):
        ClusteredOVR(**(TREE | change)).fit(X, Y, reuse=model)


@pytest.mark.parametrize("kept", ["in memory", "on disk"])
def test_trees_are_those_of_the_parameters_they_were_made_with(world, tmp_path, kept):
    X, Y = world
    model = ClusteredOVR(**TREE).fit(X, Y).set_params(leaf_size=20)
    if kept == "on disk":
        model.save(tmp_path)
        model = ClusteredOVR.load(tmp_path).set_params(leaf_size=20)
    with pytest.raises(ValueError, match=r"leaf_size is 20, but the model .* was trained with 5"):
        ClusteredOVR(**(TREE | {"leaf_size": 20})).fit(X, Y, reuse=model)
    assert ClusteredOVR(**TREE).fit(X, Y, reuse=model).n_labels_ == 40


def test_columns_may_not_be_taken_away(world):
    X, Y = world
    model = ClusteredOVR(**TREE).fit(X, Y)
    with pytest.raises(InputError, match="Y has 39 labels, the model to reuse knows 40"):
        ClusteredOVR(**TREE).fit(X, Y[:, :39], reuse=model)
    with pytest.raises(InputError, match="X has 119 features, the model to reuse knows 120"):
        ClusteredOVR(**TREE).fit(X[:, :119], Y, reuse=model)


def test_another_kind_of_model_cannot_be_reused(world):
    X, Y = world
    with pytest.raises(TypeError, match="expected a ClusteredOVR, found OneVsRest"):
        ClusteredOVR(**TREE).fit(X, Y, reuse=OneVsRest(n_jobs=1).fit(X, Y))


def test_known_features_of_labels_shape_the_clusters(world):
    X, Y = world
    group = np.arange(40) % 8
    known = csr_array(10 * np.eye(8, dtype=np.float32)[group])
    tree = ClusteredOVR(**TREE).fit(X, Y, label_features=known).trees_[0].tree
    leaves = np.split(tree.label_order, tree.child_ptr[-1][1:-1])
    assert all(len(np.unique(group[leaf])) == 1 for leaf in leaves)


def test_known_features_need_a_row_for_each_label(world):
    X, Y = world
    with pytest.raises(InputError, match="a row for each of 40 labels, found 3"):
        ClusteredOVR(**TREE).fit(X, Y, label_features=csr_array((3, 2), dtype=np.float32))


def test_a_model_counts_what_it_trained_and_knows_its_trees(world):
    X, Y = world
    model = ClusteredOVR(**TREE).fit(X, Y)
    again = ClusteredOVR(**TREE).fit(X, corrected(Y, 7), reuse=model)
    assert model.n_blocks_trained_ == model.n_blocks
    assert 0 < again.n_blocks_trained_ < again.n_blocks
    assert again.trees_fingerprint() == model.trees_fingerprint()
    other = ClusteredOVR(**TREE, random_state=1).fit(X, Y)
    assert other.trees_fingerprint() != model.trees_fingerprint()
