"""The taxonomy's votes beside a loop over queries, candidates and found categories."""

import numpy as np
import pandas as pd
import pytest

from workbench.signals import tree_conflicts
from workbench.signals.taxonomy import Taxonomy, taxonomy_from_paths
from workbench.signals.taxonomy_votes import taxonomy_votes
from workbench.signals.votes import concat_votes, make_votes

# Levels that name a category, whole or by strong clicks, and one that does not.
NAMED, STRONG, WEAK = 100, 4, 1


def lines(taxonomy: Taxonomy) -> set[tuple[str, str]]:
    pairs = set(taxonomy.lineages.itertuples(index=False, name=None))
    return pairs | {(below, above) for above, below in pairs}


def slow_votes(votes, taxonomy, labels, applicability):
    """Return ``(instance_id, label_id): (count, detail)``."""
    on_line = lines(taxonomy)
    attribute_of = dict(labels[["label_id", "attribute"]].itertuples(index=False, name=None))
    paths = dict(zip(taxonomy.categories["label_id"], taxonomy.categories["path"], strict=True))
    against = {}
    for query, rows in votes.groupby("instance_id"):
        least = rows["source"].map({"dictionary": NAMED, "click": STRONG})
        found = sorted({x for x in rows.loc[rows["level"] >= least, "label_id"] if x in paths})
        for label in set(rows["label_id"]) if found else ():
            where = applicability.loc[
                applicability["attribute"] == attribute_of[label], "category_id"
            ]
            near = label not in paths or any((label, one) in on_line for one in found)
            applies = not len(where) or any((c, one) in on_line for c in where for one in found)
            if not (near and applies):
                against[query, label] = (len(found), paths[found[0]])
    return against


def random_shop(seed):
    rng = np.random.default_rng(seed)
    names = ["Shoes", "Bags", "Shoes & Bags", "Boots", "靴"]
    taxonomy = taxonomy_from_paths(
        [" > ".join(rng.choice(names, size=rng.integers(1, 4))) for _ in range(15)]
    )
    categories = taxonomy.categories["label_id"].to_numpy()
    values = [f"{name}: {value}" for name in ("Size", "Color", "Season") for value in "xyz"]
    labels = pd.DataFrame({"label_id": [*categories, *values]}, dtype="str")
    labels["attribute"] = labels["label_id"].str.partition(":")[0]
    applicability = pd.DataFrame(
        {
            "attribute": rng.choice(["Size", "Color", "Category", "Nobody's"], 8),
            "category_id": rng.choice(categories, 8),
        }
    ).astype("str")
    pairs = pd.DataFrame(
        {
            "instance_id": rng.choice([f"q{i}" for i in range(40)], 300),
            "label_id": rng.choice(labels["label_id"].to_numpy(), 300),
            "source": rng.choice(["click", "dictionary"], 300),
        }
    ).drop_duplicates()
    levels = {"click": [WEAK, STRONG], "dictionary": [WEAK, NAMED]}
    votes = concat_votes(
        make_votes(
            rows["instance_id"],
            rows["label_id"],
            source=source,
            level=rng.choice(levels[source], len(rows), p=[0.7, 0.3]),
        )
        for source, rows in pairs.groupby("source")
    )
    return votes, taxonomy, labels, applicability.drop_duplicates(ignore_index=True)


def as_dict(votes):
    keys = zip(votes["instance_id"], votes["label_id"], strict=True)
    return dict(zip(keys, zip(votes["count"], votes["detail"], strict=True), strict=True))


@pytest.mark.parametrize("block", [7, 1 << 18])
@pytest.mark.parametrize("seed", range(8))
def test_votes_are_those_of_the_loop(seed, block, monkeypatch):
    monkeypatch.setattr(tree_conflicts, "_BLOCK", block)
    shop = random_shop(seed)
    expected = slow_votes(*shop)
    assert expected
    assert as_dict(taxonomy_votes(*shop)) == expected


def test_order_of_votes_does_not_matter():
    votes, *rest = random_shop(0)
    turned = votes.iloc[::-1].reset_index(drop=True)
    assert as_dict(taxonomy_votes(turned, *rest)) == as_dict(taxonomy_votes(votes, *rest))
