"""The parts of the instance card: its text, its labels as chips, and the question."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from workbench.plurals import plural
from workbench.ui import markup
from workbench.ui.data import UNGROUPED, Instance

SHORT, MEDIUM = 60, 160
MAX_CHIPS = 60
DICTIONARY = "dictionary"
_SAID = {"present": "yes", "absent": "no", "unsure": "unsure"}


def heading(instance: Instance, label_id: str, labels: pd.DataFrame) -> str:
    """Return the line of facts and the instance's text, with the words a dictionary matched."""
    facts = []
    if not instance.clicks.empty:
        facts.append(plural(instance.weight, "search", "searches"))
        facts.append(plural(int(instance.clicks["clicks"].sum()), "click"))
    facts.append(f"{instance.split} set")
    facts.append(f"{plural(len(instance.issues), 'label')} flagged")
    size = (
        "short"
        if len(instance.text) <= SHORT
        else "medium"
        if len(instance.text) <= MEDIUM
        else "long"
    )
    text = markup.highlighted(instance.text, matched_aliases(instance, label_id, labels))
    return (
        f'<div class="wb-crumbs">{markup.escape(" · ".join(facts))}</div>'
        f'<div class="wb-text wb-{size}">{text}</div>'
    )


def matched_aliases(instance: Instance, label_id: str, labels: pd.DataFrame) -> list[str]:
    """Return the words by which the dictionary found values of the attribute in question."""
    if instance.votes.empty:
        return []
    found = instance.votes[instance.votes["source"] == DICTIONARY].dropna(subset=["detail"])
    if label_id in labels.index:
        attributes = labels["attribute"]
        found = found[found["label_id"].map(attributes) == attributes[label_id]]
    return [str(detail) for detail in found["detail"].unique()]


def chips(
    instance: Instance, label_id: str, labels: pd.DataFrame, verdicts: Mapping[str, str]
) -> str:
    """Return the given and the flagged labels as chips, a line for each attribute.

    ``verdicts`` holds what has been decided about this instance's labels so far.
    """
    kinds = dict(zip(instance.issues["label_id"], instance.issues["kind"], strict=True))
    shown = [*instance.given, *(label for label in kinds if label not in set(instance.given))]
    shown.sort(key=lambda label: (label != label_id, label not in kinds))
    hidden = max(0, len(shown) - MAX_CHIPS)
    groups: dict[str, list[str]] = {}
    for label in _in_table_order(shown[:MAX_CHIPS], labels):
        attribute = str(labels["attribute"].get(label, UNGROUPED))
        groups.setdefault(attribute, []).append(label)
    lines = (
        f"<dt>{markup.escape(attribute)}</dt><dd>"
        + "".join(
            _chip(label, labels, kinds.get(label), verdicts.get(label), label == label_id)
            for label in members
        )
        + "</dd>"
        for attribute, members in groups.items()
    )
    more = markup.soft(f"and {plural(hidden, 'more label')}") if hidden else ""
    return f'<dl class="wb-given">{"".join(lines)}</dl>{more}'


def question(
    instance: Instance,
    label_id: str,
    labels: pd.DataFrame,
    verdict: str | None,
    *,
    is_query: bool,
) -> str:
    """Return the question about the label and the reason why it is asked."""
    label = _named(label_id, labels)
    if len(instance.text) > SHORT:
        asked = f"Should this text carry {label}?"
    elif is_query:
        asked = f"Does “{markup.escape(instance.text)}” mean {label}?"
    else:
        asked = f"Should “{markup.escape(instance.text)}” carry {label}?"
    issue = instance.issues[instance.issues["label_id"] == label_id]
    reason = "" if issue.empty else markup.escape(issue["reason"].iloc[0])
    given = label_id in instance.given
    state = "Given today." if given else "" if reason else "Not given today."
    told = "" if verdict is None else f" Decided: {verdict}."
    return (
        f'<div class="wb-question">{asked}</div><div class="wb-reason">{state}{told} {reason}</div>'
    )


def _named(label_id: str, labels: pd.DataFrame) -> str:
    """Return the label as HTML, in quotes if nothing else tells where its name begins."""
    plain = labels["attribute"].get(label_id, UNGROUPED) == UNGROUPED
    return f"“{markup.escape(label_id)}”" if plain else markup.escape(label_id)


def _in_table_order(label_ids: list[str], labels: pd.DataFrame) -> list[str]:
    order = labels["position"]
    return sorted(label_ids, key=lambda label: int(order.get(label, len(order))))


def _chip(
    label_id: str, labels: pd.DataFrame, kind: str | None, verdict: str | None, focused: bool
) -> str:
    value = labels["value"].get(label_id, label_id)
    classes, note = ["wb-chip"], ""
    if kind is not None and verdict is not None:
        classes.append("wb-done")
        note = f"<small>{_SAID[verdict]}</small>"
    elif kind is not None:
        classes.append(f"wb-{kind}")
        note = f"<small>{kind}?</small>"
    if focused:
        classes.append("wb-focus")
    named = f'class="{" ".join(classes)}" title="{markup.escape(label_id)}"'
    return f"<span {named}>{markup.escape(value)}{note}</span>"
