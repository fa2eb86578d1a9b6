"""Training that starts above the leaves from the dual variables of the model before."""

import hashlib
import json
import zlib

import numpy as np
import pytest
from scipy.sparse import csr_array

from workbench.errors import DamagedArtefactError
from workbench.model import ClusteredOVR, OneVsRest

# Two levels above the leaves; solved so far that two ways to the optimum meet.
EXACT = {
    "branching": 3,
    "leaf_size": 5,
    "tolerance": 1e-3,
    "max_passes": 3000,
    "weight_threshold": 0,
    "n_jobs": 1,
}


def flipped(Y, *rows):
    """Return Y where each row has lost its first label and has the first other one instead."""
    dense = Y.toarray()
    for row in rows:
        old, new = np.flatnonzero(dense[row])[0], np.flatnonzero(~dense[row])[0]
        dense[row, [old, new]] = False, True
    return csr_array(dense)


def without_duals(model):
    """Return the model with its trees alone: no block may be taken, none has a start."""
    bare = ClusteredOVR(**model.get_params())
    vars(bare).update(vars(model))
    bare.trees_ = [
        type(t)(t.tree, tuple(lv._replace(prints=np.zeros_like(lv.prints)) for lv in t.levels))
        for t in model.trees_
    ]
    return bare


def assert_same(one, other):
    for a, b in zip(one.trees_, other.trees_, strict=True):
        for mine, theirs in zip(a.levels, b.levels, strict=True):
            for field in mine._fields:
                np.testing.assert_array_equal(getattr(mine, field), getattr(theirs, field))


def assert_near(warm, full, X, atol=5e-3):
    """Margins are linear: where those of all rows agree, so do the weights that matter."""
    for a, b in zip(warm.trees_, full.trees_, strict=True):
        for mine, theirs in zip(a.levels, b.levels, strict=True):
            np.testing.assert_allclose(mine.bias, theirs.bias, atol=atol)
        for field in a.levels[-1]._fields:
            np.testing.assert_array_equal(
                getattr(a.levels[-1], field), getattr(b.levels[-1], field)
            )
    rows, columns = np.indices((X.shape[0], warm.n_labels_)).reshape(2, -1)
    scores = (model.score_pairs(X, rows, columns) for model in (warm, full))
    np.testing.assert_allclose(*scores, atol=atol)


def trained(model, X, Y, **options):
    return ClusteredOVR(**model.get_params()).fit(X, Y, **options)


def retrained(model, X, Y):
    """Return what a warm training makes of changed data, and a full one on the same trees."""
    warm = trained(model, X, Y, reuse=model, warm_start=True)
    return warm, trained(model, X, Y, reuse=without_duals(model))


@pytest.fixture
def model(world):
    return ClusteredOVR(**EXACT).fit(*world, warm_start=True)


def test_what_is_kept_does_not_change_what_is_learnt(world, model):
    assert model.trees_[0].tree.n_levels == 3
    assert_same(model, trained(model, *world))


def test_nothing_changed_is_exactly_as_before(world, model):
    again = trained(model, *world, reuse=model, warm_start=True)
    assert again.n_blocks_trained_ == 0
    assert_same(again, model)
    for one, other in zip(again.trees_[0].duals.levels, model.trees_[0].duals.levels, strict=True):
        for mine, theirs in zip(one, other, strict=True):
            np.testing.assert_array_equal(mine, theirs)


CHANGES = {
    "sides": lambda X, Y: (X, flipped(Y, 3, 50, 51, 52, 120)),
    "rows that left": lambda X, Y: (X[7:230], Y[7:230]),
    "another order": lambda X, Y: (X[::-1], Y[::-1]),
    "features": lambda X, Y: (csr_array((X.data * 1.01, X.indices, X.indptr), X.shape), Y),
    "confidence": lambda X, Y: (
        X,
        csr_array((np.linspace(0.2, 1, Y.nnz), Y.indices, Y.indptr), Y.shape),
    ),
}


def children_of(model, row, Y):
    """Return which children of the root a row carries."""
    path = model.trees_[0].tree.paths(np.arange(40))[0][:, 1]
    return set(path[np.flatnonzero(Y.toarray()[row])].tolist())


def of_child(model, child):
    """Return the bias and the weights, by feature, of a child of the root."""
    block = model.trees_[0].block(0, 0)
    feature = np.repeat(block.features, block.counts.astype(int) + 1)
    is_its = block.children == child
    return [block.bias[child], feature[is_its].tolist(), block.weights[is_its].tolist()]


def test_the_children_whose_rows_stay_are_exactly_as_before(world, model):
    X, Y = world
    changed = next(
        Z
        for row in range(200)
        if children_of(model, row, Z := flipped(Y, row)) != children_of(model, row, Y)
    )
    row = int(np.flatnonzero((changed != Y).sum(axis=1))[0])
    moved = children_of(model, row, Y) ^ children_of(model, row, changed)
    warm, full = retrained(model, X, changed)
    assert 0 < len(moved) < 3
    for child in range(3):
        is_same = of_child(warm, child) == of_child(model, child)
        assert is_same == (child not in moved)
    assert_near(warm, full, X)


