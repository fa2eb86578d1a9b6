import pandas as pd
import pytest

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.first_position import FirstPosition
from pipelines.init import InitRequest, init_workspace


def started(tmp_path, positions, query_ids=None):
    """The first position that is written for a log with these positions, and what is said."""
    (tmp_path / "items.csv").write_text("id,title,brand\nA,a,x\n")
    log = pd.DataFrame({"user_query": "q", "object_id": "A", "action_name": "click"}, positions)
    log = log.rename_axis("position").reset_index()
    if query_ids is not None:
        log["query_id"] = query_ids
    log.to_csv(tmp_path / "log.csv", index=False)
    request = InitRequest(clicks=tmp_path / "log.csv", catalog=tmp_path / "items.csv")
    workspace = init_workspace(tmp_path / "shop", request, Terminal())
    return read_config(workspace.config_path).inputs.clicks.first_position


def test_a_few_stray_zeros_do_not_move_the_first_position(tmp_path, capsys):
    assert started(tmp_path, [0] * 20 + [1] * 100 + [2] * 80) == 1
    assert (
        "  first_position = 1: of 200 searches looked at 20 have a position 0 and 100 a 1; set it "
        "to 0 if that is the first place"
    ) in capsys.readouterr().out


def test_as_many_zeros_as_ones_are_the_first_place_and_it_is_said(tmp_path, capsys):
    assert started(tmp_path, [0] * 60 + [1] * 50 + [2] * 20) == 0
    said = "  first_position = 0: of 130 searches looked at 60 have a position 0 and 50 a 1"
    assert said in capsys.readouterr().out


def test_zeros_are_counted_by_search(tmp_path):
    # Twelve zeros, but all of one search, beside nine searches with a 1.
    assert started(tmp_path, [0] * 12 + [1] * 9, ["a"] * 12 + list("bcdefghij")) == 1


def test_positions_without_a_zero_are_not_worth_a_line(tmp_path, capsys):
    assert started(tmp_path, [1, 2, 3]) == 1
    assert "first_position" not in capsys.readouterr().out


@pytest.mark.parametrize("zero", [0, "0", 0.0, " 0 "])
def test_a_zero_may_be_written_in_any_way(zero):
    assert FirstPosition.of([None, None], [zero, 3]) == FirstPosition(2, 1, 0)


@pytest.mark.parametrize("unknown", [None, "", " ", float("nan"), "NaN"])
def test_what_says_no_position_is_none(unknown):
    assert FirstPosition.of([None, None], [unknown, 1]) == FirstPosition(1, 0, 1)
