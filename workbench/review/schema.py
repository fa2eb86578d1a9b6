"""Tables of the decision store and the version of their layout."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Delete,
    Dialect,
    Index,
    Insert,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    bindparam,
    delete,
    exists,
    func,
    insert,
    inspect,
    select,
    tuple_,
    union,
)
from sqlalchemy.types import TypeDecorator

from workbench.errors import DamagedArtefactError, WorkbenchError

SCHEMA_VERSION = 2


class _Utc(TypeDecorator[datetime]):
    """A moment in UTC; SQLite has no time zones and gets it back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _in_utc(value)


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _position() -> Column[int]:
    # SQLite numbers rows by itself only under the exact type INTEGER.
    number = BigInteger().with_variant(Integer, "sqlite")
    return Column("position", number, primary_key=True, autoincrement=True)


METADATA = MetaData()

STORE = Table("decision_store", METADATA, Column("version", Integer, primary_key=True))

EVENTS = Table(
    "decision_events",
    METADATA,
    _position(),
    Column("event_uid", String(36), nullable=False, unique=True),
    Column("decided_at", _Utc, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("instance_id", Text, nullable=False),
    Column("label_id", Text, nullable=False),
    Column("verdict", String(8), nullable=False),
    Column("note", Text, nullable=False),
    Column("batch_id", Text),
    Column("undoes", String(36), index=True),
    Column("shown_ms", BigInteger),
    Column("label_version", Text, nullable=False),
    Column("model_id", Text, nullable=False),
    Column("role", String(12), nullable=False, server_default="annotator"),
    Index("ix_decision_events_pair", "instance_id", "label_id", "reviewer"),
    Index("ix_decision_events_label", "label_id", "position"),
    Index("ix_decision_events_reviewer", "reviewer", "decided_at"),
    Index("ix_decision_events_batch", "batch_id"),
    sqlite_autoincrement=True,
)

CURRENT = Table(
    "decision_current",
    METADATA,
    Column("instance_id", Text, primary_key=True),
    Column("label_id", Text, primary_key=True),
    Column("reviewer", Text, primary_key=True),
    Column("verdict", String(8), nullable=False),
    Column("decided_at", _Utc, nullable=False),
    Column("event_uid", String(36), nullable=False),
    Column("role", String(12), nullable=False, server_default="annotator"),
)

LEASES = Table(
    "review_leases",
    METADATA,
    Column("instance_id", Text, primary_key=True),
    Column("reviewer", Text, nullable=False),
    Column("until", _Utc, nullable=False, index=True),
)

# Pairs that a second reviewer is to judge too, whoever decided them first.
REQUESTS = Table(
    "review_requests",
    METADATA,
    _position(),
    Column("instance_id", Text, nullable=False),
    Column("label_id", Text, nullable=False),
    Column("batch_id", Text),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", _Utc, nullable=False),
    sqlite_autoincrement=True,
)

# Decisions that were made in one go, and what a random sample of them promised.
BATCHES = Table(
    "review_batches",
    METADATA,
    Column("batch_id", String(36), primary_key=True),
    Column("pattern_id", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("verdict", String(8), nullable=False),
    Column("n_pairs", Integer, nullable=False),
    Column("n_sample", Integer, nullable=False),
    Column("n_sample_agree", Integer, nullable=False),
    Column("n_promised", Integer, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("decided_at", _Utc, nullable=False),
    Column("undone_by", Text),
    Column("undone_at", _Utc),
)

# Pairs whose verdict is known, put among the others to see how well annotators judge.
GOLD = Table(
    "review_gold",
    METADATA,
    Column("instance_id", Text, primary_key=True),
    Column("label_id", Text, primary_key=True),
    Column("verdict", String(8), nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", _Utc, nullable=False),
)

_KEY = (EVENTS.c.instance_id, EVENTS.c.label_id, EVENTS.c.reviewer)
# Not IS NULL: SQLite would take the index of undos for it, which nearly every event is in.
_IS_NO_UNDO = func.coalesce(EVENTS.c.undoes, "") == ""
# The role of decisions.Role; the tables know nothing of decisions.
_AUDITOR = "auditor"
_VERSION = select(STORE.c.version)
_LOCKED_VERSION = _VERSION.with_for_update()
_PROJECTED = tuple(EVENTS.c[column.name] for column in CURRENT.columns)


def create_tables(connection: Connection) -> None:
    """Create the tables of a new store; the caller's transaction keeps others out."""
    METADATA.create_all(connection)
    if connection.execute(select(STORE.c.version)).first() is None:
        connection.execute(insert(STORE).values(version=SCHEMA_VERSION))


def has_tables(connection: Connection) -> bool:
    """Return whether the database holds a decision store."""
    return inspect(connection).has_table(STORE.name)


def check_version(connection: Connection, *, where: str, lock: bool = False) -> int:
    """Return the layout of the store; raise unless this program knows it.

    Parameters
    ----------
    connection : Connection
    where : str
        Names the store in messages.
    lock : bool
        Also keep other writers out until the transaction ends. On SQLite ``BEGIN IMMEDIATE`` has
        done so already.

    Raises
    ------
    WorkbenchError
        If a newer version of the program has written the store.
    DamagedArtefactError
        If the store does not say which layout it has.
    """
    versions = connection.execute(_LOCKED_VERSION if lock else _VERSION).scalars()
    found = [int(version) for version in versions]
    if len(found) != 1 or found[0] < 1:
        raise DamagedArtefactError(
            f"{where}: expected one layout version, found {found}; restore the store from a backup"
        )
    if found[0] > SCHEMA_VERSION:
        raise WorkbenchError(
            f"{where}: the decision store has layout {found[0]}, this program knows layouts up to "
            f"{SCHEMA_VERSION}; install a newer label-workbench"
        )
    return found[0]


def project_all(connection: Connection) -> None:
    """Compute the projection anew from the events."""
    connection.execute(delete(CURRENT))
    connection.execute(_into_projection(_latest()))


def last_position(connection: Connection) -> int:
    """Return the position of the last event, 0 before the first."""
    last: int | None = connection.execute(select(func.max(EVENTS.c.position))).scalar()
    return last or 0


def project_since(connection: Connection, position: int) -> None:
    """Compute the projection anew for the keys that the events behind a position are about.

    Which keys those are is asked of the log itself, so that a hundred thousand cost three
    statements. An undo is about the decision that it takes back.
    """
    for statement in _projecting():
        connection.execute(statement, {"behind": position})


@cache
def _projecting() -> tuple[Delete, Insert]:
    """Return the statements that project what lies behind a position, built once.

    Building them takes longer than running them, and a writer would make the others wait for it.
    """
    target, undo = EVENTS.alias("target"), EVENTS.alias("behind")
    behind: BindParameter[int] = bindparam("behind")
    decided = select(*_KEY).where(EVENTS.c.position > behind, _IS_NO_UNDO)
    taken_back = select(*(target.c[column.name] for column in _KEY)).where(
        target.c.event_uid == undo.c.undoes, undo.c.position > behind
    )
    changed = union(decided, taken_back).subquery()
    of_current = tuple_(*(CURRENT.c[column.name] for column in _KEY))
    return (
        delete(CURRENT).where(of_current.in_(select(changed))),
        _into_projection(_latest(tuple_(*_KEY).in_(select(changed)))),
    )


def _latest(*where: ColumnElement[bool]) -> Select[Any]:
    """Return the decision that stands of each key, among those that are asked for.

    None of the audit sample: what measures the labels must not change them.
    """
    rank = func.row_number().over(
        partition_by=_KEY, order_by=(EVENTS.c.decided_at.desc(), EVENTS.c.position.desc())
    )
    decides = EVENTS.c.role != _AUDITOR
    ranked = _standing(*_PROJECTED, rank.label("rank")).where(decides, *where).subquery()
    return select(*(ranked.c[column.name] for column in CURRENT.columns)).where(ranked.c.rank == 1)


def _standing(*columns: ColumnElement[Any]) -> Select[Any]:
    undo = EVENTS.alias("undo")
    return select(*columns).where(_IS_NO_UNDO, ~exists().where(undo.c.undoes == EVENTS.c.event_uid))


def _into_projection(query: Select[Any]) -> Insert:
    return insert(CURRENT).from_select([column.name for column in CURRENT.columns], query)
