"""What the browser is told about an instance: plain data, of which the script makes a card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.plurals import plural
from workbench.review.decisions import Decision
from workbench.ui.data import UNGROUPED, Instance
from workbench.ui.marks import marked_ranges
from workbench.ui.review_card.evidence import evidence_of

SHORT, MEDIUM = 60, 160
MAX_CHIPS = 60
DICTIONARY = "dictionary"


@dataclass(frozen=True)
class Known:
    """What a card shows beside the instance itself.

    Parameters
    ----------
    labels : pd.DataFrame
        The label table by label_id: attribute, value, path, position.
    sources : pd.DataFrame
        The sources of votes with their accuracy; empty if there are none.
    verdicts : mapping of str to str
        What stands of the reviewer's own verdicts on the instance, by label.
    history : mapping of str to sequence of Decision
        The events about each label of the instance, oldest first.
    scores : mapping of str to float
        The model's out-of-sample score by label, of those that it judged.
    words : mapping of str to sequence of (str, float)
        By label: the words that move the model, with what each adds to its log-odds.
    is_query : bool
        The instance is a query with clicks, and not a document.
    """

    labels: pd.DataFrame
    sources: pd.DataFrame
    verdicts: Mapping[str, str]
    history: Mapping[str, Sequence[Decision]]
    scores: Mapping[str, float]
    words: Mapping[str, Sequence[tuple[str, float]]]
    is_query: bool


def card_payload(instance: Instance, asked: Sequence[str], known: Known) -> dict[str, Any]:
    """Return a card as the script reads it.

    Parameters
    ----------
    instance : Instance
    asked : sequence of str
        The labels in question, in the order of asking.
    known : Known
    """
    length = len(instance.text)
    groups, hidden = _groups(instance, asked, known.labels)
    return {
        "id": instance.instance_id,
        "text": instance.text,
        "size": "short" if length <= SHORT else "medium" if length <= MEDIUM else "long",
        "facts": _facts(instance),
        "groups": groups,
        "hidden": hidden,
        "questions": [_question(instance, label_id, known) for label_id in asked],
    }


def _facts(instance: Instance) -> list[str]:
    facts = []
    if not instance.clicks.empty:
        facts.append(plural(instance.weight, "search", "searches"))
        facts.append(plural(int(instance.clicks["clicks"].sum()), "click"))
    return [*facts, f"{instance.split} set", f"{plural(len(instance.issues), 'label')} flagged"]


def _question(instance: Instance, label_id: str, known: Known) -> dict[str, Any]:
    issue = instance.issues[instance.issues["label_id"] == label_id]
    is_given = label_id in instance.given
    reason = "" if issue.empty else str(issue["reason"].iloc[0])
    state = "Given today." if is_given else "" if reason else "Not given today."
    return {
        "label": label_id,
        "kind": "wrong" if is_given else "missing",
        "asked": _asked(instance, label_id, known),
        "reason": f"{state} {reason}".strip(),
        "verdict": known.verdicts.get(label_id),
        "marks": marked_ranges(instance.text, matched_aliases(instance, label_id, known.labels)),
        "evidence": evidence_of(
            instance,
            label_id,
            known.sources,
            known.scores.get(label_id),
            known.words.get(label_id, ()),
            known.history.get(label_id, ()),
        ),
    }


def _asked(instance: Instance, label_id: str, known: Known) -> str:
    plain = known.labels["attribute"].get(label_id, UNGROUPED) == UNGROUPED
    label = f"\u201c{label_id}\u201d" if plain else label_id
    if len(instance.text) > SHORT:
        return f"Should this text carry {label}?"
    text = f"\u201c{instance.text}\u201d"
    return f"Does {text} mean {label}?" if known.is_query else f"Should {text} carry {label}?"


def matched_aliases(instance: Instance, label_id: str, labels: pd.DataFrame) -> list[str]:
    """Return the words by which the dictionary found values of the attribute in question."""
    if instance.votes.empty:
        return []
    found = instance.votes[instance.votes["source"] == DICTIONARY].dropna(subset=["detail"])
    if label_id in labels.index:
        attributes = labels["attribute"]
        found = found[found["label_id"].map(attributes) == attributes[label_id]]
    return [str(detail) for detail in found["detail"].unique()]


def _groups(
    instance: Instance, asked: Sequence[str], labels: pd.DataFrame
) -> tuple[list[dict[str, Any]], int]:
    """Return the given and the asked labels by attribute, and how many are not shown."""
    given = set(instance.given)
    shown = [*asked, *(label for label in instance.given if label not in set(asked))]
    kept, order = shown[:MAX_CHIPS], labels["position"]
    groups: dict[str, list[dict[str, Any]]] = {}
    for label in sorted(kept, key=lambda each: int(order.get(each, len(order)))):
        attribute = str(labels["attribute"].get(label, UNGROUPED))
        path = labels["path"].get(label) if "path" in labels else None
        chip = {"label": label, "value": str(labels["value"].get(label, label))}
        chip |= {"path": str(path) if isinstance(path, str) else "", "given": label in given}
        groups.setdefault(attribute, []).append(chip)
    told = [{"attribute": name, "chips": chips} for name, chips in groups.items()]
    return told, len(shown) - len(kept)
