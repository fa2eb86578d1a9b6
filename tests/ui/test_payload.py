from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pandas as pd
import pytest

from workbench.review.decisions import Decision
from workbench.review.queue import Card
from workbench.ui.instances import Instance
from workbench.ui.review_card import payload
from workbench.ui.review_card.evidence import MAX_WORD, Opinion
from workbench.ui.review_card.payload import Known, Labels, card_payload

SOURCES = {"clicks": 0.88, "dictionary": float("nan"), "taxonomy": 0.71}
LABELS = Labels(
    pd.DataFrame(
        {
            "attribute": ["Brand", "Brand", "Color"],
            "value": ["adidas", "Nike", "White"],
            "position": [0, 1, 2],
        },
        index=["Brand: adidas", "Brand: Nike", "Color: White"],
    )
)
KNOWN = Known(labels=LABELS, sources=SOURCES, is_query=True)
CARD = Card("q", ("Brand: adidas",), ("Brand: Nike",))
BELIEF = {
    "label_id": "Brand: adidas",
    "posterior": 0.3,
    "evidence_clicks": 1.1,
    "evidence_dictionary": -0.6,
    "evidence_taxonomy": 0.0,
}


def vote(label_id, source, level, detail=None, **other):
    return {"label_id": label_id, "source": source, "level": level, "detail": detail} | other


@pytest.fixture
def instance() -> Instance:
    return Instance(
        instance_id="q",
        text="ナイキ air 白",
        split="train",
        weight=3,
        given=["Brand: adidas", "Color: White"],
        issues=[
            {"label_id": "Brand: adidas", "kind": "wrong", "reason": "Two say no."},
            {"label_id": "Brand: Nike", "kind": "missing", "reason": "One says yes."},
        ],
        clicks=[],
        votes=[
            vote("Brand: adidas", "clicks", 1),
            vote("Brand: Nike", "dictionary", 1, "ナイキ"),
            vote("Brand: Nike", "taxonomy", 1, "air"),
            vote("Color: White", "dictionary", 1, "白"),
        ],
        posterior=[BELIEF],
        carriers={},
    )


def question(instance, label_id="Brand: adidas", known=KNOWN):
    told = card_payload(instance, CARD, known)
    json.dumps(told)
    return next(each for each in told["questions"] if each["label"] == label_id)


def lines(instance, label_id="Brand: adidas", **opinion):
    known = replace(KNOWN, opinions={label_id: Opinion(**opinion)})
    told = question(instance, label_id, known)["evidence"]["votes"]
    return {row["name"]: row for row in told["rows"]}


def besides(instance, **belief):
    marked = replace(instance, posterior=[BELIEF | belief])
    return question(marked)["evidence"]["votes"]["besides"]


def test_a_vote_shows_log_odds_and_accuracy(instance):
    assert lines(instance)["clicks"]["note"] == "+1.1 · right 88%"


def test_silence_shows_as_evidence_only_where_it_is_some(instance):
    shown = lines(instance)
    assert shown["dictionary"]["note"] == "−0.6 · abstains"
    assert (shown["taxonomy"]["note"], shown["taxonomy"]["silent"]) == ("abstains", True)


def test_a_vote_without_a_posterior_says_yes_or_no(instance):
    shown = lines(instance, "Brand: Nike")
    assert shown["dictionary"]["note"] == "yes"
    assert shown["taxonomy"]["note"] == "yes · right 71%"


def test_a_pair_that_follows_from_another_label_says_so(instance):
    told = besides(instance, implied_by="Category: Shoes > Boots")
    assert told == ["Follows from Category: Shoes > Boots."]


def test_votes_that_are_overturned_are_marked(instance):
    for reviewed, who in ((False, "the label model"), (True, "a reviewer")):
        told = besides(instance, reviewed=reviewed, overturned=True)
        assert told == [f"All votes say the opposite of what {who} says."]


def test_a_settled_pair_says_so_and_what_contradicts_it(instance):
    told = besides(instance, reviewed=True, overturned=False, implied_by="Category: Boots")
    assert told == ["Contradicts Category: Boots.", "A reviewer settled this pair."]


def test_the_score_is_shown_in_log_odds_too(instance):
    assert lines(instance, "Brand: Nike", score=0.5)["model"]["note"] == "0.0 · score 0.50"


def test_a_vote_says_its_level_its_count_and_what_it_saw(instance):
    told = vote("Brand: adidas", "clicks", 3, "7 of 9 clicks", count=7)
    drawn = lines(replace(instance, votes=[told]))
    assert drawn["clicks"]["detail"] == "level 3, 7 of 9 clicks"
    drawn = lines(replace(instance, votes=[told | {"detail": "<b>"}]))
    assert drawn["clicks"]["detail"] == "level 3, count 7, <b>"


