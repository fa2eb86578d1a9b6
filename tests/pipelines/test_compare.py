"""Models are compared in one workspace that has two label versions; nothing changes it."""

from __future__ import annotations

import html
import re
import shutil
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

from pipelines.apply import apply_decisions_to
from pipelines.compare import compare_models
from pipelines.console import Terminal
from pipelines.retrain import retrain_model
from workbench.errors import InputError, MissingArtefactError, WorkbenchError
from workbench.ui.comparison import points, told_of_settings
from workbench.ui.comparison_basis import basis_facts
from workbench.ui.comparison_report import comparison_page
from workbench.workspace import Workspace
from workbench.workspace.arrays import write_json, write_labels, write_table
from workbench.workspace.artefacts import open_artefact, publish
from workbench.workspace.comparisons import read_comparison

QUIET = Terminal(quiet=True)
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def cleaned(finished, tmp_path_factory, decide_in):
    """The finished workspace with labels v2 and a model of them; not to be changed."""
    root = tmp_path_factory.mktemp("cleaned") / "copy"
    shutil.copytree(finished, root)
    folder = root / "workspace"
    issues = Workspace(folder).artefact("flag").table("issues")
    for kind, verdict in (("wrong", "absent"), ("missing", "present")):
        decide_in(folder, issues[issues["kind"] == kind].head(150), verdict)
    apply_decisions_to(folder, terminal=QUIET)
    retrain_model(folder, labels=None, terminal=QUIET)
    return folder


@pytest.fixture(scope="module")
def compared(cleaned):
    return compare_models(cleaned, [], None, terminal=QUIET)


@pytest.fixture
def own(cleaned, tmp_path):
    """A copy that a test may change."""
    shutil.copytree(cleaned.parent, tmp_path / "copy")
    return tmp_path / "copy" / "workspace"


def model_of(folder, name):
    return Workspace(folder).current_model(name).folder.name


def as_of_other_inputs(folder, change):
    """Let the model of labels v1 come from inputs whose instances were changed."""
    workspace = Workspace(folder)
    model = workspace.current_model("v1")
    features = workspace.find_artefact("features", model.manifest["features"])
    ingested = workspace.artefact("ingest")
    shutil.copytree(ingested.folder, ingested.folder.with_name("other"))
    place = ingested.folder.with_name("other")
    instances = change(ingested.table("instances"))
    write_table(place, "instances", instances)
    manifest = dict(ingested.manifest) | {"fingerprint": "other", "files": {}}
    write_json(place, "manifest", manifest)
    about = dict(features.manifest)
    about["depends_on"] = about["depends_on"] | {"ingest": "other"}
    copied = features.folder.with_name("features-of-other")
    shutil.copytree(features.folder, copied)
    write_json(copied, "manifest", about | {"fingerprint": "features-of-other"})
    told = dict(model.manifest) | {"features": "features-of-other"}
    write_json(model.folder, "manifest", told)


def test_ids_of_models_are_compared_as_their_versions_are(cleaned, compared):
    ids = [model_of(cleaned, name) for name in ("v1", "v2")]
    found = compare_models(cleaned, ids, None, terminal=QUIET)
    assert found.table("metrics")["model"].unique().tolist() == ids
    pd.testing.assert_series_equal(
        found.table("metrics")["value"], compared.table("metrics")["value"]
    )


def test_what_is_neither_version_nor_model_lists_both(cleaned):
    known = r"is neither a label version nor a model; label versions: v1, v2; models: v1-\w+, v2-"
    for name in ("v2-nothing", "../v1", "."):
        with pytest.raises(MissingArtefactError, match=f"'{re.escape(name)}' {known}"):
            compare_models(cleaned, ["v1", name], None, terminal=QUIET)
    with pytest.raises(MissingArtefactError, match=r"no labels 'v99' in .*; there are: v1, v2"):
        compare_models(cleaned, ["v1", "v99"], None, terminal=QUIET)


def test_one_model_by_two_names_is_refused(cleaned):
    with pytest.raises(InputError, match=r"'v1' and 'v1-.*' are one model"):
        compare_models(cleaned, ["v1", model_of(cleaned, "v1")], None, terminal=QUIET)
    with pytest.raises(InputError, match="two models or more"):
        compare_models(cleaned, ["v1"], None, terminal=QUIET)


