from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.review import batches
from workbench.review.batches import Batches, Decided, past_batches
from workbench.review.decisions import Decision
from workbench.review.judging import Pattern, judge, tally_samples
from workbench.review.samples import sample_of
from workbench.review.schema import REQUESTS
from workbench.review.store import DecisionStore
from workbench.review.team import Member, NotAllowedError

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
BATCH = str(UUID(int=77))
MIKA, KEN = Member("mika"), Member("ken")
LEAD = Member("lead", is_adjudicator=True)


@pytest.fixture
def store(location):
    with DecisionStore(location) as store:
        yield store


def pattern(n=100, kinds=("wrong",)):
    pairs = pd.DataFrame(
        {
            "instance_id": [f"q{number}" for number in range(n)],
            "label_id": "red",
            "kind": [kinds[number % len(kinds)] for number in range(n)],
        }
    )
    return Pattern("p1", "red is given where the text says 'socks'", pairs)


def say(store, instance_ids, verdict="absent", reviewer="mika", at=NOW):
    store.record_many(
        Decision(str(uuid4()), at, reviewer, instance_id, "red", verdict)
        for instance_id in instance_ids
    )


def judge_sample(store, of, n_wrong=0):
    sampled = sample_of(of.pattern_id, of.pairs)
    right = sampled["kind"].map({"wrong": "absent", "missing": "present"})
    other = {"absent": "present", "present": "absent"}
    for n, (instance_id, verdict) in enumerate(zip(sampled["instance_id"], right, strict=True)):
        say(store, [instance_id], other[verdict] if n < n_wrong else verdict, reviewer="ken")


def decide(store, of, member=MIKA, **more):
    return Batches(store, member).decide(of, batch_id=BATCH, now=NOW, **more)


def test_a_batch_decides_what_is_open_as_the_flags_say(store):
    judge_sample(store, pattern(kinds=("wrong", "missing")))
    decided = decide(store, pattern(kinds=("wrong", "missing")))
    log = store.log()
    log = log[log["batch_id"] == BATCH]
    is_wrong = log["instance_id"].str[1:].astype(int) % 2 == 0
    assert decided.n_pairs == len(log) == 80
    assert set(log.loc[is_wrong, "verdict"]) == {"absent"}
    assert set(log.loc[~is_wrong, "verdict"]) == {"present"}
    assert past_batches(store)["verdict"].tolist() == ["mixed"]


def test_a_batch_sent_again_doubles_nothing(store):
    judge_sample(store, pattern())
    first = decide(store, pattern())
    assert decide(store, pattern()) == first == Decided(80, 68)
    assert len(store.log()) == 100
    with pytest.raises(InputError, match="taken by another batch"):
        decide(store, pattern(), KEN)


def test_what_others_decided_meanwhile_is_left_out(store):
    judge_sample(store, pattern())
    open_ones = judge(store, pattern()).open["instance_id"]
    say(store, open_ones.head(7), "present", reviewer="ann")
    assert decide(store, pattern()).n_pairs == 73
    assert len(store.current()) == 100


def test_nothing_is_decided_before_the_sample_is_judged_in_full(store):
    say(store, sample_of("p1", pattern().pairs)["instance_id"].head(17))
    with pytest.raises(InputError, match="3 of the 20 pairs of the sample are not judged yet"):
        decide(store, pattern(), LEAD, knows_the_risk=True)


def test_only_an_adjudicator_who_says_so_decides_under_the_threshold(store):
    judge_sample(store, pattern(), n_wrong=3)
    with pytest.raises(NotAllowedError, match=r"under 80%: only an adjudicator .* mika is none"):
        decide(store, pattern(), knows_the_risk=True)
    with pytest.raises(InputError, match="say that you know the risk"):
        decide(store, pattern(), LEAD)
    assert past_batches(store).empty
    assert decide(store, pattern(), LEAD, knows_the_risk=True).n_pairs == 80


