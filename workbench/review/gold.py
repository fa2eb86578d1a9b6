"""Pairs whose verdict is known, and how often each reviewer finds it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, bindparam, case, delete, func, insert, select

from workbench.errors import InputError
from workbench.review.database import Database
from workbench.review.decisions import PAIR, Role, Verdict
from workbench.review.schema import CURRENT, GOLD
from workbench.review.team import Member
from workbench.signals.intervals import wilson_interval

_KNOWN = (Verdict.PRESENT.value, Verdict.ABSENT.value)
_COLUMNS = (*PAIR, "verdict")
_ON = (CURRENT.c.instance_id == GOLD.c.instance_id) & (CURRENT.c.label_id == GOLD.c.label_id)


class GoldPairs:
    """The gold pairs of a store.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(self, pairs: pd.DataFrame, member: Member, *, now: datetime) -> int:
        """Make pairs gold, all or none, and return how many were not, or had another verdict.

        Parameters
        ----------
        pairs : pd.DataFrame
            ``instance_id, label_id, verdict`` (present or absent), each pair once.
        member : Member
        now : datetime
            With a time zone.

        Raises
        ------
        NotAllowedError
            If the member is no admin.
        InputError
            If a pair has two verdicts, or one that is neither present nor absent.
        """
        member.check_admin("set gold pairs")
        pairs = _checked(pairs)
        with self._database.writing() as connection:
            query = select(GOLD.c.instance_id, GOLD.c.label_id, GOLD.c.verdict)
            known = {tuple(row) for row in connection.execute(query)}
            rows: list[dict[str, Any]] = [
                {**dict(zip(_COLUMNS, row, strict=True)), "set_by": member.name, "set_at": now}
                for row in pairs.itertuples(index=False)
                if tuple(row) not in known
            ]
            if rows:
                _delete(connection, rows)
                connection.execute(insert(GOLD), rows)
        return len(rows)

    def set_settled(self, member: Member, *, now: datetime) -> int:
        """Make gold what adjudicators have settled, and return how many pairs are new to it.

        Of several adjudicators the latest counts; what one is unsure of is no gold.

        Raises
        ------
        NotAllowedError
            If the member is no admin.
        """
        columns = (CURRENT.c.instance_id, CURRENT.c.label_id, CURRENT.c.verdict)
        query = select(*columns).where(CURRENT.c.role == Role.ADJUDICATOR.value)
        found = self._database.frame(query.order_by(CURRENT.c.decided_at, CURRENT.c.event_uid))
        found = found.drop_duplicates(PAIR, keep="last")
        return self.set(found[found["verdict"].isin(_KNOWN)], member, now=now)

    def remove(self, pairs: pd.DataFrame, member: Member) -> int:
        """Take pairs out of the gold and return how many were in it.

        Raises
        ------
        NotAllowedError
            If the member is no admin.
        """
        member.check_admin("remove gold pairs")
        keys = pairs[PAIR].drop_duplicates().itertuples(index=False)
        rows = [dict(zip(PAIR, key, strict=True)) for key in keys]
        with self._database.writing() as connection:
            return _delete(connection, rows) if rows else 0

    def pairs(self) -> pd.DataFrame:
        """Return the gold pairs: instance_id, label_id, verdict, set_by, set_at; newest first."""
        order = (GOLD.c.set_at.desc(), GOLD.c.instance_id, GOLD.c.label_id)
        return self._database.frame(select(GOLD).order_by(*order))

    def open_to(self, reviewer: str, limit: int) -> list[tuple[str, str]]:
        """Return gold pairs that a reviewer has neither set nor judged, at most ``limit``."""
        query = (
            select(GOLD.c.instance_id, GOLD.c.label_id)
            .outerjoin(CURRENT, _ON & (CURRENT.c.reviewer == reviewer))
            .where(CURRENT.c.reviewer.is_(None), GOLD.c.set_by != reviewer)
            .order_by(GOLD.c.instance_id, GOLD.c.label_id)
            .limit(limit)
        )
        return list(self._database.frame(query).itertuples(index=False, name=None))

    def report(self) -> pd.DataFrame:
        """Return how often each reviewer's standing verdict on a gold pair is the known one.

        What somebody said as an adjudicator does not count: it may have made the pair gold.

        Returns
        -------
        pd.DataFrame
            ``reviewer, n_pairs, n_right, n_unsure, accuracy, low, high``, in the order of the
            names. Who is unsure has not answered: ``n_pairs`` counts the answers, ``accuracy`` is
            the share of them that are right, with its 95 % interval (Wilson); NaN without any.
        """
        is_unsure = CURRENT.c.verdict == Verdict.UNSURE.value
        query = (
            select(
                CURRENT.c.reviewer,
                func.sum(case((is_unsure, 0), else_=1)).label("n_pairs"),
                func.sum(case((CURRENT.c.verdict == GOLD.c.verdict, 1), else_=0)).label("n_right"),
                func.sum(case((is_unsure, 1), else_=0)).label("n_unsure"),
            )
            .select_from(GOLD.join(CURRENT, _ON))
            .where(CURRENT.c.role != Role.ADJUDICATOR.value)
            .group_by(CURRENT.c.reviewer)
            .order_by(CURRENT.c.reviewer)
        )
        found = self._database.frame(query)
        found = found.astype({name: "int64" for name in found.columns if name != "reviewer"})
        n = found["n_pairs"].to_numpy("float64")
        accuracy = (found["n_right"] / found["n_pairs"]).to_numpy("float64")
        low, high = wilson_interval(accuracy, n)
        return found.assign(accuracy=accuracy, low=low, high=high)


def _delete(connection: Connection, rows: Sequence[dict[str, Any]]) -> int:
    """Take pairs out and return how many were there."""
    count = select(func.count()).select_from(GOLD)
    before = connection.execute(count).scalar_one()
    keys = [{f"key_{name}": row[name] for name in PAIR} for row in rows]
    where = (GOLD.c[name] == bindparam(f"key_{name}") for name in PAIR)
    connection.execute(delete(GOLD).where(*where), keys)
    return int(before - connection.execute(count).scalar_one())


def _checked(pairs: pd.DataFrame) -> pd.DataFrame:
    pairs = pairs[[*_COLUMNS]].astype("str").drop_duplicates()
    strange = pairs.loc[~pairs["verdict"].isin(_KNOWN), "verdict"]
    torn = pairs.loc[pairs.duplicated(PAIR), PAIR].drop_duplicates()
    complaints = [
        f"{len(strange)} verdicts are neither present nor absent: {strange[:5].tolist()}"
        if len(strange)
        else "",
        f"{len(torn)} pairs have two verdicts: {torn[:5].to_numpy().tolist()}" if len(torn) else "",
    ]
    if any(complaints):
        raise InputError("gold pairs: " + "; ".join(filter(None, complaints)))
    return pairs
