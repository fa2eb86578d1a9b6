"""Pairs that a second reviewer is asked to judge."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import insert, select

from workbench.review.database import Database
from workbench.review.decisions import PAIR
from workbench.review.schema import REQUESTS
from workbench.review.team import Member


def request_second_verdicts(
    database: Database,
    pairs: pd.DataFrame,
    member: Member,
    *,
    now: datetime,
    batch_id: str | None = None,
) -> int:
    """Ask for a second verdict on pairs and return on how many nobody had asked for one yet.

    Any member may ask. To ask again changes nothing, but a batch asks for its own audit.

    Parameters
    ----------
    database : Database
    pairs : pd.DataFrame
        ``instance_id, label_id``.
    member : Member
        Who asks.
    now : datetime
        With a time zone.
    batch_id : str, optional
        The batch that the pairs audit.
    """
    asked = {"batch_id": batch_id, "requested_by": member.name, "requested_at": now}
    wanted = pairs[PAIR].astype("str").drop_duplicates().sort_values(PAIR)
    with database.writing() as connection:
        query = select(REQUESTS.c.instance_id, REQUESTS.c.label_id).where(
            REQUESTS.c.batch_id.is_(None) if batch_id is None else REQUESTS.c.batch_id == batch_id
        )
        known = {tuple(row) for row in connection.execute(query)}
        rows = [
            {**pair, **asked}
            for pair in wanted.to_dict("records")
            if tuple(pair.values()) not in known
        ]
        if rows:
            connection.execute(insert(REQUESTS), rows)
    return len(rows)


def requests_since(database: Database, position: int) -> tuple[pd.DataFrame, int]:
    """Return the requests behind a position of their list, in order, and the last position.

    Parameters
    ----------
    database : Database
    position : int
        Of the last request that is known, 0 for none.

    Returns
    -------
    pd.DataFrame
        ``position, instance_id, label_id, batch_id, requested_by, requested_at``.
    int
    """
    query = select(REQUESTS).where(REQUESTS.c.position > position).order_by(REQUESTS.c.position)
    found = database.frame(query)
    return found, int(found["position"].max()) if len(found) else position
