import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.review.queue import QueueFilter, ReviewQueue

COLUMNS = ["instance_id", "label_id", "kind", "rank", "pattern_id"]
ISSUES = pd.DataFrame(
    [
        ("red shoe", "Color: Blue", "wrong", 1, "p1"),
        ("blue cap", "Color: Red", "wrong", 2, None),
        ("red shoe", "Type: Cap", "wrong", 3, None),
        ("socks", "Type: Socks", "missing", 1, None),
        ("blue cap", "Type: Cap", "missing", 2, None),
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
    }
)
NOTHING = ISSUES.head(0)


def queue(decided=NOTHING):
    return ReviewQueue(ISSUES, decided, instances=INSTANCES, labels=LABELS)


def ids(cards):
    return [card.instance_id for card in cards]


def test_instances_come_in_the_order_of_their_best_issue_and_kinds_take_turns():
    assert ids(queue().cards()) == ["socks", "red shoe", "blue cap"]


def test_card_shows_all_flagged_labels_of_its_instance():
    card = queue().cards(QueueFilter(kind="missing"))[1]
    assert card.instance_id == "blue cap"
    assert card.issues["label_id"].tolist() == ["Type: Cap", "Color: Red"]
    assert card.issues["asked"].tolist() == [True, False]


def test_decided_issue_no_longer_places_its_card():
    cards = queue(ISSUES.take([0, 1, 4])).cards()
    assert ids(cards) == ["socks", "red shoe"]
    assert cards[1].issues["decided"].tolist() == [True, False]


def test_decided_pairs_can_be_asked_again():
    everything = QueueFilter(only_undecided=False)
    assert ids(queue(ISSUES).cards(everything)) == ["socks", "red shoe", "blue cap"]
    assert queue(ISSUES).next_card() is None


@pytest.mark.parametrize(
    ("where", "instances"),
    [
        ({"kind": "wrong"}, ["red shoe", "blue cap"]),
        ({"label_id": "Type: Cap"}, ["blue cap", "red shoe"]),
        ({"label_id": "nowhere"}, []),
        ({"attribute": "Color"}, ["red shoe", "blue cap"]),
        ({"split": "train"}, ["blue cap"]),
        ({"pattern_id": "p1"}, ["red shoe"]),
        ({"text": "SHOE"}, ["red shoe"]),
        ({"text": "ｂｌｕｅ ｃａｐ"}, ["blue cap"]),
        ({"text": "cap!"}, ["blue cap"]),
        ({"text": "s.cks"}, []),
        ({"text": " "}, ["socks", "red shoe", "blue cap"]),
        ({"kind": "missing", "text": "s"}, ["socks"]),
    ],
)
def test_filter_chooses_the_cards(where, instances):
    assert ids(queue().cards(QueueFilter(**where))) == instances


def test_next_card_goes_on_behind_the_last_one():
    seen, card = [], queue().next_card()
    while card is not None:
        seen.append(card.instance_id)
        card = queue().next_card(after=card.position)
    assert seen == ["socks", "red shoe", "blue cap"]


def test_place_in_the_queue_outlives_decisions():
    first = queue().next_card()
    behind = queue(ISSUES.take([0])).cards(after=first.position)
    assert ids(behind) == ["blue cap", "red shoe"]


def test_selected_issues_come_in_order_with_what_is_decided():
    found = queue(ISSUES.take([3])).select(QueueFilter(only_undecided=False))
    assert found["rank"].tolist() == [1, 1, 2, 2, 3]
    assert found["decided"].tolist() == [True, False, False, False, False]
    assert len(queue(ISSUES.take([3])).select()) == 4


def test_counts_tell_what_is_left_of_each_kind():
    counts = queue(ISSUES.take([1, 3])).counts()
    assert counts.to_dict("records") == [
        {"kind": "missing", "n_issues": 2, "n_decided": 1, "n_undecided": 1, "n_cards": 1},
        {"kind": "wrong", "n_issues": 3, "n_decided": 1, "n_undecided": 2, "n_cards": 1},
    ]


