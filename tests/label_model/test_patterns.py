from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.errors import InputError
from workbench.label_model.patterns import VotePatterns
from workbench.label_model.verdicts import NOT_REVIEWED, settled_verdicts

LABELS = pd.DataFrame(
    {
        "label_id": ["Brand: adidas", "Brand: puma", "Color: blue", "Color: red", "sale"],
        "attribute": ["Brand", "Brand", "Color", "Color", None],
    }
)
# Source, then the level on each pair it votes on.
SAID = {
    "clicks": {"q1 Brand: adidas": 2, "q2 Brand: adidas": 2, "q3 Color: red": 0, "q4 sale": 1},
    "text": {"q1 Brand: adidas": 1, "q2 Brand: adidas": 1, "q3 Color: blue": 1, "q6 sale": 1},
    "catalog": {"q3 Color: red": 1, "q5 Brand: puma": 0},
}


def votes_of(said: dict[str, dict[str, int]]) -> pd.DataFrame:
    rows = [
        (*pair.split(" ", 1), source, level)
        for source, levels in said.items()
        for pair, level in levels.items()
    ]
    return pd.DataFrame(rows, columns=["instance_id", "label_id", "source", "level"])


def reviewed_of(verdicts: dict[str, str]) -> pd.DataFrame:
    rows = [(*pair.split(" ", 1), verdict) for pair, verdict in verdicts.items()]
    return pd.DataFrame(rows, columns=["instance_id", "label_id", "verdict"])


def test_pairs_with_the_same_votes_share_a_pattern():
    patterns = VotePatterns.from_votes(votes_of(SAID), LABELS)
    assert patterns.sources == ("catalog", "clicks", "text")
    shared = patterns.levels[patterns.counts == 2]
    assert shared.tolist() == [[-1, 2, 1]]
    assert patterns.counts.sum() == len(patterns.pairs) == 7


def test_pairs_are_sorted_by_instance_then_label():
    pairs = VotePatterns.from_votes(votes_of(SAID), LABELS).pairs
    assert pairs.equals(pairs.sort_values(["instance_id", "label_id"], ignore_index=True))


def test_labels_without_attribute_form_their_own_pool():
    patterns = VotePatterns.from_votes(votes_of(SAID), LABELS)
    assert patterns.attributes == ("", "Brand", "Color")
    assert patterns.counts[patterns.attribute_index == 0].sum() == 2


@settings(deadline=None)
@given(arrays(np.int8, (12, 3), elements=st.integers(-1, 127)))
def test_every_pair_finds_its_votes_in_its_pattern(levels):
    said = {
        f"s{j}": {f"q{i:02} sale": int(v) for i, v in enumerate(column) if v >= 0}
        for j, column in enumerate(levels.T)
    }
    patterns = VotePatterns.from_votes(votes_of(said), LABELS, sources=["s0", "s1", "s2"])
    voted = levels[(levels >= 0).any(axis=1)]
    assert np.array_equal(patterns.levels[patterns.pattern_index], voted)


def test_more_sources_than_fit_into_one_integer_still_make_patterns():
    said = {f"s{j:02}": {"q1 sale": 127, "q2 sale": j, "q3 sale": 127} for j in range(40)}
    patterns = VotePatterns.from_votes(votes_of(said), LABELS)
    assert sorted(patterns.counts.tolist()) == [1, 2]
    assert patterns.levels[patterns.counts == 1].tolist() == [list(range(40))]


def test_verdicts_belong_to_the_pattern_and_unsure_says_nothing():
    reviewed = reviewed_of(
        {"q1 Brand: adidas": "absent", "q2 Brand: adidas": "unsure", "q9 sale": "present"}
    )
    patterns = VotePatterns.from_votes(votes_of(SAID), LABELS, reviewed)
    verdicts = patterns.verdicts[patterns.pattern_index]
    assert verdicts.tolist() == [0] + [NOT_REVIEWED] * 6


def test_verdicts_may_be_put_in_place_of_others():
    reviewed = reviewed_of({"q1 Brand: adidas": "absent", "q4 sale": "present"})
    other = reviewed_of({"q2 Brand: adidas": "present"})
    expected = VotePatterns.from_votes(votes_of(SAID), LABELS, other)
    patterns = VotePatterns.from_votes(votes_of(SAID), LABELS, reviewed)
    again = patterns.review(settled_verdicts(other, patterns.pairs))
    for name in ("levels", "attribute_index", "verdicts", "counts", "pattern_index"):
        assert np.array_equal(getattr(again, name), getattr(expected, name))
    assert patterns.review(None).counts.tolist() == [
        *VotePatterns.from_votes(votes_of(SAID), LABELS).counts
    ]


def test_a_reviewed_pattern_stands_for_the_weights_of_its_pairs():
    reviewed = reviewed_of({"q1 Brand: adidas": "absent", "q2 Brand: adidas": "absent"})
    patterns = VotePatterns.from_votes(votes_of(SAID), LABELS, reviewed.assign(weight=[2.5, 4]))
    assert patterns.verdict_weights[patterns.verdicts == 0].tolist() == [2.5 + 4]
    assert patterns.verdict_weights.sum() == 2.5 + 4


