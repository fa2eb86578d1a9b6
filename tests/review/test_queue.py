import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.review.queue import Card, QueueFilter, ReviewQueue

COLUMNS = ["instance_id", "label_id", "kind", "rank", "pattern_id", "label_quality"]
ISSUES = pd.DataFrame(
    [
        ("red shoe", "Color: Blue", "wrong", 1, "p1", 0.05),
        ("blue cap", "Color: Red", "wrong", 2, None, 0.2),
        ("red shoe", "Type: Cap", "wrong", 3, None, 0.4),
        ("socks", "Type: Socks", "missing", 1, None, 0.1),
        ("blue cap", "Type: Cap", "missing", 2, None, 0.3),
    ],
    columns=COLUMNS,
)
INSTANCES = pd.DataFrame(
    {
        "instance_id": ["blue cap", "red shoe", "other"],
        "text": ["BLUE  Cap!", "Red Shoe", "other"],
        "split": ["train", "test", "train"],
    }
)
LABELS = pd.DataFrame(
    {
        "label_id": ["Color: Blue", "Color: Red", "Type: Cap"],
        "attribute": ["Color", "Color", None],
        "support": [40, 3, 9],
    }
)
NOTHING = ISSUES.head(0)
ALL = np.ones(len(ISSUES), bool)


def queue():
    return ReviewQueue(ISSUES, instances=INSTANCES, labels=LABELS)


def ids(cards):
    return [card.instance_id for card in cards]


def without(*rows):
    asked = ALL.copy()
    asked[list(rows)] = False
    return asked


def test_instances_come_in_the_order_of_their_best_issue_and_kinds_take_turns():
    assert ids(queue().cards(ALL)) == ["socks", "red shoe", "blue cap"]


def test_card_shows_all_flagged_labels_of_its_instance():
    card = queue().cards(queue().matching(QueueFilter(kind="missing")))[1]
    assert card == Card("blue cap", ("Type: Cap",), ("Color: Red",))


def test_an_issue_that_is_not_asked_does_not_place_its_card():
    cards = queue().cards(without(0, 1, 4))
    assert ids(cards) == ["socks", "red shoe"]
    assert cards[1] == Card("red shoe", ("Type: Cap",), ("Color: Blue",))


def test_instances_that_are_at_hand_already_are_left_out():
    assert ids(queue().cards(ALL, besides=["red shoe", "unknown"], limit=1)) == ["socks"]
    assert ids(queue().cards(ALL, besides=["red shoe", "socks"])) == ["blue cap"]


@pytest.mark.parametrize(
    ("where", "instances"),
    [
        ({"kind": "wrong"}, ["red shoe", "blue cap"]),
        ({"label_id": "Type: Cap"}, ["blue cap", "red shoe"]),
        ({"label_id": "nowhere"}, []),
        ({"attribute": "Color"}, ["red shoe", "blue cap"]),
        ({"split": "train"}, ["blue cap"]),
        ({"pattern_id": "p1"}, ["red shoe"]),
        ({"suspicion": (0.85, 1.01)}, ["socks", "red shoe"]),
        ({"suspicion": (0.5, 0.65)}, ["red shoe"]),
        ({"support": (0, 5)}, ["blue cap"]),
        ({"support": (10, 100)}, ["red shoe"]),
        ({"text": "SHOE"}, ["red shoe"]),
        ({"text": "ｂｌｕｅ ｃａｐ"}, ["blue cap"]),
        ({"text": "cap!"}, ["blue cap"]),
        ({"text": "s.cks"}, []),
        ({"text": " "}, ["socks", "red shoe", "blue cap"]),
        ({"kind": "missing", "text": "s"}, ["socks"]),
    ],
)
def test_filter_chooses_the_cards(where, instances):
    found = queue()
    assert ids(found.cards(found.matching(QueueFilter(**where)))) == instances


def test_issues_of_a_label_can_be_asked_together():
    cards = queue().cards(ALL, order="label")
    # By rank: Type: Socks, Color: Blue, then Type: Cap (2, missing) before Color: Red (2, wrong).
    assert ids(cards) == ["socks", "red shoe", "blue cap"]
    assert cards[2].asked == ("Type: Cap", "Color: Red")


def test_the_order_of_gain_mixes_the_kinds():
    issues = ISSUES.assign(gain_rank=np.arange(len(ISSUES), 0, -1))
    cards = ReviewQueue(issues).cards(ALL, order="gain_rank")
    assert [(card.instance_id, card.asked) for card in cards] == [
        ("blue cap", ("Type: Cap", "Color: Red")),
        ("socks", ("Type: Socks",)),
        ("red shoe", ("Type: Cap", "Color: Blue")),
    ]


def test_texts_are_looked_up_and_ids_stand_in_for_unknown_ones():
    found = queue()
    assert [found.text_of(name) for name in ("blue cap", "socks", "x")] == [
        "BLUE  Cap!",
        "socks",
        "x",
    ]
    assert found.rows_of("blue cap").tolist() == [1, 4]
    assert found.rows_of("x").tolist() == []


@pytest.mark.parametrize("issues", [NOTHING, NOTHING.astype("str").astype({"rank": "int64"})])
def test_queue_without_issues_is_at_its_end(issues):
    empty = ReviewQueue(issues, instances=INSTANCES.head(0), labels=LABELS)
    where = QueueFilter(text="a", attribute="Color", split="train")
    assert empty.cards(empty.matching(where)) == []


def test_instances_that_the_table_lacks_are_in_no_split():
    bare = ReviewQueue(ISSUES, instances=INSTANCES.head(0))
    assert not bare.matching(QueueFilter(split="train")).any()


def test_filter_that_needs_an_absent_table_says_so():
    with pytest.raises(ValueError, match="order by attribute: the queue was built without"):
        ReviewQueue(ISSUES).matching(QueueFilter(attribute="Color"))


def test_table_without_a_column_is_refused():
    with pytest.raises(InputError, match=r"issues: columns \['rank'\] are missing"):
        ReviewQueue(ISSUES.drop(columns="rank"))
    with pytest.raises(InputError, match=r"table of instance_ids: columns \['split'\] are missing"):
        ReviewQueue(ISSUES, instances=INSTANCES.drop(columns="split"))


def slow_cards(issues, asked):
    """Return the instances by their best issue that is asked, by loops."""
    order = []
    for row in sorted(issues.itertuples(), key=lambda row: (row.rank, row.kind)):
        if asked[row.Index] and row.instance_id not in order:
            order.append(row.instance_id)
    return order


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_pages_of_cards_agree_with_a_loop(seed, limit):
    rng = np.random.default_rng(seed)
    pairs = rng.permutation([(f"q{i}", f"l{j}") for i in range(6) for j in range(4)])[:15]
    issues = pd.DataFrame(pairs, columns=["instance_id", "label_id"], dtype="str")
    issues["kind"] = rng.choice(["wrong", "missing"], len(issues))
    issues["rank"] = rng.permutation(issues.groupby("kind").cumcount() + 1)
    asked = rng.random(len(issues)) < 0.6
    queue, pages = ReviewQueue(issues), []
    while page := queue.cards(asked, limit=limit, besides=pages):
        pages += ids(page)
    assert pages == slow_cards(issues, asked)
