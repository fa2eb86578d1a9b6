"""Product lines: invented models, each of one brand and one category."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.sample.assumptions import Assumptions
from pipelines.sample.chance import Wheel, happens, pick, zipf_weights
from pipelines.sample.vocabulary import Brand, Category, Term, Vocabulary


@dataclass(frozen=True)
class ProductLine:
    """A model that a brand sells in several colours and sizes.

    Parameters
    ----------
    term : Term
        Its name; the Japanese spelling is listed for some lines and unlisted for the others.
    first, first_kana, second_kana : str
        The parts of the name.
    brand : Brand
    category : Category
    fixed : tuple of str
        Labels that all of its items carry.
    palette : tuple of str
        The colours it comes in, the most common first.
    rank : int
        1 for the best known line.
    """

    term: Term
    first: str
    first_kana: str
    second_kana: str
    brand: Brand
    category: Category
    fixed: tuple[str, ...]
    palette: tuple[str, ...]
    rank: int

    @property
    def kana(self) -> str:
        """The name in Japanese."""
        return self.first_kana + self.second_kana


def make_lines(
    vocabulary: Vocabulary, assumptions: Assumptions, rng: np.random.Generator
) -> list[ProductLine]:
    """Return the product lines, best known first; no two share their name."""
    taken: set[str] = set()
    lines: list[ProductLine] = []
    brands = _brands_of_lines(vocabulary, assumptions, rng)
    while len(lines) < assumptions.n_lines:
        line = _make_line(vocabulary, brands[len(lines)], assumptions, rng, rank=len(lines) + 1)
        if line.term.name not in taken:
            taken.add(line.term.name)
            lines.append(line)
    return lines


def _brands_of_lines(
    vocabulary: Vocabulary, assumptions: Assumptions, rng: np.random.Generator
) -> list[Brand]:
    """Return a brand for every line, best known line first: mostly those of known brands."""
    wheel = Wheel(vocabulary.brands, zipf_weights(len(vocabulary.brands), 0.5))
    drawn: list[Brand] = []
    while len(drawn) < assumptions.n_lines:
        brand = wheel.spin(rng)
        if drawn.count(brand) < assumptions.max_lines_per_brand:
            drawn.append(brand)
    fame = {brand.name: brand.rank**0.7 * (0.2 + rng.random()) for brand in drawn}
    return sorted(drawn, key=lambda brand: fame[brand.name])


def _make_line(
    vocabulary: Vocabulary,
    brand: Brand,
    assumptions: Assumptions,
    rng: np.random.Generator,
    *,
    rank: int,
) -> ProductLine:
    leaves = vocabulary.leaves_below(*brand.term.places)
    category = pick(rng, leaves, [leaf.term.weight for leaf in leaves])
    first, second = _name_parts(vocabulary, category, rng)
    kana = first["kana"] + second["kana"]
    known = happens(rng, assumptions.line_kana_listed_share)
    term = Term(
        "Model",
        f"{first['word']} {second['word']}",
        listed=(kana,) if known else (),
        unlisted=() if known else (kana,),
    )
    return ProductLine(
        term=term,
        first=first["word"],
        first_kana=first["kana"],
        second_kana=second["kana"],
        brand=brand,
        category=category,
        fixed=_fixed_labels(vocabulary, category, rng),
        palette=_palette(vocabulary, rng),
        rank=rank,
    )


def _name_parts(
    vocabulary: Vocabulary, category: Category, rng: np.random.Generator
) -> tuple[dict[str, str], dict[str, str]]:
    department = vocabulary.lineage(category)[-1].category_id
    firsts = [word for word in vocabulary.line_words if word["place"] == "first"]
    seconds = [
        word for word in vocabulary.line_words if department in word["departments"].split(";")
    ]
    return pick(rng, firsts), pick(rng, seconds)


def _fixed_labels(
    vocabulary: Vocabulary, category: Category, rng: np.random.Generator
) -> tuple[str, ...]:
    fixed: list[str] = []
    attributes = vocabulary.attributes_of(category)
    implied = {label.partition(": ")[0] for label in category.implies}
    if category.materials and "Material" not in implied and happens(rng, 0.35):
        fixed.append(f"Material: {pick(rng, category.materials)}")
    if category.features and "Feature" not in implied and happens(rng, 0.3):
        fixed.append(f"Feature: {pick(rng, category.features)}")
    if "Gender" in attributes - implied and happens(rng, 0.25):
        fixed.append(f"Gender: {pick(rng, ['Women', 'Men', 'Kids'], [5, 5, 2])}")
    return tuple(fixed)


def _palette(vocabulary: Vocabulary, rng: np.random.Generator) -> tuple[str, ...]:
    colours = vocabulary.values["Color"]
    wheel = Wheel(colours, [colour.weight for colour in colours])
    drawn = [wheel.spin(rng).name for _ in range(int(rng.integers(3, 9)))]
    return tuple(dict.fromkeys(drawn))
