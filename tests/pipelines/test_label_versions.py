"""A verdict outlives the labels it was made on: run, decide, apply, new log, run, apply."""

import json
import shutil
import tarfile
import uuid
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipelines.apply import apply_decisions_to
from pipelines.cli import app
from pipelines.console import Terminal
from pipelines.run import run_pipeline
from pipelines.version_diff import show_diff
from pipelines.version_log import show_log
from workbench.errors import InputError
from workbench.review.decisions import Decision, undo_of
from workbench.review.store import DecisionStore
from workbench.workspace import Workspace
from workbench.workspace.version_decisions import DECISIONS

QUIET = Terminal(quiet=True)
# Given by the inputs, before and after new clicks, and decided otherwise.
WRONG = ("nike blue boots", "Color: blue")
AGREED = ("puma red totes", "Brand: Puma")
TORN = ("nike green sneakers", "Category: Shoes > Boots")
GONE = ("ecco red clogs", "Brand: Ecco")


def decide(folder, reviewer, verdicts, seen="v3"):
    """Record verdicts, the later ones a minute after those before."""
    with DecisionStore(Workspace(folder).decisions_location()) as store:
        start = datetime(2026, 2, 1, tzinfo=UTC) + timedelta(minutes=len(store.log()))
        for n, (pair, verdict) in enumerate(verdicts.items()):
            at = start + timedelta(minutes=n)
            uid = str(uuid.uuid4())
            store.record(Decision(uid, at, reviewer, *pair, verdict, label_version=seen))


def gives(folder, version, pair):
    pairs = Workspace(folder).label_version(version).labels().to_frame()
    return pair in set(zip(pairs["instance_id"], pairs["label_id"], strict=True))


def decisions_of(folder, version):
    table = Workspace(folder).label_version(version).artefact.table(DECISIONS)
    return table.set_index(["instance_id", "label_id"])


@pytest.fixture(scope="module")
def applied(packed, tmp_path_factory):
    """Labels v4: on v3 decided; v5 anew, from more clicks; v6: decided and applied again."""
    folder = tmp_path_factory.mktemp("versions")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    shop = folder / "shop"
    decide(shop, "mika", {WRONG: "absent", AGREED: "present", GONE: "present"})
    apply_decisions_to(shop, terminal=QUIET)
    with (folder / "data" / "counts.csv").open("a", encoding="utf-8") as log:
        log.write("Nike blue boots bag,i4,7,12\nPuma red,i1,6,11\n")
    run_pipeline(shop, terminal=QUIET, show=0)
    decide(shop, "noor", {("nike red boots", "Category: Shoes"): "absent"}, "v5")
    apply_decisions_to(shop, terminal=QUIET)
    return shop


def test_a_verdict_holds_in_labels_made_anew_from_a_new_log(applied):
    held = {name: gives(applied, name, WRONG) for name in ("v3", "v4", "v5", "v6")}
    assert held == {"v3": True, "v4": False, "v5": True, "v6": False}


def test_what_new_signals_say_against_a_verdict_is_recorded(applied):
    rows = decisions_of(applied, "v6")
    told = ["effect", "settled_by", "made_on", "signals", "is_new"]
    assert rows.loc[WRONG, told].tolist() == ["removed", "person", "v3", "against again", False]
    assert rows.loc[AGREED, told].tolist() == ["confirmed", "person", "v3", "agree", False]


def test_who_decided_is_recorded_with_the_events(applied):
    row = decisions_of(applied, "v6").loc[TORN]
    assert row["effect"] == "conflict"
    assert (row["reviewers"].tolist(), len(row["event_uids"])) == (["mika", "noor"], 2)


def test_a_decision_on_what_vanished_is_kept(applied):
    row = decisions_of(applied, "v6").loc[GONE]
    assert (row["effect"], row["verdict"]) == ("unknown", "present")
    assert pd.isna(row["signals"])


def test_absent_above_takes_those_below_away_and_says_from_what(applied):
    row = decisions_of(applied, "v6").loc[("nike red boots", "Category: Shoes > Boots")]
    assert (row["effect"], row["settled_by"]) == ("removed", "closure")
    assert row["follows_from"] == "Category: Shoes"
    assert not gives(applied, "v6", ("nike red boots", "Category: Shoes > Boots"))


def test_the_manifest_counts_what_the_table_holds(applied):
    about = Workspace(applied).label_version("v6").artefact.manifest
    rows = decisions_of(applied, "v6")
    assert (about["n_new"], about["new_since"]) == (1, "v4")
    assert about["removed"] == (rows["effect"] == "removed").sum()
    assert about["by_reviewer"]["noor"] == {"pairs": 3, "counted": 2, "outvoted": 0}
    assert about["rules"]["parameters"]["closure"] == "ancestors"


def test_log_tells_a_version_whole(applied, capsys):
    show_log(applied, "v6", show=2, as_json=False, terminal=Terminal())
    out = capsys.readouterr().out
    assert "labels v6, from v5 (lineage: v6 ← v5), made by decisions at " in out
    assert "8 decided pairs, 1 new since v4" in out
    assert "labels v5, made from the inputs after the verdicts, say otherwise on" in out
    assert "people disagree: 1\n  nike green sneakers / Category: Shoes > Boots: conflict" in out
    assert "not in these labels: 1\n  ecco red clogs / Brand: Ecco: present" in out


def test_log_is_json_for_scripts(applied):
    told = json.loads(CliRunner().invoke(app, ["log", str(applied), "--json", "--quiet"]).stdout)
    assert [one["version"] for one in told] == ["v6", "v5", "v4", "v3", "v2", "v1"]
    assert told[0]["lineage"] == ["v6", "v5"]


