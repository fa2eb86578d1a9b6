"""How a shopper puts a wish into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipelines.sample.assumptions import Assumptions
from pipelines.sample.catalog import Item
from pipelines.sample.chance import happens, pick
from pipelines.sample.lines import ProductLine
from pipelines.sample.spelling import misspell
from pipelines.sample.vocabulary import Term, Vocabulary, is_japanese

JAPANESE_ORDER = (
    "Season Feature Pattern Material Brand Model Device Category Gender Color Size".split()
)
COLOUR_FIRST = (
    "Color Season Feature Pattern Material Brand Model Device Category Gender Size".split()
)
ENGLISH_ORDER = (
    "Gender Season Color Feature Pattern Material Brand Model Device Category Size".split()
)
EXTRA_WORDS = {
    True: ("おすすめ", "人気", "安い", "セール", "ランキング", "新作", "プレゼント", "2025"),
    False: ("sale", "best", "cheap", "new", "2025", "gift"),
}
ADJECTIVES = {"白": "白い", "黒": "黒い", "赤": "赤い", "青": "青い"}


@dataclass(frozen=True)
class Mention:
    """Words of a query that name a label.

    Parameters
    ----------
    label_id : str
    surface : str
        The words as written.
    listed : bool
        Whether the alias table knows them.
    garbled : bool
        Whether they are misspelt.
    """

    label_id: str
    surface: str
    listed: bool = True
    garbled: bool = False

    @property
    def attribute(self) -> str:
        """The attribute of the label."""
        return self.label_id.partition(": ")[0]


@dataclass(frozen=True)
class Phrase:
    """A query as usually written, and what its words name.

    Parameters
    ----------
    text : str
    mentions : tuple of Mention
    """

    text: str
    mentions: tuple[Mention, ...]

    @property
    def labels(self) -> list[str]:
        """The labels its words name."""
        return [mention.label_id for mention in self.mentions]


class Phraser:
    """Writes queries.

    Parameters
    ----------
    vocabulary : Vocabulary
    assumptions : Assumptions
    rng : numpy Generator
    """

    def __init__(
        self, vocabulary: Vocabulary, assumptions: Assumptions, rng: np.random.Generator
    ) -> None:
        self._vocabulary = vocabulary
        self._assumptions = assumptions
        self._rng = rng
        self._terms = dict(vocabulary.value_labels)
        terms = self._terms.values()
        self._spoken = {text for term in terms for text in (term.name.lower(), *term.listed)}
        self._terms |= {brand.term.label_id: brand.term for brand in vocabulary.brands}
        categories = vocabulary.categories.values()
        self._terms |= {category.label_id: category.term for category in categories}

    def write(self, item: Item, shape: Sequence[str]) -> Phrase:
        """Return a query that names the attributes of ``shape`` as the item has them."""
        language = pick(self._rng, ["ja", "en", "mixed"], [50, 27, 23])
        mentions = [self._mention(item, attribute, shape, language) for attribute in shape]
        if happens(self._rng, self._assumptions.garbled_share):
            place = int(self._rng.integers(len(mentions)))
            mentions[place] = self._garble(mentions[place])
        ordered = _in_order(mentions, language, self._rng)
        words = [mention.surface for mention in ordered]
        if len(words) > 1 and happens(self._rng, self._assumptions.adjective_share):
            words[0] = ADJECTIVES.get(words[0], words[0])
        if happens(self._rng, self._assumptions.extra_word_share):
            words.append(self._extra_word(item, shape, japanese=language != "en"))
        fused = happens(self._rng, self._assumptions.fused_share)
        separator = "" if fused and all(map(is_japanese, words)) else " "
        return Phrase(separator.join(words), tuple(ordered))

    def _mention(self, item: Item, attribute: str, shape: Sequence[str], language: str) -> Mention:
        japanese = language == "ja" or (language == "mixed" and happens(self._rng, 0.5))
        if attribute == "Model":
            assert item.line is not None
            return self._line_mention(item.line, shape, japanese=japanese)
        return self._term_mention(self._term(item, attribute, shape), japanese=japanese)

    def _term(self, item: Item, attribute: str, shape: Sequence[str]) -> Term:
        if attribute == "Brand":
            return item.brand.term
        if attribute == "Category":
            lineage = self._vocabulary.lineage(item.category)
            # "shoes" is too vague to search for, except beside a brand.
            weights = [6.0, 2.5, 1.0 if "Brand" in shape else 0.15]
            return pick(self._rng, lineage, weights[: len(lineage)]).term
        return self._terms[f"{attribute}: {pick(self._rng, item.values[attribute])}"]

    def _term_mention(self, term: Term, *, japanese: bool) -> Mention:
        # Brands and devices are often written in Latin letters in a Japanese query.
        if term.attribute in ("Brand", "Device") and happens(self._rng, 0.35):
            japanese = False
        spellings = term.spellings(japanese=japanese) or term.spellings(japanese=not japanese)
        listed = [spelling for spelling in spellings if spelling[1]]
        unlisted = [spelling for spelling in spellings if not spelling[1]]
        if unlisted and (not listed or happens(self._rng, self._assumptions.unlisted_share)):
            return Mention(term.label_id, pick(self._rng, unlisted)[0], listed=False)
        weights = [4.0] + [1.0] * (len(listed) - 1)
        return Mention(term.label_id, pick(self._rng, listed, weights)[0])

    def _line_mention(self, line: ProductLine, shape: Sequence[str], *, japanese: bool) -> Mention:
        # One word of the name is enough beside the brand, unless it means something else.
        clear = "Brand" in shape and line.first.lower() not in self._spoken
        if clear and happens(self._rng, self._assumptions.unlisted_share):
            surface = line.first_kana if japanese else line.first.lower()
            return Mention(line.term.label_id, surface, listed=False)
        if japanese and happens(self._rng, 0.75):
            joint = "" if happens(self._rng, 0.8) else " "
            kana = f"{line.first_kana}{joint}{line.second_kana}"
            return Mention(line.term.label_id, kana, listed=kana in line.term.listed)
        return Mention(line.term.label_id, line.term.name.lower())

    def _garble(self, mention: Mention) -> Mention:
        surface = misspell(mention.surface, self._rng)
        if surface == mention.surface:
            return mention
        return replace(mention, surface=surface, listed=False, garbled=True)

    def _extra_word(self, item: Item, shape: Sequence[str], *, japanese: bool) -> str:
        if japanese and "Category" in shape and item.category.extras and happens(self._rng, 0.6):
            return pick(self._rng, item.category.extras)
        return pick(self._rng, EXTRA_WORDS[japanese])


def _in_order(
    mentions: Sequence[Mention], language: str, rng: np.random.Generator
) -> list[Mention]:
    order = ENGLISH_ORDER
    if language != "en":
        order = COLOUR_FIRST if happens(rng, 0.25) else JAPANESE_ORDER
    return sorted(mentions, key=lambda mention: order.index(mention.attribute))