def test_a_weight_of_nothing_is_refused():
    reviewed = reviewed_of({"q4 sale": "present"}).assign(weight=0.0)
    with pytest.raises(
        InputError, match=r"'weight' must be above 0, found 1 other values: \[0.0\]"
    ):
        VotePatterns.from_votes(votes_of(SAID), LABELS, reviewed)


def test_posterior_table_adds_the_evidence_up():
    patterns = VotePatterns.from_votes(votes_of({"text": {"q1 sale": 1, "q2 sale": 0}}), LABELS)
    prior, evidence = np.zeros(2), np.where(patterns.levels == 1, np.log(3), -np.log(4))
    posterior = patterns.to_posterior(prior, evidence)
    assert posterior["posterior"].tolist() == pytest.approx([3 / 4, 1 / 5])
    assert posterior["votes_for"].tolist() == [1, 0]
    assert not posterior["overturned"].any()


def test_unanimous_votes_are_overturned_in_the_open():
    said = {"a": {"q1 sale": 1, "q2 sale": 0, "q3 sale": 1}, "b": {"q1 sale": 1, "q3 sale": 0}}
    patterns = VotePatterns.from_votes(votes_of(said), LABELS)
    against = np.where(patterns.levels[:, [0]] == 1, -2.0, 2.0)
    posterior = patterns.to_posterior(np.zeros(3), np.hstack([against, 0 * against]))
    assert posterior["unanimous"].tolist() == [True, True, False]
    assert posterior["overturned"].tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"level": -1}, r"1 other values: \[-1\].*abstains has no row"),
        ({"label_id": "Size: 26"}, r"1 labels are not in the labels table: \['Size: 26'\]"),
        ({"source": None}, "'source' is null in 1 rows"),
        ({"instance_id": "q2"}, "'clicks' votes more than once on 1 pairs"),
    ],
)
def test_votes_that_break_the_contract_are_refused(change, message):
    votes = votes_of(SAID)
    votes.loc[0, list(change)] = list(change.values())
    with pytest.raises(InputError, match=message):
        VotePatterns.from_votes(votes, LABELS)


def test_a_missing_column_is_named():
    with pytest.raises(InputError, match=r"votes: no column \['level'\]; found"):
        VotePatterns.from_votes(votes_of(SAID).drop(columns="level"), LABELS)


def test_a_label_named_twice_is_refused():
    with pytest.raises(InputError, match=r"labels: 1 ids appear more than once: \['sale'\]"):
        VotePatterns.from_votes(votes_of(SAID), pd.concat([LABELS, LABELS.tail(1)]))


def test_a_source_that_was_not_fitted_is_refused():
    with pytest.raises(InputError, match=r"1 sources are unknown: \['catalog'\].*fit it again"):
        VotePatterns.from_votes(votes_of(SAID), LABELS, sources=["clicks", "text"])


def test_two_verdicts_on_a_pair_are_refused():
    both = pd.concat([reviewed_of({"q4 sale": said}) for said in ("present", "absent")])
    with pytest.raises(InputError, match="1 pairs are both present and absent"):
        VotePatterns.from_votes(votes_of(SAID), LABELS, both)


def test_an_unknown_verdict_is_refused():
    with pytest.raises(InputError, match=r"present, absent or unsure, found \['maybe'\]"):
        VotePatterns.from_votes(votes_of(SAID), LABELS, reviewed_of({"q4 sale": "maybe"}))


def test_rare_attributes_become_one(table_of):
    levels = np.array([[1, 0], [1, 0], [1, 0], [1, 0]])
    patterns = VotePatterns.from_votes(*table_of(levels, np.array([0, 0, 1, 2])))
    pooled = patterns.with_rare_attributes_as_one(2)
    assert pooled.attributes == ("0", "other attributes")
    assert pooled.counts.tolist() == [2, 2]
    assert pooled.attribute_index[pooled.pattern_index].tolist() == [0, 0, 1, 1]


def test_a_matrix_of_levels_gives_the_patterns_of_its_votes(table_of):
    rng = np.random.default_rng(0)
    levels = rng.integers(-1, 3, (300, 3)).astype(np.int8)
    levels = levels[(levels >= 0).any(axis=1)]
    attribute = rng.integers(0, 2, len(levels))
    votes, labels = table_of(levels, attribute)
    slow = VotePatterns.from_votes(votes, labels)
    fast = VotePatterns.from_levels(
        levels, slow.pairs, sources=slow.sources, attribute_index=attribute, attributes=("0", "1")
    )
    for name in ("levels", "attribute_index", "counts", "pattern_index"):
        np.testing.assert_array_equal(getattr(fast, name), getattr(slow, name))


@pytest.mark.parametrize(
    ("levels", "attribute", "message"),
    [
        (np.zeros((2, 3), np.int8), None, r"int8 of shape \(2, 2\).*found int8 of shape \(2, 3\)"),
        (np.full((2, 2), -2, np.int8), None, "must be -1 or more, found -2"),
        (np.zeros((2, 2), np.int8), np.array([0, 1]), "name one of 1 attributes for each of 2"),
    ],
)
def test_a_matrix_that_does_not_fit_is_refused(levels, attribute, message):
    pairs = pd.DataFrame({"instance_id": ["q1", "q2"], "label_id": ["red", "red"]})
    with pytest.raises(ValueError, match=message):
        VotePatterns.from_levels(levels, pairs, sources=["a", "b"], attribute_index=attribute)
