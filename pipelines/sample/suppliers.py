"""The catalog as suppliers typed it: many spellings, gaps and a few errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.sample.assumptions import Assumptions
from pipelines.sample.catalog import Item
from pipelines.sample.chance import happens, pick
from pipelines.sample.lines import ProductLine
from pipelines.sample.titles import write_title
from pipelines.sample.vocabulary import Category, Vocabulary

COLUMNS = {
    "Brand": "brand",
    "Model": "model",
    "Color": "color",
    "Size": "size",
    "Material": "material",
    "Gender": "gender",
    "Season": "season",
    "Pattern": "pattern",
    "Feature": "feature",
    "Device": "device",
}


@dataclass(frozen=True)
class CatalogError:
    """A cell that says something wrong.

    Parameters
    ----------
    item_id, column : str
    typed, correct : str
        Canonical names of what the cell says and of what it should say.
    kind : str
        What went wrong.
    """

    item_id: str
    column: str
    typed: str
    correct: str
    kind: str


@dataclass(frozen=True)
class SupplierCatalog:
    """What the shop got from its suppliers.

    Parameters
    ----------
    rows : list of dict
        One an item, by column.
    recorded : list of frozenset of str
        The labels a perfect reader of the typed cells would find, without what they imply.
    errors : list of CatalogError
    """

    rows: list[dict[str, str]]
    recorded: list[frozenset[str]]
    errors: list[CatalogError]


class Supplier:
    """Types items.

    Parameters
    ----------
    vocabulary : Vocabulary
    lines : sequence of ProductLine
    assumptions : Assumptions
    rng : numpy Generator
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        lines: Sequence[ProductLine],
        assumptions: Assumptions,
        rng: np.random.Generator,
    ) -> None:
        self._vocabulary = vocabulary
        self._assumptions = assumptions
        self._missing = dict(assumptions.missing_shares)
        self._rng = rng
        self._errors: list[CatalogError] = []
        self._mistyped = self._mistype_lines(lines)

    def type_catalog(self, items: Sequence[Item]) -> SupplierCatalog:
        """Return the items as typed."""
        rows, recorded = [], []
        for item in items:
            row, labels = self._type_item(item)
            rows.append(row)
            recorded.append(labels)
        return SupplierCatalog(rows, recorded, self._errors)

    def _mistype_lines(self, lines: Sequence[ProductLine]) -> dict[str, tuple[str, str]]:
        """Choose lines that one supplier types wrongly throughout: brand or material."""
        in_leather = [line for line in lines if "Material: Leather" in line.fixed]
        n_brands = self._assumptions.n_mistyped_lines // 2
        n_materials = self._assumptions.n_mistyped_lines - n_brands
        mistyped = {
            line.term.name: ("Material", "Faux Leather") for line in in_leather[:n_materials]
        }
        middling = lines[len(lines) // 5 : len(lines) // 2]
        for index in self._rng.permutation(len(middling))[:n_brands].tolist():
            wrong = pick(self._rng, self._vocabulary.brands[:40])
            mistyped.setdefault(middling[index].term.name, ("Brand", wrong.name))
        return mistyped

    def _type_item(self, item: Item) -> tuple[dict[str, str], frozenset[str]]:
        cells = {name: list(values) for name, values in item.values.items()}
        cells["Brand"] = [item.brand.name]
        if item.line:
            cells["Model"] = [item.line.term.name]
        category = self._go_wrong(item, cells)
        row = {
            "id": item.item_id,
            "title": write_title(item, self._vocabulary, self._rng),
            **dict.fromkeys(COLUMNS.values(), ""),
            "product_type": self._type_path(category),
            "gtin": "" if self._is_missing("gtin") else self._gtin(),
            "price": f"{item.price} JPY",
        }
        recorded = {category.label_id}
        for attribute, names in cells.items():
            column = COLUMNS[attribute]
            if not self._is_missing(column):
                row[column] = self._separator(attribute).join(
                    self._type_value(attribute, name) for name in names
                )
                recorded.update(f"{attribute}: {name}" for name in names)
        return row, frozenset(recorded)

    def _go_wrong(self, item: Item, cells: dict[str, list[str]]) -> Category:
        """Change the cells where this item's supplier errs; return the category typed."""
        if item.line and item.line.term.name in self._mistyped:
            attribute, wrong = self._mistyped[item.line.term.name]
            if attribute in cells:
                self._record(item, attribute, wrong, cells[attribute], "whole product line")
                cells[attribute] = [wrong]
        elif happens(self._rng, self._assumptions.single_error_share):
            return self._slip(item, cells)
        return item.category

    def _slip(self, item: Item, cells: dict[str, list[str]]) -> Category:
        attribute = pick(self._rng, ["Color", "Brand", "Size", "Category", "Material"])
        if attribute == "Category":
            siblings = [
                c for c in self._vocabulary.leaves if c.parent_id == item.category.parent_id
            ]
            wrong = pick(self._rng, siblings)
            if wrong != item.category:
                names = [item.category.term.name]
                self._record(item, "Category", wrong.term.name, names, "sibling category")
            return wrong
        if attribute in cells:
            wrong_name = self._other_value(item, attribute)
            if [wrong_name] != cells[attribute]:
                kind = "moved cell" if attribute == "Material" else "wrong value"
                self._record(item, attribute, wrong_name, cells[attribute], kind)
                cells[attribute] = [wrong_name]
        return item.category

    def _other_value(self, item: Item, attribute: str) -> str:
        if attribute == "Brand":
            return pick(self._rng, self._vocabulary.brands).name
        if attribute == "Material":
            return item.values["Color"][0]
        place = self._vocabulary.lineage(item.category)[-1].category_id
        values = self._vocabulary.values[attribute]
        return pick(self._rng, [v for v in values if not v.places or place in v.places]).name

    def _record(
        self, item: Item, attribute: str, typed: str, correct: Sequence[str], kind: str
    ) -> None:
        column = COLUMNS.get(attribute, "product_type")
        self._errors.append(CatalogError(item.item_id, column, typed, "/".join(correct), kind))

    def _is_missing(self, column: str) -> bool:
        return happens(self._rng, self._missing[column])

    def _separator(self, attribute: str) -> str:
        return "/" if attribute == "Color" else pick(self._rng, [", ", "/", ";"])

    def _type_value(self, attribute: str, name: str) -> str:
        if attribute == "Size" and name.endswith("cm"):
            return self._type_shoe_size(name)
        if attribute in ("Brand", "Model"):
            return pick(self._rng, [name, name.upper(), name.lower()], [88, 7, 5])
        if f"{attribute}: {name}" not in self._vocabulary.value_labels:
            return name
        term = self._vocabulary.value(attribute, name)
        others = [text for text in term.listed if len(text) > 1 or text == name.lower()] or [name]
        if term.unlisted and happens(self._rng, self._assumptions.unlisted_value_share):
            return pick(self._rng, term.unlisted)
        spellings = [name, name.lower(), name.upper(), pick(self._rng, others)]
        return pick(self._rng, spellings, [55, 12, 5, 28])

    def _type_shoe_size(self, name: str) -> str:
        number = name.removesuffix("cm")
        short = number.removesuffix(".0")
        spellings = [name, number, short, f"{short}cm", f"{number} cm"]
        return pick(self._rng, spellings, [30, 20, 20, 20, 10])

    def _type_path(self, category: Category) -> str:
        path = category.term.name
        return pick(self._rng, [path, path.replace(" > ", ">"), path.lower()], [85, 10, 5])

    def _gtin(self) -> str:
        digits = [4, 5, *(int(self._rng.integers(10)) for _ in range(10))]
        weighted = sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits))
        return "".join(map(str, digits)) + str(-weighted % 10)
