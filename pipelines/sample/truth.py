"""What a shopper means beyond the words: the labels that other labels imply."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipelines.sample.lines import ProductLine
from pipelines.sample.vocabulary import Vocabulary


class Implications:
    """The rules by which labels imply labels, always and without exception.

    A category implies its ancestors and what all of its items are (rain boots are waterproof).
    A product line implies its brand, its category and what all of its items are. A brand that
    sells in one category implies that category. A size in centimetres implies shoes. A device
    implies the category of things made for it.

    Parameters
    ----------
    vocabulary : Vocabulary
    lines : sequence of ProductLine
    """

    def __init__(self, vocabulary: Vocabulary, lines: Sequence[ProductLine]) -> None:
        self._rules: dict[str, list[str]] = {}
        for category in vocabulary.categories.values():
            self._rules[category.label_id] = list(category.implies)
            if category.parent_id:
                parent = vocabulary.categories[category.parent_id]
                self._rules[category.label_id].append(parent.label_id)
        for line in lines:
            implied = [line.brand.term.label_id, line.category.label_id, *line.fixed]
            self._rules[line.term.label_id] = implied
        places = [*vocabulary.values["Size"], *vocabulary.values["Device"]]
        for term in [*places, *(brand.term for brand in vocabulary.brands)]:
            if len(term.places) == 1:
                place = vocabulary.categories[term.places[0]]
                self._rules[term.label_id] = [place.label_id]

    def close(self, labels: Iterable[str]) -> frozenset[str]:
        """Return the labels with all that they imply; closing twice is the same as once."""
        closed: set[str] = set()
        waiting = list(labels)
        while waiting:
            label = waiting.pop()
            if label not in closed:
                closed.add(label)
                waiting.extend(self._rules.get(label, ()))
        return frozenset(closed)
