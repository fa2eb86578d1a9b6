"""A workspace that an earlier release made opens in this one."""

import json
import re
import tarfile
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pipelines.console import Terminal
from pipelines.export import export_labels
from pipelines.status import show_status
from pipelines.version_diff import show_diff
from pipelines.version_log import show_log
from workbench.review.store import DecisionStore
from workbench.workspace import Workspace
from workbench.workspace.version_diff import UNTOLD

QUIET = Terminal(quiet=True)
PAGE = """
from pathlib import Path
from workbench.ui import {page}
from workbench.ui.snapshot import take_snapshot
from workbench.ui.shell import guarded
guarded({page}.show, take_snapshot(Path({root!r})))()
"""


@pytest.fixture(scope="module")
def earlier(packed, tmp_path_factory):
    """Labels v1, v2 from decisions, and v3 anew from the inputs; not to be changed."""
    folder = tmp_path_factory.mktemp("earlier")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    return folder / "shop"


def diff(folder, older, newer, out=None):
    return show_diff(
        folder, older, newer, by=None, show=3, out=out, overwrite=True, terminal=Terminal()
    )


def test_its_versions_are_listed_with_what_was_recorded(earlier, capsys):
    told = show_log(earlier, None, show=5, as_json=False, terminal=Terminal())
    assert [(one["version"], one["parent"], one["added"]) for one in told] == [
        ("v3", None, None),
        ("v2", "v1", 3),
        ("v1", None, None),
    ]
    assert re.search(r"v2 +v1 +decisions +2026-11-27 +138 +\+3 −0 +6 of 2", capsys.readouterr().out)


def test_what_was_not_recorded_of_a_version_is_said(earlier, capsys):
    show_log(earlier, "v2", show=5, as_json=False, terminal=Terminal())
    out = capsys.readouterr().out
    assert "which decisions v2 rests on is not recorded: an earlier release made it" in out
    assert "workbench not recorded" in out


def test_json_holds_null_for_what_was_not_recorded(earlier, capsys):
    show_log(earlier, "v2", show=5, as_json=True, terminal=Terminal())
    told = json.loads(capsys.readouterr().out)
    assert (told["lineage"], told["n_given"], told["effects"]) == (["v2", "v1"], 138, None)


def test_changes_are_told_though_who_decided_is_not_recorded(earlier, capsys):
    pairs = diff(earlier, "v1", "v2").pairs
    assert pairs["cause"].tolist() == [UNTOLD] * 3
    assert "Puma green sneakers" in capsys.readouterr().out


def test_what_the_newest_labels_do_not_hold_is_told(earlier, tmp_path):
    found = diff(earlier, "v2", "v3", tmp_path / "changes.csv")
    assert found.pairs["cause"].tolist() == ["not taken over"] * 3
    written = pd.read_csv(tmp_path / "changes.csv")
    assert written[["change", "made_in", "attribute"]].drop_duplicates().values.tolist() == [
        ["removed", "v2", "Category"]
    ]


def test_it_is_exported_and_its_status_shown(earlier, tmp_path, capsys):
    export_labels(
        earlier, labels="v2", formats=["csv"], out=tmp_path / "e", overwrite=False, terminal=QUIET
    )
    assert (tmp_path / "e" / "manifest.json").is_file()
    show_status(earlier, terminal=Terminal(), check=True, rebuild=False, report=True)
    assert "decisions: 6 events (mika 4, noor 2)" in capsys.readouterr().out


def test_its_decisions_can_be_read(earlier):
    with DecisionStore(Workspace(earlier).decisions_location()) as store:
        assert len(store.log()) == 6


@pytest.mark.parametrize(
    "page", ["overview", "sources", "labels", "review", "patterns", "team", "compare", "export"]
)
def test_its_pages_draw(earlier, page):
    script = PAGE.format(page=page, root=str(earlier))
    test = AppTest.from_string(script, default_timeout=30)
    test.query_params["reviewer"] = "mika"
    assert not test.run().exception
    assert "not be drawn" not in "".join(one.proto.body for one in test.get("html"))


def test_the_packed_workspace_is_small(packed: Path):
    assert packed.stat().st_size < 100_000