def test_the_bars_stand_on_each_other_and_add_up(instance):
    drawn = lines(replace(instance, posterior=[BELIEF | {"prior": -1.5}]))
    # The prior from 0 to -1.5, clicks up to -0.4, silence down to -1.0; taxonomy adds nothing.
    steps = [(drawn[name]["start"], drawn[name]["end"]) for name in ("prior", *SOURCES, "sum")]
    assert steps == [(0.0, -1.5), (-1.5, -0.4), (-0.4, -1.0), (-1.0, -1.0), (0.0, -1.0)]
    assert drawn["sum"]["note"] == "−1.0 · makes 0.27"


def test_without_votes_and_score_there_is_no_such_block(instance):
    known = replace(KNOWN, sources={})
    assert question(instance, "Brand: Nike", known)["evidence"]["votes"] is None


def test_only_words_of_the_attribute_in_question_are_marked(instance):
    assert question(instance)["marks"] == [(0, 3)]


def test_the_question_names_the_label_and_why_it_is_asked(instance):
    asked = question(instance)
    assert asked["asked"] == "Does “ナイキ air 白” mean Brand: adidas?"
    assert (asked["kind"], asked["open"]) == ("wrong", True)
    assert asked["reason"] == "Given today. Two say no."
    assert question(instance, "Brand: Nike")["open"] is False


def test_a_long_text_is_not_repeated_in_the_question(instance):
    long = replace(instance, text="word " * 20)
    assert question(long)["asked"] == "Should this text carry Brand: adidas?"


def test_chips_stand_by_attribute_with_what_is_given(instance):
    groups = card_payload(instance, CARD, KNOWN)["groups"]
    told = {g["attribute"]: [(c["value"], c["given"]) for c in g["chips"]] for g in groups}
    assert told == {"Brand": [("adidas", True), ("Nike", False)], "Color": [("White", True)]}


def test_many_labels_are_counted_not_drawn(instance):
    many = [f"Tag: {n}" for n in range(payload.MAX_CHIPS + 5)]
    told = card_payload(replace(instance, given=[*instance.given, *many]), CARD, KNOWN)
    assert sum(len(group["chips"]) for group in told["groups"]) == payload.MAX_CHIPS
    assert told["hidden"] == 3 + len(many) - payload.MAX_CHIPS


def test_where_nothing_was_clicked_the_items_shown_are_told(instance):
    clicks = [
        {"item_id": "A", "title": "a", "clicks": 0, "impressions": 3},
        {"item_id": "B", "title": "<b>", "clicks": 0, "impressions": 1},
    ]
    carriers = {"Brand: adidas": frozenset({"B"})}
    items = question(replace(instance, clicks=clicks, carriers=carriers))["evidence"]["items"]
    assert items["title"] == "Shown, never clicked"
    assert items["aside"] == "1 of 4 impressions on items with the label"
    assert items["rows"][1] == {"title": "<b>", "n": 1, "hit": True}


def test_a_blind_reviewer_is_told_nothing_that_sources_model_or_people_say(instance):
    event = Decision(str(UUID(int=1)), datetime(2026, 1, 5, tzinfo=UTC), "ken", "q", "l", "absent")
    opinion = Opinion(0.731, [("ナイキ", 1.5)], [event], "Of 3 flagged pairs")
    known = replace(
        KNOWN,
        is_blind=True,
        opinions={"Brand: adidas": opinion},
        patterns={"Brand: adidas": ("p", 9)},
    )
    told = card_payload(instance, CARD, known)
    asked = told["questions"][0]
    assert asked["evidence"] == {"items": None, "similar": []}
    assert (asked["kind"], asked["reason"], asked["pattern"]) == ("asked", "", None)
    assert asked["marks"] == []  # what the dictionary found
    assert not any(word in json.dumps(told) for word in ("0.73", "ken", "flagged", "right"))


def test_history_is_told_from_the_latest_event(instance):
    at = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    first = Decision(str(UUID(int=1)), at, "ken", "q", "l", "absent", note="see the title")
    undo = Decision(str(UUID(int=2)), at, "ken", "q", "l", "absent", undoes=first.event_uid)
    known = replace(KNOWN, opinions={"Brand: adidas": Opinion(events=[first, undo])})
    assert question(instance, known=known)["evidence"]["history"] == [
        ["ken: took back absent", "05 Jan 2026 09:30"],
        ["ken: absent — see the title", "05 Jan 2026 09:30"],
    ]


def test_a_word_without_an_end_is_cut(instance):
    known = replace(KNOWN, opinions={"Brand: adidas": Opinion(words=[("a" * 3000, 1.0)])})
    ((word, _, _),) = question(instance, known=known)["evidence"]["words"]
    assert word == "a" * (MAX_WORD - 1) + "…"
