import numpy as np

from workbench.model.levels import FEATURES_PER_MARK, pack_level, unpack_block
from workbench.model.packed import NO_DUALS, Packed


def made_up_block(rng, n_children, n_features):
    counts = rng.integers(1, n_children + 1, n_features)
    children = [np.sort(rng.choice(n_children, count, replace=False)) for count in counts]
    return Packed(
        np.sort(rng.choice(10_000, n_features, replace=False)).astype(np.uint32),
        (counts - 1).astype(np.uint8),
        np.concatenate([*children, np.empty(0, int)]).astype(np.uint8),
        rng.normal(size=counts.sum()).astype(np.float32),
        rng.normal(size=n_children).astype(np.float32),
        NO_DUALS,
        NO_DUALS,
    )


def test_blocks_come_out_of_a_level_as_they_went_in():
    rng = np.random.default_rng(0)
    # Two nodes: one of 150 children, in blocks of 80 and 70, and one of 5.
    sizes = [(80, 100), (70, 0), (5, 33)]
    blocks = [made_up_block(rng, *size) for size in sizes]
    level = pack_level(np.array([0, 150, 155]), list(blocks), np.zeros(3, np.uint64))
    assert level.block_ptr.tolist() == [0, 2, 3]
    for b, block in enumerate(blocks):
        for given, found in zip(block, unpack_block(level, b), strict=True):
            np.testing.assert_array_equal(given, found)


def test_marks_are_where_every_sixteenth_feature_has_its_weights():
    rng = np.random.default_rng(1)
    blocks = [made_up_block(rng, 16, n) for n in (40, 1, 0, 16, 17)]
    level = pack_level(np.arange(0, 96, 16), list(blocks), np.zeros(5, np.uint64))
    for b, block in enumerate(blocks):
        starts = np.concatenate([[0], np.cumsum(block.counts.astype(int) + 1)])[:-1]
        begin = level.feature_ptr[b] // FEATURES_PER_MARK + b
        marked = starts[::FEATURES_PER_MARK]
        np.testing.assert_array_equal(level.marks[begin : begin + len(marked)], marked)
