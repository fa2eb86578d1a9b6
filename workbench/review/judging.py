"""How far the review of a pattern has come: what is said of its sample and of its other pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import Connection, select

from workbench.review.decision_log import settled
from workbench.review.decisions import PAIR
from workbench.review.samples import Promise, Tally, promise_of, said_of, sample_of, tally_of
from workbench.review.schema import EVENTS
from workbench.review.store import DecisionStore, standing_in


@dataclass(frozen=True, eq=False)
class Pattern:
    """A pattern as a batch decides it.

    Parameters
    ----------
    pattern_id, description : str
    pairs : pd.DataFrame
        ``instance_id, label_id, kind`` of all its issues, decided or not.
    """

    pattern_id: str
    description: str
    pairs: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Judged:
    """How far the review of a pattern has come.

    Parameters
    ----------
    sample : pd.DataFrame
        The pattern's pairs of the sample in the order in which they are judged, with ``said``
        (right, wrong, unsure; null where nobody has looked) and ``verdict``.
    promise : Promise
    open : pd.DataFrame
        The pairs of the pattern that nobody has decided.
    """

    sample: pd.DataFrame
    promise: Promise
    open: pd.DataFrame


def judge(store: DecisionStore, pattern: Pattern) -> Judged:
    """Return the sample of a pattern with what is said of it now, and what that promises."""
    with store.database.reading() as connection:
        return judge_in(connection, pattern)


def judge_in(connection: Connection, pattern: Pattern) -> Judged:
    """Return the same as `judge`, read in a transaction."""
    standing = standing_in(connection, pattern.pairs)
    pairs = pattern.pairs.assign(said=said_of(pattern.pairs, settled(standing)))
    sample = sample_of(pattern.pattern_id, pattern.pairs)
    by_eye = _by_eye(connection, sample, standing)
    sample = sample.assign(said=said_of(sample, by_eye), verdict=_verdicts(sample, by_eye))
    return Judged(sample, promise_of(pairs, sample), pattern.pairs[pairs["said"].isna()])


def tally_samples(store: DecisionStore, samples: Sequence[pd.DataFrame]) -> list[Tally]:
    """Return what is said of each sample now; twenty cost little more than one.

    Parameters
    ----------
    store : DecisionStore
    samples : sequence of pd.DataFrame
        As of `sample_of`, with ``kind``.
    """
    if not samples:
        return []
    together = pd.concat(samples, ignore_index=True)
    with store.database.reading() as connection:
        by_eye = _by_eye(connection, together, standing_in(connection, together))
    ends = np.cumsum([len(sample) for sample in samples])[:-1]
    return [tally_of(part) for part in np.split(said_of(together, by_eye).to_numpy(object), ends)]


def _by_eye(connection: Connection, sample: pd.DataFrame, standing: pd.DataFrame) -> pd.DataFrame:
    """Return the verdicts on a sample by those who have looked at the pair itself."""
    of_sample = standing.merge(sample[PAIR].drop_duplicates(), on=PAIR)
    in_batches = select(EVENTS.c.event_uid).where(
        EVENTS.c.event_uid.in_(of_sample["event_uid"].tolist()), EVENTS.c.batch_id.is_not(None)
    )
    # What a batch decided nobody has looked at: counted, it would prove itself right.
    unseen = set(connection.execute(in_batches).scalars())
    return settled(of_sample[~of_sample["event_uid"].isin(unseen)])


def _verdicts(pairs: pd.DataFrame, verdicts: pd.DataFrame) -> pd.Series:
    said = pairs[PAIR].merge(verdicts[[*PAIR, "verdict"]], how="left", on=PAIR)["verdict"]
    return said.set_axis(pairs.index)
