"""Who is looking at which instance, so that no two reviewers get the same card."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from workbench.review.schema import LEASES

LEASE = timedelta(minutes=10)
_FORGOTTEN_AFTER = timedelta(days=1)


def claim(
    connection: Connection, instance_ids: Sequence[str], reviewer: str, *, now: datetime
) -> set[str]:
    """Lease instances to a reviewer and return those that nobody else holds.

    One statement decides; of two reviewers who ask at the same moment one gets an instance. Who
    holds a lease already gets it anew. A lease ends by itself, so a closed browser keeps nothing.

    Parameters
    ----------
    connection : Connection
        In a transaction that writes.
    instance_ids : sequence of str
    reviewer : str
    now : datetime
        With a time zone.
    """
    if not instance_ids:
        return set()
    until = now + LEASE
    # Of queues that were gone through long ago nothing is left.
    connection.execute(delete(LEASES).where(LEASES.c.until < now - _FORGOTTEN_AFTER))
    # In one order, so that two claims of the same instances never wait for each other in turn.
    rows = [
        {"instance_id": instance_id, "reviewer": reviewer, "until": until}
        for instance_id in sorted(set(instance_ids))
    ]
    is_sqlite = connection.dialect.name == "sqlite"
    offer = (sqlite.insert if is_sqlite else postgresql.insert)(LEASES).values(rows)
    taken = offer.on_conflict_do_update(
        index_elements=[LEASES.c.instance_id],
        set_={"reviewer": offer.excluded.reviewer, "until": offer.excluded.until},
        where=(LEASES.c.reviewer == offer.excluded.reviewer) | (LEASES.c.until <= now),
    ).returning(LEASES.c.instance_id)
    return set(connection.execute(taken).scalars())


def release(connection: Connection, instance_ids: Collection[str], reviewer: str) -> None:
    """Give back leases of a reviewer."""
    held = LEASES.c.instance_id.in_(list(instance_ids))
    connection.execute(delete(LEASES).where(held, LEASES.c.reviewer == reviewer))


def held_by_others(connection: Connection, reviewer: str, *, now: datetime) -> set[str]:
    """Return the instances that somebody else is looking at."""
    theirs = (LEASES.c.reviewer != reviewer) & (LEASES.c.until > now)
    return set(connection.execute(select(LEASES.c.instance_id).where(theirs)).scalars())
