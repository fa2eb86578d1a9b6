"""Contradictions and patterns among the issues of a whole run."""

import uuid
from datetime import UTC, datetime

import numpy as np
import pytest

from pipelines.apply import apply_decisions_to
from pipelines.config import check_config
from pipelines.console import Terminal
from pipelines.contradictions import exclusive_attributes
from pipelines.run import run_pipeline
from pipelines.run_report import report_of
from workbench.errors import ConfigError
from workbench.review.decisions import Decision, Verdict
from workbench.review.store import DecisionStore
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)
PAIR = ["instance_id", "label_id"]
CATALOG = {"path": "i", "attributes": {"Brand": "brand"}}


def flagged(folder):
    return Workspace(folder).artefact("flag")


def test_a_parent_that_a_reviewer_calls_absent_contradicts_the_child(workspace):
    shop = Workspace(workspace)
    config = shop.config_path.read_text()
    shop.config_path.write_text(config.replace('closure = "auto"', 'closure = "off"'))
    labels = shop.artefact("ingest").table("labels").dropna(subset=["parent_id"])
    pairs = shop.latest_labels().labels().to_frame().merge(labels)
    child = pairs.iloc[0]
    decision = Decision(
        event_uid=str(uuid.UUID(int=1)),
        decided_at=datetime(2026, 1, 1, tzinfo=UTC),
        reviewer="mika",
        instance_id=child["instance_id"],
        label_id=child["parent_id"],
        verdict=Verdict.ABSENT,
        label_version="v1",
        model_id="m",
    )
    with DecisionStore(shop.decisions_path) as store:
        store.record_many([decision])
    apply_decisions_to(workspace, terminal=QUIET)
    run_pipeline(workspace, terminal=QUIET, show=0)
    issues = flagged(workspace).table("issues")
    told = issues[issues["reason"].str.contains("implies it")]
    assert child["instance_id"] in set(told["instance_id"])


def test_every_pair_is_one_issue_and_contradictions_are_counted(finished):
    flag = flagged(finished / "workspace")
    issues, report = flag.table("issues"), report_of(flag)
    assert not issues.duplicated(PAIR).any()
    n_found = report.counted("issues that contradict another pair")
    clear = issues["reason"].str.contains("exclude each other|says the same|apply to|implies")
    assert 0 < clear.sum() <= n_found


def test_below_quality_decides_how_many_pairs_are_issues(workspace, set_issues):
    before = flagged(workspace).table("issues")
    set_issues("below_quality = 0.95")
    run_pipeline(workspace, terminal=QUIET, show=0)
    after = flagged(workspace).table("issues")
    new = after.merge(before[PAIR], how="left", on=PAIR, indicator=True).query("_merge != 'both'")
    assert len(after) == len(before) + len(new)
    assert len(new) > 0
    assert new["label_quality"].min() >= np.float32(0.75)


def test_what_max_issues_leaves_out_is_counted_to_the_last_pair(workspace):
    every = len(flagged(workspace).table("issues"))
    config = workspace / "workbench.toml"
    config.write_text(config.read_text().replace("max_issues = 100000", "max_issues = 30"))
    run_pipeline(workspace, terminal=QUIET, show=0)
    flag = flagged(workspace)
    assert len(flag.table("issues")) == 2 * 30
    left_out = report_of(flag).counted("issues beyond [issues] max_issues, left out")
    assert left_out == every - 2 * 30


def test_patterns_lie_beside_the_issues_and_count_them(finished):
    flag = flagged(finished / "workspace")
    issues, patterns = flag.table("issues"), flag.table("patterns")
    assert patterns["pattern_id"].is_unique
    counted = issues["pattern_id"].value_counts()
    assert counted.to_dict() == patterns.set_index("pattern_id")["n_issues"].to_dict()
    assert (patterns["n_issues"] >= 5).all()
    inside = issues.merge(patterns[["pattern_id", "kind", "label_id", "cause"]], on="pattern_id")
    alike = (inside["kind_x"] == inside["kind_y"]) & (inside["label_id_x"] == inside["label_id_y"])
    assert (alike | (inside["cause"] == "swap")).all()


def test_exclusive_attributes_are_those_of_the_catalog_and_of_the_issues():
    inputs = {"clicks": {"path": "c"}, "catalog": CATALOG | {"exclusive": ["Brand"]}}
    config = check_config({"inputs": inputs, "issues": {"exclusive": ["Color", "Brand"]}}, "here")
    assert exclusive_attributes(config) == ["Brand", "Color"]


@pytest.mark.parametrize(
    "bad", [{"min_pattern": 1}, {"pattern_lift": 0.5}, {"exclusive_lift": 2}, {"false_cost": -1}]
)
def test_settings_out_of_range_are_refused(bad):
    inputs = {"clicks": {"path": "c"}, "catalog": CATALOG}
    with pytest.raises(ConfigError, match=next(iter(bad))):
        check_config({"inputs": inputs, "issues": bad}, "here")
