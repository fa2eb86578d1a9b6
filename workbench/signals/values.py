"""From what a cell of the catalog says to the values it means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import NamedTuple

import pandas as pd

from workbench.report import Report
from workbench.signals.aliases import Aliases
from workbench.signals.catalog_fields import YES
from workbench.signals.empty_words import EMPTY_WORDS, TAKEN_AS_EMPTY, EmptyWords
from workbench.signals.yes_or_no import read_yes_or_no
from workbench.text import normalise

SAY_NO = "values that say no, which make no label"
# Yes and no are not spelt in more ways, in one attribute.
_MOST_WAYS = 20
_WHOLE_NUMBER = re.compile(r"^(-?\d+)\.0+$")
_BROKEN_NUMBER = re.compile(r"-?\d+\.\d*[1-9]\d*")


@dataclass(frozen=True)
class ValueRules:
    """How cells become values.

    Parameters
    ----------
    separators : tuple of str
        Signs that part several values of a cell.
    units : mapping of str to str, or of str to such a mapping
        Attribute to the unit of its numbers: with ``{"Size": "cm"}`` 26, 26.0, 26cm and
        "26.0 cm" are all "26.0cm", while "M" stays "M". Or attribute to branch of the taxonomy
        to unit, see `workbench.signals.units`.
    exclusive : tuple of str
        Attributes of which an item has one value; their cells are not split.
    min_support : int
        On how many items a value must be to become a label.
    empty : tuple of str
        What says that there is no value, see `find_empty_cells`.
    keep : tuple of str
        Attributes that make labels though their values name single items, see `why_no_labels`.
    """

    separators: tuple[str, ...] = ()
    units: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    exclusive: tuple[str, ...] = ()
    min_support: int = 1
    empty: tuple[str, ...] = EMPTY_WORDS
    keep: tuple[str, ...] = ()

    def split(
        self, attribute: str, text: str, *, is_whole: Callable[[str], bool] = lambda _: False
    ) -> list[str]:
        """Return the values of a cell, stripped, without empty ones.

        Where several parts and the signs between them are one text that ``is_whole``, such as
        "N/A" in "Red, N/A", they stay together.
        """
        if not self.separators or attribute in self.exclusive:
            return [text.strip()]
        # Values and the signs between them in turn.
        pieces = re.split("(" + "|".join(map(re.escape, self.separators)) + ")", text)
        parts = []
        start = 0
        while start < len(pieces):
            longest = min(start + 2 * self._most_inside, len(pieces) - 1)
            ends = range(longest, start, -2)
            end = next((e for e in ends if is_whole("".join(pieces[start : e + 1]))), start)
            parts.append("".join(pieces[start : end + 1]).strip())
            start = end + 2
        return [part for part in parts if part]

    @cached_property
    def _most_inside(self) -> int:
        """Of how many separators an empty word has the most."""
        return max((sum(map(word.count, self.separators)) for word in self.empty), default=0)


def number_with_unit(text: str, unit: str) -> str | None:
    """Return "26.0cm" for 26, 26.0, 26cm and "26.0 cm"; None for other texts.

    Examples
    --------
    >>> number_with_unit("26", "cm"), number_with_unit("26.25 ＣＭ", "cm")
    ('26.0cm', '26.25cm')
    >>> number_with_unit("M", "cm") is None
    True
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?(.*)", normalise(text), flags=re.ASCII)
    if match is None or match[2] not in ("", normalise(unit)):
        return None
    whole, _, decimals = match[1].partition(".")
    return f"{int(whole)}.{decimals.rstrip('0') or '0'}{unit}"


class _Part(NamedTuple):
    """One value of a cell, as it is typed, and how many items say so."""

    attribute: str
    raw: str
    unit: str
    text: str
    n: int


def canonical_values(
    cells: pd.DataFrame, rules: ValueRules, aliases: Aliases, *, report: Report
) -> pd.DataFrame:
    """Return ``attribute, raw, unit, value``: each value of each distinct cell, in one spelling.

    An alias stands for its value; a number gets its unit; of spellings that differ in case,
    width or white space, the most frequent one stands for all. Where all values of an attribute
    say yes or no, and the alias table knows none of them, they are "yes", or no value at all.

    Parameters
    ----------
    cells : pd.DataFrame
        Distinct cells: ``attribute, raw``, if known ``unit`` (of plain numbers there, empty if
        they have none; else that of ``rules``) and ``n``, the number of items that say so.
    rules : ValueRules
    aliases : Aliases
    report : Report
        Gets how many spellings were unified, how many say yes, no or nothing.
    """
    if "unit" not in cells.columns:
        everywhere = {name: unit for name, unit in rules.units.items() if isinstance(unit, str)}
        cells = cells.assign(unit=[everywhere.get(name, "") for name in cells["attribute"]])
    parts = _whole_numbers(_filled_parts(cells, rules, aliases, report), aliases)
    said = _yes_or_no(parts, aliases, report)
    rows: list[tuple[str, str, str, str, str | None]] = []
    spellings: dict[tuple[str, str], Counter[str]] = {}
    for attribute, raw, unit, text, n in parts:
        says = said.get(attribute, {}).get(text)
        if says is None:
            number = number_with_unit(text, unit) if unit else None
            value = aliases.find(attribute, text) or number
            rows.append((attribute, raw, unit, text, value))
            if value is None:
                spellings.setdefault((attribute, normalise(text)), Counter())[text] += n
        elif says:
            rows.append((attribute, raw, unit, text, YES))
    chosen = {
        # Ties go to the first in the alphabet, so that the order of rows does not matter.
        key: min(seen, key=lambda text: (-seen[text], text))
        for key, seen in spellings.items()
    }
    filled = [
        (attribute, raw, unit, text, value or chosen[attribute, normalise(text)])
        for attribute, raw, unit, text, value in rows
    ]
    _count_unified(filled, report)
    _count_unlisted(spellings, chosen, aliases, report)
    names = ["attribute", "raw", "unit", "text", "value"]
    frame = pd.DataFrame(filled, columns=names, dtype="str")
    return frame.drop(columns="text").drop_duplicates(ignore_index=True)


