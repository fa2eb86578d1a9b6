"""The items of the generated shop: which values they have, and the files that say so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.whole_run.shape import ShopShape
from benchmarks.whole_run.words import Words

ATTRIBUTES = (
    "Brand",
    "Series",
    "Model",
    "Compatibility",
    "Category",
    "Style",
    "Material",
    "Color",
    "Size",
)
# What all items of a model share.
OF_MODEL = ATTRIBUTES[:7]
NONE = -1
_ACCESSORIES = 3  # one root in so many sells what fits other things
_EMPTY, _WRONG = 0.06, 0.01


@dataclass(frozen=True, eq=False)
class Shop:
    """The true values of all items.

    Parameters
    ----------
    values : dict of str to list of str
        The values of each attribute, as the catalog writes them; of a category its path.
    names : dict of str to list of str
        How queries say them.
    codes : ndarray of int32, shape (n_items, n_attributes)
        Positions in ``values``, in the order of ``ATTRIBUTES``; -1 for none.
    series_brands : ndarray of int64, shape (n_series,)
    popularity : ndarray of float64, shape (n_items,)
        How likely an item is what somebody looks for; sums to 1.
    """

    values: dict[str, list[str]]
    names: dict[str, list[str]]
    codes: NDArray[np.int32]
    series_brands: NDArray[np.int64]
    popularity: NDArray[np.float64]


def make_shop(shape: ShopShape, rng: np.random.Generator) -> Shop:
    """Return the items; every value is on one of them at least."""
    words = Words(rng)
    series_names = words.take(shape.n_series)
    paths, leaf_of, root_of = _categories(shape.n_categories, words)
    series_brands = _covering(shape.n_series, shape.n_brands, rng)
    series = _covering(shape.n_models, shape.n_series, rng)
    category_of_brand = rng.integers(0, len(leaf_of), (shape.n_brands, 3))
    brand = series_brands[series]
    leaf = category_of_brand[brand, rng.integers(0, 3, shape.n_models)]
    leaf[: len(leaf_of)] = np.arange(len(leaf_of))[: shape.n_models]
    fits = np.full(shape.n_models, NONE)
    accessory = np.flatnonzero(root_of[leaf] % _ACCESSORIES == 0)
    fits[accessory] = _covering(len(accessory), shape.n_fits, rng)
    models = np.stack(
        [
            brand,
            np.where(rng.random(shape.n_models) < 0.2, NONE, series),
            np.arange(shape.n_models),
            fits,
            leaf_of[leaf],
            rng.integers(0, shape.n_styles, shape.n_models),
            rng.integers(0, shape.n_materials, shape.n_models),
        ],
        axis=1,
    )
    model = np.concatenate(
        [np.arange(shape.n_models), _zipf(shape.n_items - shape.n_models, shape.n_models, 0.5, rng)]
    )
    model = rng.permutation(model)
    own = np.stack([_covering(shape.n_items, n, rng) for n in (shape.n_colors, shape.n_sizes)], 1)
    values = {
        "Brand": [word.capitalize() for word in words.take(shape.n_brands)],
        "Series": [word.capitalize() for word in series_names],
        "Model": _model_names(series_names, series, words, rng),
        "Compatibility": _device_names(shape.n_fits, words),
        "Category": paths,
        "Style": [word.capitalize() for word in words.take(shape.n_styles)],
        "Material": [word.capitalize() for word in words.take(shape.n_materials)],
        "Color": [word.capitalize() for word in words.take(shape.n_colors)],
        "Size": [f"{10 + 0.5 * i:.1f}cm" for i in range(shape.n_sizes)],
    }
    names = {name: [_said(value) for value in found] for name, found in values.items()}
    codes = np.concatenate([models[model], own], axis=1).astype(np.int32)
    wanted = (1 / (np.arange(shape.n_models) + 10) ** 0.8)[rng.permutation(shape.n_models)][model]
    return Shop(values, names, codes, series_brands, wanted / wanted.sum())


def write_catalog(shop: Shop, folder: Path, rng: np.random.Generator) -> None:
    """Write the items, with empty cells and a few wrong ones, and the tree of categories."""
    n = len(shop.codes)
    typed = shop.codes.copy()
    swapped = np.flatnonzero(rng.random(n) < _WRONG)
    color = ATTRIBUTES.index("Color")
    typed[swapped, color] = rng.integers(0, len(shop.values["Color"]), len(swapped))
    empty = rng.random(typed.shape) < _EMPTY
    # The first item of each model keeps its cells: every value stays in the catalog.
    empty[np.unique(shop.codes[:, ATTRIBUTES.index("Model")], return_index=True)[1]] = False
    typed[empty] = NONE
    columns: dict[str, pa.Array] = {"id": item_ids(n), "title": _titles(shop, rng)}
    for place, name in enumerate(ATTRIBUTES):
        column = "product_type" if name == "Category" else name.lower()
        columns[column] = said(shop.values[name], typed[:, place])
    pq.write_table(pa.table(columns), folder / "items.parquet")
    paths = sorted(shop.values["Category"])
    rows = ["category_id,parent_id,name"]
    for path in paths:
        parent, _, name = path.rpartition(" > ")
        rows.append(f"{_key(path)},{_key(parent)},{name}")
    (folder / "taxonomy.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def item_ids(n: int) -> pa.Array:
    """Return the ids of so many items."""
    return pa.array([f"SKU-{i:07d}" for i in range(n)])


def said(values: list[str], codes: NDArray[np.integer]) -> pa.Array:
    """Return the values of some codes, null for none."""
    return pa.array(values).take(pa.array(codes, mask=codes == NONE))


def _key(path: str) -> str:
    return path.lower().replace(" > ", "-").replace(" ", "_")


def _said(value: str) -> str:
    return value.rpartition(" > ")[2].lower()


def _titles(shop: Shop, rng: np.random.Generator) -> pa.Array:
    """Return titles: the brand, the model or its series, the category, some of the rest.

    The category is on all of them: of a row of nulls alone `binary_join_element_wise` makes none.
    """
    n = len(shop.codes)
    parts = []
    for name in ("Brand", "Series", "Model", "Compatibility", "Material", "Category", "Color"):
        share = {"Series": 0.5, "Material": 0.5, "Category": 0.0}.get(name, 0.08)
        left_out = rng.random(n) < share
        codes = np.where(left_out, NONE, shop.codes[:, ATTRIBUTES.index(name)])
        values = shop.values[name]
        if name == "Category":
            values = [path.rpartition(" > ")[2] for path in values]
        if name == "Compatibility":
            values = [f"for {device}" for device in values]
        parts.append(said(values, codes))
    return pc.binary_join_element_wise(*parts, " ", null_handling="skip")


def _categories(n: int, words: Words) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Return the paths of a tree of three levels, which of them are leaves, and their roots."""
    n_roots = max(2, round(n ** (1 / 3)))
    n_inner = max(n_roots, round(n**0.6))
    names = [word.capitalize() for word in words.take(n)]
    paths = names[:n_roots]
    root = np.concatenate([np.arange(n_roots), np.arange(n_inner) % n_roots])
    paths += [f"{paths[i % n_roots]} > {names[n_roots + i]}" for i in range(n_inner)]
    n_leaves = n - len(paths)
    parent = n_roots + np.arange(n_leaves) % n_inner
    paths += [f"{paths[p]} > {names[len(paths) + i]}" for i, p in enumerate(parent.tolist())]
    return paths, n_roots + n_inner + np.arange(n_leaves), root[parent]


