"""The words of the shop: categories, values, brands, and how shoppers write them."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import resources

LETTER_SIZES = {"XS": 1, "S": 4, "M": 6, "L": 6, "XL": 3, "XXL": 1}
SPOKEN_SIZES = {"S": "small", "M": "medium", "L": "large"}


@dataclass(frozen=True)
class Term:
    """Something a shopper can name: a value of an attribute.

    Parameters
    ----------
    attribute, name : str
        Together they make the label.
    listed : tuple of str
        Other spellings that the alias table knows.
    unlisted : tuple of str
        Other spellings that shoppers use and the alias table does not know.
    weight : float
        How common it is among its attribute's values.
    places : tuple of str
        Categories it belongs to; empty means everywhere.
    """

    attribute: str
    name: str
    listed: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    weight: float = 1.0
    places: tuple[str, ...] = ()

    @property
    def label_id(self) -> str:
        """The label that says this."""
        return f"{self.attribute}: {self.name}"

    def spellings(self, *, japanese: bool) -> list[tuple[str, bool]]:
        """Return the lower-case spellings of one language and whether the aliases list them."""
        # Nobody searches for a category by its path.
        own = () if self.attribute == "Category" else (self.name.lower(),)
        known = [(text, True) for text in (*own, *self.listed)]
        spellings = known + [(text, False) for text in self.unlisted]
        return [spelling for spelling in spellings if is_japanese(spelling[0]) == japanese]


@dataclass(frozen=True)
class Category:
    """A node of the taxonomy.

    Parameters
    ----------
    category_id, parent_id : str
        The parent of a department is the empty string.
    term : Term
        Its name is the path from the department down.
    name, name_ja : str
    depth : int
        1 for a department, 3 at most.
    materials, features : tuple of str
        What its items are made of and offer.
    implies : tuple of str
        Labels that all of its items carry.
    extras : tuple of str
        Words that shoppers add to it and that name no label.
    prices : tuple of two int
        Lowest and highest usual price, in yen.
    """

    category_id: str
    parent_id: str
    term: Term
    name: str
    name_ja: str
    depth: int
    materials: tuple[str, ...]
    features: tuple[str, ...]
    implies: tuple[str, ...]
    extras: tuple[str, ...]
    prices: tuple[int, int]

    @property
    def label_id(self) -> str:
        """The label of the category."""
        return self.term.label_id


@dataclass(frozen=True)
class Brand:
    """A brand and where its items are found.

    Parameters
    ----------
    term : Term
    kana : str
        Its name in Japanese.
    rank : int
        1 for the best known.
    """

    term: Term
    kana: str
    rank: int

    @property
    def name(self) -> str:
        """Its name as the brand writes it."""
        return self.term.name


class Vocabulary:
    """All words of the shop, read from the tables beside this module."""

    @cached_property
    def categories(self) -> dict[str, Category]:
        """Every category by its id, parents before children."""
        categories: dict[str, Category] = {}
        for row in _rows("categories"):
            categories[row["id"]] = _category(row, categories.get(row["parent"]))
        return categories

    @cached_property
    def values(self) -> dict[str, list[Term]]:
        """The values of every attribute other than brand, model and category."""
        values: dict[str, list[Term]] = {}
        for row in _rows("values"):
            term = Term(
                row["attribute"],
                row["value"],
                _split(row["listed"]),
                _split(row["unlisted"]),
                float(row["weight"]),
                _split(row["places"]),
            )
            values.setdefault(term.attribute, []).append(term)
        values["Size"] = [*_shoe_sizes(), *_letter_sizes()]
        return values

    @cached_property
    def brands(self) -> list[Brand]:
        """The brands, best known first."""
        return [
            Brand(
                Term(
                    "Brand",
                    row["name"],
                    (row["kana"], *_split(row["listed"])),
                    _split(row["unlisted"]),
                    places=_split(row["places"]),
                ),
                row["kana"],
                rank,
            )
            for rank, row in enumerate(_rows("brands"), start=1)
        ]

    @cached_property
    def applies(self) -> dict[str, tuple[str, ...]]:
        """Attributes that begin to apply at a category; they hold for all below it too."""
        return {row["category"]: _split(row["attributes"]) for row in _rows("applies")}

    @cached_property
    def line_words(self) -> list[dict[str, str]]:
        """The words that names of product lines are made of."""
        return list(_rows("line_words"))

    @cached_property
    def leaves(self) -> list[Category]:
        """The categories without children."""
        parents = {category.parent_id for category in self.categories.values()}
        return [c for c in self.categories.values() if c.category_id not in parents]

    def lineage(self, category: Category) -> list[Category]:
        """Return the category and its ancestors, the department last."""
        lineage = [category]
        while lineage[-1].parent_id:
            lineage.append(self.categories[lineage[-1].parent_id])
        return lineage

    def leaves_below(self, *category_ids: str) -> list[Category]:
        """Return the leaves that are, or are below, one of the categories."""
        return [leaf for leaf in self.leaves if self.is_below(leaf, category_ids)]

    def is_below(self, category: Category, category_ids: Collection[str]) -> bool:
        """Return whether a category is, or is below, one of the others."""
        return any(above.category_id in category_ids for above in self.lineage(category))

    def attributes_of(self, category: Category) -> set[str]:
        """Return the attributes that apply to a category."""
        lineage = self.lineage(category)
        return {name for above in lineage for name in self.applies.get(above.category_id, ())}

    def value(self, attribute: str, name: str) -> Term:
        """Return the value of that name."""
        return self.value_labels[f"{attribute}: {name}"]

    @cached_property
    def value_labels(self) -> dict[str, Term]:
        """The values of all attributes by their label."""
        return {term.label_id: term for terms in self.values.values() for term in terms}


def is_japanese(text: str) -> bool:
    """Return whether the text holds kana or Chinese characters."""
    return any("\u3040" <= character <= "\u9fff" for character in text)


def _rows(table: str) -> Iterator[dict[str, str]]:
    path = resources.files("pipelines.sample") / "words" / f"{table}.csv"
    with path.open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split(";") if part)


def _category(row: dict[str, str], parent: Category | None) -> Category:
    path = f"{parent.term.name} > {row['name']}" if parent else row["name"]
    spellings = (row["name"].lower(), row["name_ja"], *_split(row["listed"]))
    low, _, high = row["prices"].partition("-")
    return Category(
        category_id=row["id"],
        parent_id=row["parent"],
        term=Term(
            "Category", path, spellings, _split(row["unlisted"]), weight=float(row["weight"])
        ),
        name=row["name"],
        name_ja=row["name_ja"],
        depth=parent.depth + 1 if parent else 1,
        materials=_split(row["materials"]) or (parent.materials if parent else ()),
        features=_split(row["features"]) or (parent.features if parent else ()),
        implies=(*_split(row["implies"]), *(parent.implies if parent else ())),
        extras=_split(row["extras"]) or (parent.extras if parent else ()),
        prices=(int(low), int(high)) if high else (parent.prices if parent else (0, 0)),
    )


def _shoe_sizes() -> list[Term]:
    halves = [*range(32, 43, 2), *range(44, 59)]
    return [_shoe_size(half // 2, half % 2 == 1) for half in halves]


def _shoe_size(whole: int, half: bool) -> Term:
    number = f"{whole}.{5 if half else 0}"
    short = number if half else str(whole)
    listed = [short, f"{short}cm", number]
    unlisted = (f"{short}センチ", f"{whole}半" if half else f"{whole}サイズ")
    name = f"{number}cm"
    known = tuple(dict.fromkeys(text for text in listed if text != name))
    return Term("Size", name, known, unlisted, weight=1.0, places=("shoes",))


def _letter_sizes() -> list[Term]:
    return [
        Term(
            "Size",
            name,
            (f"{name.lower()}サイズ",),
            (f"size {name.lower()}", *([SPOKEN_SIZES[name]] if name in SPOKEN_SIZES else [])),
            float(weight),
            ("clothing",),
        )
        for name, weight in LETTER_SIZES.items()
    ]
