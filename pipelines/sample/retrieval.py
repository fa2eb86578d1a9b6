"""The shop's search engine, with its blind spots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.sample.assumptions import ENGINE_WEIGHT, Assumptions
from pipelines.sample.catalog import Item
from pipelines.sample.chance import happens, pick
from pipelines.sample.lines import ProductLine
from pipelines.sample.phrasing import Mention, Phrase
from pipelines.sample.suppliers import SupplierCatalog
from pipelines.sample.truth import Implications

N_CANDIDATES = 60


@dataclass(frozen=True)
class Candidates:
    """The items that an engine finds for a query.

    Parameters
    ----------
    item_indices : ndarray of int64, shape (n_candidates,)
        Best first.
    scores : ndarray of float64, shape (n_candidates,)
    """

    item_indices: NDArray[np.int64]
    scores: NDArray[np.float64]


class SearchEngine:
    """Finds items by the labels that titles and catalog cells show.

    It overlooks words it does not know, takes some product lines for another brand's line of a
    similar name, shows similar lines after the one asked for, and believes the catalog's errors.

    Parameters
    ----------
    items : sequence of Item
    catalog : SupplierCatalog
    lines : sequence of ProductLine
    implications : Implications
    assumptions : Assumptions
    rng : numpy Generator
    """

    def __init__(
        self,
        items: Sequence[Item],
        catalog: SupplierCatalog,
        lines: Sequence[ProductLine],
        implications: Implications,
        assumptions: Assumptions,
        rng: np.random.Generator,
    ) -> None:
        self._assumptions = assumptions
        self._rng = rng
        self._lines = {line.term.label_id: line for line in lines}
        self._similar = _similar_lines(lines)
        self.confused = self._confuse(lines)
        self._items_of = _items_of_labels(items, catalog, implications)
        popularity = np.array([item.popularity for item in items])
        ranks = popularity.argsort().argsort() / len(items)
        self._favour: NDArray[np.float64] = 1.2 * ranks

    def find(self, phrase: Phrase) -> Candidates:
        """Return the items for a query; a query not understood at all finds popular items."""
        scores = self._favour.copy()
        for mention in phrase.mentions:
            if happens(self._rng, self._chance_to_understand(mention)):
                for label, share in self._meant_by(mention):
                    weight = ENGINE_WEIGHT[mention.attribute] * share
                    scores[self._items_of.get(label, [])] += weight
        best = np.argsort(-scores, kind="stable")[:N_CANDIDATES]
        return Candidates(best, scores[best])

    def find_popular(self) -> Candidates:
        """Return what is shown when there is no text."""
        return self.find(Phrase("", ()))

    def _chance_to_understand(self, mention: Mention) -> float:
        if mention.garbled:
            return self._assumptions.understood_garbled
        if mention.listed:
            return self._assumptions.understood_listed
        return self._assumptions.understood_unlisted

    def _meant_by(self, mention: Mention) -> list[tuple[str, float]]:
        label = self.confused.get(mention.label_id, mention.label_id)
        if label not in self._lines:
            return [(label, 1.0)]
        similar = [(other, 0.45) for other in self._similar[label]]
        return [(label, 1.0), *similar]

    def _confuse(self, lines: Sequence[ProductLine]) -> dict[str, str]:
        confused: dict[str, str] = {}
        for index in self._rng.permutation(len(lines)).tolist():
            line = lines[index]
            others = [
                other
                for other in self._similar[line.term.label_id]
                if self._lines[other].brand != line.brand
            ]
            if others and len(confused) < self._assumptions.n_confused_lines:
                confused[line.term.label_id] = pick(self._rng, others)
        return confused


def _similar_lines(lines: Sequence[ProductLine]) -> dict[str, list[str]]:
    """Return for every line the others whose name begins with the same word, same department."""
    return {
        line.term.label_id: [
            other.term.label_id
            for other in lines
            if other.first == line.first
            and other is not line
            and _department(other) == _department(line)
        ]
        for line in lines
    }


def _department(line: ProductLine) -> str:
    return line.category.term.name.partition(" > ")[0]


def _items_of_labels(
    items: Sequence[Item], catalog: SupplierCatalog, implications: Implications
) -> dict[str, NDArray[np.int64]]:
    """Return the positions of the items that show each label, in a cell or in the title."""
    positions: dict[str, list[int]] = {}
    for position, (item, recorded) in enumerate(zip(items, catalog.recorded, strict=True)):
        titled = {
            label for label in item.labels if label.startswith(("Brand: ", "Model: ", "Color: "))
        }
        for label in sorted(implications.close(recorded) | titled):
            positions.setdefault(label, []).append(position)
    return {label: np.array(found, dtype=np.int64) for label, found in positions.items()}
