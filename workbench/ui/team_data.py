"""What the page Team shows, read in bounded time from a log of any length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from workbench.matrices import pairs_in
from workbench.review.agreement import Agreement, agreement_of_reviewers, measure_agreement
from workbench.review.burn_down import open_by_day
from workbench.review.conflicts import find_conflicts
from workbench.review.consensus import Consensus, find_consensus
from workbench.review.decisions import PAIR
from workbench.review.store import DecisionStore
from workbench.review.workload import (
    count_decisions,
    measure_pace,
    newest_decisions,
    verdicts_of_several,
)
from workbench.ui.data import read_issues, read_scores
from workbench.ui.snapshot import Snapshot

# How far back agreement, pace and quality look.
MAX_NEWEST = 20_000
# How many issues stand for all in the burn-down.
MAX_SAMPLE = 10_000


@dataclass(frozen=True, eq=False)
class TeamFigures:
    """The figures of a team.

    Parameters
    ----------
    counts : pd.DataFrame
        ``reviewer, n``: decisions ever made.
    pace : pd.DataFrame
        As of :func:`workbench.review.workload.measure_pace`, of the newest decisions.
    agreement : Agreement
    couples : pd.DataFrame
        As of :func:`workbench.review.agreement.agreement_of_reviewers`.
    conflicts : pd.DataFrame
        As of :func:`workbench.review.conflicts.find_conflicts`.
    consensus : Consensus or None
        None where no pair has two verdicts.
    burn_down : pd.DataFrame
        ``day, n_open``; empty without issues or verdicts on them.
    n_issues : int
    n_newest : int
        How many decisions agreement, pace and quality look at.
    """

    counts: pd.DataFrame
    pace: pd.DataFrame
    agreement: Agreement
    couples: pd.DataFrame
    conflicts: pd.DataFrame
    consensus: Consensus | None
    burn_down: pd.DataFrame
    n_issues: int
    n_newest: int

    @property
    def is_whole(self) -> bool:
        """Whether the figures are of all decisions that were made one by one."""
        return self.n_newest < MAX_NEWEST

    @property
    def is_sampled(self) -> bool:
        """Whether the burn-down is estimated from a sample of the issues."""
        return self.n_issues > MAX_SAMPLE


def read_team_figures(snapshot: Snapshot, store: DecisionStore, today: pd.Timestamp) -> TeamFigures:
    """Return the figures of the team, computed anew when the log has grown or the day is another.

    Parameters
    ----------
    snapshot : Snapshot
    store : DecisionStore
    today : Timestamp
        Without a time zone (UTC).
    """
    key = f"{snapshot.key}|{store.database.where}|{store.last_position()}"
    return _figures(snapshot, store, key, today.normalize())


@st.cache_resource(max_entries=2, show_spinner="Adding up the decisions")
def _figures(
    _snapshot: Snapshot, _store: DecisionStore, key: str, today: pd.Timestamp
) -> TeamFigures:
    database = _store.database
    newest = newest_decisions(database, MAX_NEWEST)
    several = verdicts_of_several(database, MAX_NEWEST)
    issues = _issues(_snapshot)
    sample = issues
    if len(issues) > MAX_SAMPLE:
        sample = issues.sample(MAX_SAMPLE, random_state=0)
    standing = _store.standing_on(sample.astype("str")) if len(sample) else None
    return TeamFigures(
        counts=count_decisions(database),
        pace=measure_pace(newest),
        agreement=measure_agreement(several),
        couples=agreement_of_reviewers(several),
        conflicts=find_conflicts(several),
        consensus=find_consensus(several, _presence(_snapshot, several)),
        burn_down=pd.DataFrame()
        if standing is None
        else open_by_day(sample, standing, n_issues=len(issues), today=today),
        n_issues=len(issues),
        n_newest=len(newest),
    )


def _issues(snapshot: Snapshot) -> pd.DataFrame:
    if "flag" not in snapshot.stages:
        return pd.DataFrame(columns=PAIR)
    return read_issues(snapshot, snapshot.key)[PAIR]


def _presence(snapshot: Snapshot, several: pd.DataFrame) -> pd.Series:
    """Return the model's out-of-sample probability of each pair that it has judged."""
    pairs = several[PAIR].drop_duplicates()
    scores = read_scores(snapshot, snapshot.key)
    if scores is None or pairs.empty:
        nothing = pd.MultiIndex.from_arrays([[], []], names=PAIR)
        return pd.Series([], index=nothing, dtype="float64")
    rows = scores.instance_ids.get_indexer(pd.Index(pairs["instance_id"]))
    columns = scores.label_ids.get_indexer(pd.Index(pairs["label_id"]))
    known = (rows >= 0) & (columns >= 0)
    at: NDArray[np.int64] = pairs_in(scores.values, rows[known], columns[known])
    judged = pairs[known][at >= 0]
    values = scores.values.data[at[at >= 0]].astype(np.float64)
    return pd.Series(values, index=pd.MultiIndex.from_frame(judged))
