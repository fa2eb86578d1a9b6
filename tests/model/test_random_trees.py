"""Search finds on random trees what its definition says: deep and flat ones, ties, wide beams."""

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from workbench.model import ClusteredOVR
from workbench.model.label_tree import LabelTree
from workbench.model.levels import cut_into_blocks, pack_level, unpack_block
from workbench.model.packed import NO_DUALS, Packed
from workbench.model.trained import TrainedTree

N_FEATURES = 400
EVERY_K = [1, 2, 10, 16, 17, 40, 10_000]


def random_block(rng, n_children, *, scale=1.0):
    """Return weights that 3 in 8 features have for some of the children."""
    features = np.flatnonzero(rng.random(N_FEATURES) < 3 / 8).astype(np.uint32)
    has_weight = rng.random((len(features), n_children)) < rng.choice([0.1, 0.9])
    has_weight[np.arange(len(features)), rng.integers(n_children, size=len(features))] = True
    return Packed(
        features,
        (has_weight.sum(axis=1) - 1).astype(np.uint8),
        has_weight.nonzero()[1].astype(np.uint8),
        rng.normal(0, scale, has_weight.sum()).astype(np.float32),
        np.where(rng.random(n_children) < 0.02, -np.inf, rng.normal(0, scale, n_children)).astype(
            np.float32
        ),
        NO_DUALS,
        NO_DUALS,
    )


