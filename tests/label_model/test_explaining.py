from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.label_model import DawidSkene, close_upwards, explain_pair
from workbench.signals.votes import concat_votes, make_votes

LABELS = pd.DataFrame(
    {"label_id": ["red", "blue"], "attribute": ["Color", "Color"], "parent_id": [None, "red"]}
)


@pytest.fixture
def votes():
    return concat_votes(
        [
            make_votes(
                ["q", "q", "r"],
                ["red", "blue", "red"],
                source="click",
                level=[3, 0, 1],
                strength=[0.9, 0.1, 0.5],
                count=[7, 0, 2],
                detail=["7 of 9 clicks", "0 of 9 clicks", None],
            ),
            make_votes(["q"], ["red"], source="text", level=2, detail=["crimson"]),
        ]
    )


@pytest.fixture
def posterior(votes):
    return DawidSkene().fit_predict(votes, LABELS)


def test_prior_and_sources_add_up_to_the_posterior(votes, posterior):
    told = explain_pair(votes, posterior, "q", "red")
    assert told.total == pytest.approx(told.prior + sum(one.log_odds for one in told.said))
    assert told.probability == pytest.approx(told.posterior, abs=1e-5)


def test_each_source_says_what_it_saw(votes, posterior):
    click, text = explain_pair(votes, posterior, "q", "red").said
    assert (click.source, click.level, click.count) == ("click", 3, 7)
    assert click.strength == pytest.approx(0.9)
    assert (click.words, text.words) == ("level 3, 7 of 9 clicks", "level 2, crimson")


def test_a_source_without_a_vote_abstains_and_may_add_something(votes, posterior):
    _, text = explain_pair(votes, posterior, "r", "red").said
    row = posterior[(posterior["instance_id"] == "r") & (posterior["label_id"] == "red")]
    assert (text.level, text.words) == (None, "abstains")
    assert text.log_odds == pytest.approx(float(row["evidence_text"].iloc[0]))


def test_a_pair_that_follows_from_another_says_from_which(votes, posterior):
    surer = posterior.assign(
        posterior=posterior["posterior"].where(posterior["label_id"] == "x", 0.2)
    )
    surer.loc[surer["label_id"] == "blue", "posterior"] = 0.9
    told = explain_pair(votes, close_upwards(surer, LABELS), "q", "red")
    assert (told.implied_by, told.posterior, told.reviewed) == ("blue", pytest.approx(0.9), False)


def test_a_verdict_outweighs_the_sum(votes):
    reviewed = pd.DataFrame({"instance_id": ["q"], "label_id": ["red"], "verdict": ["absent"]})
    posterior = DawidSkene().fit_predict(votes, LABELS, reviewed)
    told = explain_pair(votes, posterior, "q", "red")
    assert (told.posterior, told.reviewed, told.overturned) == (0.0, True, True)


def test_a_pair_that_nobody_voted_on_is_refused(votes, posterior):
    with pytest.raises(InputError, match="no source votes on 'r' / 'blue'"):
        explain_pair(votes, posterior, "r", "blue")
