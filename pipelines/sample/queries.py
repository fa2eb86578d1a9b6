"""What shoppers search for: which queries there are, how often, and what they mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.sample.assumptions import Assumptions
from pipelines.sample.catalog import Item
from pipelines.sample.chance import Wheel, zipf_weights
from pipelines.sample.phrasing import Phrase, Phraser
from pipelines.sample.truth import Implications
from pipelines.sample.vocabulary import Vocabulary
from workbench.text import normalise

# Which attributes a query names, and how common that is.
SHAPES: dict[tuple[str, ...], float] = {
    ("Category",): 14,
    ("Brand",): 9,
    ("Model",): 9,
    ("Brand", "Category"): 12,
    ("Brand", "Model"): 7,
    ("Model", "Color"): 8,
    ("Model", "Size"): 4,
    ("Model", "Category"): 5,
    ("Model", "Gender"): 2,
    ("Model", "Color", "Size"): 5,
    ("Brand", "Size"): 2,
    ("Brand", "Color", "Size"): 3,
    ("Brand", "Model", "Color"): 2,
    ("Brand", "Model", "Color", "Size"): 2,
    ("Brand", "Color", "Category"): 6,
    ("Brand", "Category", "Gender"): 4,
    ("Brand", "Category", "Feature"): 2,
    ("Category", "Color"): 7,
    ("Category", "Material"): 5,
    ("Category", "Gender"): 6,
    ("Category", "Feature"): 6,
    ("Category", "Pattern"): 3,
    ("Category", "Season"): 2,
    ("Category", "Color", "Size"): 2,
    ("Category", "Gender", "Size"): 2,
    ("Category", "Material", "Gender"): 2,
    ("Category", "Material", "Color"): 3,
    ("Category", "Feature", "Gender"): 2,
    ("Category", "Pattern", "Gender"): 2,
    ("Device", "Category"): 12,
    ("Device", "Category", "Color"): 6,
    ("Device", "Category", "Material"): 3,
    ("Brand", "Device", "Category"): 4,
    ("Device",): 2,
}


@dataclass(frozen=True)
class Query:
    """A distinct query, what it means and how often it is searched.

    Parameters
    ----------
    instance_id : str
        Its normal form.
    phrase : Phrase
        How it is usually written, and what its words name.
    truth : frozenset of str
        The labels it means, implied ones included.
    n_searches : int
        Searches by people and bots; 1 at least.
    """

    instance_id: str
    phrase: Phrase
    truth: frozenset[str]
    n_searches: int


def make_queries(
    vocabulary: Vocabulary,
    implications: Implications,
    items: Sequence[Item],
    assumptions: Assumptions,
    rng: np.random.Generator,
) -> list[Query]:
    """Return the distinct queries, most searched first.

    A text that was drawn with several meanings keeps the most frequent one. Every label that an
    item carries is meant by a few queries at least.
    """
    phraser = Phraser(vocabulary, assumptions, rng)
    wheel = Wheel(items, [item.popularity for item in items])
    drawn = [_draw(wheel.spin(rng), phraser, rng) for _ in range(assumptions.n_draws)]
    meanings = _ranked_meanings(drawn)
    chosen = dict(list(meanings.items())[: assumptions.n_queries])
    support = Counter(
        label for phrase in chosen.values() for label in implications.close(phrase.labels)
    )
    rare = _phrases_for_rare(support, items, phraser, implications, assumptions, rng)
    rare = {text: phrase for text, phrase in rare.items() if text not in chosen}
    chosen = dict(list(chosen.items())[: assumptions.n_queries - len(rare)]) | rare
    searches = _searches(len(chosen), assumptions, rng)
    return [
        Query(text, phrase, implications.close(phrase.labels), count)
        for (text, phrase), count in zip(chosen.items(), searches, strict=True)
    ]


def _draw(item: Item, phraser: Phraser, rng: np.random.Generator, naming: str = "") -> Phrase:
    """Return a query for an item; ``naming`` is an attribute it has to name."""
    mentionable = {"Category", "Brand", *item.values} | ({"Model"} if item.line else set())
    wanted = {naming} - {""}
    shapes = [shape for shape in SHAPES if mentionable.issuperset(shape) and wanted <= {*shape}]
    shape = Wheel(shapes, [SHAPES[shape] for shape in shapes]).spin(rng)
    return phraser.write(item, shape)


def _ranked_meanings(drawn: Sequence[Phrase]) -> dict[str, Phrase]:
    """Return the most frequent phrase of every normal text, most frequent texts first."""
    texts = [normalise(phrase.text) for phrase in drawn]
    phrases: dict[str, Counter[Phrase]] = {}
    for text, phrase in zip(texts, drawn, strict=True):
        phrases.setdefault(text, Counter())[phrase] += 1
    ranked = [text for text, _ in Counter(texts).most_common()]
    return {text: phrases[text].most_common(1)[0][0] for text in ranked}


def _phrases_for_rare(
    support: Counter[str],
    items: Sequence[Item],
    phraser: Phraser,
    implications: Implications,
    assumptions: Assumptions,
    rng: np.random.Generator,
) -> dict[str, Phrase]:
    """Return more queries for the labels that few queries mean."""
    phrases: dict[str, Phrase] = {}
    support = support.copy()
    for item in [*items] * 4:
        for label in sorted(item.labels):
            if support[label] < assumptions.min_support:
                phrase = _draw(item, phraser, rng, naming=label.partition(": ")[0])
                if normalise(phrase.text) not in phrases:
                    phrases[normalise(phrase.text)] = phrase
                    support.update(implications.close(phrase.labels))
    return phrases


def _searches(n_queries: int, assumptions: Assumptions, rng: np.random.Generator) -> list[int]:
    weights = np.array(zipf_weights(n_queries, assumptions.query_zipf_exponent))
    expected = weights / weights.sum() * (assumptions.n_searches - n_queries)
    whole = np.floor(expected).astype(np.int64)
    return (1 + whole + (rng.random(n_queries) < expected - whole)).tolist()  # type: ignore[no-any-return]