def random_model(widths, *, beam, scale=1.0, seed=0, make_block=random_block):
    """Return a model of a random tree, whose nodes have about so many children level by level."""
    rng = np.random.default_rng(seed)
    pointers, levels, n_nodes = [], [], 1
    for width in widths:
        sizes = rng.integers(width // 2 + 1, width + 1, n_nodes)
        sizes[0] = width
        pointers.append(np.concatenate([[0], np.cumsum(sizes)]))
        starts = cut_into_blocks(pointers[-1])[1]
        blocks = [make_block(rng, size, scale=scale) for size in np.diff(starts)]
        levels.append(pack_level(pointers[-1], blocks, np.zeros(len(blocks), np.uint64)))
        n_nodes = int(sizes.sum())
    tree = LabelTree(tuple(pointers), rng.permutation(n_nodes))
    model = ClusteredOVR(beam=beam, n_jobs=1)
    model.trees_, model.entropy_ = [TrainedTree(tree, tuple(levels))], 0
    model.n_features_in_, model.n_labels_ = N_FEATURES, n_nodes
    return model


def random_rows(n_rows, *, seed=1):
    """Return sparse rows of about length 1; the first and the last are empty."""
    X = random_array((n_rows, N_FEATURES), density=0.02, rng=seed, dtype=np.float32).tolil()
    X[[0, n_rows - 1]] = 0
    return csr_array(X.tocsr() * np.float32(0.6))


def log_scores(level, x):
    """Return the log score of each child of a level for a dense row, by the definition."""
    margins = level.bias.astype(np.float64)
    for b, start in enumerate(level.block_start[:-1]):
        block = unpack_block(level, b)
        value = np.repeat(x[block.features], block.counts.astype(int) + 1)
        np.add.at(margins, start + block.children, value * block.weights)
    return -np.logaddexp(0, -4 * margins) - 4 * np.maximum(-margins, 0) ** 3


def search_slowly(model, x):
    """Return the score of every label that the beam reaches, shape (n_labels,); 0 elsewhere.

    None if two nodes nearly tie for the last place in a beam: either may be followed.
    """
    (trained,) = model.trees_
    nodes = {0: 0.0}
    for depth, level in enumerate(trained.levels):
        own = log_scores(level, x)
        children = {
            child: score + own[child]
            for node, score in nodes.items()
            for child in range(*level.child_ptr[node : node + 2])
            if own[child] > -np.inf
        }
        if depth == len(trained.levels) - 1:
            break
        best = sorted(children, key=children.get, reverse=True)
        nodes = {child: children[child] for child in best[: model.beam]}
        if len(best) > model.beam:
            last, next_one = (children[child] for child in best[model.beam - 1 : model.beam + 1])
            if last - next_one < 1e-7 - 2e-6 * last:
                return None
    scores = np.zeros(model.n_labels_)
    scores[trained.tree.label_order[list(children)]] = np.exp(list(children.values()))
    return scores


def assert_best(found, expected, k):
    """Check that a row of scores is the k best of what is expected, but for the last digits."""
    labels = found.indices
    np.testing.assert_allclose(found.data, expected[labels], rtol=1e-4, atol=1e-30)
    assert len(labels) >= min(k, (expected > 1e-30).sum())
    lowest = found.data.min() if len(labels) == k else 1e-30
    assert np.delete(expected, labels).max(initial=0) <= lowest * (1 + 1e-4)


# The children of a node level by level, and the beam. More than 128 children are several blocks.
TREES = [
    ((300,), 1),
    ((12, 40), 3),
    ((5, 200), 2),
    ((200, 4), 20),
    ((16, 16, 5), 10),
    ((9, 8, 7, 6), 40),
    ((3, 3, 3, 3, 3), 17),
    ((20, 20), 1),
]


@pytest.mark.parametrize("scale", [0.5, 2.0])
@pytest.mark.parametrize(("widths", "beam"), TREES)
def test_the_best_labels_are_those_of_a_slow_search(widths, beam, scale):
    model, X = random_model(widths, beam=beam, scale=scale), random_rows(40)
    expected = {i: search_slowly(model, x) for i, x in enumerate(X.toarray())}
    clear = {i: scores for i, scores in expected.items() if scores is not None}
    assert len(clear) > 20
    for k in EVERY_K:
        found = model.predict(X, k=k)
        for i, scores in clear.items():
            assert_best(found[[i]], scores, k)


def tied_block(rng, n_children, *, scale):
    """Return weights that sixteen neighbours share, as they do their bias."""
    one = random_block(rng, 1, scale=scale)
    n = len(one.features)
    share = rng.normal(0, scale, -(-n_children // 16)).astype(np.float32)
    return Packed(
        one.features,
        np.full(n, n_children - 1, np.uint8),
        np.tile(np.arange(n_children, dtype=np.uint8), n),
        np.repeat(one.weights, n_children),
        np.repeat(share, 16)[:n_children],
        NO_DUALS,
        NO_DUALS,
    )


@pytest.mark.parametrize("widths", [(300,), (12, 40), (6, 5, 40)])
def test_of_tied_labels_as_many_are_found_as_there_is_room_for(widths):
    """A beam over all nodes: which of those that tie it follows would be a matter of order."""
    model, X = random_model(widths, beam=100, make_block=tied_block), random_rows(20)
    expected = [search_slowly(model, x) for x in X.toarray()]
    for k in EVERY_K:
        found = model.predict(X, k=k)
        for i in range(20):
            assert_best(found[[i]], expected[i], k)


@pytest.mark.parametrize(("widths", "beam"), TREES)
def test_a_row_alone_scores_as_among_others_to_the_last_bit(widths, beam):
    """A few features of one row are looked up one by one, where many rows open a block."""
    model, X = random_model(widths, beam=beam), random_rows(200)
    assert np.diff(model.trees_[0].levels[0].feature_ptr).min() > 100
    for k in EVERY_K:
        together = model.predict(X, k=k)
        for row in range(0, 200, 19):
            alone = model.predict(X[[row]], k=k)
            np.testing.assert_array_equal(alone.indices, together[[row]].indices)
            np.testing.assert_array_equal(alone.data, together[[row]].data)


@pytest.mark.parametrize(("widths", "beam"), TREES)
def test_given_pairs_score_as_they_are_predicted_to_the_last_bit(widths, beam):
    model, X = random_model(widths, beam=beam), random_rows(40)
    found = model.predict(X, k=10_000).tocoo()
    assert found.nnz > 40
    np.testing.assert_array_equal(model.score_pairs(X, found.row, found.col), found.data)
