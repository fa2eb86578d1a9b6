from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.signals.intervals import wilson_interval
from workbench.signals.source_agreement import source_agreement, source_agreement_by_attribute
from workbench.signals.source_statistics import (
    count_levels,
    source_summary,
    source_summary_by_attribute,
)
from workbench.signals.vote_codes import VoteCodes
from workbench.signals.votes import concat_votes, make_votes, no_votes

LABELS = pd.DataFrame(
    {"label_id": list("abcde"), "attribute": ["Brand", "Brand", "Color", None, "Color"]}
)


def votes_of(source, levels, instance_id="q"):
    """Return the votes of a source on one instance, by label."""
    return make_votes(
        [instance_id] * len(levels), list(levels), source=source, level=list(levels.values())
    )


@pytest.fixture
def codes():
    votes = concat_votes(
        [
            votes_of("click", {"a": 4, "b": 1, "c": 0}),
            votes_of("dictionary", {"a": 2, "b": 0}),
            votes_of("taxonomy", {"d": 1}),
            votes_of("click", {"a": 0}, "r"),
        ]
    )
    return VoteCodes.from_votes(votes, LABELS)


def test_summary_counts_shares(codes):
    summary = source_summary(codes, n_instances=4).set_index("source")
    assert summary["n_votes"].to_dict() == {"click": 4, "dictionary": 2, "taxonomy": 1}
    assert summary["n_for"].tolist() == [2, 1, 1]
    assert summary["n_against"].tolist() == [2, 1, 0]
    assert summary["n_pairs"].tolist() == [5, 5, 5]
    assert summary["coverage"].tolist() == [4 / 5, 2 / 5, 1 / 5]
    assert summary["overlap"].tolist() == [2 / 4, 2 / 2, 0.0]
    assert summary["conflict"].tolist() == [1 / 4, 1 / 2, 0.0]
    assert summary["votes_per_instance"].tolist() == [4 / 4, 2 / 4, 1 / 4]


def test_votes_an_instance_have_the_error_of_a_mean(codes):
    summary = source_summary(codes, n_instances=4).set_index("source")
    # The clicks vote 3, 1, 0 and 0 times on the four instances.
    expected = np.std([3, 1, 0, 0], ddof=1) / np.sqrt(4)
    assert summary.loc["click", "votes_per_instance_error"] == pytest.approx(expected)


def test_an_attribute_has_candidate_pairs_of_its_own(codes):
    table = source_summary_by_attribute(codes, n_instances=4)
    rows = table[["source", "attribute", "n_votes", "n_pairs", "coverage"]].to_numpy().tolist()
    assert rows == [
        ["click", "Brand", 3, 3, 3 / 3],
        ["click", "Color", 1, 1, 1 / 1],
        ["dictionary", "Brand", 2, 3, 2 / 3],
        ["taxonomy", "", 1, 1, 1 / 1],
    ]


def test_two_sources_meet_where_both_vote(codes):
    rows = source_agreement(codes).fillna(-1).to_numpy().tolist()
    assert rows == [
        ["click", "dictionary", 2, 1, 0, 1, 1 / 2],
        ["click", "taxonomy", 0, 0, 0, 0, -1],
        ["dictionary", "taxonomy", 0, 0, 0, 0, -1],
    ]


def test_meetings_by_attribute_leave_out_those_that_never_meet(codes):
    rows = source_agreement_by_attribute(codes).to_numpy().tolist()
    assert rows == [["Brand", "click", "dictionary", 2, 1, 0, 1, 1 / 2]]


def test_levels_are_counted_with_their_instances(codes):
    table = count_levels(codes)
    clicks = table[(table["source"] == "click") & (table["attribute"] == "Brand")]
    rows = clicks[["level", "n_votes", "n_instances"]].to_numpy().tolist()
    assert rows == [[0, 1, 1], [1, 1, 1], [4, 1, 1]]


def test_no_votes_have_no_rows():
    codes = VoteCodes.from_votes(no_votes(), LABELS)
    assert source_summary(codes, n_instances=3).empty
    assert source_summary_by_attribute(codes, n_instances=3).empty
    assert source_agreement(codes).empty
    assert source_agreement_by_attribute(codes).empty
    assert count_levels(codes).empty


def test_an_unknown_label_is_named():
    votes = votes_of("click", {"z": 1})
    with pytest.raises(InputError, match=r"1 labels are not in the labels table: \['z'\]"):
        VoteCodes.from_votes(votes, LABELS)


levels = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 3), max_size=5)
spoken = st.dictionaries(
    st.tuples(st.sampled_from("xyz"), st.sampled_from("qr")), levels, min_size=1
)


