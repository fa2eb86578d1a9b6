import re

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.drawing import html_of, open_page
from workbench.review.decisions import Decision, Verdict
from workbench.review.store import DecisionStore
from workbench.ui.label_data import LabelTable, read_decided, read_label_columns
from workbench.ui.label_view import read_carriers
from workbench.ui.snapshot import take_snapshot
from workbench.workspace import Workspace

HOSTILE = "Brand: **bold** <img src=x>"


def open_labels(workspace: Workspace, **query: str) -> AppTest:
    return open_page("labels", workspace, reviewer="", **query)


def names_in(test: AppTest) -> list[str]:
    return re.findall(r'<td role="cell" data-name="Label"><a [^>]*>([^<]*)<', html_of(test))


@pytest.fixture
def table(shop) -> LabelTable:
    snapshot = take_snapshot(shop.root)
    return read_label_columns(snapshot, snapshot.key)


def found(table: LabelTable, **where: str) -> list[str]:
    at = table.find(order=np.zeros(len(table)), **where)
    return table.columns["label_id"].take(at).to_pylist()


def test_a_label_is_found_by_words_whatever_their_case_and_width(table):
    assert found(table, text="ＳＨＯＥＳ snea") == ["Category: Shoes > Sneakers"]
    assert found(table, text="shoes boots") == ["Category: Shoes > Boots"]
    assert found(table, text="zzz") == []


def test_a_search_takes_signs_as_they_are(table):
    assert found(table, text="**bold** <img") == [HOSTILE]
    assert found(table, text=".*") == []


def test_a_branch_holds_its_label_and_all_below(table):
    assert found(table, branch="Category: Shoes") == [
        "Category: Shoes",
        "Category: Shoes > Sneakers",
        "Category: Shoes > Boots",
    ]


def test_a_label_that_nobody_knows_has_no_branch(table):
    assert found(table, branch="Category: Hats") == []


def test_suggestions_begin_with_the_attribute_then_the_start_then_the_most_frequent(table):
    assert table.suggest("ＢＬ", "Brand") == ["Color: Blue", "Color: Black"]
    assert table.suggest("a", "Brand")[:2] == ["Brand: adidas", "Brand: PUMA"]
    assert table.suggest("oo", "Color", limit=1) == ["Category: Shoes > Boots"]
    assert table.suggest(" ", "Color") == []


def test_parents_that_run_in_a_circle_end(table):
    circle = LabelTable(table.columns, np.roll(np.arange(len(table)), 1))
    assert circle.branch(0).all()
    assert len(circle.ancestors(0)) == len(table)


def test_counts_are_those_of_the_given_labels_and_the_issues(table, shop):
    row = table.row(table.position("Brand: adidas"))
    given = take_snapshot(shop.root).flagged_version.labels()
    assert row["support"] == given.support()[given.label_ids.get_loc("Brand: adidas")]
    assert (row["n_wrong"], row["n_missing"], row["estimated_wrong"]) == (1, 0, None)


def test_decided_pairs_are_counted_once_whoever_decided(shop):
    with DecisionStore(shop.decisions_path) as store:
        for n, who in enumerate(["ann", "ben"]):
            store.record(
                Decision(
                    event_uid=f"5f0c1f2e-8c64-4d0a-9f3e-0d9b2f6f1c1{n}",
                    decided_at=pd.Timestamp("2026-01-05", tz="UTC").to_pydatetime(),
                    reviewer=who,
                    instance_id="rain boots",
                    label_id="Brand: Nike",
                    verdict=Verdict.ABSENT,
                    label_version="v1",
                    model_id="m",
                )
            )
    snapshot = take_snapshot(shop.root)
    at = read_label_columns(snapshot, snapshot.key).position("Brand: Nike")
    assert read_decided(snapshot, snapshot.key)[at] == 1
    assert read_decided(snapshot, snapshot.key).sum() == 1
    drawn = html_of(open_labels(shop, label="Brand: Nike"))
    assert "rain boots" in drawn
    assert "Latest decisions" in drawn


def test_the_page_lists_labels_with_links_to_their_queues(shop):
    drawn = html_of(open_labels(shop))
    assert 'href="review?queue=wrong&amp;label=Brand%3A+adidas"' in drawn
    assert 'href="labels?label=Brand%3A+adidas"' in drawn


def test_the_address_narrows_the_list(shop):
    assert names_in(open_labels(shop, label_attribute="Color", sort="As in the label table")) == [
        "White",
        "Blue",
        "Black",
    ]
    assert names_in(open_labels(shop, search="puma")) == ["PUMA"]
    assert "No label matches" in html_of(open_labels(shop, search="zzz"))


def test_senseless_choices_in_the_address_are_passed_over(shop):
    drawn = html_of(open_labels(shop, label_attribute="<b>", sort="x", label_branch="y", page="-3"))
    assert "1 to 15 of 15 labels" in drawn


def test_a_label_shows_where_it_stands_what_goes_with_it_and_its_guideline(shop):
    (shop.root / "guidelines").mkdir()
    (shop.root / "guidelines" / "Category.md").write_text("What is **bought**.", encoding="utf-8")
    drawn = html_of(open_labels(shop, label="Category: Shoes"))
    assert "<strong>bought</strong>" in drawn
    assert 'href="labels?label=Category%3A+Shoes+%3E+Boots"' in drawn
    assert "Given with it" in drawn
    assert "Some of its instances" in drawn


def test_carriers_are_counted_by_split_and_with_other_labels(shop):
    snapshot = take_snapshot(shop.root)
    carriers = read_carriers(snapshot, snapshot.key, "Category: Shoes > Sneakers")
    given = snapshot.flagged_version.labels()
    support = given.support()[given.label_ids.get_loc("Category: Shoes > Sneakers")]
    assert sum(carriers.n_by_split.values()) == carriers.n_counted == support
    assert ("Category: Shoes", support) in carriers.together


def test_a_label_nobody_knows_is_said_to_be_none(shop):
    drawn = html_of(open_labels(shop, label="<img src=x>"))
    assert "No such label" in drawn
    assert "<img src=x>" not in drawn


def test_hostile_labels_are_drawn_literally(shop):
    for drawn in (html_of(open_labels(shop)), html_of(open_labels(shop, label=HOSTILE))):
        assert "<img" not in drawn
        assert "&lt;img src=x&gt;" in drawn


def test_labels_without_issues_or_versions_are_listed(papers, tmp_path):
    assert "databases" in html_of(open_labels(papers))
