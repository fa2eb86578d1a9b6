import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.signals.votes import check_votes, concat_votes, make_votes, no_votes, vote_summary


def votes_of(source, levels):
    """Return the votes of a source on instance "q", by label."""
    return make_votes(["q"] * len(levels), list(levels), source=source, level=list(levels.values()))


@pytest.fixture
def votes():
    return concat_votes(
        [
            votes_of("click", {"a": 4, "b": 1, "c": 0}),
            votes_of("dictionary", {"a": 2, "b": 0}),
            votes_of("taxonomy", {"d": 1}),
        ]
    )


def test_votes_have_the_types_of_the_table(votes):
    expected = ["str", "str", "str", "int8", "float32", "int64", "str"]
    assert [str(dtype) for dtype in votes.dtypes] == expected


def test_no_votes_is_a_vote_table():
    check_votes(no_votes())
    assert concat_votes([]).equals(no_votes())


def test_summary_counts_shares(votes):
    summary = vote_summary(votes).set_index("source")
    assert summary["n_votes"].to_dict() == {"click": 3, "dictionary": 2, "taxonomy": 1}
    assert summary["n_pairs"].tolist() == [4, 4, 4]
    assert summary["coverage"].tolist() == [3 / 4, 2 / 4, 1 / 4]
    assert summary["overlap"].tolist() == [2 / 3, 2 / 2, 0.0]
    assert summary["conflict"].tolist() == [1 / 3, 1 / 2, 0.0]


def test_summary_of_no_votes_has_no_rows():
    assert vote_summary(no_votes()).empty


levels = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 4), max_size=5)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from(["x", "y", "z"]), levels, min_size=1))
def test_summary_agrees_with_counting_by_hand(by_source):
    votes = concat_votes(votes_of(source, found) for source, found in by_source.items())
    summary = vote_summary(votes).set_index("source")
    for source, mine in by_source.items():
        others = [found for name, found in by_source.items() if name != source]
        met = [label for label in mine if any(label in found for found in others)]
        hit = [
            label
            for label in met
            if any((mine[label] > 0) != (f[label] > 0) for f in others if label in f)
        ]
        if mine:
            assert np.isclose(summary.loc[source, "overlap"], len(met) / len(mine))
            assert np.isclose(summary.loc[source, "conflict"], len(hit) / len(mine))


def test_second_vote_of_a_source_on_a_pair_is_refused(votes):
    with pytest.raises(InputError, match=r"found 1 further votes.*'q', 'a', 'click'"):
        concat_votes([votes, votes_of("click", {"a": 1})])


def test_level_below_zero_is_refused():
    with pytest.raises(InputError, match=r"levels must be 0 to 127, found 1 below 0: \[-1\]"):
        check_votes(votes_of("click", {"a": -1}))


def test_missing_column_is_named(votes):
    with pytest.raises(InputError, match="columns count are missing"):
        check_votes(votes.drop(columns="count"))


def test_wrong_type_is_named(votes):
    with pytest.raises(InputError, match="level is int64, not int8"):
        check_votes(votes.astype({"level": "int64"}))


def test_vote_without_a_label_is_refused():
    votes = make_votes(pd.Series(["q"]), pd.Series([None], dtype="str"), source="x", level=1)
    with pytest.raises(InputError, match="1 rows lack an instance, a label or a source"):
        check_votes(votes)