@settings(max_examples=40, deadline=None)
@given(spoken)
def test_statistics_agree_with_counting_by_hand(said):
    parts = [votes_of(source, found, instance) for (source, instance), found in said.items()]
    votes = concat_votes(parts)
    codes = VoteCodes.from_votes(votes, LABELS)
    by_source: dict[str, dict[tuple[str, str], int]] = {}
    for row in votes.itertuples():
        by_source.setdefault(row.source, {})[row.instance_id, row.label_id] = row.level
    summary = source_summary(codes, n_instances=2).set_index("source")
    assert sorted(by_source) == summary.index.tolist()
    for source, mine in by_source.items():
        others = [found for name, found in by_source.items() if name != source]
        met = [pair for pair in mine if any(pair in found for found in others)]
        hit = [
            pair
            for pair in met
            if any((mine[pair] > 0) != (found[pair] > 0) for found in others if pair in found)
        ]
        assert np.isclose(summary.loc[source, "overlap"], len(met) / len(mine))
        assert np.isclose(summary.loc[source, "conflict"], len(hit) / len(mine))
        assert summary.loc[source, "n_for"] == sum(level > 0 for level in mine.values())
    agreement = source_agreement(codes).set_index(["source_a", "source_b"])
    for a, b in combinations(sorted(by_source), 2):
        both = by_source[a].keys() & by_source[b].keys()
        same = sum((by_source[a][pair] > 0) == (by_source[b][pair] > 0) for pair in both)
        assert agreement.loc[(a, b), "n_both"] == len(both)
        assert agreement.loc[(a, b), "n_conflict"] == len(both) - same


def test_the_interval_of_coverage_knows_that_pairs_of_an_instance_stand_together():
    # Half of 40 queries are read by the source, all ten pairs of them, the others not at all.
    pairs = [(f"q{n}", label) for n in range(40) for label in "abcde"]
    read = [pair for pair in pairs if int(pair[0][1:]) % 2]
    votes = concat_votes(
        [
            make_votes(*map(list, zip(*pairs, strict=True)), source="all", level=1),
            make_votes(*map(list, zip(*read, strict=True)), source="half", level=1),
        ]
    )
    summary = source_summary(VoteCodes.from_votes(votes, LABELS), n_instances=40)
    half = summary.set_index("source").loc["half"]
    assert half["coverage"] == 1 / 2
    # As if 39 pairs had been drawn instead of 200.
    assert half["coverage_high"] - half["coverage"] == pytest.approx(0.15, abs=0.01)


def test_instances_that_are_all_alike_are_worth_their_number():
    others = [votes_of("click", dict.fromkeys("abcde", 1), name) for name in "pq"]
    against = [votes_of("text", {"a": 0}, name) for name in "pq"]
    codes = VoteCodes.from_votes(concat_votes(others + against), LABELS)
    click = source_summary(codes, n_instances=2).set_index("source").loc["click"]
    expected = wilson_interval(np.array([1 / 5]), np.array([2.0]))
    assert [click["conflict_low"], click["conflict_high"]] == pytest.approx(np.ravel(expected))


def test_votes_counted_in_parts_add_up_to_those_counted_at_once(monkeypatch):
    rng = np.random.default_rng(3)
    drawn = pd.DataFrame(
        {"source": rng.choice(list("xyz"), 600), "instance": rng.integers(0, 50, 600)}
    ).assign(label=rng.choice(list("abcde"), 600), level=rng.integers(0, 4, 600))
    drawn = drawn.drop_duplicates(["source", "instance", "label"])
    votes = concat_votes(
        [
            make_votes(
                [f"q{n}" for n in said["instance"]],
                said["label"].tolist(),
                source=source,
                level=said["level"].tolist(),
            )
            for source, said in drawn.groupby("source")
        ]
    )
    codes = VoteCodes.from_votes(votes, LABELS)

    def tables():
        return [
            source_summary(codes, n_instances=60),
            source_summary_by_attribute(codes, n_instances=60),
            source_agreement(codes),
            source_agreement_by_attribute(codes),
            count_levels(codes),
        ]

    at_once = tables()
    monkeypatch.setattr("workbench.signals.vote_codes.VOTES_AT_ONCE", 40)
    parts = [part for part, _ in codes.parts()]
    assert len(parts) > 5
    assert sum(part.n_instances for part in parts) == codes.n_instances
    for found, expected in zip(tables(), at_once, strict=True):
        pd.testing.assert_frame_equal(found, expected, rtol=1e-12)
