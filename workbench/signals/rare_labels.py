"""Values that make no label, for too few items carry them: what to say where one is looked up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from workbench.text import normalise


@dataclass(frozen=True, eq=False)
class RareLabels:
    """The values below ``min_support``.

    Parameters
    ----------
    rows : pd.DataFrame
        ``label_id, attribute, value, n_items``: the label that each would be, and how many items
        carry it.
    min_support : int
        How many items a label needs.

    Examples
    --------
    >>> rare = RareLabels(pd.DataFrame({"label_id": ["Color: Mauve"], "attribute": ["Color"],
    ...     "value": ["Mauve"], "n_items": [4]}), min_support=5)
    >>> rare.find("color: mauve"), rare.find("Color: Blue"), rare.told("Color: Mauve")
    ('Color: Mauve', None, 'Color: Mauve (4 items)')
    """

    rows: pd.DataFrame
    min_support: int

    def find(self, label_id: str) -> str | None:
        """Return the value that goes by "Attribute: value", None if there is none."""
        return self._by_name.get(_folded(label_id))

    def told(self, label_id: str) -> str:
        """Return the value with the number of its items."""
        n = self._n_items[label_id]
        return f"{label_id} ({n:,} {'item' if n == 1 else 'items'})"

    @property
    def why(self) -> str:
        """Why these are no labels: "on fewer items than ..."."""
        return f"on fewer items than min_support = {self.min_support} of [inputs.catalog]"

    @cached_property
    def _by_name(self) -> dict[str, str]:
        return {_folded(label_id): label_id for label_id in self.rows["label_id"]}

    @cached_property
    def _n_items(self) -> dict[str, int]:
        return dict(zip(self.rows["label_id"], map(int, self.rows["n_items"]), strict=True))


def no_rare_labels() -> RareLabels:
    """Return none of them: every value makes a label."""
    rows = pd.DataFrame({"label_id": [], "attribute": [], "value": []}, dtype="str")
    return RareLabels(rows.assign(n_items=pd.Series(dtype="int64")), 1)


def _folded(label_id: str) -> str:
    attribute, _, value = label_id.partition(":")
    return f"{normalise(attribute)}: {normalise(value)}"
