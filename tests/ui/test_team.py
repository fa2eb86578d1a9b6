from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.drawing import html_of, open_page, press
from workbench.errors import InputError
from workbench.review.decisions import Decision, Role
from workbench.review.gold import GoldPairs
from workbench.review.store import DecisionStore
from workbench.ui.gold_panel import read_gold
from workbench.ui.snapshot import take_snapshot
from workbench.ui.team_charts import burn_down
from workbench.ui.team_tables import number, work_table
from workbench.workspace import Workspace

HOSTILE = "<img src=x onerror=alert(1)>"
NIKE, SNEAKER = "ナイキ air force 白 26", "青 スニーカー"
START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def open_team(workspace: Workspace, reviewer: str = "mika") -> AppTest:
    return open_page("team", workspace, reviewer)


def configure(workspace: Workspace, team: str) -> None:
    text = workspace.config_path.read_text() + f"\n[team]\n{team}\n"
    workspace.config_path.write_text(text)


def decide(workspace: Workspace, *said, role: Role = Role.ANNOTATOR) -> None:
    with DecisionStore(workspace.decisions_path) as store:
        n = store.last_position()
        store.record_many(
            Decision(str(UUID(int=n + k)), START + timedelta(minutes=k), *one, role=role)
            for k, one in enumerate(said)
        )


def torn(workspace: Workspace) -> None:
    decide(
        workspace,
        ("mika", NIKE, "Brand: adidas", "absent"),
        (HOSTILE, NIKE, "Brand: adidas", "present"),
        ("mika", SNEAKER, "Color: Blue", "present"),
        (HOSTILE, SNEAKER, "Color: Blue", "present"),
    )


def test_an_empty_workspace_says_what_to_run(tmp_path):
    empty = Workspace.create(tmp_path / "empty", "")
    assert f"workbench run {empty.root}" in html_of(open_team(empty))


def test_before_the_first_decision_the_page_says_how_to_get_figures(shop):
    drawn = html_of(open_team(shop))
    assert "Nobody has decided anything yet" in drawn
    assert "overlap = 0.1" in drawn


def test_who_is_no_admin_is_not_told_what_to_write_into_the_configuration(shop):
    configure(shop, 'admins = ["boss"]')
    drawn = html_of(open_team(shop))
    assert "which an admin can ask for" in drawn
    assert "overlap" not in drawn


def test_a_pace_is_told_of_those_who_decided_enough_for_one():
    counts = pd.DataFrame({"reviewer": ["ken", "mika"], "n": [30, 3]})
    pace = pd.DataFrame(
        {
            "reviewer": ["ken", "mika"],
            "n_decisions": [30, 3],
            "active_hours": 0.25,
            "per_hour": [120.0, 12.0],
            "median_shown_ms": 2000.0,
            "last_at": pd.Timestamp(START),
        }
    )
    figures = SimpleNamespace(counts=counts, pace=pace)
    assert ">120<" in work_table(figures, "ken")
    assert ">–<" in work_table(figures, "mika")


@pytest.mark.parametrize(("n_days", "n_ticks"), [(2, 2), (6, 6), (7, 4), (400, 6)])
def test_the_axis_of_days_names_each_day_once(n_days, n_ticks):
    days = pd.date_range("2026-02-27", periods=n_days)
    drawn = burn_down(pd.DataFrame({"day": days, "n_open": 5})).to_dict()
    ticks = drawn["layer"][0]["encoding"]["x"]["axis"]["values"]
    assert len({tuple(tick.values()) for tick in ticks}) == len(ticks) == n_ticks


def test_one_reviewer_has_nobody_to_agree_with(shop):
    decide(shop, ("mika", NIKE, "Brand: adidas", "absent"))
    drawn = html_of(open_team(shop))
    assert "No pair has two verdicts yet" in drawn
    assert "<b>7</b><span>issues open of 8</span>" in drawn


def test_an_admin_sees_agreement_and_who_says_what_in_a_conflict(shop):
    torn(shop)
    drawn = html_of(open_team(shop))
    assert "<b>50%</b><span>the same verdict, on 2 pairs with several</span>" in drawn
    assert "1 pair that some call present and others absent" in drawn
    assert "Who judges how well" in drawn
    assert HOSTILE not in drawn
    assert "&lt;img src=x onerror=alert(1)&gt;" in drawn


def test_an_annotator_sees_nobody_elses_name(shop):
    torn(shop)
    configure(shop, 'admins = ["boss"]\nadjudicators = ["lead"]')
    test = open_team(shop)
    drawn = html_of(test)
    assert "How well you judge" in drawn
    assert "the same verdict, on 2 pairs" in drawn
    assert "&lt;img" not in drawn
    assert {"Settle them", "Make them gold"}.isdisjoint(button.label for button in test.button)


def test_who_is_not_named_is_asked_to_find_an_admin(shop):
    configure(shop, 'annotators = ["ken"]')
    test = open_team(shop)
    assert "You have come as mika. Ask an admin to add this name" in html_of(test)
    assert "Who is reviewing?" in html_of(press(test, "Another name"))


def test_a_team_that_makes_no_sense_is_told_on_the_page(shop):
    configure(shop, 'admin = ["boss"]')
    drawn = html_of(open_team(shop))
    assert "unknown key &#x27;admin&#x27; in [team]" in drawn
    assert "known keys are adjudicators, admins, annotators" in drawn


def test_what_adjudicators_settled_becomes_gold_and_measures_the_others(shop):
    torn(shop)
    decide(shop, ("lead", NIKE, "Brand: adidas", "absent"), role=Role.ADJUDICATOR)
    drawn = html_of(press(open_team(shop), "Use what adjudicators settled"))
    assert "1 pair that adjudicators settled became gold." in drawn
    assert "100% (21% to 100%)" in drawn
    assert "0% (0% to 79%)" in drawn
    with DecisionStore(shop.decisions_path) as store:
        assert GoldPairs(store.database).pairs()["set_by"].tolist() == ["mika"]


def test_gold_of_a_file_is_told_from_what_is_unknown_or_undecided(shop):
    rows = [f"{NIKE},Brand: Nike,present", f"{NIKE},Brand: adidas,unsure", "x,Brand: Nike,absent"]
    content = "\n".join(["instance_id,label_id,verdict", *rows]).encode()
    found, told = read_gold(take_snapshot(Path(shop.root)), "../gold.CSV", content)
    assert found.to_numpy().tolist() == [[NIKE, "Brand: Nike", "present"]]
    assert told == (
        " Without a verdict, or unsure: 1 row. Unknown here: 1 row, such as 'x / Brand: Nike'."
    )


def test_a_file_that_is_no_table_of_verdicts_is_told(shop):
    snapshot = take_snapshot(Path(shop.root))
    with pytest.raises(InputError, match=r"upload.csv: .*verdict") as told:
        read_gold(snapshot, "gold.csv", b"instance_id,label_id\nx,y\n")
    assert "rename it in the file" in str(told.value)
    assert "columns." not in str(told.value)
    with pytest.raises(InputError, match="none of the 1 pair is of a text and a label of this"):
        read_gold(snapshot, "gold.csv", b"instance_id,label_id,verdict\nx,y,absent\n")


def test_a_number_below_zero_has_a_true_minus():
    assert number(-0.36, "{:.2f}") == "−0.36"
