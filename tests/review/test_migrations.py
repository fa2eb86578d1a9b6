from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    inspect,
)

from workbench.review.database import Database
from workbench.review.decisions import Decision, Role, undo_of
from workbench.review.engine import database_url, open_engine
from workbench.review.leases import claim
from workbench.review.schema import METADATA, SCHEMA_VERSION, check_version
from workbench.review.store import DecisionStore

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

# The first layout as it was, which no later change of the schema changes.
FIRST = MetaData()
STORE = Table("decision_store", FIRST, Column("version", Integer, primary_key=True))
EVENTS = Table(
    "decision_events",
    FIRST,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("event_uid", String(36), nullable=False, unique=True),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    *(Column(name, Text, nullable=False) for name in ("reviewer", "instance_id", "label_id")),
    Column("verdict", String(8), nullable=False),
    Column("note", Text, nullable=False),
    Column("batch_id", Text),
    Column("undoes", String(36), index=True),
    Column("shown_ms", BigInteger),
    *(Column(name, Text, nullable=False) for name in ("label_version", "model_id")),
    Index("ix_decision_events_pair", "instance_id", "label_id", "reviewer"),
    sqlite_autoincrement=True,
)
CURRENT = Table(
    "decision_current",
    FIRST,
    *(Column(name, Text, primary_key=True) for name in ("instance_id", "label_id", "reviewer")),
    Column("verdict", String(8), nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("event_uid", String(36), nullable=False),
)


def decision(number, **other):
    return Decision(str(UUID(int=number)), NOW, "mika", f"q{number}", "red", "present", **other)


DECISIONS = [decision(1), decision(2, note="色が違う"), decision(3)]
DECISIONS.append(undo_of(DECISIONS[2], event_uid=str(UUID(int=4)), reviewer="ken", decided_at=NOW))


def row(table, event):
    # The column that the next layout brought is not among those of the table.
    return {c.name: getattr(event, c.name) for c in table.columns if hasattr(event, c.name)}


@pytest.fixture
def first_layout(location):
    engine = open_engine(database_url(location))
    with engine.begin() as connection:
        FIRST.create_all(connection)
        connection.execute(insert(STORE).values(version=1))
        connection.execute(insert(EVENTS), [row(EVENTS, each) for each in DECISIONS])
        connection.execute(insert(CURRENT), [row(CURRENT, each) for each in DECISIONS[:2]])
    engine.dispose()
    return location


def layout_of(location):
    """Return the columns and indexes of every table."""
    database = Database(location)
    with database.reading() as connection:
        found = inspect(connection)
        layout = {
            name: (
                {
                    column["name"]: (str(column["type"]), column["nullable"], column["default"])
                    for column in found.get_columns(name)
                },
                {index["name"]: index["column_names"] for index in found.get_indexes(name)},
            )
            for name in found.get_table_names()
        }
    database.close()
    return layout


def test_store_of_the_first_layout_keeps_its_decisions(first_layout):
    with DecisionStore(first_layout) as store:
        assert store.log()["event_uid"].tolist() == [each.event_uid for each in DECISIONS]
        assert store.log()["note"].tolist()[1] == "色が違う"
        assert set(store.log()["role"]) == set(store.current()["role"]) == {"annotator"}
        current = store.current()
        store.rebuild()
        assert store.current().equals(current)
        assert current["instance_id"].tolist() == ["q1", "q2"]


def test_store_of_the_first_layout_takes_what_is_new(first_layout):
    with DecisionStore(first_layout) as store:
        assert store.record(decision(5, role=Role.ADJUDICATOR))
        assert store.current()["role"].tolist() == ["annotator", "annotator", "adjudicator"]
        assert store.log()["event_uid"].tolist()[-1] == str(UUID(int=5))
        with store.database.writing() as connection:
            assert claim(connection, ["q1"], "mika", now=NOW) == {"q1"}


def test_store_of_the_first_layout_becomes_like_a_new_one(first_layout):
    migrated = layout_of(first_layout)
    engine = open_engine(database_url(first_layout))
    METADATA.drop_all(engine)
    engine.dispose()
    assert layout_of(first_layout) == migrated


def test_programs_that_open_an_earlier_layout_at_once_bring_it_up_to_date_once(first_layout):
    def open_it(_):
        database = Database(first_layout)
        with database.reading() as connection:
            version = check_version(connection, where="here")
        database.close()
        return version

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(open_it, range(8))) == [SCHEMA_VERSION] * 8
    with DecisionStore(first_layout) as store:
        assert len(store.log()) == len(DECISIONS)
