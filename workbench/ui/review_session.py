"""What this session of the server knows of its browser."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from workbench.review.dealing import Deck

_STATE = "review_session"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class ReviewSession:
    """What this session of the server knows of its browser; it outlives every rerun.

    Parameters
    ----------
    session : str
        Another one tells the browser that the server does not know what it sent before.
    deck_id : str
        The cards in the browser are of this deck; empty before the first.
    deck : Deck
        The same, as a deck.
    held : dict of str to set of str
        Instances that are leased for the browser, each with its labels that it has not judged yet.
    held_at : datetime
        When they were leased last.
    answer : dict
        What the browser is told at the next drawing.
    going_to : tuple of (str, dict) or None
        The page that the reviewer wants to see, with what its address says.
    """

    session: str = field(default_factory=lambda: str(uuid.uuid4()))
    deck_id: str = ""
    deck: Deck = field(default_factory=Deck)
    held: dict[str, set[str]] = field(default_factory=dict)
    held_at: datetime = _LONG_AGO
    answer: dict[str, Any] = field(default_factory=dict)
    going_to: tuple[str, dict[str, str]] | None = None

    def take_in(self, events: Sequence[Mapping[str, Any]]) -> tuple[set[str], dict[str, set[str]]]:
        """Note what was judged, and return which instances that answers and which it asks again.

        The queue is not looked at: to ask it at every verdict costs more than to record one.

        Parameters
        ----------
        events : sequence of Mapping
            What was saved, as the browser sent it.

        Returns
        -------
        answered : set of str
            Instances that were held and have no label left to judge; no longer held.
        asked_again : dict of str to set of str
            Instances that are not held, with the labels whose verdict was taken back.
        """
        asked_again: dict[str, set[str]] = {}
        for event in events:
            instance_id, label = str(event["instance_id"]), str(event["label_id"])
            if not event.get("undoes"):
                self.held.get(instance_id, set()).discard(label)
            elif instance_id in self.held:
                self.held[instance_id].add(label)
            else:
                asked_again.setdefault(instance_id, set()).add(label)
        judged = {str(event["instance_id"]) for event in events}
        answered = {each for each in judged & self.held.keys() if not self.held[each]}
        for instance_id in answered:
            del self.held[instance_id]
        return answered, asked_again


def review_session() -> ReviewSession:
    """Return what is known of the browser of this session."""
    if _STATE not in st.session_state:
        st.session_state[_STATE] = ReviewSession()
    session: ReviewSession = st.session_state[_STATE]
    return session
