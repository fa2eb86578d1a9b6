from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.issues.pairs import Pairs
from workbench.issues.reasons import Facts, write_reasons
from workbench.issues.score_views import Rivals

LABELS = pd.Index(["Brand: Nike", "Brand: adidas", "Color: Blue"])
VALUES = pd.Series(["Nike", "adidas", "Blue"])


def sentence(column: int, given: bool, score: float, **known: object) -> str:
    defaults = {"rival": -1, "rival_score": 0.0, "carry": 0, "n_neighbours": 0}
    defaults |= {"log_lift": 0.0, "literal": False, "votes": np.nan}
    facts = defaults | known
    return write_reasons(
        Facts(
            Pairs(np.array([0]), np.array([column]), np.array([given])),
            np.float32([score]),
            Rivals(np.array([facts["rival"]]), np.float32([facts["rival_score"]])),
            np.array([facts["carry"]]),
            np.array([facts["n_neighbours"]]),
            np.float32([facts["log_lift"]]),
            np.array([facts["literal"]]),
            np.float32([facts["votes"]]),
        ),
        LABELS,
        VALUES,
    )[0]


def test_wrong_label_is_told_with_neighbours_and_a_better_value() -> None:
    told = sentence(1, True, 0.04, carry=2, n_neighbours=30, rival=0, rival_score=0.93)
    assert told == (
        "The model, not having seen this label, gives it 0.04; "
        "2 of 30 similar instances carry it; Brand: Nike fits better (0.93)."
    )


def test_missing_label_is_told_with_text_and_the_value_given_instead() -> None:
    told = sentence(0, False, 0.91, rival=1, rival_score=0.1, literal=True)
    assert told == (
        "Not given, but the model gives it 0.91; Brand: adidas is given instead (0.10); "
        "the text says 'Nike'."
    )


@pytest.mark.parametrize(
    ("known", "part"),
    [
        ({"literal": True}, "yet the text says 'Blue'"),
        ({"log_lift": -1.5}, "it rarely goes with the other labels here"),
        ({"votes": 0.0}, "the weak signals give it 0.50"),
    ],
)
def test_other_facts_about_a_wrong_label(known: dict[str, object], part: str) -> None:
    told = sentence(2, True, 0.2, **known)
    assert told == f"The model, not having seen this label, gives it 0.20; {part}."


@pytest.mark.parametrize(("score", "rival"), [(0.4, 0.3), (0.004, 0.09), (0.401, 0.404)])
def test_rival_that_fits_no_better_is_not_mentioned(score: float, rival: float) -> None:
    assert "fits better" not in sentence(1, True, score, rival=0, rival_score=rival)
    assert "fits better" in sentence(1, True, score, rival=0, rival_score=score + 0.1)


def test_nothing_is_called_certain() -> None:
    assert "gives it less than 0.01." in sentence(0, True, 0.001)
    assert "gives it more than 0.99." in sentence(0, False, 0.9999)
