import numpy as np

from workbench.model.label_tree import LabelTree


def test_path_leads_from_the_root_to_the_label():
    tree = LabelTree((np.array([0, 2]), np.array([0, 1, 3])), np.array([2, 0, 1]))
    steps = tree.paths(np.array([2, 1]))
    assert steps[0].tolist() == [[0, 0], [0, 1]]  # at the root to node 0 and node 1
    assert steps[1].tolist() == [[0, 0], [1, 2]]  # there to positions 0 and 2
