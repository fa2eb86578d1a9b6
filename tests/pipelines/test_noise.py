from __future__ import annotations

import pytest

from pipelines.console import Terminal
from pipelines.noise import noise_line
from pipelines.run import run_pipeline
from pipelines.status import show_status
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


def test_status_and_run_say_how_much_noise_there_is(workspace, capsys):
    show_status(workspace, terminal=Terminal(), check=False, rebuild=False, report=False)
    assert noise_line(Workspace(workspace)) in capsys.readouterr().out.replace("\n", "")
    run_pipeline(workspace, terminal=Terminal(), show=0)
    assert "estimated noise, by the model alone" in capsys.readouterr().out