def test_an_audit_sample_is_asked_for_in_the_same_write(store):
    judge_sample(store, pattern())
    decide(store, pattern())
    with store.database.reading() as connection:
        asked = connection.execute(REQUESTS.select()).mappings().all()
    assert {(row["batch_id"], row["requested_by"]) for row in asked} == {(BATCH, "mika")}
    log = store.log()
    of_batch = set(log.loc[log["batch_id"] == BATCH, "instance_id"])
    assert len({row["instance_id"] for row in asked} & of_batch) == 20


def test_a_batch_that_fails_leaves_no_trace(store, monkeypatch):
    judge_sample(store, pattern())
    monkeypatch.setattr(batches, "ask_for_audit", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        decide(store, pattern())
    assert len(store.log()) == 20
    assert past_batches(store).empty


def test_the_audit_is_counted_by_what_others_say(store):
    judge_sample(store, pattern())
    decide(store, pattern())
    with store.database.reading() as connection:
        asked = connection.execute(REQUESTS.select()).mappings().all()
    names = [row["instance_id"] for row in asked]
    say(store, names[:5], "absent", reviewer="ann", at=LATER)
    say(store, names[5:7], "present", reviewer="ann", at=LATER)
    say(store, names[7:8], "unsure", reviewer="ann", at=LATER)
    said = past_batches(store).iloc[0]
    assert said[["n_audit", "n_agree", "n_disagree", "n_unsure"]].tolist() == [20, 5, 2, 1]


def test_undoing_a_batch_opens_its_pairs_but_for_those_decided_since(store):
    judge_sample(store, pattern())
    decide(store, pattern())
    names = store.log().query("batch_id == @BATCH")["instance_id"]
    say(store, names.head(3), "present", reviewer="ann", at=LATER)
    say(store, names.tail(2), "present", reviewer="mika", at=LATER)
    assert Batches(store, MIKA).undo(BATCH, now=LATER) == (80, 5)
    current = store.current()
    assert len(current) == 25
    assert set(current.loc[current["instance_id"].isin(names), "verdict"]) == {"present"}


def test_a_batch_is_undone_once(store):
    judge_sample(store, pattern())
    decide(store, pattern())
    Batches(store, LEAD).undo(BATCH, now=LATER)
    assert past_batches(store)["undone_by"].tolist() == ["lead"]
    with pytest.raises(InputError, match="was undone by lead"):
        Batches(store, MIKA).undo(BATCH, now=LATER)


def test_nobody_but_an_adjudicator_undoes_a_batch_of_another(store):
    judge_sample(store, pattern())
    decide(store, pattern())
    with pytest.raises(NotAllowedError, match="take back a batch of mika; ken is none"):
        Batches(store, KEN).undo(BATCH, now=LATER)
    assert len(store.current()) == 100


def test_what_a_batch_decided_proves_nothing_about_the_next(store):
    judge_sample(store, pattern())
    decide(store, pattern())
    judged = judge(store, pattern(200))
    seen = sample_of("p1", pattern().pairs)["instance_id"]
    by_eye = judged.sample["instance_id"].isin(seen)
    assert judged.promise.n_right == by_eye.sum()
    assert judged.promise.n_unjudged == 20 - by_eye.sum() > 0


def test_samples_are_tallied_together_as_each_is_judged_alone(store):
    judge_sample(store, pattern(), n_wrong=3)
    decide(store, pattern(), LEAD, knows_the_risk=True)
    other = Pattern("p2", "", pattern(200).pairs)
    alone = [judge(store, one).promise for one in (pattern(200), other)]
    samples = [sample_of(one.pattern_id, one.pairs) for one in (pattern(200), other)]
    assert [vars(one) for one in tally_samples(store, samples)] == [
        {name: getattr(one, name) for name in ("n_sample", "n_right", "n_wrong", "n_unsure")}
        for one in alone
    ]


def test_a_pattern_that_is_decided_leaves_nothing_to_decide(store):
    judge_sample(store, pattern(20))
    with pytest.raises(InputError, match="every pair of the pattern is decided already"):
        decide(store, pattern(20))
