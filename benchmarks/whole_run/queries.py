"""What people search for in the generated shop, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.whole_run.catalog import ATTRIBUTES, NONE, OF_MODEL, Shop, said
from benchmarks.whole_run.words import Words

# How often a query names a value of the attribute, if its item has one.
_NAMED = np.array([0.5, 0.25, 0.45, 0.35, 0.5, 0.1, 0.1, 0.3, 0.15])
_N_VALUES = np.array([0.2, 0.35, 0.3, 0.15])
_N_NOISE_WORDS = 300
_NOISE, _MISSPELT = 0.1, 0.04
_A_DRAW = 200_000


@dataclass(frozen=True, eq=False)
class Queries:
    """Different queries.

    Parameters
    ----------
    texts : pa.Array of str
    item : ndarray of int64, shape (n_queries,)
        The item that somebody had in mind.
    named : ndarray of bool, shape (n_queries, n_attributes)
        Which of its values the query names.
    """

    texts: pa.Array
    item: NDArray[np.int64]
    named: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.item)


def make_queries(shop: Shop, n: int, rng: np.random.Generator) -> Queries:
    """Return so many queries, each of 1 to 4 values of an item, some with noise or misspelt."""
    noise = Words(np.random.default_rng(1)).take(_N_NOISE_WORDS)
    parts: list[pd.DataFrame] = []
    seen = pd.Index([], dtype="str")
    while len(seen) < n:
        drawn = _draw(shop, noise, rng).drop_duplicates("text")
        drawn = drawn[~drawn["text"].isin(seen)]
        parts.append(drawn)
        seen = seen.append(pd.Index(drawn["text"]))
    found = pd.concat(parts, ignore_index=True).head(n)
    named = (found["named"].to_numpy()[:, None] >> np.arange(len(ATTRIBUTES))) & 1
    return Queries(pa.array(found["text"].tolist()), found["item"].to_numpy(), named.astype(bool))


def write_truth(shop: Shop, queries: Queries, path: Path) -> None:
    """Write what queries mean: the values they name, and what those imply.

    A model implies all that its items share, a series its brand, a category the ones above.
    """
    true = np.where(queries.named, shop.codes[queries.item], NONE)
    whole = shop.codes[queries.item]
    model, series, brand = (ATTRIBUTES.index(name) for name in ("Model", "Series", "Brand"))
    shared = slice(0, len(OF_MODEL))
    by_model = queries.named[:, model]
    true[by_model, shared] = whole[by_model, shared]
    by_series = true[:, series] != NONE
    true[by_series, brand] = shop.series_brands[true[by_series, series]]
    with pq.ParquetWriter(path, _TRUTH) as writer:
        for place, name in enumerate(ATTRIBUTES):
            rows = np.flatnonzero(true[:, place] != NONE)
            codes = true[rows, place]
            labels = [f"{name}: {value}" for value in shop.values[name]]
            writer.write_table(_pairs(queries.texts, rows, labels, codes))
            while name == "Category" and len(rows):
                labels = [label.rpartition(" > ")[0] for label in labels]
                has_parent = np.array([bool(label) for label in labels])[codes]
                rows, codes = rows[has_parent], codes[has_parent]
                writer.write_table(_pairs(queries.texts, rows, labels, codes))


_TRUTH = pa.schema({"instance_id": pa.string(), "label_id": pa.string()})


def _pairs(
    texts: pa.Array, rows: NDArray[np.int64], labels: list[str], codes: NDArray[np.int32]
) -> pa.Table:
    return pa.table([texts.take(pa.array(rows)), said(labels, codes)], schema=_TRUTH)


def _draw(shop: Shop, noise: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """Return ``text, item, named``; ``named`` has a bit an attribute."""
    heavy = np.cumsum(shop.popularity)
    item = np.searchsorted(heavy, rng.random(_A_DRAW) * heavy[-1])
    codes = shop.codes[item]
    keys = np.log(_NAMED) + rng.gumbel(size=codes.shape)
    keys[codes == NONE] = -np.inf
    order = np.argsort(-keys, axis=1)
    n_values = rng.choice(len(_N_VALUES), _A_DRAW, p=_N_VALUES) + 1
    vocabulary = pa.array([name for found in shop.names.values() for name in found])
    starts = np.cumsum([0, *(len(found) for found in shop.names.values())])[:-1]
    parts, named = [], np.zeros(_A_DRAW, np.int64)
    for place in range(len(_N_VALUES)):
        attribute = order[:, place]
        code = np.take_along_axis(codes, attribute[:, None], 1)[:, 0]
        said_here = (place < n_values) & (code != NONE)
        named |= np.where(said_here, 1 << attribute, 0)
        at = np.where(said_here, starts[attribute] + code, 0)
        parts.append(vocabulary.take(pa.array(at, mask=~said_here)))
    has_noise = rng.random(_A_DRAW) < _NOISE
    parts.append(
        pa.array(noise).take(pa.array(rng.integers(0, len(noise), _A_DRAW), mask=~has_noise))
    )
    texts = pc.binary_join_element_wise(*parts, " ", null_handling="skip").to_pylist()
    for row in np.flatnonzero(rng.random(_A_DRAW) < _MISSPELT).tolist():
        texts[row] = _misspelt(texts[row], int(rng.integers(1, 4)))
    return pd.DataFrame({"text": texts, "item": item, "named": named})


def _misspelt(text: str, place: int) -> str:
    """Return the text with two neighbouring letters of its first word in the other order."""
    first = text.split(" ", 1)[0]
    if len(first) <= place + 1 or not first.isalpha():
        return text
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
