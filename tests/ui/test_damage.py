"""Every page of a damaged workspace says calmly what is the matter; none fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.drawing import html_of, open_page, press
from workbench.errors import UnreachableError
from workbench.review.store import DecisionStore
from workbench.workspace import Workspace

APP = Path(__file__).parents[2] / "app.py"
PAGES = ["overview", "sources", "labels", "review", "compare", "try_it", "export"]
SHOWN = """
from workbench.ui import {page}
from workbench.ui.shell import guarded, open_workspace
guarded({page}.show, open_workspace({root!r}))()
"""


def cut_all(pattern: str) -> Callable[[Workspace], None]:
    """Return a damage: every such file holds the first half of its bytes, its size kept."""

    def damage(shop: Workspace) -> None:
        for path in shop.root.glob(pattern):
            content = path.read_bytes()
            half = len(content) // 2
            path.write_bytes(content[:half] + bytes(len(content) - half))

    return damage


def write(name: str, content: bytes) -> Callable[[Workspace], None]:
    return lambda shop: (shop.root / name).write_bytes(content) and None


def remove(pattern: str) -> Callable[[Workspace], None]:
    def damage(shop: Workspace) -> None:
        for path in shop.root.glob(pattern):
            path.unlink()

    return damage


def garbage_decisions(shop: Workspace) -> None:
    shop.decisions_path.write_bytes(b"no database at all" * 100)


def torn_decisions(shop: Workspace) -> None:
    with DecisionStore(shop.decisions_path):
        pass
    content = shop.decisions_path.read_bytes()
    shop.decisions_path.write_bytes(content[: len(content) // 2] + b"\xff" * (len(content) // 2))


def later_store(shop: Workspace) -> None:
    with DecisionStore(shop.decisions_path) as store, store.database.writing() as connection:
        connection.exec_driver_sql("update decision_store set version = 99")


DAMAGES = {
    "inputs is a number": write("workbench.toml", b"inputs = 3\n"),
    "issues is a text": write("workbench.toml", b'issues = "none"\n'),
    "workspace is a list": write("workbench.toml", b"workspace = [1]\n"),
    "team is a number": write("workbench.toml", b"team = 1\n"),
    "team does not fit": write("workbench.toml", b'[team]\noverlap = "much"\ncolour = 1\n'),
    "name is a table": write("workbench.toml", b"[workspace.name]\na = 1\n"),
    "no TOML": write("workbench.toml", b"[inputs\n"),
    "no text": write("workbench.toml", b"\xff\xfe\x00"),
    "pointers are no JSON": write("current.json", b"{"),
    "pointers are a list": write("current.json", b"[]"),
    "pointers are numbers": write("current.json", b'{"flag": 3, "base": 4}'),
    "pointers are empty": write("current.json", b"{}"),
    "no pointers": remove("current.json"),
    "manifests are no JSON": cut_all("artefacts/*/*/manifest.json"),
    "manifests are gone": remove("artefacts/*/*/manifest.json"),
    "manifests of labels are gone": remove("labels/*/manifest.json"),
    "manifests of comparisons are gone": remove("comparisons/*/manifest.json"),
    "tables are gone": remove("artefacts/*/*/*.parquet"),
    "issues are torn": cut_all("artefacts/flag/*/issues.parquet"),
    "noise is torn": cut_all("artefacts/flag/*/noise.parquet"),
    "label table is torn": cut_all("artefacts/ingest/*/labels.parquet"),
    "instances are torn": cut_all("artefacts/ingest/*/instances.parquet"),
    "votes are torn": cut_all("artefacts/label/*/*.parquet"),
    "matrix is torn": cut_all("labels/*/*.npy"),
    "ids are torn": cut_all("labels/*/*.parquet"),
    "metrics are torn": cut_all("comparisons/*/*.parquet"),
    "reports are torn": cut_all("artefacts/*/*/report.json"),
    "coverage is torn": cut_all("artefacts/*/*/coverage.json"),
    "decisions are garbage": garbage_decisions,
    "decisions are torn": torn_decisions,
    "decisions are of a later version": later_store,
}


@pytest.mark.parametrize("name", DAMAGES)
def test_no_page_fails_in_a_damaged_workspace(name, shop):
    DAMAGES[name](shop)
    for page in PAGES:
        script = SHOWN.format(page=page, root=str(shop.root))
        test = AppTest.from_string(script, default_timeout=30)
        test.query_params["reviewer"] = "mika"
        test.run()
        assert not test.exception, f"{page}: {test.exception[0].message}"
        assert test.get("html"), page


def test_a_torn_table_is_told_with_the_command_that_makes_it_again(shop):
    DAMAGES["issues are torn"](shop)
    drawn = html_of(open_page("review", shop))
    assert "issues.parquet cannot be read: it is damaged or gone; delete the folder" in drawn
    assert f"and make it again with: workbench run {shop.root}" in drawn


def test_a_store_that_is_away_is_told_in_words_for_people_and_asked_again(shop, monkeypatch):
    def fail(*_):
        raise UnreachableError("db.example.com: connection refused")

    monkeypatch.setattr(DecisionStore, "last_position", fail)
    test = open_page("review", shop)
    assert "The database of decisions does not answer just now." in html_of(test)
    monkeypatch.undo()
    assert "just now" not in html_of(press(test, "Try again"))


def test_a_damaged_configuration_is_told_on_every_page(shop):
    write("workbench.toml", b"inputs = 3\n")(shop)
    test = AppTest.from_file(str(APP), default_timeout=30)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["app.py", str(shop.root)])
        drawn = "\n".join(element.proto.body for element in test.run().get("html"))
    assert "inputs" in drawn
    assert "has to be a section" in drawn
