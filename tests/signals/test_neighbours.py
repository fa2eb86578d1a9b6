import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from workbench.nearest import nearest_rows
from workbench.signals.neighbours import NeighbourCuts, find_neighbours, neighbour_votes
from workbench.signals.votes import check_votes, concat_votes, make_votes, no_votes

LABELS = pd.DataFrame({"label_id": ["red", "blue"], "attribute": "Color", "value": ["red", "blue"]})
# The first instance has three neighbours, all equally similar; nobody else has any.
STAR = csr_array(([1.0, 1.0, 1.0], ([0, 0, 0], [1, 2, 3])), shape=(5, 5)).astype(np.float32)
INSTANCES = pd.DataFrame({"instance_id": list("abcde"), "text": [f"text {i}" for i in "abcde"]})
ALL = NeighbourCuts(levels=(0.0,), against=0.05, min_neighbours=3)
SURE = {"dictionary": (1.0, 1.0)}


def named(**labels):
    pairs = [(i, label) for i, found in labels.items() for label in found.split()]
    if not pairs:
        return no_votes()
    ids = list(zip(*pairs, strict=True))
    return make_votes(ids[0], ids[1], source="dictionary", level=2)


def votes_of_a(votes, cuts=ALL, beliefs=SURE, neighbours=STAR):
    cast = neighbour_votes(neighbours, votes, INSTANCES, LABELS, cuts=cuts, beliefs=beliefs)
    check_votes(cast)
    return cast[cast["instance_id"] == "a"].set_index("label_id")


def test_strength_is_the_share_of_neighbours_beyond_chance():
    cast = votes_of_a(named(b="red", c="red"))
    share, base = 2 / 3, 2 / 5
    assert cast.loc["red", "strength"] == pytest.approx((share - base) / (1 - base))
    assert cast.loc["red", ["count", "detail"]].tolist() == [2, "like 'text b' + 1"]


def test_a_more_similar_neighbour_weighs_more():
    near = csr_array(([3.0, 1.0], ([0, 0], [2, 1])), shape=(5, 5)).astype(np.float32)
    cast = votes_of_a(named(c="red", e="blue"), neighbours=near)
    assert cast.loc["red", "strength"] == pytest.approx((3 / 4 - 1 / 5) / (1 - 1 / 5))
    assert cast.loc["red", "detail"] == "like 'text c'"


def test_own_votes_have_no_part():
    without = votes_of_a(named(b="red", e="blue"))
    own = votes_of_a(named(a="blue", b="red", e="blue"))
    assert own.loc["red", "count"] == without.loc["red", "count"] == 1
    assert own.loc["blue", "level"] == 0


def test_votes_are_believed_by_source_and_level():
    clicked = make_votes(["b", "c"], ["red", "red"], source="click", level=[1, 2])
    cast = votes_of_a(clicked, beliefs={"click": (0.2, 0.5)})
    share, base = (0.2 + 0.5) / 3, (0.2 + 0.5) / 5
    assert cast.loc["red", "strength"] == pytest.approx((share - base) / (1 - base))


def test_what_a_source_denies_is_not_carried():
    denied = make_votes(["b"], ["red"], source="taxonomy", level=0)
    cast = votes_of_a(concat_votes([named(b="red", c="red"), denied]))
    assert cast.loc["red", "count"] == 1


def test_pairs_of_others_that_hardly_any_neighbour_carries_are_spoken_against():
    cast = votes_of_a(named(a="blue", b="red"))
    against = cast.loc["blue", ["level", "count", "detail"]].tolist()
    assert against == [0, 3, "hardly one of 3 like 'text b'"]
    few = NeighbourCuts(levels=(0.0,), min_neighbours=4)
    assert "blue" not in votes_of_a(named(a="blue", b="red"), cuts=few).index


def test_without_neighbours_or_votes_there_are_none():
    assert neighbour_votes(csr_array((5, 5)), named(a="red"), INSTANCES, LABELS).empty
    assert neighbour_votes(STAR, no_votes(), INSTANCES, LABELS).empty


def test_neighbours_share_text_or_clicked_items():
    X = csr_array(np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))
    clicks = pd.DataFrame(
        {"instance_id": ["a", "c", "e"], "item_id": ["x", "x", "y"], "clicks": [1, 3, 1]}
    )
    nearest = nearest_rows(X, n_neighbours=10)
    found = find_neighbours(nearest, clicks, pd.Index(list("abcde"))).toarray()
    assert found[0].tolist() == pytest.approx([0, 1 / 2**0.5, 0.3, 0, 0])
    assert not found[4].any()


def test_neighbours_find_what_a_query_without_evidence_means():
    rng = np.random.default_rng(0)
    meant = rng.integers(0, 5, 300)
    X = csr_array(np.eye(5)[meant] + 0.3 * rng.random((300, 5)))
    known = rng.random(300) < 0.8
    labels = pd.DataFrame({"label_id": [f"l{k}" for k in range(5)], "attribute": "A"})
    ids = np.array([f"q{i}" for i in range(300)])
    instances = pd.DataFrame({"instance_id": ids, "text": ids})
    right = rng.random(300) < 0.8
    said = np.where(right, meant, (meant + 1) % 5)
    votes = make_votes(
        ids[known].tolist(), [f"l{k}" for k in said[known]], source="dictionary", level=4
    )
    clicks = pd.DataFrame({"instance_id": [], "item_id": [], "clicks": []})
    cast = neighbour_votes(
        find_neighbours(nearest_rows(X, n_neighbours=10), clicks, pd.Index(ids)),
        votes,
        instances,
        labels,
        cuts=NeighbourCuts(),
    )
    unknown = cast[~cast["instance_id"].isin(ids[known]) & (cast["level"] > 0)]
    truth = dict(zip(ids, [f"l{k}" for k in meant], strict=True))
    right_share = (unknown["label_id"] == unknown["instance_id"].map(truth)).mean()
    assert unknown["instance_id"].nunique() > 0.8 * (~known).sum()
    assert right_share > 0.95