def test_counts_keep_a_kind_that_is_done():
    counts = queue(ISSUES).counts(QueueFilter(kind="missing"))
    assert counts.to_numpy().tolist() == [["missing", 2, 2, 0, 0]]


def test_other_decided_pairs_leave_the_first_queue_as_it_was():
    before = queue()
    after = before.with_decided(ISSUES)
    assert after.cards() == []
    assert len(before.cards()) == 3


def test_decided_pairs_that_are_no_issues_do_not_matter():
    strangers = pd.DataFrame({"instance_id": ["socks", "new"], "label_id": ["new", "Color: Red"]})
    assert len(queue(strangers).cards()) == 3


@pytest.mark.parametrize("issues", [NOTHING, NOTHING.astype("str").astype({"rank": "int64"})])
def test_queue_without_issues_is_at_its_end(issues):
    empty = ReviewQueue(issues, NOTHING, instances=INSTANCES.head(0), labels=LABELS)
    assert empty.next_card(QueueFilter(text="a", attribute="Color", split="train")) is None
    assert empty.counts().empty


def test_instances_that_the_table_lacks_are_in_no_split():
    bare = ReviewQueue(ISSUES, NOTHING, instances=INSTANCES.head(0))
    assert bare.cards(QueueFilter(split="train")) == []


def test_filter_that_needs_an_absent_table_says_so():
    bare = ReviewQueue(ISSUES, NOTHING)
    with pytest.raises(ValueError, match="cannot filter by attribute: the queue was built without"):
        bare.cards(QueueFilter(attribute="Color"))


def test_table_without_a_column_is_refused():
    with pytest.raises(InputError, match=r"issues: columns \['rank'\] are missing"):
        ReviewQueue(ISSUES.drop(columns="rank"), NOTHING)
    with pytest.raises(InputError, match=r"table of instance_ids: columns \['split'\] are missing"):
        ReviewQueue(ISSUES, NOTHING, instances=INSTANCES.drop(columns="split"))


def slow_cards(issues, decided, kind):
    """Return the instances by their best undecided issue, by loops."""
    rows = sorted(issues.itertuples(), key=lambda row: (row.rank, row.kind))
    order = []
    for row in rows:
        asked = (row.instance_id, row.label_id) not in decided and kind in (None, row.kind)
        if asked and row.instance_id not in order:
            order.append(row.instance_id)
    return order


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([None, "wrong", "missing"]), st.integers(1, 4))
def test_pages_of_cards_agree_with_a_loop(seed, kind, limit):
    rng = np.random.default_rng(seed)
    pairs = rng.permutation([(f"q{i}", f"l{j}") for i in range(6) for j in range(4)])[:15]
    issues = pd.DataFrame(pairs, columns=["instance_id", "label_id"], dtype="str")
    issues["kind"] = rng.choice(["wrong", "missing"], len(issues))
    issues["rank"] = rng.permutation(issues.groupby("kind").cumcount() + 1)
    decided = issues[["instance_id", "label_id"]].sample(5, random_state=seed % 1000)
    queue, where, pages, after = ReviewQueue(issues, decided), QueueFilter(kind=kind), [], None
    while page := queue.cards(where, limit=limit, after=after):
        pages += ids(page)
        after = page[-1].position
    taken = set(decided.itertuples(index=False, name=None))
    in_order = issues.sort_values(["rank", "kind"], kind="stable")
    assert pages == slow_cards(in_order, taken, kind)


def test_the_order_of_gain_mixes_the_kinds():
    issues = ISSUES.assign(gain_rank=np.arange(len(ISSUES), 0, -1))
    found = ReviewQueue(issues, NOTHING, order="gain_rank").select()
    assert found["label_id"].tolist() == ISSUES["label_id"].tolist()[::-1]
