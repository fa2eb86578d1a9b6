"""Random pairs of a batch that a second reviewer judges too, and what they said."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, insert, select

from workbench.review.decision_log import settled
from workbench.review.decisions import PAIR, Verdict
from workbench.review.samples import draw
from workbench.review.schema import EVENTS, REQUESTS
from workbench.review.store import standing_in


def ask_for_audit(
    connection: Connection, pairs: pd.DataFrame, batch_id: str, *, by: str, now: datetime, n: int
) -> None:
    """Ask for a second verdict on ``n`` random pairs of a batch, in its own transaction."""
    about = {"batch_id": batch_id, "requested_by": by, "requested_at": now}
    drawn = draw(batch_id, pairs[PAIR], n)
    rows = [
        {"instance_id": instance_id, "label_id": label_id, **about}
        for instance_id, label_id in zip(drawn["instance_id"], drawn["label_id"], strict=True)
    ]
    if rows:
        connection.execute(insert(REQUESTS), rows)


def audit_of(connection: Connection, batch_id: str) -> dict[str, int]:
    """Return what others say of the pairs of a batch that are judged a second time."""
    said = select(REQUESTS.c.instance_id, REQUESTS.c.label_id, EVENTS.c.verdict, EVENTS.c.reviewer)
    said = said.join_from(
        REQUESTS,
        EVENTS,
        (EVENTS.c.batch_id == REQUESTS.c.batch_id)
        & (EVENTS.c.instance_id == REQUESTS.c.instance_id)
        & (EVENTS.c.label_id == REQUESTS.c.label_id),
    ).where(REQUESTS.c.batch_id == batch_id)
    asked = pd.DataFrame(connection.execute(said).all(), columns=[*PAIR, "batch", "by"])
    standing = standing_in(connection, asked)
    others = standing[~standing["reviewer"].isin(asked["by"].unique())]
    found = asked.merge(settled(others), on=PAIR)
    is_unsure = found["verdict"] == Verdict.UNSURE
    agrees = found["verdict"] == found["batch"]
    return {
        "n_audit": len(asked),
        "n_agree": int(agrees.sum()),
        "n_disagree": int((~agrees & ~is_unsure).sum()),
        "n_unsure": int(is_unsure.sum()),
    }
