"""One decision for all open pairs of a pattern: recorded, undone, audited."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Row, func, insert, select, update

from workbench.errors import InputError
from workbench.review.audits import ask_for_audit, audit_of
from workbench.review.decisions import PAIR, Decision, undo_of
from workbench.review.judging import Pattern, judge_in
from workbench.review.samples import RIGHT, Promise
from workbench.review.schema import BATCHES, CURRENT, EVENTS
from workbench.review.store import DecisionStore, events_of, record_in
from workbench.review.team import Member, NotAllowedError

# Without an adjudicator. Twenty of twenty right promise .86 of a large pattern, and .80 of the ten
# that a pattern of thirty has left; nineteen of twenty promise .78.
LEAST_SHARE = 0.8
# The pairs of a swap get a verdict each.
MIXED = "mixed"


@dataclass(frozen=True)
class Decided:
    """What a batch has decided: how many pairs, and how many of them were promised to be right."""

    n_pairs: int
    n_promised: int


@dataclass(frozen=True)
class Batches:
    """Decides patterns in one go under the name of a member, and takes that back.

    Parameters
    ----------
    store : DecisionStore
    member : Member
    label_version, model_id : str
        The labels and the model whose evidence is shown.
    audit_size : int
        Random pairs of each batch that a second reviewer judges too.
    """

    store: DecisionStore
    member: Member
    label_version: str = ""
    model_id: str = ""
    audit_size: int = 20

    def decide(
        self, pattern: Pattern, *, batch_id: str, now: datetime, knows_the_risk: bool = False
    ) -> Decided:
        """Decide every open pair as its flag says, all or none; sent again it is the same batch.

        A pair that anybody has decided meanwhile is left as it is.

        Parameters
        ----------
        pattern : Pattern
        batch_id : str
            A UUID of this decision.
        now : datetime
            With a time zone.
        knows_the_risk : bool
            An adjudicator says so to decide in spite of a promise under `LEAST_SHARE`.

        Raises
        ------
        NotAllowedError
            If too little is promised for what the member may decide.
        InputError
            If the sample is not judged in full, or there is nothing to decide.
        """
        with self.store.database.writing() as connection:
            known = _find(connection, batch_id)
            if known is not None:
                self._check_same(known, pattern)
                return Decided(known.n_pairs, known.n_promised)
            judged = judge_in(connection, pattern)
            promise, chosen = judged.promise, judged.open
            self._check(promise, knows_the_risk)
            connection.execute(
                insert(BATCHES), [self._row(pattern, chosen, promise, batch_id, now)]
            )
            record_in(connection, self._decisions(chosen, batch_id, now))
            ask_for_audit(
                connection, chosen, batch_id, by=self.member.name, now=now, n=self.audit_size
            )
        return Decided(promise.n_open, promise.n_open_right)

    def undo(self, batch_id: str, *, now: datetime) -> tuple[int, int]:
        """Take a batch back; return of how many pairs, and how many of them still have a verdict.

        What somebody, whoever made the batch included, has said of a pair since stays.

        Raises
        ------
        NotAllowedError
            If another member made the batch and this one is no adjudicator.
        InputError
            If there is no such batch, or it was taken back before.
        """
        with self.store.database.writing() as connection:
            batch = _find(connection, batch_id)
            if batch is None or batch.undone_by is not None:
                state = "is unknown" if batch is None else f"was undone by {batch.undone_by}"
                raise InputError(f"batch {batch_id} {state}; reload the page to see what stands")
            if batch.reviewer != self.member.name:
                self.member.check_adjudicator(f"take back a batch of {batch.reviewer}")
            undos = [
                undo_of(
                    event,
                    event_uid=_uid(batch_id, "undo", event.event_uid),
                    reviewer=self.member.name,
                    decided_at=now,
                )
                for event in events_of(connection, batch_id)
            ]
            record_in(connection, undos)
            done = update(BATCHES).where(BATCHES.c.batch_id == batch_id)
            connection.execute(done.values(undone_by=self.member.name, undone_at=now))
            return len(undos), _n_decided(connection, batch_id)

    def _check(self, promise: Promise, knows_the_risk: bool) -> None:
        if promise.n_unjudged:
            raise InputError(
                f"{promise.n_unjudged} of the {promise.n_sample} pairs of the sample are not "
                "judged yet; judge them first"
            )
        if not promise.n_open:
            raise InputError("every pair of the pattern is decided already")
        if promise.share >= LEAST_SHARE:
            return
        told = (
            f"the sample promises {promise.n_open_right:,} of {promise.n_open:,} to be right, "
            f"under {LEAST_SHARE:.0%}"
        )
        if not self.member.is_adjudicator:
            raise NotAllowedError(
                f"{told}: only an adjudicator can decide that in one go; {self.member.name} is "
                "none: judge the pairs one by one"
            )
        if not knows_the_risk:
            raise InputError(f"{told}: say that you know the risk, or judge them one by one")

    def _check_same(self, known: Row[Any], pattern: Pattern) -> None:
        if (known.pattern_id, known.reviewer) != (pattern.pattern_id, self.member.name):
            raise InputError("this batch id is taken by another batch; reload the page")

    def _row(
        self, pattern: Pattern, chosen: pd.DataFrame, promise: Promise, batch_id: str, now: datetime
    ) -> dict[str, object]:
        kinds = chosen["kind"].unique()
        return {
            "batch_id": batch_id,
            "pattern_id": pattern.pattern_id,
            "description": pattern.description,
            "verdict": RIGHT[kinds[0]].value if len(kinds) == 1 else MIXED,
            "n_pairs": promise.n_open,
            "n_sample": promise.n_sample,
            "n_sample_agree": promise.n_right,
            "n_promised": promise.n_open_right,
            "reviewer": self.member.name,
            "decided_at": now,
        }

    def _decisions(self, chosen: pd.DataFrame, batch_id: str, now: datetime) -> list[Decision]:
        return [
            Decision(
                _uid(batch_id, instance_id, label_id),
                now,
                self.member.name,
                instance_id,
                label_id,
                RIGHT[kind],
                batch_id=batch_id,
                label_version=self.label_version,
                model_id=self.model_id,
            )
            for instance_id, label_id, kind in zip(
                chosen["instance_id"], chosen["label_id"], chosen["kind"], strict=True
            )
        ]


def past_batches(
    store: DecisionStore, *, pattern_id: str | None = None, limit: int = 50
) -> pd.DataFrame:
    """Return the batches, the newest first, with what the second reviewers said of each.

    Returns
    -------
    pd.DataFrame
        The columns of the table of batches, and ``n_audit, n_agree, n_disagree, n_unsure``.
    """
    query = select(BATCHES).order_by(BATCHES.c.decided_at.desc()).limit(limit)
    if pattern_id is not None:
        query = query.where(BATCHES.c.pattern_id == pattern_id)
    with store.database.reading() as connection:
        rows = connection.execute(query).mappings().all()
        return pd.DataFrame(
            [{**row, **audit_of(connection, row["batch_id"])} for row in rows],
            columns=[*BATCHES.c.keys(), "n_audit", "n_agree", "n_disagree", "n_unsure"],
        )


def _find(connection: Connection, batch_id: str) -> Row[Any] | None:
    return connection.execute(select(BATCHES).where(BATCHES.c.batch_id == batch_id)).first()


def _uid(batch_id: str, *parts: str) -> str:
    """Return the uid of an event of a batch; the same event has the same one."""
    return str(uuid.uuid5(uuid.UUID(batch_id), "\0".join(parts)))


def _n_decided(connection: Connection, batch_id: str) -> int:
    """Return how many pairs of a batch have a verdict."""
    same_pair = [CURRENT.c[name] == EVENTS.c[name] for name in PAIR]
    pairs = select(*(EVENTS.c[name] for name in PAIR)).distinct()
    pairs = pairs.join_from(EVENTS, CURRENT, same_pair[0] & same_pair[1])
    query = pairs.where(EVENTS.c.batch_id == batch_id).subquery()
    return int(connection.execute(select(func.count()).select_from(query)).scalar_one())