def duals_of(model, level, block):
    """Return the dual variables of a block, shape (n_rows, n_children), and its rows."""
    trained, kept = model.trees_[0].levels[level], model.trees_[0].duals.levels[level]
    node = np.searchsorted(trained.block_ptr, block, side="right") - 1
    rows = kept.rows[slice(*kept.row_ptr[node : node + 2])]
    lanes, duals = kept.of_block(block)
    bias = trained.bias[slice(*trained.block_start[block : block + 2])]
    carried = np.flatnonzero(bias > -np.inf)
    found, n_read = np.zeros((len(rows), len(bias)), np.float32), 0
    for group in range(-(-len(carried) // 16)):
        children = carried[16 * group : 16 * group + 16]
        for r, mask in enumerate(lanes[group * len(rows) : (group + 1) * len(rows)].tolist()):
            for lane, child in enumerate(children):
                if mask >> lane & 1:
                    bits = np.array([int(duals[n_read]) << 16], np.uint32)
                    found[r, child] = bits.view(np.float32)[0]
                    n_read += 1
    assert n_read == len(duals)
    return found, rows


def assert_duals_fit(model, X):
    """Weights are sums over rows of their dual variables, but for how these are rounded."""
    for level in range(len(model.trees_[0].duals.levels)):
        for block in range(len(model.trees_[0].levels[level].prints)):
            duals, rows = duals_of(model, level, block)
            learnt = model.trees_[0].block(level, block)
            feature = np.repeat(learnt.features, learnt.counts.astype(int) + 1)
            weights = np.zeros((X.shape[1], duals.shape[1]))
            weights[feature, learnt.children] = learnt.weights
            np.testing.assert_allclose(X[rows].T @ duals, weights, atol=0.03)
            carried = learnt.bias > -np.inf
            np.testing.assert_allclose(duals.sum(axis=0)[carried], learnt.bias[carried], atol=0.1)


SHAPES = {"few children": (3, 5), "many": (12, 1), "groups": (40, 1)}


@pytest.mark.parametrize(("branching", "leaf_size"), SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("n_changed", [1, 6, 40])
def test_what_is_kept_fits_the_weights_after_a_warm_training(
    world, branching, leaf_size, n_changed
):
    X, Y = world
    settings = EXACT | {"branching": branching, "leaf_size": leaf_size}
    model = ClusteredOVR(**settings, random_state=0).fit(X, Y, warm_start=True)
    assert_duals_fit(model, X)
    changed = flipped(Y, *range(n_changed))
    warm, full = retrained(model, X, changed)
    assert_duals_fit(warm, X)
    assert_near(warm, full, X)


def test_a_child_alone_is_solved_with_its_own_costs(world):
    X, Y = world
    rng = np.random.default_rng(0)
    weight = rng.uniform(0.2, 2, X.shape[0])
    sure = csr_array((rng.uniform(0.2, 1, Y.nnz), Y.indices, Y.indptr), shape=Y.shape)
    model = ClusteredOVR(**EXACT).fit(X, sure, sample_weight=weight, warm_start=True)
    less = sure.copy()
    less.data[7] /= 3
    options = {"sample_weight": weight}
    warm = trained(model, X, less, reuse=model, warm_start=True, **options)
    assert_near(warm, trained(model, X, less, reuse=without_duals(model), **options), X)
    assert_duals_fit(warm, X)


def test_children_that_stay_keep_their_dual_variables(world):
    X, Y = world
    model = ClusteredOVR(**EXACT | {"branching": 40, "leaf_size": 1}).fit(X, Y, warm_start=True)
    warm = trained(model, X, flipped(Y, 3), reuse=model, warm_start=True)
    (before, _), (after, _) = duals_of(model, 0, 0), duals_of(warm, 0, 0)
    is_same = (before == after).all(axis=0)
    assert 0 < (~is_same).sum() <= 2 < is_same.sum()


def test_other_settings_leave_no_child_as_it_was(world, model):
    X, Y = world
    loose = ClusteredOVR(**EXACT | {"tolerance": 0.5}).fit(X, Y, warm_start=True)
    exact = ClusteredOVR(**EXACT).fit(X, Y, reuse=loose, warm_start=True)
    assert exact.n_blocks_trained_ == exact.n_blocks
    assert_near(exact, trained(model, X, Y, reuse=without_duals(loose)), X)


@pytest.mark.parametrize(
    ("branching", "leaf_size", "widest"), [(3, 5, 3), (12, 1, 10)], ids=["few children", "many"]
)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_warm_training_ends_where_a_full_one_does(world, change, branching, leaf_size, widest):
    settings = EXACT | {"branching": branching, "leaf_size": leaf_size}
    model = ClusteredOVR(**settings, random_state=0).fit(*world, warm_start=True)
    assert max(model.trees_[0].widest_nodes[:-1]) == widest
    X, Y = change(*world)
    assert_near(*retrained(model, X, Y), X)


def test_rows_that_came_begin_at_zero(world):
    X, Y = world
    model = ClusteredOVR(**EXACT).fit(X[20:220], Y[20:220], warm_start=True)
    assert_near(*retrained(model, X, Y), X)


def test_the_rows_of_a_label_may_all_change_their_side(world, model):
    X, Y = world
    label = np.bincount(Y.indices).argmax()
    dense = Y.toarray()
    dense[:, label] = ~dense[:, label]
    assert_near(*retrained(model, X, csr_array(dense)), X)


def test_a_block_of_more_than_sixteen_children_starts_in_groups(world):
    X, Y = world
    model = ClusteredOVR(**EXACT | {"branching": 20, "leaf_size": 2}).fit(X, Y, warm_start=True)
    assert np.diff(model.trees_[0].tree.child_ptr[0]) > 16
    assert_near(*retrained(model, X, flipped(Y, 3, 50, 51)), X)


def test_every_tree_starts_from_its_own(world):
    X, Y = world
    model = ClusteredOVR(**EXACT, n_trees=2).fit(X, Y, warm_start=True)
    assert_near(*retrained(model, X, flipped(Y, 3, 50, 51)), X)


def test_a_start_needs_fewer_passes(world, model):
    X, Y = world
    Y = flipped(Y, 3)
    full = trained(model, X, Y, reuse=without_duals(model))
    apart = []
    for warm_start in (False, True):
        hasty = ClusteredOVR(**EXACT | {"max_passes": 4})
        found = hasty.fit(X, Y, reuse=model, warm_start=warm_start)
        biases = (m.trees_[0].levels[0].bias for m in (found, full))
        apart.append(abs(np.subtract(*biases)).max())
    assert apart[1] < apart[0] / 5


def test_no_error_adds_up_from_training_to_training(world, model):
    X, Y = world
    for row in range(0, 200, 20):
        Y = flipped(Y, row, row + 1)
        last, model = model, trained(model, X, Y, reuse=model, warm_start=True)
    assert_near(model, trained(model, X, Y, reuse=without_duals(last)), X)


def test_a_saved_model_gives_the_same_start(world, model, tmp_path):
    X, Y = world
    model.save(tmp_path)
    loaded = ClusteredOVR.load(tmp_path)
    Y = flipped(Y, 3)
    assert_same(*(trained(model, X, Y, reuse=one, warm_start=True) for one in (model, loaded)))


def test_a_model_without_dual_variables_starts_none(world):
    X, Y = world
    warm, full = retrained(ClusteredOVR(**EXACT).fit(X, Y), X, flipped(Y, 3))
    assert_same(warm, full)
    assert_near(*retrained(warm, X, flipped(Y, 3, 50)), X)


def test_one_cluster_keeps_nothing(world):
    assert OneVsRest(n_jobs=1).fit(*world, warm_start=True).trees_[0].duals is None


def test_another_cost_starts_none(world, model):
    X, Y = world
    model.set_params(C=0.5)
    assert_same(*retrained(model, X, flipped(Y, 3)))


def test_a_cluster_that_lost_its_rows_starts_none(world, model):
    X, Y = world
    tree = model.trees_[0].tree
    gone = tree.paths(np.arange(40))[0][:, 1] == 0
    dense = Y.toarray()
    dense[:, gone] = False
    warm, full = retrained(model, X, csr_array(dense))
    np.testing.assert_array_equal(warm.trees_[0].levels[0].bias, full.trees_[0].levels[0].bias)


def in_format(version, model, folder):
    """Save a model as releases before did: 3 had sha256 sums, and no dual variables."""
    ClusteredOVR.save(model, folder)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["manifest_sha256"]
    manifest["format_version"] = version
    for prints in folder.glob("*_prints.npy"):  # releases before took other sums
        np.save(prints, np.load(prints) + np.uint64(1))
        manifest["crc32"][prints.name] = zlib.crc32(prints.read_bytes())
    if version == 3:
        names = manifest.pop("crc32")
        sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
        manifest["sha256"] = sums
    else:
        for gone in folder.glob("*_dual_child_prints.npy"):
            del manifest["crc32"][gone.name]
            gone.unlink()
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    path.write_text(
        json.dumps(manifest | {"manifest_sha256": hashlib.sha256(text.encode()).hexdigest()})
    )


@pytest.mark.parametrize("version", [3, 4])
def test_a_model_of_an_earlier_format_is_reused(world, tmp_path, version):
    X, Y = world
    model = ClusteredOVR(**EXACT).fit(X, Y, warm_start=version == 4)
    in_format(version, model, tmp_path)
    assert ClusteredOVR.load(tmp_path).trees_[0].duals is None
    again = trained(model, X, flipped(Y, 3), reuse=ClusteredOVR.load(tmp_path), warm_start=True)
    assert again.n_blocks_trained_ == again.n_blocks
    assert_same(again, trained(model, X, flipped(Y, 3), reuse=without_duals(model)))


@pytest.mark.parametrize("version", [3, 4])
def test_damage_is_seen_in_earlier_formats(world, tmp_path, version):
    in_format(version, ClusteredOVR(**EXACT).fit(*world), tmp_path)
    path = tmp_path / "tree0_level0_weights.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedArtefactError, match=r"level0_weights.npy .* train the model again"):
        ClusteredOVR.load(tmp_path)
