"""Icecat's rated queries: a catalog, queries with rated products, and what the queries mean."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.weak_labels.simulated_clicks import RatedQuery
from workbench.text import normalise

RELEVANT = 2
# A pair is decidable if so many relevant products, and such a share of them, have the attribute.
MIN_RELEVANT, MIN_COVERED = 3, 1 / 3
# An attribute is in the catalog if it is decidable for so many queries: the other thousands of
# attributes decide nothing.
MIN_QUERIES = 2
# Share among the relevant products, and how far above the catalog's share, (p - c) / (1 - c).
TRUE_SHARE, TRUE_LIFT = 0.8, 0.5
FALSE_SHARE, FALSE_LIFT = 0.5, 0.2


def write_catalog(data: Path, ratings: pd.DataFrame, path: Path) -> None:
    """Write the products as one wide table: id, title, brand and the chosen attributes."""
    with gzip.open(data / "icecat" / "products.jsonl.gz", "rt", encoding="utf-8") as lines:
        products = {product["id"]: product for product in map(json.loads, lines)}
    table = {
        "id": list(products),
        "title": [product["title"] for product in products.values()],
        "brand": [product["supplier"] for product in products.values()],
    }
    for name in _choose_attributes(products, ratings):
        values = [product.get(name) for product in products.values()]
        table[name.split("_", 2)[2]] = [None if v is None else str(v) for v in values]
    pd.DataFrame(table).to_parquet(path, index=False)


def _choose_attributes(products: Mapping[str, dict[str, Any]], ratings: pd.DataFrame) -> list[str]:
    """Return the text and yes/no attributes that relevant products of several queries have."""
    n_queries: Counter[str] = Counter()
    for _, part in ratings[ratings["rating"] >= RELEVANT].groupby("query"):
        names = Counter(
            name
            for item_id in part["item_id"]
            for name in products[item_id]
            if name.startswith(("attr_t_", "attr_b_"))
        )
        enough = max(MIN_RELEVANT, MIN_COVERED * len(part))
        n_queries.update(name for name, n in names.items() if n >= enough)
    return sorted(name for name, n in n_queries.items() if n >= MIN_QUERIES)


def read_ratings(data: Path) -> pd.DataFrame:
    """Return ``query, item_id, rating``, a rated product each."""
    ratings = pd.read_csv(data / "icecat" / "query_ratings.csv", dtype={"docid": "str"})
    return ratings.rename(columns={"docid": "item_id"}).drop_duplicates(["query", "item_id"])


def rated_queries(data: Path, ratings: pd.DataFrame) -> list[RatedQuery]:
    """Return the queries, their products scored by cosine of tf-idf with the query."""
    texts = pd.read_csv(data / "icecat" / "texts.tsv.gz", sep="\t", dtype="str")
    vectors = TfidfVectorizer(sublinear_tf=True)
    rows = vectors.fit_transform(texts["text"].fillna(""))
    place = pd.Index(texts["id"])
    found = []
    for query, part in ratings.groupby("query"):
        own = vectors.transform([query])
        scores = (rows[place.get_indexer(pd.Index(part["item_id"]))] @ own.T).toarray().ravel()
        spread = scores.std() or 1.0
        found.append(
            RatedQuery(
                str(query),
                part["item_id"].to_numpy("U"),
                part["rating"].to_numpy(np.int64),
                (scores - scores.mean()) / spread,
            )
        )
    return found


def judged_pairs(
    ratings: pd.DataFrame, item_labels: pd.DataFrame, labels: pd.DataFrame
) -> pd.DataFrame:
    """Return ``instance_id, label_id, true`` of the pairs that the ratings decide.

    A label is true of a query if its relevant products carry it, weighed by their ratings: 80 %
    of those that have a value of its attribute, and far more than of all such products of the
    catalog. It is false if at most half of them do, or hardly more than in the catalog. What is
    in between, or where too few relevant products have the attribute, is left out.
    """
    carried = item_labels.merge(labels[["label_id", "attribute"]], on="label_id")
    has = carried[["item_id", "attribute"]].drop_duplicates()
    in_catalog = carried.groupby(["attribute", "label_id"]).size().rename("n").reset_index()
    in_catalog["catalog"] = in_catalog["n"] / in_catalog["attribute"].map(
        has["attribute"].value_counts()
    )
    rated = ratings.assign(instance_id=ratings["query"].map(normalise))
    rated = rated[["instance_id", "item_id", "rating"]]
    relevant = rated[rated["rating"] >= RELEVANT].rename(columns={"rating": "weight"})
    whole = relevant.groupby("instance_id")["weight"].sum().rename("whole")
    by_attribute = (
        relevant.merge(has, on="item_id")
        .groupby(["instance_id", "attribute"])
        .agg(n_have=("item_id", "size"), have=("weight", "sum"))
        .reset_index()
        .merge(whole, on="instance_id")
    )
    enough = by_attribute["n_have"] >= MIN_RELEVANT
    decidable = by_attribute[enough & (by_attribute["have"] >= MIN_COVERED * by_attribute["whole"])]
    # Every label of a decidable attribute that any rated product of the query carries.
    near = rated.merge(carried, on="item_id").assign(
        with_label=lambda frame: frame["rating"].where(frame["rating"] >= RELEVANT, 0)
    )
    pairs = near.groupby(["instance_id", "label_id", "attribute"], as_index=False).agg(
        with_label=("with_label", "sum")
    )
    pairs = pairs.merge(decidable, on=["instance_id", "attribute"])
    pairs = pairs.merge(in_catalog[["label_id", "catalog"]], on="label_id")
    share = pairs["with_label"] / pairs["have"]
    lift = (share - pairs["catalog"]) / (1 - pairs["catalog"]).clip(lower=1e-9)
    true = (share >= TRUE_SHARE) & (lift >= TRUE_LIFT)
    false = (share <= FALSE_SHARE) | (lift <= FALSE_LIFT)
    pairs = pairs.assign(true=true)[true | false]
    return pairs[["instance_id", "label_id", "true"]].reset_index(drop=True)
