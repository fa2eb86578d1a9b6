"""What the filters of the review page offer."""

import pytest

from workbench.ui import queue_data
from workbench.ui.snapshot import take_snapshot


def test_labels_to_filter_by_are_those_with_issues(shop):
    snapshot = take_snapshot(shop.root)
    found = queue_data.flagged_labels(snapshot, snapshot.key, "missing", "Color")
    assert sorted(found) == ["Color: Blue", "Color: White"]


# Quality 0.04 of the wrong one, 1 - 0.74 of the missing one.
@pytest.mark.parametrize(
    ("kind", "n"), [("wrong", "1 (96 %)"), ("missing", "1 (74 %)"), (None, "2 (85 %)")]
)
def test_a_swap_counts_the_issues_that_its_queue_shows(patterned, kind, n):
    snapshot = take_snapshot(patterned.root)
    choice = queue_data.read_patterns(snapshot, snapshot.key, kind)
    assert choice.told == {"p1": f"{n} · Swap"}
    assert choice.n_known == 1


def test_patterns_beyond_the_first_are_counted_though_not_offered(patterned, monkeypatch):
    monkeypatch.setattr(queue_data, "MAX_PATTERNS", 0)
    snapshot = take_snapshot(patterned.root)
    choice = queue_data.read_patterns(snapshot, snapshot.key, None)
    assert (choice.told, choice.n_known) == ({}, 1)


def test_a_pattern_beyond_the_first_is_offered_when_it_is_chosen(patterned, monkeypatch):
    monkeypatch.setattr(queue_data, "MAX_PATTERNS", 0)
    snapshot = take_snapshot(patterned.root)
    choice = queue_data.read_patterns(snapshot, snapshot.key, None, "p1")
    assert (list(choice.told), choice.n_known) == (["p1"], 1)


def test_a_pattern_says_how_many_of_its_issues_are_likely_errors(patterned):
    snapshot = take_snapshot(patterned.root)
    choice = queue_data.read_patterns(snapshot, snapshot.key, None)
    share = 100 * ((1 - 0.04) + 0.74) / 2
    assert choice.expected == {"p1": f"2 here, about {share:.0f} % of them errors"}


def test_what_was_decided_is_looked_up_where_the_dealer_keeps_it_up(shop):
    snapshot = take_snapshot(shop.root)
    dealers = [queue_data.open_dealer(snapshot, snapshot.key, overlap) for overlap in (0.0, 1.0)]
    found = [queue_data.open_reviewed(snapshot, snapshot.key, dealer) for dealer in dealers]
    assert [one._standing for one in found] == [dealer.standing for dealer in dealers]
    assert queue_data.open_reviewed(snapshot, snapshot.key, dealers[0]) is found[0]
