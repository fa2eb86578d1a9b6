import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.signals.coded_votes import add_votes, vote_kinds, with_codes
from workbench.signals.votes import make_votes, no_votes

KINDS = vote_kinds(["q2", "q1"], ["red", "blue"], ["text", "click"])
CLICKS = make_votes(["q2", "q1"], ["red", "blue"], source="click", level=[2, 0], detail=["a", "b"])
TEXT = make_votes(["q1"], ["blue"], source="text", level=1, detail=["b"])


def test_coded_votes_say_what_the_text_says():
    coded = add_votes(with_codes(no_votes(), KINDS), [CLICKS, TEXT], KINDS)
    text = pd.concat([CLICKS, TEXT], ignore_index=True)
    pd.testing.assert_frame_equal(coded.astype(dict(text.dtypes)), text)


def test_coded_votes_sort_as_their_text_does():
    coded = with_codes(CLICKS, KINDS).sort_values(["instance_id", "label_id"])
    assert coded["instance_id"].tolist() == ["q1", "q2"]


def test_nothing_is_added_by_sources_that_abstain():
    coded = with_codes(CLICKS, KINDS)
    assert add_votes(coded, [no_votes()], KINDS) is coded


def test_a_source_that_votes_twice_in_two_parts_is_told():
    with pytest.raises(InputError, match="votes once on a pair, found 1 further votes"):
        add_votes(with_codes(no_votes(), KINDS), [CLICKS, CLICKS.head(1)], KINDS)


def test_a_name_that_is_not_known_is_told():
    stranger = make_votes(["q3"], ["red"], source="click", level=1)
    with pytest.raises(InputError, match="1 rows lack an instance, a label or a source"):
        add_votes(with_codes(no_votes(), KINDS), [stranger], KINDS)
