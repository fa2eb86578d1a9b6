"""Wherever a label is looked up: a value of few items is told apart from one that no item has."""

import json
import shutil
from datetime import UTC, datetime
from uuid import UUID

import pandas as pd
import pytest

from pipelines.apply import apply_decisions_to
from pipelines.benchmark_signals import benchmark_signals
from pipelines.console import Terminal
from pipelines.explain import explain_label
from pipelines.run import run_pipeline
from workbench.errors import InputError, MissingArtefactError
from workbench.report import Report
from workbench.review.decisions import Decision, Verdict
from workbench.review.store import DecisionStore
from workbench.workspace import Workspace

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
QUIET = Terminal(quiet=True)
WHY = "on fewer items than min_support = 5 of [inputs.catalog]"
CONFIG = """
[inputs.clicks]
path = "clicks.csv"
[inputs.catalog]
path = "items.jsonl"
attributes = { Color = "color", Material = "material" }
min_support = 5
in_dictionary = ["Colour"]
[inputs.aliases]
path = "aliases.csv"
[[inputs.votes]]
path = "votes.csv"
source = "rules"
[inputs.reviewed]
path = "reviewed.csv"
[inputs.truth]
path = "truth.csv"
"""
FILES = {
    "aliases.csv": "attribute,value,alias\n"
    "Color,Mauve,lila\nColour,Black,noir\ncolor,Black,schwarz\n",
    "votes.csv": "user_query,label_id,vote\nblack bag,Color: Mauve,1\nblack bag,Color: Black,1\n",
    "reviewed.csv": "instance_id,label_id,verdict\nblack bag,Color: Mauve,present\n"
    "black bag,Color: Blak,absent\nblack bag,Color: Black,present\ngreen bag,Color: Red,absent\n",
    "truth.csv": "instance_id,label_id\nblack bag,Color: Mauve\nblack bag,Color: Black\n",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A shop with one colour on 4 items, run once."""
    workspace = Workspace.create(tmp_path_factory.mktemp("rare") / "w", CONFIG)
    colors = ["Mauve"] * 4 + ["Black", "Red", "Blue"] * 7
    items = [
        {"id": i, "title": f"{c} bag", "color": c, "material": "Black" if i % 2 else "Linen"}
        for i, c in enumerate(colors)
    ]
    (workspace.root / "items.jsonl").write_text("\n".join(map(json.dumps, items)) + "\n")
    searches = pd.DataFrame({"user_query": [f"{c.lower()} bag" for c in colors]})
    searches.assign(object_id=range(len(colors)), clicks=2).to_csv(
        workspace.root / "clicks.csv", index=False
    )
    for name, content in FILES.items():
        (workspace.root / name).write_text(content)
    run_pipeline(workspace.root, terminal=QUIET, show=0)
    return workspace


@pytest.mark.parametrize(
    ("stage", "line"),
    [
        ("ingest", f"aliases of values {WHY}: 1 (such as 'Color: Mauve (4 items)')"),
        (
            "ingest",
            "aliases of attributes that no item has: 1 (such as 'Colour (did you mean Color?)')",
        ),
        (
            "ingest",
            f"votes of 'rules' on values {WHY} (left out): 1 (such as 'Color: Mauve (4 items)')",
        ),
        (
            "ingest",
            "attributes in 'in_dictionary' of which no item has a value: 1 "
            "(such as 'Colour (did you mean Color?)')",
        ),
        (
            "label",
            f"reviewed pairs of values {WHY} (left out): 1 (such as 'Color: Mauve (4 items)')",
        ),
        (
            "label",
            "reviewed pairs of an unknown label (left out): 1 "
            "(such as 'Color: Blak (did you mean Color: Black?)')",
        ),
        (
            "label",
            "reviewed pairs of an unknown instance (left out): 1 "
            "(such as 'green bag / Color: Red')",
        ),
    ],
)
def test_a_run_says_which_names_are_of_rare_values_and_which_of_none(shop, stage, line):
    lines = Report.from_dict(shop.artefact(stage).json("report")).lines()
    assert line in lines, lines


@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("mauve", r"no label 'mauve': Color: Mauve \(4 items\) is on fewer .* min_support = 5"),
        ("Color: Mauve", r"Color: Mauve \(4 items\) is on fewer items than min_support = 5"),
        ("black", "2 labels go by 'black'; type the whole label: 'Color: Black', 'Mat"),
        ("blak", r"there is no label 'blak' among \d+ \(did you mean Black\?\)"),
        ("ac", r"no label 'ac'; its text is in 2 others: \['Color: Black', 'Mat"),
        ("Color: Blac", r"'Color: Blac' \(did you mean Color: Black\?\); its text is in 1 other"),
        ("Color: Blak", r"no label 'Color: Blak' among \d+ \(did you mean Color: Black\?\)"),
    ],
)
def test_explain_says_what_to_type_instead(shop, label, says):
    with pytest.raises(InputError, match=says):
        explain_label(shop.root, query="black bag", label=label, terminal=QUIET)


def test_a_workspace_that_did_not_keep_rare_values_says_what_to_run(shop, tmp_path):
    root = shutil.copytree(shop.root, tmp_path / "w")
    folder = Workspace(root).artefact("ingest").folder
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["files"]["rare_labels.parquet"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "rare_labels.parquet").unlink()
    with pytest.raises(MissingArtefactError, match=rf"older version.* workbench run {root}"):
        explain_label(root, query="black bag", label="mauve", terminal=QUIET)
    run_pipeline(root, terminal=QUIET, show=0)


@pytest.mark.parametrize("label", ["color: BLACK", "Color: schwarz", "color:black"])
def test_explain_takes_every_name_that_votes_take(shop, label):
    (told,) = explain_label(shop.root, query="black bag", label=label, terminal=QUIET)
    assert told.label_id == "Color: Black"


def test_truth_of_rare_values_is_out_of_reach_and_said_so(shop, capsys):
    benchmark_signals(shop.root, terminal=Terminal())
    assert f"1 true pair is of values {WHY}, on which no source votes" in capsys.readouterr().out


def test_decisions_on_values_that_became_rare_are_told(shop, capsys):
    about = {"reviewer": "ann", "label_version": "v1", "instance_id": "black bag"}
    given = {"label_id": "Color: Mauve", "verdict": Verdict.PRESENT, "decided_at": NOON}
    with DecisionStore(shop.decisions_path) as store:
        store.record_many([Decision(event_uid=str(UUID(int=1)), **about, **given)])
    apply_decisions_to(shop.root, terminal=Terminal())
    told = capsys.readouterr().out
    assert "1 decided pair is not in these labels" in told
    assert f"1 of them is of values {WHY} (such as Color: Mauve (4 items))" in told
