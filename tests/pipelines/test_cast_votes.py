import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from pipelines.cast_votes import cast_votes, nearest_texts
from pipelines.config import read_config
from pipelines.config_inputs import OWN_SOURCES
from pipelines.console import Terminal
from pipelines.run import run_pipeline
from workbench.errors import InputError
from workbench.report import Report
from workbench.workspace import Workspace

RULES = """
[[inputs.votes]]
path = "rules.csv"
source = "rules"
"""


@pytest.fixture(scope="module")
def asked(finished):
    """Return a function that asks sources of the finished workspace."""
    workspace = Workspace(finished / "workspace")
    catalog = read_config(workspace.config_path).inputs.catalog
    ingested = workspace.artefact("ingest")
    nearest = nearest_texts(ingested)

    def ask(*sources):
        return cast_votes(ingested, catalog, sources=sources, nearest=nearest, report=Report())

    return ask


def test_every_source_votes(finished):
    votes = Workspace(finished / "workspace").artefact("label").table("votes")
    assert sorted(votes["source"].unique()) == sorted(OWN_SOURCES)


def test_only_the_sources_asked_vote(asked):
    assert asked("click", "verifier")["source"].unique().tolist() == ["click", "verifier"]


@pytest.mark.parametrize("source", ["click", "dictionary", "verifier"])
def test_a_source_that_finds_labels_votes_alone(asked, source):
    assert (asked(source)["level"] > 0).any()


def test_sources_that_need_others_alone_are_an_error(asked):
    with pytest.raises(InputError, match="no vote on any pair by taxonomy, neighbours"):
        asked("taxonomy", "neighbours")


def test_votes_of_the_user_join_the_others(workspace):
    truth = (workspace / "workbench.toml").read_text(encoding="utf-8")
    opened = Workspace(workspace)
    before = opened.artefact("label")
    pair = before.table("posterior").query("posterior < 0.2").iloc[0]
    rules = f'user_query,label_id,vote\n"{pair["instance_id"]}",{pair["label_id"]},1\n'
    (workspace / "rules.csv").write_text(rules, encoding="utf-8")
    opened.config_path.write_text(truth + RULES, encoding="utf-8")
    run_pipeline(workspace, terminal=Terminal(quiet=True), show=0)
    after = opened.artefact("label")
    assert after.fingerprint != before.fingerprint
    votes = after.table("votes")
    assert votes.loc[votes["source"] == "rules", "label_id"].tolist() == [pair["label_id"]]
    assert "rules" in after.table("sources")["source"].tolist()
    lines = Report.from_dict(after.json("report")).lines()
    assert "votes of rules: 1" in lines
    assert any("rules votes on 1 pairs only, and counts for next to nothing" in x for x in lines)


def test_a_changed_table_of_votes_is_read_again(workspace):
    (workspace / "rules.csv").write_text("user_query,label_id,vote\n", encoding="utf-8")
    opened = Workspace(workspace)
    text = opened.config_path.read_text(encoding="utf-8")
    opened.config_path.write_text(text + RULES, encoding="utf-8")
    with pytest.raises(InputError, match=r"rules.csv: the table has no rows"):
        run_pipeline(workspace, terminal=Terminal(quiet=True), show=0)


def test_clicks_of_some_instances_at_a_time_make_the_same_votes(asked, monkeypatch):
    whole = asked("click")
    monkeypatch.setattr("pipelines.cast_votes._INSTANCES_AT_ONCE", 700)
    text = dict.fromkeys(("instance_id", "label_id", "source", "detail"), "str")
    assert_frame_equal(asked("click").astype(text), whole.astype(text))


def test_similar_texts_are_kept_for_the_ranking(finished):
    workspace = Workspace(finished / "workspace")
    kept, found = (
        workspace.artefact("label").matrix("nearest"),
        nearest_texts(workspace.artefact("ingest")),
    )
    np.testing.assert_array_equal(kept.toarray(), found.toarray())
    assert kept.has_sorted_indices


def test_similar_texts_that_are_kept_are_not_looked_for_again(workspace, monkeypatch):
    def search(*_, **__):
        raise AssertionError("the ranking looked for similar texts")

    monkeypatch.setattr("workbench.issues.ranking.nearest_neighbours", search)
    path = workspace / "workbench.toml"
    path.write_text(path.read_text().replace("below_quality = 0.75", "below_quality = 0.7"))
    run = run_pipeline(workspace, terminal=Terminal(quiet=True), show=0)
    assert [entry["stage"] for entry in run.costs.entries if entry["done"]] == ["flag"]


def test_without_neighbours_as_a_source_the_ranking_finds_them(workspace):
    path = workspace / "workbench.toml"
    asked = 'sources = ["click", "dictionary", "taxonomy", "verifier"]\n'
    path.write_text(path.read_text().replace("[label]\n", f"[label]\n{asked}", 1))
    run_pipeline(workspace, terminal=Terminal(quiet=True), show=0)
    assert not Workspace(workspace).artefact("label").holds("nearest.shape.npy")
    reasons = Workspace(workspace).artefact("flag").table("issues")["reason"]
    assert reasons.str.contains("similar instances").any()
