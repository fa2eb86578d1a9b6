"""Known names that are spelt nearly as one that is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import pandas as pd

from workbench.text import normalise

# "Colour" and "Color" are more alike than this, "Red" and "Rad" are not.
_ALIKE = 0.75


def with_near_name(name: str, known: Iterable[str]) -> str:
    """Return a name with the known one that is spelt nearly so, if there is one.

    Examples
    --------
    >>> with_near_name("Colour", ["Color", "Size"]), with_near_name("Weight", ["Color"])
    ('Colour (did you mean Color?)', 'Weight')
    """
    near = _near(name, known)
    return name if near is None else f"{name} (did you mean {near}?)"


def with_near_label(label_id: str, labels: pd.DataFrame) -> str:
    """Return "Attribute: value" with the label, or the attribute, that is spelt nearly so.

    Parameters
    ----------
    label_id : str
    labels : pd.DataFrame
        ``attribute, value`` of the labels that there are.
    """
    attribute, _, value = label_id.partition(":")
    attributes = labels["attribute"].dropna().unique()
    own = next((name for name in attributes if normalise(name) == normalise(attribute)), None)
    if own is None:
        near = _near(attribute, attributes)
        meant = None if near is None else f"the attribute {near}"
    else:
        # Only the values of one attribute are compared: it takes its time.
        near = _near(value, labels.loc[labels["attribute"] == own, "value"])
        meant = None if near is None else f"{own}: {near}"
    return label_id if meant is None else f"{label_id} (did you mean {meant}?)"


def _near(name: str, known: Iterable[str]) -> str | None:
    folded = normalise(name)
    by_folded = {other: told for told in known if _may_be_near(folded, other := normalise(told))}
    near = get_close_matches(folded, by_folded, n=1, cutoff=_ALIKE)
    return by_folded[near[0]] if near else None


def _may_be_near(one: str, other: str) -> bool:
    """Whether the letters allow it: no more are without their like than `_ALIKE` leaves.

    Cheap and never wrong about a near one: of 100,000 names few are left to compare.
    """
    n_alike = _ALIKE * (len(one) + len(other)) / 2
    if n_alike > min(len(one), len(other)):
        return False
    mine, theirs = set(one), set(other)
    return len(mine - theirs) <= len(one) - n_alike and len(theirs - mine) <= len(other) - n_alike
