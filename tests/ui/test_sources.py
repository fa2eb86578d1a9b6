from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.ui.drawing import html_of, open_page
from workbench.label_model import SourceTables
from workbench.ui import source_charts, source_figures
from workbench.ui.source_rows import audit_table, source_rows
from workbench.workspace import Workspace

HOSTILE = "<img src=x onerror=alert(1)> **bold**"
PAIRS = pd.DataFrame(
    [("click", "text", 4, 2, 1, 1, 3 / 4), ("click", "tree", 0, 0, 0, 0, float("nan"))],
    columns=[
        *("source_a", "source_b", "n_both", "n_both_for", "n_both_against"),
        *("n_conflict", "agreement"),
    ],
)
DRIFT = pd.DataFrame(
    [
        ("click", None, "votes", 2.0, 1.0, -0.5, 0.1, True),
        ("click", None, "levels", float("nan"), float("nan"), 0.3, 0.01, True),
        ("click", "Brand", "accuracy", 0.9, 0.7, -0.2, 0.01, True),
        ("text", None, "accuracy", 0.9, 0.905, 0.005, 0.001, False),
    ],
    columns=["source", "attribute", "measure", "before", "after", "change", "noise", "drifted"],
)


def draw(workspace: Workspace) -> AppTest:
    return open_page("sources", workspace, reviewer="")


def n_charts(test: AppTest) -> int:
    return len(test.get("vega_lite_chart")) or len(test.get("arrow_vega_lite_chart"))


def test_the_first_run_shows_its_sources_and_has_nothing_to_compare_with(shop):
    test = draw(shop)
    drawn = html_of(test)
    assert "<b>3</b><span>sources</span>" in drawn
    assert "7 for, 0 against" in drawn
    assert "88.0%" in drawn
    assert "Nothing to compare with yet" in drawn
    assert n_charts(test) == 3


def test_a_second_run_is_compared_with_the_first(relabelled):
    test = draw(relabelled())
    drawn = html_of(test)
    assert "Against the labels made 2026-01-04 09:00." in drawn
    assert "figures drifted" in drawn
    assert "Nothing drifted." in drawn
    assert n_charts(test) == 4


def test_labels_of_an_older_version_say_what_to_run(relabelled):
    shop = relabelled(source_levels=None)
    assert f"workbench run {shop.root}" in html_of(draw(shop))


def test_labels_that_were_given_have_no_sources(papers):
    assert "given from the start" in html_of(draw(papers))


def test_agreement_can_be_seen_by_attribute(shop):
    test = draw(shop)
    assert "Brand" in test.selectbox(key="agreement_attribute").options
    assert n_charts(test.selectbox(key="agreement_attribute").select("Brand").run()) == 3


def test_sources_that_copy_each_other_are_named(relabelled):
    dependence = pd.DataFrame(
        {
            "source_a": ["clicks", "clicks"],
            "source_b": ["dictionary", "taxonomy"],
            "n_pairs": [1200, 800],
            "expected_agreement": [0.5, 0.5],
            "observed_agreement": [0.91, 0.5],
            "copied": [0.82, 0.0],
            "copied_at_least": [0.8, 0.0],
            "warned": [True, False],
        }
    )
    drawn = html_of(draw(relabelled(dependence=dependence)))
    assert "clicks and dictionary agree on 91% of the 1,200 pairs" in drawn
    assert "[label.groups]" in drawn
    assert "clicks and taxonomy" not in drawn


def test_the_label_models_of_an_audit_are_listed(relabelled):
    models = pd.DataFrame(
        {"name": ["majority", "dawid_skene"], "log_loss": [0.5, 0.25], "low": [0.4, 0.2]}
    ).assign(high=[0.6, 0.3], n_audit=300, chosen=[False, True])
    drawn = html_of(draw(relabelled(label_models=models)))
    assert "Label models on the audit sample" in drawn
    assert drawn.index("dawid_skene") < drawn.index("majority")


def test_names_are_drawn_literally(relabelled, shop):
    current = shop.artefact("label")
    tables = {name: current.table(name).replace("clicks", HOSTILE) for name in SourceTables.names()}
    drawn = html_of(draw(relabelled(**tables)))
    assert "<img" not in drawn
    assert "&lt;img src=x onerror=alert(1)&gt; **bold**" in drawn


def test_the_page_never_reads_a_table_that_grows_with_the_pairs(shop):
    for name in ("votes", "posterior"):
        (path,) = Path(shop.root).glob(f"artefacts/label/*/{name}.parquet")
        path.write_bytes(b"\0" * path.stat().st_size)
    st.cache_resource.clear()
    assert "<b>3</b><span>sources</span>" in html_of(draw(shop))


def test_a_source_that_was_never_believed_has_no_accuracy(shop):
    sources = shop.artefact("label").table("sources").assign(accuracy=float("nan"))
    assert "not learnt" in source_rows(sources)


def test_the_chosen_label_model_is_marked():
    models = pd.DataFrame({"name": ["<b>"], "log_loss": [0.5], "chosen": [True]})
    assert "&lt;b&gt;" in audit_table(models)
    assert ">chosen<" in audit_table(models)


def test_agreement_is_told_both_ways_where_sources_meet():
    grid = source_figures.agreement_grid(PAIRS, ["click", "text", "tree"])
    rows = grid[["source", "other", "agreement"]].to_numpy().tolist()
    assert rows == [["click", "text", 3 / 4], ["text", "click", 3 / 4]]


def test_of_many_attributes_the_most_voted_are_shown():
    many = pd.DataFrame({"attribute": [f"a{n:03}" for n in range(50)], "n_votes": range(50)})
    many = many.assign(source="s", accuracy=0.5, accuracy_low=0.4, accuracy_high=0.6)
    shown, n_attributes = source_figures.accuracy_grid(many)
    assert n_attributes == 50
    assert shown["attribute"].tolist() == [f"a{n:03}" for n in range(49, 29, -1)]


def test_what_drifted_over_all_comes_first():
    found = source_figures.drifted_rows(DRIFT)
    assert found["measure"].tolist() == ["levels", "votes", "accuracy"]


DRAWN = {
    "agreement": lambda: source_charts.agreement(
        source_figures.agreement_grid(PAIRS, ["click", "text"]), ["click", "text"], dark=True
    ),
    "drift": lambda: source_charts.drift(source_figures.overall_drift(DRIFT)),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_of_sources_is_valid_and_its_axes_have_titles(name):
    layers = DRAWN[name]().to_dict()["layer"]
    titles = {
        axis
        for layer in layers
        for axis, channel in layer["encoding"].items()
        if axis in ("x", "y") and channel.get("title")
    }
    assert titles == {"x", "y"}