def test_diff_says_why_each_pair_changed(applied):
    pairs = diff(applied, "v3", "v6").pairs.set_index(["instance_id", "label_id"])
    assert pairs.loc[WRONG, ["change", "cause", "made_in", "reviewers"]].tolist() == [
        *("removed", "person", "v6", "mika")
    ]
    below = pairs.loc[("nike red boots", "Category: Shoes > Boots")]
    assert (below["cause"], below["follows_from"]) == ("closure", "Category: Shoes")
    came = pairs.loc["puma red"]
    assert set(came["cause"]) == {"instance came"}


def test_diff_counts_what_came_and_went(applied, capsys):
    found = diff(applied, "v6", "v4")
    assert found.n_went["instances"] == 2
    assert found.n_came["instances"] == 0
    assert "instances: 0 only in v4, 2 only in v6" in capsys.readouterr().out


def test_diff_of_a_version_with_itself_is_empty(applied):
    assert diff(applied, "v6", "v6").pairs.empty


def test_diff_is_what_the_matrices_say(applied, tmp_path):
    out = tmp_path / "changes.parquet"
    show_diff(applied, "v3", "v6", by="label", show=0, out=out, overwrite=False, terminal=QUIET)
    ids = ["instance_id", "label_id"]
    then, now = (
        set(Workspace(applied).label_version(name).labels().to_frame()[ids].apply(tuple, axis=1))
        for name in ("v3", "v6")
    )
    written = pd.read_parquet(out)
    for change, pairs in (("added", now - then), ("removed", then - now)):
        rows = written.loc[written["change"] == change, ids]
        assert set(rows.apply(tuple, axis=1)) == pairs


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"by": "colour"}, "--by must be one of cause, attribute, label, found 'colour'"),
        ({"out": "x.txt"}, r"expected a name that ends in \.csv or \.parquet"),
    ],
)
def test_what_diff_does_not_know_is_refused(applied, tmp_path, arguments, says):
    known = {"by": None, "show": 1, "out": None, "overwrite": False, "terminal": QUIET}
    if "out" in arguments:
        arguments = {"out": tmp_path / arguments["out"]}
    with pytest.raises(InputError, match=says):
        show_diff(applied, "v1", "v2", **known | arguments)


def test_one_version_is_too_few_for_a_diff(applied):
    result = CliRunner().invoke(app, ["diff", str(applied), "v1"])
    assert "diff takes two label versions, such as v1 v2; found 1: v1" in str(result.exception)


def test_a_version_alone_means_the_workspace_one_is_in(applied, monkeypatch):
    monkeypatch.chdir(applied)
    assert "labels v2, from v1" in CliRunner().invoke(app, ["log", "v2"]).stdout


def test_a_verdict_that_is_taken_back_no_longer_counts(applied, tmp_path, capsys):
    shop = copy_of(applied, tmp_path)
    with DecisionStore(Workspace(shop).decisions_location()) as store:
        since = datetime(2026, 1, 1, tzinfo=UTC)
        said = store.latest_to_undo("noor", since, 20)
        last = [event for event in said if event.instance_id == "nike red boots"][-1]
        at = datetime(2026, 3, 1, tzinfo=UTC)
        store.record(undo_of(last, event_uid=str(uuid.uuid4()), reviewer="noor", decided_at=at))
    apply_decisions_to(shop, terminal=Terminal())
    assert "2 pairs went back to what the inputs say" in capsys.readouterr().out
    assert gives(shop, "v7", ("nike red boots", "Category: Shoes"))
    assert gives(shop, "v7", ("nike red boots", "Category: Shoes > Boots"))
    own = ["v7", "v5"]
    now, then = (Workspace(shop).label_version(name).labels().to_frame() for name in own)
    both = now.merge(then, on=["instance_id", "label_id"])
    back = both[both["instance_id"] == "nike red boots"]
    assert (back["confidence_x"] == back["confidence_y"]).all()


def test_another_log_takes_nothing_back_and_is_warned_of(applied, tmp_path, capsys):
    shop = copy_of(applied, tmp_path)
    (shop / "decisions.sqlite").unlink()
    assert apply_decisions_to(shop, terminal=QUIET).name == "v6"
    told = capsys.readouterr().err
    assert "the decision log has 0 events, but labels v6 rest on 10" in told
    assert "pairs of v6 stay as they were decided there" in told


def test_contradicting_verdicts_both_stay_and_are_told(applied, tmp_path, capsys):
    shop = copy_of(applied, tmp_path)
    decide(shop, "mika", {("nike red boots", "Category: Shoes > Boots"): "present"}, "v5")
    apply_decisions_to(shop, terminal=Terminal())
    assert (
        "1 pair decided present while a label above was decided absent" in capsys.readouterr().out
    )
    assert not gives(shop, "v7", ("nike red boots", "Category: Shoes"))
    assert gives(shop, "v7", ("nike red boots", "Category: Shoes > Boots"))


def test_nothing_follows_where_closure_is_off(applied, tmp_path):
    shop = copy_of(applied, tmp_path)
    path = shop / "workbench.toml"
    path.write_text(path.read_text() + '\n[apply]\nclosure = "off"\n')
    decide(shop, "mika", {("ecco red boots", "Category: Shoes"): "absent"}, "v5")
    apply_decisions_to(shop, terminal=QUIET)
    assert gives(shop, "v7", ("ecco red boots", "Category: Shoes > Boots"))


def copy_of(applied, tmp_path):
    shutil.copytree(applied.parent, tmp_path / "copy")
    return tmp_path / "copy" / "shop"


def diff(folder, older, newer):
    return show_diff(
        folder, older, newer, by=None, show=3, out=None, overwrite=False, terminal=Terminal()
    )
