"""The page Compare: what it shows of a comparison, of many labels, and of none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.ui.conftest import HOSTILE
from tests.ui.test_pages import html_of, open_page
from workbench.evaluate.changes import label_changes
from workbench.matrices import LabelMatrix
from workbench.ui import markup
from workbench.ui.comparison import segment_name, told_of_chance, verdict
from workbench.ui.forest import ForestRow, Scale, draw_spans, draw_svg, forest_table, scale_of
from workbench.workspace.arrays import write_table
from workbench.workspace.artefacts import publish
from workbench.workspace.comparisons import read_comparison

NAN = float("nan")


def forest_row(difference=0.02, low=0.01, high=0.03, wide=(-0.01, 0.05)):
    return ForestRow(("P@1",), 0.5, 0.52, difference, low, high, *wide)


def write_comparison(workspace, n_labels=3, n_instances=40, labels=None):
    """A comparison of two models on many labels, of which the second hits all."""
    rng = np.random.default_rng(0)
    columns = (
        rng.integers(n_labels, size=(n_instances, 3))
        if n_labels > 3
        else np.tile(np.arange(n_labels), (n_instances, 1))
    )
    ids = pd.Index([HOSTILE, "rain boots", *[f"q{n}" for n in range(n_instances - 2)]])
    names = labels or [f"Brand: {n}" for n in range(n_labels)]
    truth = LabelMatrix.from_positions(
        np.repeat(np.arange(n_instances), columns.shape[1]),
        columns.ravel(),
        instance_ids=ids,
        label_ids=pd.Index(names),
    )
    before, after = np.zeros(truth.n_given, np.int32), np.ones(truth.n_given, np.int32)
    pairs = truth.to_frame().assign(rank_before=before, rank_after=after, model="v2")
    changes = label_changes(truth, before, after, 1).assign(model="v2", k=1)
    key = {"metric": "ndcg", "k": 1, "segment": "all"}
    metrics = pd.DataFrame(
        [key | {"model": m, "value": v, "low": v, "high": v} for m, v in (("v1", 0.5), ("v2", 0.6))]
    )
    apart = {"difference": 0.1, "low": 0.05, "high": 0.15, "better_share": 1.0}
    differences = pd.DataFrame([key | {"model": "v2", "baseline": "v1"} | apart])
    about = {"fingerprint": f"n{n_labels}", "created_at": "2027-01-01T00:00:00+00:00", "n_test": 40}
    about |= {"test_labels_origin": "truth"}
    with publish(workspace.comparison_folder("v1-v2-on-truth"), about) as folder:
        write_table(folder, "metrics", metrics)
        write_table(folder, "differences", differences)
        write_table(folder, "label_changes", changes)
        write_table(folder, "changed_pairs", pairs)
        texts = pd.DataFrame({"instance_id": ids, "text": ids})
        write_table(folder, "instances", texts)


def test_what_changed_leads_to_the_label_and_into_review(shop):
    write_comparison(shop)
    drawn = html_of(open_page("compare", shop))
    assert 'href="labels?label=Brand%3A+0"' in drawn
    issues = shop.artefact("flag").table("issues")
    flagged = set(issues["instance_id"])
    assert ("instance=rain+boots" in drawn) == ("rain boots" in flagged)
    assert "0 → 40 of 40" in drawn


def test_a_link_opens_the_one_instance_it_names(shop):
    instance_id = shop.artefact("flag").table("issues")["instance_id"].iloc[0]
    test = open_page("review", shop, queue="wrong", instance=instance_id)
    assert not test.exception
    cards = test.session_state["review_session"].answer["cards"]
    assert {card["id"] for card in cards} == {instance_id}


def test_an_instance_without_flagged_pairs_is_told(shop):
    drawn = html_of(open_page("review", shop, queue="wrong", instance="nowhere"))
    assert "Instance “nowhere”: nothing is flagged for it." in drawn


def test_names_from_data_are_text_on_the_page(shop):
    write_comparison(shop, labels=[HOSTILE, "b", "c"])
    drawn = html_of(open_page("compare", shop))
    assert markup.escape(HOSTILE) in drawn
    assert "<img" not in drawn


def test_a_hundred_thousand_labels_make_a_short_page(shop):
    write_comparison(shop, n_labels=100_000, n_instances=40_000)
    drawn = html_of(open_page("compare", shop))
    assert len(drawn) < 100_000
    assert "are too rare to list" in drawn
    assert "The 20 with most changes are shown." in drawn


def test_the_report_is_asked_for_on_the_test_labels_that_are_shown(shop):
    write_comparison(shop)
    drawn = html_of(open_page("compare", shop))
    assert "v1 v2 --test-labels truth --report comparison.html" in drawn


def test_an_older_comparison_says_what_was_not_recorded(shop):
    drawn = html_of(open_page("compare", shop))
    assert "Not recorded" in drawn
    assert drawn.count(">better<") > 0


def test_changes_of_one_label_are_picked_out(shop):
    write_comparison(shop)
    (artefact,) = (a for a in shop.comparisons() if a.fingerprint == "n3")
    comparison = read_comparison(artefact)
    assert comparison.others == ["v2"]
    assert comparison.only_of_label("Brand: 1").changed_pairs["label_id"].unique() == ["Brand: 1"]


def test_what_is_clear_is_decided_by_the_wide_interval():
    table = forest_table(["Measure"], [forest_row()], "v1", "v2", draw_svg)
    assert "+2.00" in table
    assert "within chance" in table
    assert verdict(0.01, 0.05) == "better"
    assert verdict(-0.05, -0.01) == "worse"
    assert verdict(NAN, NAN) == "not known"


@pytest.mark.parametrize("draw", [draw_svg, draw_spans])
def test_a_difference_that_is_not_known_is_a_dash(draw):
    rows = [forest_row(NAN, NAN, NAN, (NAN, NAN))]
    table = forest_table(["Measure"], rows, "v1", "v2", draw)
    assert "nan" not in table
    assert "not known" in table


def test_the_scale_holds_zero_and_cuts_what_is_wider():
    scale = scale_of([forest_row()])
    assert scale.first < 0 < 0.03 < scale.last
    assert scale.at(9.0) == scale.at(scale.last)
    assert scale_of([forest_row(0.0, 0.0, 0.0, (0.0, 0.0))]) == Scale(-0.01, 0.01)


def test_segments_that_stand_for_many_are_named():
    assert segment_name("attribute", "", 0) == "without an attribute"
    assert segment_name("branch", "", 0) == "in no branch"
    assert segment_name("attribute", "", 1) == "1 smaller attribute"


def test_chance_is_told_with_the_number_of_intervals():
    rows = pd.DataFrame({"difference_low": [0.1] * 2 + [-0.1] * 18, "difference_high": [0.2] * 20})
    rows["wide_low"], rows["wide_high"] = [0.05] + [-0.2] * 19, 0.3
    told = told_of_chance(rows)
    assert told.startswith("Of 20 intervals 2 exclude 0 by themselves; about 1 would by chance")
    assert told.endswith("only those that do are called better or worse: 1.")
