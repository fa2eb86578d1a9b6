"""Who is looking at which instance, so that no two reviewers get the same card.

Conflicts are leased apart: whoever settles them waits for nobody who annotates, and keeps nobody
from it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from workbench.review.schema import LEASES

LEASE = timedelta(minutes=10)
_FORGOTTEN_AFTER = timedelta(days=1)
# Before the instance in a lease of its conflict; ids do not begin with a control character.
_OF_CONFLICT = "\x1fconflict "


def claim(
    connection: Connection,
    instance_ids: Sequence[str],
    reviewer: str,
    *,
    now: datetime,
    of_conflicts: bool = False,
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
    of_conflicts : bool
        Their conflicts, and not what else is asked about them.
    """
    if not instance_ids:
        return set()
    until = now + LEASE
    # Of queues that were gone through long ago nothing is left.
    connection.execute(delete(LEASES).where(LEASES.c.until < now - _FORGOTTEN_AFTER))
    # In one order, so that two claims of the same instances never wait for each other in turn.
    rows = [
        {"instance_id": key, "reviewer": reviewer, "until": until}
        for key in sorted(_keys(instance_ids, of_conflicts))
    ]
    is_sqlite = connection.dialect.name == "sqlite"
    offer = (sqlite.insert if is_sqlite else postgresql.insert)(LEASES).values(rows)
    taken = offer.on_conflict_do_update(
        index_elements=[LEASES.c.instance_id],
        set_={"reviewer": offer.excluded.reviewer, "until": offer.excluded.until},
        where=(LEASES.c.reviewer == offer.excluded.reviewer) | (LEASES.c.until <= now),
    ).returning(LEASES.c.instance_id)
    return {_instance(key) for key in connection.execute(taken).scalars()}


def release(
    connection: Connection,
    instance_ids: Collection[str],
    reviewer: str,
    *,
    of_conflicts: bool = False,
) -> None:
    """Give back leases of a reviewer."""
    held = LEASES.c.instance_id.in_(list(_keys(instance_ids, of_conflicts)))
    connection.execute(delete(LEASES).where(held, LEASES.c.reviewer == reviewer))


def held_by_others(
    connection: Connection, reviewer: str, *, now: datetime, of_conflicts: bool = False
) -> dict[str, datetime]:
    """Return the instances that somebody else is looking at, with the ends of their leases."""
    theirs = (LEASES.c.reviewer != reviewer) & (LEASES.c.until > now)
    found = connection.execute(select(LEASES.c.instance_id, LEASES.c.until).where(theirs))
    return {
        _instance(key): until
        for key, until in found
        if key.startswith(_OF_CONFLICT) is of_conflicts
    }


def _keys(instance_ids: Collection[str], of_conflicts: bool) -> set[str]:
    """Return under which names the leases of instances are kept."""
    return {f"{_OF_CONFLICT if of_conflicts else ''}{each}" for each in instance_ids}


def _instance(key: str) -> str:
    return key.removeprefix(_OF_CONFLICT)
