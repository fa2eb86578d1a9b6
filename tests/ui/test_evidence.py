import re
from dataclasses import replace

import pandas as pd
import pytest

from workbench.ui import card, evidence
from workbench.ui.data import Instance

SOURCES = pd.DataFrame(
    {"source": ["clicks", "dictionary", "taxonomy"], "accuracy": [0.88, float("nan"), 0.71]}
)
LABELS = pd.DataFrame(
    {
        "attribute": ["Brand", "Brand", "Color"],
        "value": ["adidas", "Nike", "White"],
        "position": [0, 1, 2],
    },
    index=["Brand: adidas", "Brand: Nike", "Color: White"],
)


@pytest.fixture
def instance() -> Instance:
    votes = pd.DataFrame(
        [
            ("Brand: adidas", "clicks", 1, None),
            ("Brand: Nike", "dictionary", 1, "ナイキ"),
            ("Brand: Nike", "taxonomy", 1, "air"),
            ("Color: White", "dictionary", 1, "白"),
        ],
        columns=["label_id", "source", "level", "detail"],
    )
    posterior = pd.DataFrame(
        {
            "label_id": ["Brand: adidas"],
            "posterior": [0.3],
            "evidence_clicks": [1.1],
            "evidence_dictionary": [-0.6],
            "evidence_taxonomy": [0.0],
        }
    )
    issues = pd.DataFrame(
        {"label_id": ["Brand: adidas", "Brand: Nike"], "kind": ["wrong", "missing"], "reason": "r"}
    )
    given = ["Brand: adidas", "Color: White"]
    return Instance(
        "q", "ナイキ air 白", "train", 3, given, issues, pd.DataFrame(), votes, posterior, {}
    )


def test_a_vote_shows_log_odds_and_accuracy(instance):
    assert "+1.1 · right 88%" in evidence.votes(instance, "Brand: adidas", SOURCES, None)


def test_silence_shows_as_evidence_only_where_it_is_some(instance):
    drawn = evidence.votes(instance, "Brand: adidas", SOURCES, None)
    assert "−0.6 · abstains" in drawn
    assert ">abstains<" in drawn


def test_a_vote_without_a_posterior_says_yes_or_no(instance):
    drawn = evidence.votes(instance, "Brand: Nike", SOURCES, None)
    assert ">yes<" in drawn
    assert "yes · right 71%" in drawn


def test_a_pair_that_follows_from_another_label_says_so(instance):
    below = instance.posterior.assign(implied_by="Category: Shoes > Boots")
    shown = evidence.votes(replace(instance, posterior=below), "Brand: adidas", SOURCES, None)
    assert "Follows from Category: Shoes &gt; Boots." in shown


def test_votes_that_are_overturned_are_marked(instance):
    for reviewed, who in ((False, "the label model"), (True, "a reviewer")):
        marked = instance.posterior.assign(reviewed=reviewed, overturned=True)
        shown = evidence.votes(replace(instance, posterior=marked), "Brand: adidas", SOURCES, None)
        assert f"All votes say the opposite of what {who} says." in shown


def test_a_settled_pair_says_so_and_what_contradicts_it(instance):
    settled = instance.posterior.assign(
        reviewed=True, overturned=False, implied_by="Category: Boots"
    )
    shown = evidence.votes(replace(instance, posterior=settled), "Brand: adidas", SOURCES, None)
    assert "Contradicts Category: Boots." in shown
    assert "A reviewer settled this pair." in shown


def test_the_score_is_shown_in_log_odds_too(instance):
    assert "0.0 · score 0.50" in evidence.votes(instance, "Brand: Nike", SOURCES, 0.5)


def test_a_vote_says_its_level_its_count_and_what_it_saw(instance):
    told = instance.votes.assign(count=7, detail="7 of 9 clicks", level=3)
    drawn = evidence.votes(replace(instance, votes=told), "Brand: adidas", SOURCES, None)
    assert ">level 3, 7 of 9 clicks<" in drawn
    told = told.assign(detail="<b>")
    drawn = evidence.votes(replace(instance, votes=told), "Brand: adidas", SOURCES, None)
    assert ">level 3, count 7, &lt;b&gt;<" in drawn


def test_the_bars_stand_on_each_other_and_add_up(instance):
    belief = instance.posterior.assign(prior=-1.5)
    drawn = evidence.votes(replace(instance, posterior=belief), "Brand: adidas", SOURCES, None)
    # Of a scale from -4 to 4: the prior from -1.5 to 0, clicks up to -0.4, silence down to -1.0.
    steps = [(-1.5, 0.0), (-1.5, -0.4), (-1.0, -0.4), (-1.0, -1.0), (-1.0, 0.0)]
    expected = [
        f"left:{50 + 50 * low / 4:.1f}%;right:auto;width:{50 * (high - low) / 4:.1f}%"
        for low, high in steps
    ]
    assert re.findall(r'style="([^"]+)"', drawn) == expected
    assert "−1.0 · makes 0.27" in drawn


def test_without_votes_and_score_there_is_no_such_block(instance):
    assert evidence.votes(instance, "Brand: Nike", SOURCES.head(0), None) == ""


def test_only_words_of_the_attribute_in_question_are_marked(instance):
    drawn = card.heading(instance, "Brand: adidas", LABELS)
    assert "<mark>ナイキ</mark> air 白" in drawn


def test_chips_tell_what_is_asked_and_what_is_decided(instance):
    drawn = card.chips(instance, "Brand: adidas", LABELS, {"Brand: Nike": "present"})
    assert 'wb-wrong wb-focus" title="Brand: adidas">adidas<small>wrong?</small>' in drawn
    assert 'wb-done" title="Brand: Nike">Nike<small>yes</small>' in drawn
    assert 'wb-chip" title="Color: White">White<' in drawn


def test_many_labels_are_counted_not_drawn(instance):
    many = [f"Tag: {n}" for n in range(card.MAX_CHIPS + 5)]
    crowded = Instance(**{**vars(instance), "given": [*instance.given, *many]})
    drawn = card.chips(crowded, "Brand: adidas", LABELS, {})
    assert drawn.count("wb-chip") == card.MAX_CHIPS
    assert "and 8 more labels" in drawn
    assert "Nike<small>missing?" in drawn


def test_where_nothing_was_clicked_the_items_shown_are_told(instance):
    clicks = pd.DataFrame(
        {"item_id": ["A", "B"], "title": ["a", "<b>"], "clicks": [0, 0], "impressions": [3, 1]}
    )
    carriers = {"Brand: adidas": frozenset({"B"})}
    unclicked = Instance(**{**vars(instance), "clicks": clicks, "carriers": carriers})
    drawn = evidence.clicked_items(unclicked, "Brand: adidas")
    assert "Shown, never clicked" in drawn
    assert "1 of 4 impressions" in drawn
    assert 'wb-hit">&lt;b&gt;<' in drawn
