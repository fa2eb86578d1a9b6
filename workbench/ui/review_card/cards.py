"""The cards of a deal with everything that is known about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from workbench.plurals import plural
from workbench.review.decisions import Decision
from workbench.review.queue import Card
from workbench.review.store import DecisionStore
from workbench.ui.data import (
    find_score,
    has_clicks,
    position_of,
    read_given,
    read_labels_table,
    read_model,
    read_scores,
    read_sources,
)
from workbench.ui.explain import explain_pair
from workbench.ui.instances import Instance, read_instances
from workbench.ui.review_card.evidence import Opinion
from workbench.ui.review_card.payload import Known, Labels, card_payload
from workbench.ui.reviewed import Reviewed
from workbench.ui.snapshot import Snapshot

MAX_OTHERS = 9
# Of the other values of an attribute, those without a vote need such a score to be offered.
LEAST_SCORE = 0.05


@dataclass(frozen=True)
class CardMaker:
    """Makes the cards that one reviewer sees.

    Parameters
    ----------
    snapshot : Snapshot
    store : DecisionStore
    reviewed : Reviewed
    pattern_sizes : mapping of str to int
        How many issues each pattern has.
    reviewer : str
    is_blind : bool
    shows_all : bool
        Decided pairs are asked too, with the verdict that stands.
    """

    snapshot: Snapshot
    store: DecisionStore
    reviewed: Reviewed
    pattern_sizes: Mapping[str, int]
    reviewer: str
    is_blind: bool
    shows_all: bool

    @property
    def labels(self) -> Labels:
        """What is known of labels."""
        return read_labels(self.snapshot, self.snapshot.key)

    def make(self, cards: Sequence[Card]) -> list[dict[str, Any]]:
        """Return the cards as the script reads them; one whose instance is gone is left out."""
        by_id = {card.instance_id: card for card in cards}
        instances = read_instances(self.snapshot, list(by_id))
        events = self._events(list(by_id))
        similar = self.reviewed.find([instance.instance_id for instance in instances])
        made = []
        for instance, alike in zip(instances, similar, strict=True):
            card = by_id[instance.instance_id]
            known = self._known(instance, card, events, alike)
            made.append(card_payload(instance, card, known))
        return made

    def _known(
        self,
        instance: Instance,
        card: Card,
        events: Mapping[tuple[str, str], list[Decision]],
        alike: Sequence[str],
    ) -> Known:
        key, about = self.snapshot.key, [*card.asked, *card.besides]
        of_pairs = {label: events.get((instance.instance_id, label), []) for label in about}
        standing = {label: _standing(of_pair) for label, of_pair in of_pairs.items()}
        return Known(
            labels=self.labels,
            sources=read_accuracies(self.snapshot, key),
            is_query=has_clicks(self.snapshot, key),
            is_blind=self.is_blind,
            verdicts=self._verdicts(standing, card),
            opinions={}
            if self.is_blind
            else {label: self._opinion(instance, label, of_pairs[label]) for label in about},
            similar={label: self.reviewed.said(alike, label) for label in about},
            others={}
            if self.is_blind
            else {label: self._others(instance, label) for label in about},
            patterns=self._patterns(instance),
        )

    def _verdicts(self, standing: Mapping[str, Mapping[str, str]], card: Card) -> dict[str, str]:
        """Return what is shown as decided: one's own verdict, or any where all is shown."""
        shown = {}
        for label, of_label in standing.items():
            if label in card.asked and not self.shows_all:
                continue
            said = of_label.get(self.reviewer)
            if said is None and not self.is_blind:
                said = next(iter(of_label.values()), None)
            if said is not None:
                shown[label] = said
        return shown

    def _opinion(self, instance: Instance, label_id: str, events: Sequence[Decision]) -> Opinion:
        key = self.snapshot.key
        row = position_of(read_given(self.snapshot, key).instance_ids, instance.instance_id)
        trained = read_model(self.snapshot, key)
        return Opinion(
            score=find_score(read_scores(self.snapshot, key), instance.instance_id, label_id),
            words=explain_pair(trained, row, label_id, instance.text),
            events=events,
            of_label=self._of_label(label_id),
        )

    def _of_label(self, label_id: str) -> str:
        present, absent = self.reviewed.counts(label_id)
        if not present + absent:
            return ""
        of_all = plural(present + absent, "flagged pair")
        return f"Of {of_all} decided for this label, {present} are present, {absent} absent."

    def _others(self, instance: Instance, label_id: str) -> list[str]:
        """Return other values of the label's attribute that something speaks for."""
        labels = self.labels
        attribute = labels.attribute(label_id)
        scores = read_scores(self.snapshot, self.snapshot.key)
        found: dict[str, float] = {}
        if scores is not None:
            row = position_of(scores.instance_ids, instance.instance_id)
            if row >= 0:
                start, end = scores.values.indptr[row : row + 2]
                named = scores.label_ids.take(scores.values.indices[start:end])
                pairs = zip(map(str, named), scores.values.data[start:end], strict=True)
                found = {other: float(score) for other, score in pairs if score >= LEAST_SCORE}
        for vote in instance.votes:
            if vote["level"] > 0:
                found.setdefault(str(vote["label_id"]), 0.0)
        others = [
            other
            for other in found
            if other != label_id and other in labels and labels.attribute(other) == attribute
        ]
        return sorted(others, key=lambda other: -found[other])[:MAX_OTHERS]

    def _patterns(self, instance: Instance) -> dict[str, tuple[str, int]]:
        sizes = self.pattern_sizes
        return {
            str(issue["label_id"]): (str(issue["pattern_id"]), int(sizes[issue["pattern_id"]]))
            for issue in instance.issues
            if issue["pattern_id"] in sizes
        }

    def _events(self, instance_ids: list[str]) -> dict[tuple[str, str], list[Decision]]:
        events: defaultdict[tuple[str, str], list[Decision]] = defaultdict(list)
        for event in self.store.events_on(instance_ids):
            events[event.pair].append(event)
        return events


@st.cache_resource(max_entries=4, show_spinner=False)
def read_labels(_snapshot: Snapshot, key: str) -> Labels:
    """Return what is known of labels."""
    return Labels(read_labels_table(_snapshot, key))


@st.cache_data(max_entries=4, show_spinner=False)
def read_accuracies(_snapshot: Snapshot, key: str) -> dict[str, float]:
    """Return the accuracy of each source of votes; empty if there are none."""
    sources = read_sources(_snapshot, key)
    if sources.empty:
        return {}
    return dict(zip(map(str, sources["source"]), sources["accuracy"].astype(float), strict=True))


def _standing(events: Sequence[Decision]) -> dict[str, str]:
    """Return what each reviewer says now, the latest first."""
    undone = {event.undoes for event in events}
    said: dict[str, str] = {}
    for event in sorted(events, key=lambda each: each.decided_at, reverse=True):
        if event.undoes is None and event.event_uid not in undone:
            said.setdefault(event.reviewer, str(event.verdict))
    return said
