from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from pipelines.console import Terminal
from pipelines.noise import noise_line, noise_table, tell_noise
from pipelines.run import run_pipeline
from pipelines.run_report import report_of
from pipelines.status import show_status
from workbench.issues.coverage import NOT_SCORED, TOO_RARE
from workbench.issues.noise_estimates import JudgedPairs
from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix
from workbench.workspace import Workspace


def noise_of(folder):
    return Workspace(folder).artefact("flag").table("noise")


def test_every_scope_counts_the_same_given_pairs(finished):
    noise, given = noise_of(finished / "workspace"), Workspace(finished / "workspace")
    n_given = given.label_version("v1").labels().n_given
    for scope in ("all", "attribute", "label"):
        assert noise.loc[noise["scope"] == scope, "n_given"].sum() == n_given
    assert set(noise["scope"]) == {"all", "attribute", "branch", "label", "source"}


def test_attributes_add_up_to_all_pairs_and_bounds_hold_the_estimate(finished):
    noise = noise_of(finished / "workspace")
    parts = noise[noise["scope"] == "attribute"]
    for kind in ("wrong", "missing"):
        whole = noise.loc[noise["scope"] == "all", f"estimated_{kind}"].iloc[0]
        assert parts[f"estimated_{kind}"].sum() == pytest.approx(whole)
        assert (noise[f"{kind}_low"] <= noise[f"estimated_{kind}"] + 1e-9).all()
        assert (noise[f"{kind}_high"] >= noise[f"estimated_{kind}"] - 1e-9).all()


def test_a_branch_counts_its_categories(finished):
    noise = noise_of(finished / "workspace")
    labels, branches = (noise[noise["scope"] == scope] for scope in ("label", "branch"))
    top = branches.iloc[0]
    below = labels["name"].str.startswith(top["name"] + " > ") | (labels["name"] == top["name"])
    assert top["n_given"] == labels.loc[below, "n_given"].sum()


def test_branches_are_those_of_the_tree_not_of_the_names():
    names = pd.Index(["Note: a > b", "Note: a > c", "Shoes", "Sneakers", "Boots"])
    labels = pd.DataFrame({"label_id": names, "attribute": "Any", "parent_id": None}, dtype="str")
    labels.loc[3:, "parent_id"] = "Shoes"
    given = LabelMatrix(csr_array(np.eye(5, dtype=bool)), pd.Index(list("12345")), names)
    rows, judged = np.arange(5), np.ones(5)
    unknown = np.full(5, -1, np.int8)
    pairs = JudgedPairs(Pairs(rows, rows, judged > 0), judged / 10, unknown, judged * 0, judged > 0)
    votes = pd.DataFrame({"instance_id": [], "label_id": [], "source": [], "level": []})
    noise = noise_table(given, pairs, labels, votes)
    branch = noise[noise["scope"] == "branch"].iloc[0]
    assert (noise["scope"] == "branch").sum() == 1
    assert (branch["name"], branch["n_given"]) == ("Shoes", 3)
    assert branch["estimated_wrong"] == pytest.approx(3 * 0.1)


def test_the_report_says_which_given_pairs_could_not_be_judged(finished):
    flag = Workspace(finished / "workspace").artefact("flag")
    counts, unjudged = report_of(flag), flag.table("unjudged")
    coverage = flag.json("coverage")
    assert counts.counted("given pairs judged") == coverage["n_given_judged"]
    told = sum(counts.counted(f"given pairs not judged: {why}") for why in (TOO_RARE, NOT_SCORED))
    assert told == unjudged["n_pairs"].sum() > 0


def test_status_and_run_say_how_much_noise_there_is(workspace, capsys):
    show_status(workspace, terminal=Terminal(), check=False, rebuild=False, report=False)
    assert noise_line(Workspace(workspace)) in capsys.readouterr().out.replace("\n", "")
    run_pipeline(workspace, terminal=Terminal(), show=0)
    told = capsys.readouterr().out
    assert "estimated noise of all pairs, worth a look or not, by the model alone" in told
    issues = Workspace(workspace).artefact("flag").table("issues").query("kind == 'missing'")
    errors = (1 - issues["label_quality"].astype("float64")).sum()
    assert f"{len(issues):,} others, about {errors:,.0f} missing by that quality" in told


def test_attributes_by_the_model_alone_are_marked_beside_a_total_by_the_sample(
    workspace, filled_in, capsys
):
    filled_in(workspace)
    run_pipeline(workspace, terminal=Terminal(quiet=True), show=0)
    noise = noise_of(workspace).set_index(["scope", "name"])["wrong_basis"]
    assert noise["all", "all"] == "random sample"
    capsys.readouterr()
    tell_noise(Workspace(workspace), Terminal(), show=99)
    said = capsys.readouterr().out
    rows = [line for line in said.splitlines() if line.split(" ")[0] in noise["attribute"].index]
    marked = {row.split(" ")[0] for row in rows if row.split(")")[0] + ")*" in row}
    assert marked == set(noise["attribute"].index[noise["attribute"] == "model"]) != set()
    assert "* not corrected by the random sample" in said
