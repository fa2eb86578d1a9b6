from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import update

from workbench.review.database import Database
from workbench.review.decisions import Decision, Role
from workbench.review.leases import claim
from workbench.review.schema import CURRENT, EVENTS, LEASES, SCHEMA_VERSION, STORE, check_version
from workbench.review.store import DecisionStore

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def decision(number, **other):
    return Decision(str(UUID(int=number)), NOW, "mika", f"q{number}", "red", "present", **other)


@pytest.fixture
def first_layout(location):
    with DecisionStore(location) as store:
        store.record_many([decision(1), decision(2)])
        with store.database.writing() as connection:
            for table in (EVENTS, CURRENT):
                connection.exec_driver_sql(f"ALTER TABLE {table.name} DROP COLUMN role")
            LEASES.drop(connection)
            connection.execute(update(STORE).values(version=1))
    return location


def test_store_of_the_first_layout_keeps_its_decisions(first_layout):
    with DecisionStore(first_layout) as store:
        assert store.log()["instance_id"].tolist() == ["q1", "q2"]
        assert store.log()["role"].tolist() == ["annotator", "annotator"]
        assert store.record(decision(3, role=Role.ADJUDICATOR))
        assert store.current()["role"].tolist() == ["annotator", "annotator", "adjudicator"]
        with store.database.writing() as connection:
            assert claim(connection, ["q1"], "mika", now=NOW) == {"q1"}


def test_two_programs_that_open_an_earlier_layout_bring_it_up_to_date_once(first_layout):
    one, other = Database(first_layout), Database(first_layout)
    for database in (one, other):
        with database.reading() as connection:
            assert check_version(connection, where="here") == SCHEMA_VERSION
        database.close()
