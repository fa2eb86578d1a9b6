import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.signals.votes import check_votes, concat_votes, make_votes, no_votes


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