def _filled_parts(
    cells: pd.DataFrame, rules: ValueRules, aliases: Aliases, report: Report
) -> list[_Part]:
    """Return the values of all cells, and count those that say there is none."""
    words = EmptyWords(rules.empty, aliases)
    parts: list[_Part] = []
    empty: dict[str, None] = {}
    n_empty = 0
    columns = cells[["attribute", "raw", "unit", "n"]].itertuples(index=False, name=None)
    for attribute, raw, unit, n in columns:
        for text in _parts(attribute, raw, rules, aliases, words):
            if words.include(attribute, text):
                empty[f"{attribute}: {raw}"] = None
                n_empty += int(n)
            else:
                parts.append(_Part(attribute, raw, unit, text, int(n)))
    report.count(TAKEN_AS_EMPTY, n_empty, list(islice(empty, 5)))
    return parts


def _whole_numbers(parts: list[_Part], aliases: Aliases) -> list[_Part]:
    """Return the parts with "4.0" as "4" where the numbers of an attribute are whole ones.

    Tables with empty cells are often written so. Beside "4.1" a "4.0" is a version, and stays.
    """
    broken = {p.attribute for p in parts if _BROKEN_NUMBER.fullmatch(p.text)}
    return [
        p
        if p.attribute in broken or aliases.find(p.attribute, p.text)
        else p._replace(text=_WHOLE_NUMBER.sub(r"\1", p.text))
        for p in parts
    ]


def _yes_or_no(
    parts: Sequence[_Part], aliases: Aliases, report: Report
) -> dict[str, dict[str, bool]]:
    """Return what the values say by attribute, of those that say yes or no, and count it."""
    texts: dict[str, Counter[str]] = {}
    for attribute, _, _, text, n in parts:
        texts.setdefault(attribute, Counter())[text] += n
    found = {}
    n_no: Counter[str] = Counter()
    for attribute, counts in texts.items():
        said = None if len(counts) > _MOST_WAYS else read_yes_or_no(attribute, counts)
        if said is None or any(aliases.find(attribute, text) for text in counts):
            continue
        found[attribute] = said
        n_no[attribute] = sum(n for text, n in counts.items() if not said[text])
    typed = {name: [t for t in said if t != YES] for name, said in found.items()}
    unified = [f"{name}: {', '.join(texts)}" for name, texts in typed.items() if texts]
    report.count(f"attributes that say yes or no, read as '{YES}' or none", len(unified), unified)
    told = [f"{attribute}: {n:,}" for attribute, n in n_no.most_common() if n]
    report.count(SAY_NO, n_no.total(), told)
    return found


def _parts(
    attribute: str, raw: str, rules: ValueRules, aliases: Aliases, words: EmptyWords
) -> list[str]:
    """Return the texts of the values of a cell, white space collapsed."""
    if aliases.find(attribute, raw) is not None:
        return [" ".join(raw.split())]
    parts = rules.split(attribute, raw, is_whole=words.are_spelt)
    return [" ".join(part.split()) for part in parts]


def _count_unified(rows: list[tuple[str, str, str, str, str]], report: Report) -> None:
    unified = {
        f"{attribute}: {text} → {value}": None
        for attribute, _, _, text, value in rows
        if text != value
    }
    report.count("spellings unified with a value", len(unified), list(unified)[:5])


def _count_unlisted(
    spellings: Mapping[tuple[str, str], Counter[str]],
    chosen: Mapping[tuple[str, str], str],
    aliases: Aliases,
    report: Report,
) -> None:
    """Count values that the alias table does not know, of attributes that it does know."""
    known = set(map(normalise, aliases.rows["attribute"].unique()))
    unlisted = [key for key in spellings if normalise(key[0]) in known]
    often = sorted(unlisted, key=lambda key: (-spellings[key].total(), key))
    report.count(
        "values that the alias table does not know; other spellings of known ones?",
        len(unlisted),
        [f"{key[0]}: {chosen[key]}" for key in often[:5]],
    )
