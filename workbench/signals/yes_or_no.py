"""Attributes that say yes or no, whatever their suppliers type."""

from __future__ import annotations

import re
from collections.abc import Collection

from workbench.text import normalise

# What says yes, what says no.
_PAIRS = (
    ({"y", "yes", "true"}, {"n", "no", "false"}),
    ({"j", "ja", "wahr"}, {"n", "nein", "falsch"}),
    ({"oui", "vrai"}, {"non", "faux"}),
    ({"si", "sí"}, {"no"}),
    ({"はい"}, {"いいえ"}),
    ({"有", "有り", "あり"}, {"無", "無し", "なし"}),
)
# What may be another thing (an axis, north, silicon): beside these the other side has to be there.
_SHORT = frozenset({"y", "n", "j", "si"})
# A bare number may be a quantity: both have to be there.
_DIGITS = ({"1"}, {"0"})
_QUANTITIES = frozenset("number numbers quantity qty count amount anzahl menge nombre".split())


def read_yes_or_no(attribute: str, texts: Collection[str]) -> dict[str, bool] | None:
    """Return what each text says if all values of an attribute say yes or no, None otherwise.

    Parameters
    ----------
    attribute : str
        Numbers of something, such as "Number of doors" or "doors_count", are quantities.
    texts : collection of str
        All different values of the attribute.

    Examples
    --------
    >>> read_yes_or_no("Waterproof", ["Y", "No"]), read_yes_or_no("Axis", ["Y"])
    ({'Y': True, 'No': False}, None)
    >>> read_yes_or_no("Vegan", ["1", "0"]), read_yes_or_no("Doors", ["1"])
    ({'1': True, '0': False}, None)
    """
    folded = {text: normalise(text) for text in texts}
    found = set(folded.values())
    if not found:
        return None
    for yes, no in _PAIRS:
        if found <= yes | no and (found - _SHORT or (found & yes and found & no)):
            return {text: word in yes for text, word in folded.items()}
    yes, no = _DIGITS
    if found == yes | no and _QUANTITIES.isdisjoint(_words(attribute)):
        return {text: word in yes for text, word in folded.items()}
    return None


def _words(attribute: str) -> list[str]:
    """Return the words of a name, whatever parts them, capitals too."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", attribute)
    return re.findall(r"[^\W_]+", normalise(parted))
