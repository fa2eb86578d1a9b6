"""The alias table: spellings of values that the shop has collected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipelines.sample.assumptions import Assumptions
from pipelines.sample.chance import happens
from pipelines.sample.lines import ProductLine
from pipelines.sample.vocabulary import Term, Vocabulary, is_japanese

N_WELL_KNOWN = 40


def make_aliases(
    vocabulary: Vocabulary,
    lines: Sequence[ProductLine],
    assumptions: Assumptions,
    rng: np.random.Generator,
) -> list[dict[str, str]]:
    """Return the rows of the alias table; every value has itself as its first alias.

    Spellings that shoppers use and the shop has not collected are left out, and so are the
    Japanese names of some lesser known brands. An alias may stand for several values.
    """
    rows = []
    for category in vocabulary.categories.values():
        rows += _rows(category.term, category.term.listed)
    for terms in vocabulary.values.values():
        for term in terms:
            rows += _rows(term, (term.name.lower(), *term.listed))
    for brand in vocabulary.brands:
        known = brand.rank <= N_WELL_KNOWN or happens(rng, assumptions.brand_kana_listed_share)
        rows += _rows(brand.term, (brand.name.lower(), *(brand.term.listed if known else ())))
    for line in lines:
        rows += _rows(line.term, (line.term.name.lower(), *line.term.listed))
    return rows


def _rows(term: Term, aliases: Sequence[str]) -> list[dict[str, str]]:
    return [
        {
            "attribute": term.attribute,
            "value": term.name,
            "alias": alias,
            "locale": "ja" if is_japanese(alias) else "en",
        }
        for alias in dict.fromkeys(aliases)
    ]
