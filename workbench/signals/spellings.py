"""What each spelling of a shop's values may mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from workbench.signals.kana import kana_variants
from workbench.signals.values import number_with_unit
from workbench.signals.word_borders import is_short
from workbench.text import normalise

# The levels of the dictionary's votes, from weak to strong.
UNLISTED, SHARED, PART, SHORT, WHOLE = 1, 2, 3, 4, 5


class Meaning(NamedTuple):
    """A label that a spelling may stand for.

    Parameters
    ----------
    label_id : str
    level : int
        `UNLISTED`, `SHORT` or `WHOLE`: how far the spelling on its own is to be trusted.
    """

    label_id: str
    level: int


@dataclass(frozen=True)
class SpellingRules:
    """How the labels' spellings are read.

    Parameters
    ----------
    units : mapping of str to str
        Attribute to the unit of its numbers: "26", "26cm" and "26.0 cm" are all "26.0cm".
    short_attributes : collection of str
        The only attributes whose values a single letter or a bare number can name.
    support : mapping of str to int
        Number of items that carry a label.
    min_support_share : float
        Of labels that share a spelling, those with less than this share of the support of the
        first do not count: one item with "Material: Black" must not silence "black".
    """

    units: Mapping[str, str]
    short_attributes: Collection[str]
    support: Mapping[str, int]
    min_support_share: float


def find_meanings(
    aliases: pd.DataFrame, labels: pd.DataFrame, rules: SpellingRules
) -> dict[str, tuple[Meaning, ...]]:
    """Return what each normalised spelling may mean.

    A label is unlisted if it has no spelling but itself, while others of its attribute have
    aliases. Such a value is often another spelling of a known one. Categories, and numbers with
    their attribute's unit, are never unlisted.

    Parameters
    ----------
    aliases : pd.DataFrame
        ``label_id, alias``: spellings of labels, the value itself included.
    labels : pd.DataFrame
        Label table.
    rules : SpellingRules
    """
    attributes = dict(zip(labels["label_id"], labels["attribute"], strict=True))
    unlisted = _unlisted(aliases, labels, rules.units)
    found: dict[str, dict[str, int]] = {}
    others: dict[str, dict[str, int]] = {}
    for label_id, alias in zip(aliases["label_id"], aliases["alias"], strict=True):
        attribute = str(attributes.get(label_id))
        for text in _forms(alias, rules.units.get(attribute)):
            if is_short(text) and attribute not in rules.short_attributes:
                continue
            level = UNLISTED if label_id in unlisted else SHORT if is_short(text) else WHOLE
            found.setdefault(text, {})[label_id] = level
            for variant in kana_variants(text):
                others.setdefault(variant, {})[label_id] = level
    for text, levels in others.items():
        # What somebody wrote down goes before what may be meant, unless it is unlisted itself.
        if all(level == UNLISTED for level in found.get(text, {}).values()):
            found[text] = {**found.get(text, {}), **levels}
    return {text: _well_supported(levels, rules) for text, levels in found.items()}


def _unlisted(aliases: pd.DataFrame, labels: pd.DataFrame, units: Mapping[str, str]) -> set[str]:
    """Return the labels that the alias table does not know, of attributes that it knows."""
    n_spellings = Counter(aliases["label_id"])
    values = labels.loc[labels["path"].isna(), ["label_id", "attribute", "value"]]
    listed = {a for label, a, _ in values.itertuples(index=False) if n_spellings[label] > 1}
    return {
        label
        for label, attribute, value in values.itertuples(index=False)
        if attribute in listed
        and n_spellings[label] == 1
        and (attribute not in units or number_with_unit(value, units[attribute]) is None)
    }


def _forms(alias: str, unit: str | None) -> list[str]:
    """Return the normalised forms of a spelling; a number with its unit has several."""
    text = normalise(alias)
    number = None if unit is None else number_with_unit(text, unit)
    if number is None or unit is None:
        return [text] if text else []
    long = normalise(number).removesuffix(normalise(unit))
    numbers = [long, long.removesuffix(".0")]
    units = ("", normalise(unit), " " + normalise(unit))
    return list(dict.fromkeys(n + u for n in numbers for u in units))


def _well_supported(levels: Mapping[str, int], rules: SpellingRules) -> tuple[Meaning, ...]:
    """Return the labels of a spelling without those that hardly any item carries."""
    support = {label_id: rules.support.get(label_id, 0) for label_id in levels}
    least = rules.min_support_share * max(support.values())
    return tuple(
        Meaning(label, level) for label, level in levels.items() if support[label] >= least
    )
