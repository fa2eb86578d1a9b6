"""What docs/decisions.md shows runs as it stands."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from workbench.review.decisions import Decision, undo_of
from workbench.review.schema import SCHEMA_VERSION
from workbench.review.store import DecisionStore

PAGE = (Path(__file__).parents[2] / "docs" / "decisions.md").read_text(encoding="utf-8")
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    with DecisionStore(tmp_path / "old.sqlite") as store:
        pairs = [("q1", "red"), ("q2", "青")]
        made = [
            Decision(str(UUID(int=n)), NOW, "mika", *pair, "absent", shown_ms=n * 100)
            for n, pair in enumerate(pairs, start=1)
        ]
        taken_back = undo_of(made[0], event_uid=str(UUID(int=9)), reviewer="ken", decided_at=NOW)
        store.record_many([*made, taken_back])
        yield store


def test_decisions_move_to_another_store_and_stay_what_they_are(store, location, tmp_path):
    _, rest = PAGE.split("<!-- move example -->\n```python\n")
    for _ in range(2):
        names = {"old": tmp_path / "old.sqlite", "new": location}
        exec(rest.split("```")[0], names)  # noqa: S102
    with DecisionStore(location) as moved:
        assert moved.log().equals(store.log())
        assert moved.current().equals(store.current())


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="needs the program sqlite3")
def test_a_backup_while_the_store_is_open_holds_every_decision(store, tmp_path):
    command = f".backup '{tmp_path}/copy.sqlite'"
    assert command.replace(str(tmp_path), "/backup").replace("copy", "decisions") in PAGE
    subprocess.run(["sqlite3", str(tmp_path / "old.sqlite"), command], check=True)  # noqa: S603, S607
    with sqlite3.connect(tmp_path / "copy.sqlite") as copy:
        assert copy.execute("SELECT count(*) FROM decision_events").fetchone() == (3,)
    copy.close()


def test_the_page_tells_of_every_layout():
    assert f"tables, {SCHEMA_VERSION} today" in PAGE
    assert all(f"\n| {layout} | " in PAGE for layout in range(1, SCHEMA_VERSION + 1))
