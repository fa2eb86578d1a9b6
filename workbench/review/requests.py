"""Pairs that a second reviewer is asked to judge."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import select

from workbench.review.database import Database
from workbench.review.schema import REQUESTS


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