def test_the_manifest_says_on_which_labels_and_from_which_decisions(cleaned, compared):
    manifest = compared.manifest
    version = Workspace(cleaned).label_version("v2")
    assert manifest["test_labels_origin"] == "v2"
    assert manifest["test_labels_fingerprint"] == version.artefact.fingerprint
    assert manifest["versions"]["v2"]["n_decisions"] == 300
    assert manifest["versions"]["v2"]["parent"] == "v1"
    assert manifest["model_facts"]["v1"]["n_train"] > 0


def test_attributes_and_branches_are_stored_and_shown_on_demand(cleaned, compared, capsys):
    segments = compared.table("segments")
    assert set(segments["by"]) == {"attribute", "branch"}
    compare_models(cleaned, [], None, by="attribute", measure="p@1", terminal=Terminal())
    printed = capsys.readouterr().out
    assert "P@1 by attribute" in printed
    assert "would by chance alone" in printed
    assert "is there already" in printed


def test_the_terminal_names_the_models_that_versions_stand_for(cleaned, compared, capsys):
    compare_models(cleaned, [], None, terminal=Terminal())
    first = f"v1 is {model_of(cleaned, 'v1')}, v2 is {model_of(cleaned, 'v2')}"
    assert first in capsys.readouterr().out.splitlines()
    assert ("Models", first) in basis_facts(read_comparison(compared))


def test_the_interval_beside_a_verdict_by_attribute_is_the_one_that_decides(
    cleaned, compared, capsys
):
    compare_models(cleaned, [], None, by="attribute", terminal=Terminal())
    row = read_comparison(compared).against_baseline("v2", "attribute", "ndcg", 5).iloc[0]
    printed = capsys.readouterr().out.split("nDCG@5 by attribute")[1]
    assert "widened" in printed
    assert f"{points(row['wide_low'])} to {points(row['wide_high'])}" in printed


def test_a_segment_that_is_not_known_is_refused_before_the_work(cleaned):
    with pytest.raises(InputError, match="--by 'brand': expected one of support, attribute"):
        compare_models(cleaned, [], None, by="brand", terminal=QUIET)
    with pytest.raises(InputError, match=r"--measure 'P@9' is not measured; choose among P@1"):
        compare_models(cleaned, [], None, measure="P@9", terminal=QUIET)


def test_changed_pairs_add_up_to_the_change_of_the_labels(compared):
    pairs, labels = compared.table("changed_pairs"), compared.table("label_changes")
    was, now = (pairs[name].between(1, 5) for name in ("rank_before", "rank_after"))
    at_five = labels[labels["k"] == 5]
    assert at_five["newly_hit"].sum() == (now & ~was).sum() > 0
    assert at_five["newly_missed"].sum() == (was & ~now).sum()
    assert set(pairs["instance_id"]) == set(compared.table("instances")["instance_id"])


def test_three_models_are_all_held_against_the_first(own):
    path = own / "workbench.toml"
    told = path.read_text().replace("\nC = 1.0", "")
    path.write_text(told.replace("[model]", "[model]\nC = 0.2", 1))
    old = model_of(own, "v2")
    retrain_model(own, labels="v2", terminal=QUIET)
    found = read_comparison(compare_models(own, ["v1", "v2", old], None, terminal=QUIET))
    assert found.others == ["v2", old]
    assert set(found.changed_pairs["model"]) == {"v2", old}
    assert told_of_settings(found, old) == ""
    told = "v2 differs from v1 in C 1.0 → 0.2; the difference is not that of the labels alone."
    assert told_of_settings(found, "v2") == told


def test_a_model_of_other_inputs_is_measured_on_what_both_hold_out(own, capsys):
    def change(instances):
        test = np.flatnonzero(instances["split"] == "test")
        instances.loc[test[:3], "split"] = "train"
        instances.loc[test[3:5], "text"] = "another text"
        return instances

    as_of_other_inputs(own, change)
    found = compare_models(own, ["v1", "v2"], None, terminal=Terminal())
    manifest = found.manifest
    assert manifest["n_test"] == manifest["n_test_of_inputs"] - 5
    assert set(manifest["left_out"].values()) == {3, 2}
    assert "left out: 3 test instances that v1 was trained on" in capsys.readouterr().out


