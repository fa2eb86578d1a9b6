from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest

from workbench.review.database import Database
from workbench.review.requests import request_second_verdicts, requests_since
from workbench.review.team import Member

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
PAIRS = pd.DataFrame({"instance_id": ["q2", "q1"], "label_id": ["red", "red"]})
MIKA = Member("mika")


@pytest.fixture
def database(location):
    opened = Database(location)
    yield opened
    opened.close()


def test_requests_are_read_from_the_position_that_is_known(database) -> None:
    request_second_verdicts(database, PAIRS.tail(1), MIKA, now=NOW)
    _, position = requests_since(database, 0)
    request_second_verdicts(database, PAIRS, MIKA, now=NOW)
    found, last = requests_since(database, position)
    assert found[["instance_id", "requested_by"]].to_numpy().tolist() == [["q2", "mika"]]
    assert last > position
    assert len(requests_since(database, last)[0]) == 0
    assert requests_since(database, last)[1] == last


def test_to_ask_again_changes_nothing(database) -> None:
    assert request_second_verdicts(database, PAIRS, MIKA, now=NOW) == 2
    assert request_second_verdicts(database, PAIRS, Member("ken"), now=NOW) == 0
    assert len(requests_since(database, 0)[0]) == 2


def test_a_batch_asks_for_its_own_audit(database) -> None:
    request_second_verdicts(database, PAIRS, MIKA, now=NOW)
    assert request_second_verdicts(database, PAIRS, MIKA, now=NOW, batch_id="b1") == 2
    assert requests_since(database, 0)[0]["batch_id"].tolist()[2:] == ["b1", "b1"]
