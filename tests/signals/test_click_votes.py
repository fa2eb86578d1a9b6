import numpy as np
import pandas as pd
import pytest

from workbench.signals.click_votes import ClickCuts, click_votes
from workbench.signals.votes import check_votes
from workbench.tables import from_frame

# Four items: all are shoes, two are red, one is small.
ITEM_LABELS = pd.DataFrame(
    [(item, "shoe") for item in "ABCD"] + [("A", "red"), ("B", "red"), ("A", "small")],
    columns=["item_id", "label_id"],
)


def votes_for(*rows, cuts=None):
    """Return the votes of clicks (item, clicks, score) for one query, by label."""
    clicks = pd.DataFrame(rows, columns=["item_id", "clicks", "score"]).assign(instance_id="q")
    clicks["weight"] = clicks["clicks"].astype("float64")
    votes = click_votes(from_frame(clicks), ITEM_LABELS, n_items=4, cuts=cuts)
    check_votes(votes)
    return votes.set_index("label_id")


def test_strength_is_the_share_beyond_chance():
    votes = votes_for(("A", 6, 1.5), ("C", 2, 0.5))
    share = (6 + 4 * 1.5 / 2.0) / (8 + 4)
    assert votes.loc["red", "strength"] == pytest.approx((share - 2 / 4) / (1 - 2 / 4))
    assert votes.loc["small", "strength"] == pytest.approx((share - 1 / 4) / (1 - 1 / 4))


def test_label_of_all_items_says_nothing():
    assert votes_for(("A", 6, 1.0)).index.tolist() == ["red", "small"]


def test_evidence_is_counted_and_told():
    votes = votes_for(("A", 6, 1.5), ("B", 3, 1.0), ("C", 2, 0.5))
    assert votes.loc["red", ["count", "detail"]].tolist() == [9, "9 of 11 clicks"]


@pytest.mark.parametrize(
    ("strength", "level"), [(0.39, None), (0.4, 1), (0.6, 2), (0.8, 3), (0.94, 3), (0.95, 4)]
)
def test_strength_is_cut_into_levels(strength, level):
    # Half of the items are red, so a share s of the clicks has strength 2 s - 1.
    share = (strength + 1) / 2 + 1e-6
    n_red = round(share * 1_000_000)
    votes = votes_for(
        ("A", n_red, share), ("C", 1_000_000 - n_red, 1 - share), cuts=ClickCuts(shown_clicks=0.0)
    )
    found = votes["level"].get("red")
    assert found == level


def test_few_clicks_do_not_speak_against():
    assert "red" not in votes_for(("A", 0, 0.1), ("C", 2, 1.0)).index
    assert votes_for(("A", 0, 0.1), ("C", 3, 1.0)).loc["red", "level"] == 0


def test_without_clicks_what_is_shown_speaks():
    votes = votes_for(("A", 0, 1.0), ("B", 0, 1.0))
    shown = votes.loc["red", ["level", "count", "detail"]].tolist()
    assert shown == [4, 0, "shown, nothing clicked"]


def test_top_levels_are_truer_than_raw_clicks_on_a_noisy_log():
    rng = np.random.default_rng(0)
    n_labels, n_queries, n_items = 20, 400, 200
    label_of_item = rng.integers(0, n_labels, n_items)
    wanted = rng.integers(0, n_labels, n_queries)
    rows = []
    for query in range(n_queries):
        liked = rng.choice(np.flatnonzero(label_of_item == wanted[query]), 3)
        shown = np.unique(np.r_[liked, rng.integers(0, n_items, 5)])
        chance = np.where(label_of_item[shown] == wanted[query], 0.5, 0.1)
        clicks = rng.binomial(4, chance)
        rows += [(f"q{query}", f"i{i}", c, (c + 1) / 2) for i, c in zip(shown, clicks, strict=True)]
    clicks = pd.DataFrame(rows, columns=["instance_id", "item_id", "clicks", "score"])
    clicks["weight"] = clicks["clicks"].astype("float64")
    items = pd.DataFrame(
        {
            "item_id": [f"i{i}" for i in range(n_items)],
            "label_id": [f"l{label}" for label in label_of_item],
        }
    )
    votes = click_votes(from_frame(clicks), items, n_items=n_items)
    truth = {(f"q{query}", f"l{label}") for query, label in enumerate(wanted)}
    is_true = [pair in truth for pair in zip(votes["instance_id"], votes["label_id"], strict=True)]
    share = pd.Series(is_true).groupby(votes["level"]).mean()
    clicked = clicks[clicks["clicks"] > 0].merge(items, on="item_id")
    clicked = clicked.drop_duplicates(["instance_id", "label_id"])
    raw = [p in truth for p in zip(clicked["instance_id"], clicked["label_id"], strict=True)]
    assert share.loc[3:].min() > 0.9 > np.mean(raw)
    assert share.is_monotonic_increasing
    assert share.loc[0] < 0.02
