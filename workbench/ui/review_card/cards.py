"""The cards of a deal with everything that is known about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from workbench.ids import position_of
from workbench.matrices import PairScores
from workbench.review.decisions import Decision, Role
from workbench.review.queue import Card
from workbench.review.store import DecisionStore
from workbench.ui.data import (
    TrainedModel,
    find_score,
    has_clicks,
    read_given,
    read_labels_table,
    read_model,
    read_scores,
    read_sources,
)
from workbench.ui.explain import explain_pair
from workbench.ui.instances import GivenLabels, Instance, read_instances
from workbench.ui.queue_data import pattern_sizes
from workbench.ui.review_card.evidence import Opinion
from workbench.ui.review_card.payload import Known, Labels, card_payload
from workbench.ui.reviewed import Reviewed
from workbench.ui.snapshot import Snapshot

MAX_OTHERS = 9
# Of the other values of an attribute, those without a vote need such a score to be offered.
LEAST_SCORE = 0.05


@dataclass(frozen=True, eq=False)
class CardTables:
    """What cards are made from, looked up once and not for each of them.

    Parameters
    ----------
    labels : Labels
    accuracies : dict of str to float
        Of each source of votes; empty if there are none.
    is_query : bool
        The instances are queries with clicks, and not documents.
    given : GivenLabels
    scores : PairScores or None
        Out-of-sample scores.
    trained : TrainedModel or None
    feature_ids : pd.Index
        The instances of the rows of the model's features.
    pattern_sizes : dict of str to int
        How many issues each pattern has.
    """

    labels: Labels
    accuracies: dict[str, float]
    is_query: bool
    given: GivenLabels
    scores: PairScores | None
    trained: TrainedModel | None
    feature_ids: pd.Index
    pattern_sizes: dict[str, int]


@st.cache_resource(max_entries=2, show_spinner=False)
def open_card_tables(_snapshot: Snapshot, key: str) -> CardTables:
    """Return what the cards of this workspace are made from."""
    labels, given = read_labels_table(_snapshot, key), read_given(_snapshot, key)
    sources = read_sources(_snapshot, key)
    accuracies = (
        {} if sources.empty else dict(zip(sources["source"], sources["accuracy"], strict=True))
    )
    return CardTables(
        labels=Labels(labels),
        accuracies={str(source): float(share) for source, share in accuracies.items()},
        is_query=has_clicks(_snapshot, key),
        given=GivenLabels(given, labels),
        scores=read_scores(_snapshot, key),
        trained=read_model(_snapshot, key),
        feature_ids=given.instance_ids,
        pattern_sizes=pattern_sizes(_snapshot, key),
    )


@dataclass(frozen=True)
class CardMaker:
    """Makes the cards that one reviewer sees.

    Parameters
    ----------
    snapshot : Snapshot
    tables : CardTables
    store : DecisionStore
    reviewed : Reviewed
    reviewer : str
    is_blind : bool
    shows_all : bool
        Decided pairs are asked too, with the verdict that stands.
    """

    snapshot: Snapshot
    tables: CardTables
    store: DecisionStore
    reviewed: Reviewed
    reviewer: str
    is_blind: bool
    shows_all: bool

    def make(self, cards: Sequence[Card]) -> list[dict[str, Any]]:
        """Return the cards as the script reads them; one whose instance is gone is left out."""
        by_id = {card.instance_id: card for card in cards}
        instances = read_instances(self.snapshot, list(by_id), self.tables.given)
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
        about = [*card.asked, *card.besides]
        # What was said of a gold pair would give its answer away.
        of_pairs = {
            label: [] if card.is_gold else events.get((instance.instance_id, label), [])
            for label in about
        }
        standing = {label: _standing(of_pair) for label, of_pair in of_pairs.items()}
        return Known(
            labels=self.tables.labels,
            sources=self.tables.accuracies,
            is_query=self.tables.is_query,
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
        tables = self.tables
        row = position_of(tables.feature_ids, instance.instance_id)
        return Opinion(
            score=find_score(tables.scores, instance.instance_id, label_id),
            words=explain_pair(tables.trained, row, label_id, instance.text),
            events=events,
            of_label=self._of_label(label_id),
        )

    def _of_label(self, label_id: str) -> str:
        present, absent = self.reviewed.counts(label_id)
        if not present + absent:
            return ""
        return f"Decided for this label elsewhere: {present} present, {absent} absent."

    def _others(self, instance: Instance, label_id: str) -> list[str]:
        """Return values of the label's attribute that something speaks for and nobody has given."""
        labels, scores = self.tables.labels, self.tables.scores
        attribute, given = labels.attribute(label_id), {label_id, *instance.given}
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
            if other not in given and other in labels and labels.attribute(other) == attribute
        ]
        return sorted(others, key=lambda other: -found[other])[:MAX_OTHERS]

    def _patterns(self, instance: Instance) -> dict[str, tuple[str, int]]:
        sizes = self.tables.pattern_sizes
        return {
            str(issue["label_id"]): (str(issue["pattern_id"]), int(sizes[issue["pattern_id"]]))
            for issue in instance.issues
            if issue["pattern_id"] in sizes
        }

    def _events(self, instance_ids: list[str]) -> dict[tuple[str, str], list[Decision]]:
        events: defaultdict[tuple[str, str], list[Decision]] = defaultdict(list)
        for event in self.store.events_on(instance_ids):
            # What an audit says is shown nowhere: it must not change what it measures.
            if event.role is not Role.AUDITOR:
                events[event.pair].append(event)
        return events


def _standing(events: Sequence[Decision]) -> dict[str, str]:
    """Return what each reviewer says now, the latest first."""
    undone = {event.undoes for event in events}
    said: dict[str, str] = {}
    for event in sorted(events, key=lambda each: each.decided_at, reverse=True):
        if event.undoes is None and event.event_uid not in undone:
            said.setdefault(event.reviewer, str(event.verdict))
    return said
