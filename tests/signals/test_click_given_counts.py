import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.click_counts import ClickRules
from workbench.signals.click_given_counts import count_counts
from workbench.signals.click_sum import sum_counts
from workbench.tables import from_frame

ITEMS = pd.DataFrame({"item_id": ["A", "B"], "title": ["a", "b"]})


def aggregate_counts(table, items, *, report):
    return sum_counts([count_counts(table, ClickRules())], items, report=report)


def test_counts_are_read_and_rows_of_a_pair_summed():
    rows = [("Red", "A", 3, 10), ("red", "A", 1, 5), ("red", "B", 0, 20)]
    counts = pd.DataFrame(rows, columns=["user_query", "object_id", "clicks", "impressions"])
    log = aggregate_counts(from_frame(counts), ITEMS, report=Report())
    assert log.clicks[["item_id", "impressions", "clicks"]].to_numpy().tolist() == [
        ["A", 15, 4],
        ["B", 20, 0],
    ]
    assert log.clicks["expected_clicks"].tolist() == pytest.approx([15 * 4 / 35, 20 * 4 / 35])
    assert log.queries.to_numpy().tolist() == [["red", "red", max(10 + 5, 20)]]


def test_counts_without_any_click_are_refused():
    counts = pd.DataFrame({"user_query": ["red"], "object_id": ["A"], "clicks": [0]})
    with pytest.raises(InputError, match="no click is left"):
        aggregate_counts(from_frame(counts), ITEMS, report=Report())


def test_a_pair_that_was_bought_but_not_clicked_counts():
    rows = [("red", "A", 0, 4), ("red", "B", 2, 0)]
    counts = pd.DataFrame(rows, columns=["user_query", "object_id", "clicks", "purchase"])
    log = aggregate_counts(from_frame(counts), ITEMS, report=Report())
    weights = log.clicks.set_index("item_id")["weight"]
    assert weights["A"] > weights["B"]


def counts_of(rows, further, weights):
    names = ["user_query", "object_id", "clicks", further]
    rules = ClickRules(weights=weights)
    return count_counts(from_frame(pd.DataFrame(rows, columns=names)), rules).clicked.to_pylist()


def test_an_action_worth_less_than_a_click_takes_nothing_from_it():
    (row,) = counts_of([("red", "A", 1, 4)], "view", {"click": 1, "view": 0.5})
    # One of the four views is the one that was clicked.
    assert (row["weight"], row["clicks"]) == (1 + 3 * 0.5, 4)
    assert row["weight_squares"] == 1 + 3 * 0.5**2


def test_of_a_click_that_led_to_a_purchase_the_purchase_counts():
    (row,) = counts_of([("red", "A", 10, 3)], "purchase", {"click": 1, "purchase": 3})
    assert (row["weight"], row["clicks"]) == (3 * 3 + 7 * 1, 10)


def test_a_log_of_counts_without_a_click_is_one_of_its_other_actions():
    (row,) = counts_of([("red", "A", 0, 3)], "purchase", {"click": 1, "purchase": 3})
    assert (row["weight"], row["clicks"]) == (3 * 3, 3)
