from __future__ import annotations

import numpy as np
import pytest

from workbench.errors import InputError
from workbench.label_model import (
    Candidate,
    DawidSkene,
    MajorityVote,
    StackedLogistic,
    VotePatterns,
    choose_label_model,
)
from workbench.label_model.verdicts import PairVerdicts

CANDIDATES = (
    Candidate("majority", MajorityVote, learns_from_verdicts=False),
    Candidate("dawid_skene", DawidSkene, learns_from_verdicts=False),
    Candidate("stacked", StackedLogistic, learns_from_verdicts=True),
)
NOBODY = PairVerdicts(np.empty(0, np.int64), np.empty(0, np.int8), np.empty(0))


@pytest.fixture(scope="module")
def audited(simulate, table_of):
    levels, truth = simulate(
        4, accuracy=[0.9, 0.75, 0.6], covers_present=0.8, covers_absent=0.7, n_pairs=6000
    )
    patterns = VotePatterns.from_votes(*table_of(levels, np.zeros(len(levels), int)))
    rows = np.sort(np.random.default_rng(4).choice(len(truth), 400, replace=False))
    return patterns, PairVerdicts(rows, truth[rows].astype(np.int8), np.ones(400))


def test_losses_are_those_of_the_posterior(audited):
    patterns, audit = audited
    table = choose_label_model(CANDIDATES[:1], patterns, audit, NOBODY).table
    prior, evidence = MajorityVote().fit_patterns(patterns).log_odds(patterns)
    log_odds = (prior + evidence.sum(axis=1))[patterns.pattern_index[audit.position]]
    signed = np.where(audit.present == 1, log_odds, -log_odds)
    assert table["log_loss"].item() == pytest.approx(np.log1p(np.exp(-signed)).mean())
    assert table["low"].item() < table["log_loss"].item() < table["high"].item()


def test_what_chance_explains_does_not_beat_the_first_model(audited):
    choice = choose_label_model(CANDIDATES, *audited, NOBODY)
    table = choice.table.set_index("name")
    assert table["log_loss"].idxmin() == "stacked"
    errors = table["difference"] / table["standard_error"]
    assert 0 < errors["dawid_skene"] < 1.96 < errors["majority"]
    assert choice.chosen.name == "dawid_skene"
    assert table.index[table["chosen"]].tolist() == ["dawid_skene"]
    assert table["difference"].tolist() == pytest.approx(
        table["log_loss"] - table["log_loss"].min()
    )
    assert (table["n_audit"] == 400).all()


def test_of_two_equal_models_the_first_is_chosen(audited):
    twins = (CANDIDATES[1], Candidate("twin", DawidSkene, learns_from_verdicts=False))
    choice = choose_label_model(twins, *audited, NOBODY)
    assert choice.chosen.name == "dawid_skene"
    assert choice.table["difference"].tolist() == [0, 0]


def test_the_regression_wins_beyond_chance_where_sources_copy_each_other(simulate, table_of):
    levels, truth = simulate(
        6, accuracy=[0.8, 0.75, 0.75], covers_present=0.8, covers_absent=0.7, n_pairs=6000
    )
    levels = np.column_stack([levels, levels[:, 2], levels[:, 2]])
    patterns = VotePatterns.from_votes(*table_of(levels, np.zeros(len(levels), int)))
    rows = np.arange(0, len(truth), 10)
    audit = PairVerdicts(rows, truth[rows].astype(np.int8), np.ones(len(rows)))
    choice = choose_label_model(CANDIDATES, patterns, audit, NOBODY)
    table = choice.table.set_index("name").drop(index="stacked")
    assert (table["difference"] > 1.96 * table["standard_error"]).all()
    assert choice.chosen.name == "stacked"


def test_a_weight_counts_as_so_many_pairs(audited):
    patterns, audit = audited
    heavy = PairVerdicts(audit.position, audit.present, np.where(audit.present == 1, 2.0, 1.0))
    table = choose_label_model(CANDIDATES[:1], patterns, heavy, NOBODY).table
    each = [
        choose_label_model(CANDIDATES[:1], patterns, audit.take(audit.present == s), NOBODY)
        for s in (0, 1)
    ]
    absent, present = (one.table["log_loss"].item() for one in each)
    n = np.array([(audit.present == 0).sum(), 2 * (audit.present == 1).sum()])
    assert table["log_loss"].item() == pytest.approx(n @ [absent, present] / n.sum())


def test_a_verdict_is_no_help_on_its_own_pair(audited):
    patterns, audit = audited
    turned = PairVerdicts(audit.position, 1 - audit.present, audit.weight)
    honest, wrong = (choose_label_model(CANDIDATES, patterns, a, NOBODY) for a in (audit, turned))
    assert wrong.table["log_loss"].iloc[1] > 2 * honest.table["log_loss"].iloc[1]


def test_too_few_audited_pairs_are_refused(audited):
    patterns, audit = audited
    with pytest.raises(InputError, match="has 3 reviewed pairs with a vote, at least 5 are needed"):
        choose_label_model(CANDIDATES, patterns, audit.take(np.arange(3)), NOBODY)
