"""One source only, sources that never meet, a taxonomy of two trees: from inputs to issues."""

import pandas as pd
import pytest

from pipelines.console import Terminal
from pipelines.init import InitRequest, init_workspace
from pipelines.run import run_pipeline
from workbench.report import Report

PAIR = ["instance_id", "label_id"]


@pytest.fixture
def start(shop, tmp_path):
    """Return a function that starts and runs a workspace on the clicks and the catalog."""

    def run(config="", **inputs):
        request = InitRequest(clicks=shop / "events.parquet", catalog=shop / "items.csv", **inputs)
        workspace = init_workspace(tmp_path / "few", request, Terminal(quiet=True))
        text = workspace.config_path.read_text(encoding="utf-8")
        told, _, rest = text.partition("\n[label]\n")
        sources, inputs_after = config if config else ("", "")
        workspace.config_path.write_text(
            f"{told}\n[label]\n{sources}\n{rest}\n{inputs_after}\n", encoding="utf-8"
        )
        run_pipeline(workspace.root, terminal=Terminal(quiet=True), show=0)
        return workspace

    return run


def notes(workspace, stage):
    return Report.from_dict(workspace.artefact(stage).json("report")).lines()


def has_line(workspace, stage, start):
    return any(start in line for line in notes(workspace, stage))


def test_a_log_with_one_source_only(start):
    workspace = start(('sources = ["click"]', ""))
    assert workspace.artefact("label").table("votes")["source"].unique().tolist() == ["click"]
    assert has_line(workspace, "label", "only one source votes, click: no other checks")
    assert len(workspace.artefact("flag").table("issues")) > 0


def test_two_sources_whose_votes_never_meet(start, shop, tmp_path):
    clicks = start(('sources = ["click"]', "")).artefact("label").table("votes")
    truth = pd.read_parquet(shop / "truth.parquet")[PAIR]
    met = pd.MultiIndex.from_frame(truth).isin(pd.MultiIndex.from_frame(clicks[PAIR]))
    known = truth["instance_id"].isin(clicks["instance_id"])
    rules = truth[~met & known & truth["label_id"].isin(clicks["label_id"])]
    rules.assign(vote=1).to_csv(tmp_path / "rules.csv", index=False)
    (tmp_path / "few").rename(tmp_path / "one")
    votes_of_rules = f'[[inputs.votes]]\npath = "{tmp_path / "rules.csv"}"\nsource = "rules"\n'
    workspace = start(('sources = ["click", "rules"]', votes_of_rules))
    label = workspace.artefact("label")
    assert label.table("votes")["source"].value_counts()["rules"] == len(rules) > 0
    assert label.table("posterior")["posterior"].between(0, 1).all()
    assert has_line(workspace, "label", "no pair has votes of two sources (click, rules)")
    assert len(workspace.artefact("flag").table("issues")) > 0


def test_a_taxonomy_with_two_roots(start, shop, tmp_path):
    tree = pd.read_csv(shop / "taxonomy.csv", dtype="str")
    roots = tree.loc[tree["parent_id"].isna(), "category_id"].tolist()
    _, second, *others = roots
    tree.loc[tree["category_id"].isin(others), "parent_id"] = second
    tree.to_csv(tmp_path / "two.csv", index=False)
    workspace = start(taxonomy=tmp_path / "two.csv")
    assert has_line(workspace, "ingest", "categories without a parent, each the root of a tree: 2")
    votes = workspace.artefact("label").table("votes")
    assert (votes["source"] == "taxonomy").any()
    assert len(workspace.artefact("flag").table("issues")) > 0


def test_a_log_of_few_queries_says_that_little_can_be_learnt(shop, tmp_path):
    events = pd.read_parquet(shop / "events.parquet")
    few = events["user_query"].drop_duplicates().head(20)
    events[events["user_query"].isin(few)].to_parquet(tmp_path / "few.parquet")
    request = InitRequest(clicks=tmp_path / "few.parquet", catalog=shop / "items.csv")
    workspace = init_workspace(tmp_path / "few", request, Terminal(quiet=True))
    run_pipeline(workspace.root, terminal=Terminal(quiet=True), show=0)
    n_pairs = len(workspace.artefact("label").table("votes")[PAIR].drop_duplicates())
    assert has_line(workspace, "label", f"only {n_pairs:,} pairs have a vote")
