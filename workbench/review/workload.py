"""Who has decided how much, and how fast: of the newest decisions, however long the log is."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, func, select

from workbench.review.database import Database
from workbench.review.decisions import PAIR
from workbench.review.schema import CURRENT, EVENTS

_COLUMNS = ("reviewer", "instance_id", "label_id", "verdict", "decided_at", "shown_ms")
# Somebody who has decided something within such a stretch of time was at work in it.
_STRETCH = pd.Timedelta(minutes=5)
_NEWEST_OF_REVIEWER = 1000


def count_decisions(database: Database) -> pd.DataFrame:
    """Return how many decisions each reviewer has made, those taken back included.

    Returns
    -------
    pd.DataFrame
        ``reviewer, n``, most first.
    """
    by = EVENTS.c.reviewer
    # The first is read from the index of reviewers alone, the second from that of undos: by their
    # bare column SQLite would group by the first index and look up every row.
    events = select(by, func.count().label("n")).group_by(by)
    name = (by + "").label("reviewer")
    undos = select(name, func.count().label("n")).where(EVENTS.c.undoes > "").group_by(name)
    made, undone = (database.frame(query).set_index("reviewer")["n"] for query in (events, undos))
    found = made.sub(undone.reindex(made.index).fillna(0)).astype("int64")
    found = found[found > 0].sort_index().sort_values(ascending=False, kind="stable")
    return found.rename_axis("reviewer").reset_index().astype({"reviewer": "str"})


def newest_decisions(database: Database, limit: int) -> pd.DataFrame:
    """Return the newest decisions that were made one by one, the newest first.

    Parameters
    ----------
    database : Database
    limit : int
        How many at most.

    Returns
    -------
    pd.DataFrame
        ``reviewer, instance_id, label_id, verdict, decided_at, shown_ms``. Those that were taken
        back meanwhile are among them: they were work too.
    """
    found = database.frame(_newest(limit))
    kinds = {"decided_at": "datetime64[us, UTC]", "shown_ms": "Int64"}
    return found.astype({name: kinds.get(name, "str") for name in _COLUMNS})


def verdicts_of_several(database: Database, limit: int) -> pd.DataFrame:
    """Return the verdicts that stand on pairs that two or more have judged.

    Parameters
    ----------
    database : Database
    limit : int
        The pairs are those of so many newest decisions.

    Returns
    -------
    pd.DataFrame
        ``reviewer, instance_id, label_id, verdict, decided_at, role``.
    """
    newest = _newest(limit).subquery()
    pairs = select(newest.c.instance_id, newest.c.label_id).distinct().subquery()
    other = CURRENT.alias("other")
    query = (
        select(*(CURRENT.c[name] for name in (*_COLUMNS[:5], "role")))
        .select_from(pairs.join(CURRENT, _same_pair(pairs, CURRENT)))
        .where(exists().where(_same_pair(other, CURRENT), other.c.reviewer != CURRENT.c.reviewer))
    )
    found = database.frame(query)
    kinds = {"decided_at": "datetime64[us, UTC]"}
    return found.astype({name: kinds.get(name, "str") for name in found.columns})


def measure_pace(decisions: pd.DataFrame) -> pd.DataFrame:
    """Return how fast each reviewer decides.

    Parameters
    ----------
    decisions : pd.DataFrame
        As of :func:`newest_decisions`.

    Returns
    -------
    pd.DataFrame
        ``reviewer, n_decisions, active_hours, per_hour, median_shown_ms, last_at``, in the order
        of the names. ``active_hours`` adds up the stretches of five minutes with a decision;
        ``median_shown_ms`` is that of the reviewer's newest thousand, NaN if none has a time.
    """
    stretch = decisions["decided_at"].dt.floor(_STRETCH)
    by = decisions.assign(stretch=stretch).groupby("reviewer")
    newest = by.head(_NEWEST_OF_REVIEWER).groupby("reviewer")["shown_ms"]
    found = pd.DataFrame(
        {
            "n_decisions": by.size(),
            "active_hours": by["stretch"].nunique() * (_STRETCH / pd.Timedelta(hours=1)),
            "median_shown_ms": newest.median().astype("Float64").astype("float64"),
            "last_at": by["decided_at"].max(),
        }
    )
    found.insert(2, "per_hour", found["n_decisions"] / found["active_hours"])
    return found.reset_index()


def _newest(limit: int) -> Select[Any]:
    return (
        select(*(EVENTS.c[name] for name in _COLUMNS))
        .where(EVENTS.c.undoes.is_(None), EVENTS.c.batch_id.is_(None))
        .order_by(EVENTS.c.position.desc())
        .limit(limit)
    )


def _same_pair(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in PAIR))
