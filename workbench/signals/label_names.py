"""The labels that go by a name."""

from __future__ import annotations

import pandas as pd

from workbench.signals.near_names import with_near_label
from workbench.text import normalise


class LabelNames:
    """Finds labels by their id, or by attribute and value in any known spelling.

    A name as it is written goes before its normal form, which several labels may share.

    Parameters
    ----------
    labels : pd.DataFrame
        Label table.
    aliases : pd.DataFrame
        ``label_id, alias``.

    Examples
    --------
    >>> labels = pd.DataFrame(
    ...     {"label_id": ["Color: Blue"], "attribute": ["Color"], "value": ["Blue"]})
    >>> names = LabelNames(labels, pd.DataFrame({"label_id": ["Color: Blue"], "alias": ["青"]}))
    >>> names.find("color: BLUE"), names.find_value("Color", "青"), names.find("Color: Red")
    ('Color: Blue', 'Color: Blue', None)
    """

    def __init__(self, labels: pd.DataFrame, aliases: pd.DataFrame) -> None:
        self._labels = labels
        self._ids: dict[str, set[str]] = {}
        self._exact_ids = set(labels["label_id"])
        for label_id in labels["label_id"]:
            self._ids.setdefault(normalise(label_id), set()).add(label_id)
        attributes = dict(zip(labels["label_id"], labels["attribute"].fillna(""), strict=True))
        self._values: dict[tuple[str, str], set[str]] = {}
        self._exact_values: dict[tuple[str, str], set[str]] = {}
        own = zip(labels["label_id"], labels["value"], strict=True)
        also = zip(aliases["label_id"], aliases["alias"], strict=True)
        for label_id, name in [*own, *also]:
            if label_id in attributes:
                attribute = attributes[label_id]
                self._exact_values.setdefault((attribute, name), set()).add(label_id)
                key = (normalise(attribute), normalise(name))
                self._values.setdefault(key, set()).add(label_id)

    def find(self, label_id: str) -> str | None:
        """Return the label of this id, or of "Attribute: value"; None if none, or several."""
        return _only(self.named(label_id))

    def find_value(self, attribute: str, value: str) -> str | None:
        """Return the label; None where there is none, or several go by the name."""
        return _only(self.named_value(attribute, value))

    def named(self, label_id: str) -> set[str]:
        """Return the labels that go by this id, or by "Attribute: value"."""
        if label_id in self._exact_ids:
            return {label_id}
        attribute, _, value = label_id.partition(":")
        found = self._ids.get(normalise(label_id))
        return found or self.named_value(attribute.strip(), value.strip())

    def named_value(self, attribute: str, value: str) -> set[str]:
        """Return the labels of this attribute that go by the value or an alias."""
        exact = self._exact_values.get((attribute, value), set())
        if len(exact) == 1:
            return exact
        return self._values.get((normalise(attribute), normalise(value)), set())

    def with_near(self, label_id: str) -> str:
        """Return an unknown "Attribute: value" with the known one that is spelt nearly so."""
        return with_near_label(label_id, self._labels)


def _only(labels: set[str]) -> str | None:
    """Return the one label; None of none or several."""
    return min(labels) if len(labels) == 1 else None
