import pandas as pd
import pytest

from workbench.ui import charts

NOISE = pd.DataFrame(
    {
        "source": ["clicks"],
        "attribute": ["Brand"],
        "n_given": [4],
        "n_flagged": [1],
        "share": [0.25],
    }
)
SUPPORT = pd.DataFrame(
    {
        "label_id": ["Brand: <b>"],
        "attribute": ["Brand"],
        "support": [4],
        "n_wrong": [1],
        "n_missing": [0],
        "share": [0.25],
    }
)
ISSUES = pd.DataFrame({"attribute": ["Brand"], "kind": ["wrong"], "n": [3]})
DECISIONS = pd.DataFrame({"when": [pd.Timestamp("2026-01-05")], "verdict": ["present"], "n": [2]})
BRANCHES = pd.DataFrame(
    {
        "branch": ["Shoes"],
        "label_id": ["Category: Shoes"],
        "share": [0.1],
        "low": [0.0],
        "high": [0.2],
        "n_given": [9],
    }
)
DRAWN = {
    "noise": lambda: charts.noise_by_source(NOISE),
    "no noise": lambda: charts.noise_by_source(NOISE.assign(share=0.0), dark=True),
    "support": lambda: charts.support_and_flags(SUPPORT),
    "branches": lambda: charts.noise_by_branch(BRANCHES),
    "issues": lambda: charts.issues_by_attribute(ISSUES),
    "decisions": lambda: charts.decisions_over_time(DECISIONS),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_is_valid_and_its_axes_have_titles(name):
    drawn = DRAWN[name]().to_dict()
    layers = drawn.get("layer", [drawn])
    titles = {
        axis: channel["title"]
        for layer in layers
        for axis, channel in layer["encoding"].items()
        if axis in ("x", "y") and channel.get("title")
    }
    assert set(titles) == {"x", "y"}


def test_hours_are_told_when_all_decisions_are_of_one_day():
    hourly = DECISIONS.assign(when=pd.Timestamp("2026-01-05 09:00"))
    assert charts.decisions_over_time(hourly).to_dict()["encoding"]["x"]["title"] == "Hour (UTC)"
    assert charts.decisions_over_time(DECISIONS).to_dict()["encoding"]["x"]["title"] == "Day (UTC)"


@pytest.mark.parametrize("name", ["noise", "support", "branches", "issues"])
def test_a_mark_can_be_picked(name):
    drawn = charts.readable(DRAWN[name](), dark=True).to_dict()
    assert [param["name"] for param in drawn["params"]] == [charts.PICKED]
    assert drawn["config"]["axis"]["labelColor"] == charts.TEXTS["dark"]
