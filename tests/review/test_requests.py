from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest

from workbench.review.audits import ask_for_audit
from workbench.review.database import Database
from workbench.review.requests import requests_since

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
PAIRS = pd.DataFrame({"instance_id": ["q2", "q1"], "label_id": ["red", "red"]})


@pytest.fixture
def database(location):
    opened = Database(location)
    yield opened
    opened.close()


def ask(database, pairs, batch_id):
    with database.writing() as connection:
        ask_for_audit(connection, pairs, batch_id, by="mika", now=NOW, n=2)


def test_requests_are_read_from_the_position_that_is_known(database) -> None:
    ask(database, PAIRS.tail(1), "b1")
    _, position = requests_since(database, 0)
    ask(database, PAIRS.head(1), "b2")
    found, last = requests_since(database, position)
    assert found[["instance_id", "batch_id", "requested_by"]].to_numpy().tolist() == [
        ["q2", "b2", "mika"]
    ]
    assert last > position
    assert len(requests_since(database, last)[0]) == 0
    assert requests_since(database, last)[1] == last
