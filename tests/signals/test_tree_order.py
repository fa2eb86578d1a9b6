import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from workbench.signals.taxonomy import taxonomy_from_paths
from workbench.signals.tree_order import TreeOrder

paths = st.lists(
    st.lists(st.sampled_from(["a", "a b", "a!", "b", "靴"]), min_size=1, max_size=4).map(
        " > ".join
    ),
    min_size=1,
    max_size=12,
)


@given(paths)
def test_one_line_means_one_is_the_other_or_its_ancestor(some):
    taxonomy = taxonomy_from_paths(some)
    order = TreeOrder.of(taxonomy)
    related = set(taxonomy.lineages.itertuples(index=False, name=None))
    every = range(len(order.label_ids))
    for one in every:
        for other in every:
            pair = (order.label_ids[one], order.label_ids[other])
            expected = pair in related or pair[::-1] in related
            assert order.on_one_line(np.array([one]), np.array([other])).tolist() == [expected]


def test_names_with_signs_before_the_separator_do_not_part_a_branch():
    order = TreeOrder.of(taxonomy_from_paths(["Shoes > Boots", "Shoes & Bags > Belts"]))
    assert [label.removeprefix("Category: ") for label in order.label_ids] == [
        "Shoes",
        "Shoes > Boots",
        "Shoes & Bags",
        "Shoes & Bags > Belts",
    ]
    assert order.end.tolist() == [0 + 2, 1 + 1, 2 + 2, 3 + 1]


def test_labels_that_are_no_category_have_no_place():
    order = TreeOrder.of(taxonomy_from_paths(["Bags", "Shoes"]))
    assert order.places(pd.Series(["Category: Shoes", "Color: Blue"])).tolist() == [1, -1]