def _model_names(
    series_names: list[str], series: NDArray[np.int64], words: Words, rng: np.random.Generator
) -> list[str]:
    """Return names of models: a word of their own, or that of the series with a number."""
    numbered = rng.random(len(series)) < 0.5
    own = iter(words.take(int((~numbered).sum())))
    n_before: dict[int, int] = {}
    names = []
    for of_series, has_number in zip(series.tolist(), numbered.tolist(), strict=True):
        if has_number:
            n_before[of_series] = n_before.get(of_series, 0) + 1
            names.append(f"{series_names[of_series].capitalize()} {10 * n_before[of_series]}")
        else:
            names.append(next(own).capitalize())
    return names


def _device_names(n: int, words: Words) -> list[str]:
    makers = words.take(-(-n // 10))
    return [f"{makers[i // 10].capitalize()} x{i % 10 + 1}" for i in range(n)]


def _covering(n: int, n_values: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return n values drawn by Zipf's law, the first of them all different until each is there."""
    first = rng.permutation(n_values)[:n]
    return np.concatenate([first, _zipf(n - len(first), n_values, 0.7, rng)])


def _zipf(n: int, n_values: int, power: float, rng: np.random.Generator) -> NDArray[np.int64]:
    weight = np.cumsum(1 / (np.arange(n_values) + 3) ** power)
    drawn: NDArray[np.int64] = np.searchsorted(weight, rng.random(n) * weight[-1])
    return drawn