def test_models_without_a_common_test_instance_are_refused(own):
    as_of_other_inputs(own, lambda instances: instances.assign(split="train"))
    with pytest.raises(InputError, match=r"none of the .* trained on; train the models again"):
        compare_models(own, ["v1", "v2"], None, terminal=QUIET)


def test_a_model_whose_inputs_are_gone_is_refused(own):
    as_of_other_inputs(own, lambda instances: instances)
    shutil.rmtree(Workspace(own).artefact("ingest").folder.with_name("other"))
    with pytest.raises(InputError, match="nobody knows which instances it has not seen"):
        compare_models(own, ["v1", "v2"], None, terminal=QUIET)


def test_a_label_that_only_the_test_knows_is_missed_and_told(own, capsys):
    workspace = Workspace(own)
    labels = workspace.label_version("v2").labels()
    truth = labels.to_frame()[["instance_id", "label_id"]]
    one = truth.iloc[[0]].assign(label_id="Brand: brand new")
    test = workspace.artefact("ingest").table("instances").query("split == 'test'")["instance_id"]
    one["instance_id"] = test.iloc[0]
    pd.concat([truth, one]).to_parquet(own.parent / "truth.parquet")
    config = own / "workbench.toml"
    config.write_text(config.read_text() + '\n[inputs.truth]\npath = "../truth.parquet"\n')
    compare_models(own, [], "truth", terminal=Terminal())
    told = "v1 does not know 1 label of the test, true in 1 pair, and misses them"
    assert told in capsys.readouterr().out


def test_test_labels_of_other_instances_are_refused(own):
    workspace = Workspace(own)
    fewer = workspace.label_version("v2").labels().take_instances(np.arange(5))
    about = {"fingerprint": "f", "parent": None, "base": "v3"}
    with publish(own / "labels" / "v3", about) as folder:
        write_labels(folder, fewer)
    with pytest.raises(InputError, match=r"labels v3 know nothing of .* --test-labels"):
        compare_models(own, ["v1", "v2"], "v3", terminal=QUIET)


def test_the_report_is_one_file_without_network_or_script(cleaned, tmp_path):
    out = tmp_path / "report.html"
    compare_models(cleaned, [], None, report=out, terminal=QUIET)
    with pytest.raises(InputError, match=r"exists already; choose another --report"):
        compare_models(cleaned, [], None, report=out, terminal=QUIET)
    page = out.read_text(encoding="utf-8")
    for word in ("<script", "<link", "src=", "http://", "https://", "url("):
        assert word not in page
    assert "default-src 'none'" in page
    assert page.count("<svg") > 15
    for told in ("labels v2, which may hold errors themselves", "By attribute", "How to read this"):
        assert html.escape(told) in page


def test_hostile_names_are_text_in_the_report(cleaned, compared, tmp_path):
    comparison = read_comparison(compared)
    for frame in (comparison.label_changes, comparison.changed_pairs):
        frame["label_id"] = HOSTILE
    comparison.segments["segment"] = HOSTILE
    comparison.texts.iloc[:] = HOSTILE
    page = comparison_page(comparison)
    assert html.escape(HOSTILE) in page
    assert "<script" not in page
    assert "<img" not in page


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("report.pdf", r"expected a name that ends in \.html or \.htm"),
        ("nowhere/report.html", "there is no folder"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_before_the_work(
    cleaned, tmp_path, name, message
):
    with pytest.raises(InputError, match=message):
        compare_models(cleaned, [], None, report=tmp_path / name, terminal=QUIET)


def test_a_comparison_of_an_earlier_workbench_opens_and_says_what_it_lacks(compared, tmp_path):
    with publish(tmp_path / "old", {"fingerprint": "o", "n_test": 3}) as folder:
        for name in ("metrics", "differences"):
            write_table(folder, name, compared.table(name))
    page = comparison_page(read_comparison(open_artefact(tmp_path / "old")))
    assert "changes were not recorded" in page
    assert "not recorded" in page


def test_a_new_comparison_that_cannot_be_kept_is_not_made(cleaned, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    monkeypatch.setattr("pipelines.compare._make_comparison", Mock(side_effect=AssertionError))
    with pytest.raises(WorkbenchError, match="may not be written to; make it writable"):
        compare_models(cleaned, ["v2", "v1"], "v1", terminal=QUIET)
