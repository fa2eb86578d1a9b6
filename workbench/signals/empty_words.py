"""What suppliers type into a cell that has no value."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from workbench.report import Report
from workbench.signals.aliases import Aliases
from workbench.text import normalise

# "none" is among them as `false` makes no label: hardly anyone searches for what an item lacks.
# Where it is a value, as of "Closure type", the alias table or the configuration has to say so.
EMPTY_WORDS = (
    "n/a", "n.a.", "#n/a", "-", "--", "---", "–", "—", "?", "none", "null", "nan", "unknown", "tbd",
    "tba", "not applicable", "not available", "not specified", "不明", "該当なし",
)  # fmt: skip
TAKEN_AS_EMPTY = "cells that say there is no value ([inputs.catalog] empty), taken as empty"


class EmptyWords:
    """Tells which texts say that there is no value; what the alias table knows is a value.

    Parameters
    ----------
    words : collection of str
    aliases : Aliases

    Examples
    --------
    >>> from workbench.signals.aliases import no_aliases
    >>> words = EmptyWords(EMPTY_WORDS, no_aliases())
    >>> words.include("Color", "N/A"), words.include("Color", "Nano blue")
    (True, False)
    """

    def __init__(self, words: Collection[str], aliases: Aliases) -> None:
        self._words = frozenset(map(normalise, words))
        self._aliases = aliases
        # Of many texts few are as short; white space and width may double them.
        self._longest = 2 * max(map(len, self._words), default=0)

    def include(self, attribute: str, text: str) -> bool:
        """Whether the text of a cell, or of a part of it, says that there is no value."""
        return self.are_spelt(text) and self._aliases.find(attribute, text) is None

    def are_spelt(self, text: str) -> bool:
        """Whether a text is one of the words, a value or not."""
        return len(text) <= self._longest and normalise(text) in self._words


def find_empty_cells(cells: pd.DataFrame, words: EmptyWords, *, report: Report) -> pd.Series:
    """Return which of the different cells ``attribute, raw, n`` say that there is no value."""
    pairs = zip(cells["attribute"], cells["raw"], strict=True)
    is_empty = pd.Series([words.include(*pair) for pair in pairs], index=cells.index, dtype=bool)
    found = cells[is_empty].sort_values("n", ascending=False, kind="stable")
    first = found[["attribute", "raw", "n"]].head(5).itertuples(index=False, name=None)
    report.count(
        TAKEN_AS_EMPTY,
        int(found["n"].sum()),
        [f"{attribute}: {raw} ({n:,})" for attribute, raw, n in first],
    )
    return is_empty
