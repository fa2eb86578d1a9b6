"""Tell from labels that exist whether they have the form attribute=value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_SEPARATORS = ("=", ": ", ":", "|")
# So many of the labels must hold the separator, and so many share an attribute on average: the
# first rows of a long table with many attributes show few labels of each.
_NEARLY_ALL = 0.95
_FEWEST_EACH = 1.5
_MAX_SHOWN = 5


@dataclass(frozen=True)
class LabelForm:
    """What parts labels into attribute and value.

    Parameters
    ----------
    separator : str
    attributes : tuple of str
        In the order of the alphabet.
    n_parted, n_labels : int
        Different labels that hold the separator, and all.
    """

    separator: str
    attributes: tuple[str, ...]
    n_parted: int
    n_labels: int

    def told(self) -> str:
        """Return what was found in words."""
        shown = ", ".join(self.attributes[:_MAX_SHOWN])
        more = len(self.attributes) - _MAX_SHOWN
        return (
            f"{self.n_parted:,} of {self.n_labels:,} labels looked at have the form "
            f"'attribute{self.separator}value' ({shown}{f' and {more:,} more' * (more > 0)}), so "
            f'attribute_separator = "{self.separator}"; set it to "" in workbench.toml if they are '
            "plain names"
        )


def find_label_form(label_ids: Iterable[str]) -> LabelForm | None:
    """Return the form of labels that nearly all are attribute and value, None if they are not.

    Few attributes have to stand before many values; attributes are names, not numbers, and values
    no addresses ("https://...").

    Examples
    --------
    >>> find_label_form(["color=red", "color=blue", "size=4", "size=5"]).separator
    '='
    >>> find_label_form(["Note: a", "red", "blue"]) is None
    True
    """
    labels = sorted(set(label_ids))
    forms = (_parted(labels, separator) for separator in _SEPARATORS)
    return next((form for form in forms if form is not None), None)


def _parted(labels: list[str], separator: str) -> LabelForm | None:
    parts = [label.partition(separator) for label in labels]
    named = [
        before.strip()
        for before, _, after in parts
        if after.strip() and not after.startswith("//") and any(map(str.isalpha, before))
    ]
    attributes = tuple(sorted(set(named)))
    if len(named) < max(_NEARLY_ALL * len(labels), _FEWEST_EACH * max(len(attributes), 1)):
        return None
    return LabelForm(separator, attributes, len(named), len(labels))
