"""What the browser is told about an instance: plain data, of which the script makes a card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from workbench.plurals import plural
from workbench.review.queue import Card
from workbench.ui.data import UNGROUPED
from workbench.ui.instances import Instance
from workbench.ui.marks import marked_ranges
from workbench.ui.review_card.evidence import Opinion, evidence_of

SHORT, MEDIUM = 60, 160
MAX_CHIPS = 60
DICTIONARY = "dictionary"


class Labels:
    """What is known of labels, looked up one by one.

    Parameters
    ----------
    table : pd.DataFrame
        The label table by label_id: attribute, value, position and perhaps path.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self._index = table.index
        self._columns = {name: table[name].to_numpy() for name in table.columns}

    def __contains__(self, label_id: str) -> bool:
        return label_id in self._index

    def attribute(self, label_id: str) -> str:
        """Return the attribute of a label."""
        return str(self._look_up("attribute", label_id, UNGROUPED))

    def value(self, label_id: str) -> str:
        """Return the value of a label, which is its name where it has no attribute."""
        return str(self._look_up("value", label_id, label_id))

    def path(self, label_id: str) -> str:
        """Return the path of a label in the taxonomy; empty if it has none."""
        path = self._look_up("path", label_id, "")
        return path if isinstance(path, str) else ""

    def position(self, label_id: str) -> int:
        """Return the place of a label in the label table; unknown ones stand last."""
        return int(self._look_up("position", label_id, len(self._index)))

    def _look_up(self, column: str, label_id: str, otherwise: Any) -> Any:
        if column not in self._columns or label_id not in self._index:
            return otherwise
        return self._columns[column][self._index.get_loc(label_id)]


@dataclass(frozen=True)
class Known:
    """What a card shows beside the instance itself.

    Parameters
    ----------
    labels : Labels
    sources : mapping of str to float
        The accuracy of each source of votes.
    is_query : bool
        The instance is a query with clicks, and not a document.
    is_blind : bool
        Nothing is told that sources, the model or other people say.
    verdicts : mapping of str to str
        By label: the verdict that is shown as given already.
    opinions : mapping of str to Opinion
        By label.
    similar : mapping of str to sequence of (str, str)
        By label: reviewed texts like this one, and what was said of them.
    others : mapping of str to sequence of str
        By label: other values of its attribute, the likeliest first.
    patterns : mapping of str to (str, int)
        By label: the pattern that the pair belongs to, and how many issues it has.
    """

    labels: Labels
    sources: Mapping[str, float]
    is_query: bool
    is_blind: bool = False
    verdicts: Mapping[str, str] = field(default_factory=dict)
    opinions: Mapping[str, Opinion] = field(default_factory=dict)
    similar: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    others: Mapping[str, Sequence[str]] = field(default_factory=dict)
    patterns: Mapping[str, tuple[str, int]] = field(default_factory=dict)


def card_payload(instance: Instance, card: Card, known: Known) -> dict[str, Any]:
    """Return a card as the script reads it."""
    length = len(instance.text)
    asked = [*card.asked, *card.besides]
    groups, hidden = _groups(instance, asked, known.labels)
    return {
        "id": instance.instance_id,
        "text": instance.text,
        "size": "short" if length <= SHORT else "medium" if length <= MEDIUM else "long",
        "facts": _facts(instance, known.is_blind),
        "groups": groups,
        "hidden": hidden,
        "questions": [
            _question(instance, label_id, label_id in set(card.asked), known) for label_id in asked
        ],
    }


def value_payload(label_id: str, labels: Labels) -> dict[str, str]:
    """Return a label that may be chosen beside the flagged ones, as the script reads it."""
    return {
        "label": label_id,
        "attribute": labels.attribute(label_id),
        "value": labels.value(label_id),
        "path": labels.path(label_id),
    }


def _facts(instance: Instance, is_blind: bool) -> list[str]:
    facts = []
    if instance.clicks:
        facts.append(plural(instance.weight, "search", "searches"))
        facts.append(plural(sum(int(row["clicks"]) for row in instance.clicks), "click"))
    facts.append(f"{instance.split} set")
    return facts if is_blind else [*facts, f"{plural(len(instance.issues), 'label')} flagged"]


def _question(instance: Instance, label_id: str, is_open: bool, known: Known) -> dict[str, Any]:
    is_given = label_id in instance.given
    pattern = None if known.is_blind else known.patterns.get(label_id)
    opinion = None if known.is_blind else known.opinions.get(label_id, Opinion())
    return {
        "label": label_id,
        "attribute": known.labels.attribute(label_id),
        "kind": "asked" if known.is_blind else "wrong" if is_given else "missing",
        "asked": _asked(instance, label_id, known),
        "reason": "" if known.is_blind else _reason(instance, label_id, is_given),
        "open": is_open,
        "verdict": known.verdicts.get(label_id),
        # What the dictionary has found is what a source says.
        "marks": []
        if known.is_blind
        else marked_ranges(instance.text, matched_aliases(instance, label_id, known.labels)),
        "pattern": None if pattern is None else {"id": pattern[0], "n": pattern[1]},
        "others": [value_payload(other, known.labels) for other in known.others.get(label_id, ())],
        "evidence": evidence_of(
            instance, label_id, known.sources, known.similar.get(label_id, ()), opinion
        ),
    }


def _reason(instance: Instance, label_id: str, is_given: bool) -> str:
    reasons = (str(row["reason"]) for row in instance.issues if row["label_id"] == label_id)
    reason = next(reasons, "")
    state = "Given today." if is_given else "" if reason else "Not given today."
    return f"{state} {reason}".strip()


def _asked(instance: Instance, label_id: str, known: Known) -> str:
    plain = known.labels.attribute(label_id) == UNGROUPED
    label = f"\u201c{label_id}\u201d" if plain else label_id
    if len(instance.text) > SHORT:
        return f"Should this text carry {label}?"
    text = f"\u201c{instance.text}\u201d"
    return f"Does {text} mean {label}?" if known.is_query else f"Should {text} carry {label}?"


def matched_aliases(instance: Instance, label_id: str, labels: Labels) -> list[str]:
    """Return the words by which the dictionary found values of the attribute in question."""
    attribute = labels.attribute(label_id)
    details = (
        vote["detail"]
        for vote in instance.votes
        if vote["source"] == DICTIONARY
        and (label_id not in labels or labels.attribute(str(vote["label_id"])) == attribute)
    )
    return list(dict.fromkeys(detail for detail in details if isinstance(detail, str)))


def _groups(
    instance: Instance, asked: Sequence[str], labels: Labels
) -> tuple[list[dict[str, Any]], int]:
    """Return the given and the asked labels by attribute, and how many are not shown."""
    given = set(instance.given)
    shown = [*asked, *(label for label in instance.given if label not in set(asked))]
    kept = shown[:MAX_CHIPS]
    groups: dict[str, list[dict[str, Any]]] = {}
    for label in sorted(kept, key=labels.position):
        chip = {**value_payload(label, labels), "given": label in given}
        groups.setdefault(str(chip["attribute"]), []).append(chip)
    told = [{"attribute": name, "chips": chips} for name, chips in groups.items()]
    return told, len(shown) - len(kept)
