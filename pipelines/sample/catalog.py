"""The items as they really are, before a supplier types them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.sample.assumptions import Assumptions
from pipelines.sample.chance import Wheel, happens, pick, zipf_weights
from pipelines.sample.lines import ProductLine
from pipelines.sample.truth import Implications
from pipelines.sample.vocabulary import Brand, Category, Term, Vocabulary

GENDERED = {"shoes": 1.0, "clothing": 1.0, "bags": 0.4, "accessories": 0.5}
SIZE_RANGES = {"Women": (22, 25.5), "Men": (24.5, 29), "Kids": (16, 21), "Unisex": (23, 28)}


@dataclass(frozen=True)
class Item:
    """A product as it is.

    Parameters
    ----------
    item_id : str
    brand : Brand
    line : ProductLine or None
        The model it belongs to; None for a product without one.
    category : Category
        A leaf of the taxonomy.
    values : dict
        Names of the values of each further attribute.
    price : int
        In yen.
    popularity : float
        How often it is bought, relative to the others.
    labels : frozenset of str
        All of its labels, implied ones included.
    """

    item_id: str
    brand: Brand
    line: ProductLine | None
    category: Category
    values: dict[str, tuple[str, ...]]
    price: int
    popularity: float
    labels: frozenset[str]


def make_items(
    vocabulary: Vocabulary,
    lines: Sequence[ProductLine],
    implications: Implications,
    assumptions: Assumptions,
    rng: np.random.Generator,
) -> list[Item]:
    """Return the items; every product line, brand and leaf category has some."""
    kinds = _kinds(vocabulary, lines, assumptions, rng)
    items: list[Item] = []
    for index in rng.permutation(len(kinds)).tolist():
        brand, line, category = kinds[index]
        values = _values(vocabulary, line, category, assumptions, rng)
        item_id = f"P{10001 + len(items)}"
        labels = _labels(brand, line, category, values)
        items.append(
            Item(
                item_id=item_id,
                brand=brand,
                line=line,
                category=category,
                values=values,
                price=_price(category, brand, rng),
                popularity=_popularity(brand, line, category, rng),
                labels=implications.close(labels),
            )
        )
    return items


def _kinds(
    vocabulary: Vocabulary,
    lines: Sequence[ProductLine],
    assumptions: Assumptions,
    rng: np.random.Generator,
) -> list[tuple[Brand, ProductLine | None, Category]]:
    kinds: list[tuple[Brand, ProductLine | None, Category]] = []
    kinds += [(line.brand, line, line.category) for line in lines for _ in range(3)]
    wheel = Wheel(lines, zipf_weights(len(lines), 0.45))
    while len(kinds) < assumptions.n_items * assumptions.line_item_share:
        line = wheel.spin(rng)
        kinds.append((line.brand, line, line.category))
    n_items = Counter(brand.name for brand, _, _ in kinds)
    for brand in vocabulary.brands:
        for _ in range(max(1, 3 - n_items[brand.name])):
            kinds.append((brand, None, _leaf_of(vocabulary, brand, rng)))
    for leaf in vocabulary.leaves:
        sellers = [b for b in vocabulary.brands if vocabulary.is_below(leaf, b.term.places)]
        kinds += [(pick(rng, sellers), None, leaf) for _ in range(2)]
    brands = Wheel(vocabulary.brands, zipf_weights(len(vocabulary.brands), 0.6))
    while len(kinds) < assumptions.n_items:
        brand = brands.spin(rng)
        kinds.append((brand, None, _leaf_of(vocabulary, brand, rng)))
    return kinds


def _leaf_of(vocabulary: Vocabulary, brand: Brand, rng: np.random.Generator) -> Category:
    leaves = vocabulary.leaves_below(*brand.term.places)
    return pick(rng, leaves, [leaf.term.weight for leaf in leaves])


def _values(
    vocabulary: Vocabulary,
    line: ProductLine | None,
    category: Category,
    assumptions: Assumptions,
    rng: np.random.Generator,
) -> dict[str, tuple[str, ...]]:
    fixed = _by_attribute([*category.implies, *(line.fixed if line else ())])
    department = vocabulary.lineage(category)[-1].category_id
    applies = vocabulary.attributes_of(category)
    values: dict[str, tuple[str, ...]] = {"Color": _colours(vocabulary, line, assumptions, rng)}
    if category.materials:
        values["Material"] = fixed.get("Material") or (pick(rng, category.materials),)
    if "Gender" in applies and happens(rng, GENDERED[department]):
        gender = pick(rng, ["Women", "Men", "Kids", "Unisex"], [10, 9, 3, 3])
        values["Gender"] = (gender,)
    if department == "clothing" and happens(rng, 0.3):
        values["Season"] = (_draw(vocabulary.values["Season"], rng),)
    if "Pattern" in applies and happens(rng, 0.7):
        values["Pattern"] = (_draw(vocabulary.values["Pattern"], rng),)
    if "Device" in applies:
        place = category.parent_id
        devices = [term for term in vocabulary.values["Device"] if place in term.places]
        values["Device"] = (_draw(devices, rng),)
    values |= {name: names for name, names in fixed.items() if name != "Feature"}
    features = fixed.get("Feature", ())
    while category.features and happens(rng, 0.4):
        features = (*features, pick(rng, category.features))
    if features:
        values["Feature"] = tuple(dict.fromkeys(features))
    if "Size" in applies:
        values["Size"] = (_size(vocabulary, department, values, rng),)
    return values


def _by_attribute(labels: Sequence[str]) -> dict[str, tuple[str, ...]]:
    grouped: dict[str, tuple[str, ...]] = {}
    for label in labels:
        attribute, _, name = label.partition(": ")
        grouped[attribute] = (*grouped.get(attribute, ()), name)
    return grouped


def _draw(terms: Sequence[Term], rng: np.random.Generator) -> str:
    return pick(rng, terms, [term.weight for term in terms]).name


def _colours(
    vocabulary: Vocabulary,
    line: ProductLine | None,
    assumptions: Assumptions,
    rng: np.random.Generator,
) -> tuple[str, ...]:
    def one() -> str:
        if line is None:
            return _draw(vocabulary.values["Color"], rng)
        return pick(rng, line.palette, zipf_weights(len(line.palette), 0.7))

    colours = [one()]
    if happens(rng, assumptions.two_colour_share):
        colours.append(one())
    return tuple(dict.fromkeys(colours))


def _size(
    vocabulary: Vocabulary,
    department: str,
    values: dict[str, tuple[str, ...]],
    rng: np.random.Generator,
) -> str:
    sizes = [term for term in vocabulary.values["Size"] if department in term.places]
    if department == "shoes":
        low, high = SIZE_RANGES[values["Gender"][0]]
        sizes = [size for size in sizes if low <= float(size.name.removesuffix("cm")) <= high]
        # Sizes in the middle of the range are the common ones.
        middle = (len(sizes) - 1) / 2
        weights = [1.0 / (1.0 + abs(place - middle)) for place in range(len(sizes))]
        return pick(rng, sizes, weights).name
    return _draw(sizes, rng)


def _labels(
    brand: Brand, line: ProductLine | None, category: Category, values: dict[str, tuple[str, ...]]
) -> list[str]:
    labels = [brand.term.label_id, category.label_id]
    if line:
        labels.append(line.term.label_id)
    return labels + [f"{name}: {value}" for name, names in values.items() for value in names]


def _price(category: Category, brand: Brand, rng: np.random.Generator) -> int:
    low, high = category.prices
    share = rng.random() ** 2 * (1.2 if brand.rank <= 12 else 1.0)
    return int(low + (high - low) * share) // 100 * 100 + 90


def _popularity(
    brand: Brand, line: ProductLine | None, category: Category, rng: np.random.Generator
) -> float:
    known = 1.0 / brand.rank**0.3
    loved = 1.0 / line.rank**0.25 if line else 0.25
    return float(known * loved * category.term.weight * (0.2 + rng.random()))
