from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, norm

from workbench.label_model import SourceTables, find_drift, make_source_tables

LABELS = pd.DataFrame({"label_id": ["red", "sale"], "attribute": ["Color", None]})


def run_of(n, *, sources=("click", "text"), levels=(0, 1, 2), right=0.9, votes=1.0, seed=0):
    """Tables of a run over n queries, two labels each."""
    rng = np.random.default_rng(seed)
    pairs = pd.DataFrame({"instance_id": np.repeat([f"q{i}" for i in range(n)], 2)})
    pairs["label_id"] = ["red", "sale"] * n
    parts = []
    for source in sources:
        cast = pairs[rng.random(2 * n) < (votes if source == "click" else 1.0)]
        parts.append(cast.assign(source=source, level=rng.choice(levels, len(cast))))
    cast = pd.concat(parts, ignore_index=True).astype({"level": "int8"})
    posterior = pairs.assign(posterior=rng.choice([right, 1 - right], 2 * n))
    return make_source_tables(cast, posterior, LABELS, n_instances=n)


def row_of(drift, source, measure, attribute=None):
    here = drift["attribute"].isna() if attribute is None else drift["attribute"] == attribute
    (row,) = drift[here & (drift["source"] == source) & (drift["measure"] == measure)].to_dict(
        "records"
    )
    return row


def tables_with(**columns) -> SourceTables:
    """A run with one source and one attribute, its figures replaced."""
    run = run_of(50, sources=("click",))
    sources = run.sources.assign(**columns)
    return SourceTables(**{**run.by_name(), "sources": sources})


def test_a_run_has_not_drifted_from_itself():
    run = run_of(100)
    drift = find_drift(run, run)
    assert not drift["drifted"].any()
    assert (drift["change"] == 0).all()


def test_every_figure_is_compared_over_all_and_by_attribute():
    drift = find_drift(run_of(60), run_of(60))
    # Two sources, over all and in two attributes, five measures each.
    assert len(drift) == 2 * 3 * 5
    assert drift["measure"].head(5).tolist() == [
        *("votes", "coverage", "conflict", "accuracy", "levels")
    ]


def test_the_noise_of_a_share_is_newcombes_stretched_to_all_comparisons():
    before = tables_with(accuracy=0.8, accuracy_low=0.75, accuracy_high=0.84)
    after = tables_with(accuracy=0.9, accuracy_low=0.87, accuracy_high=0.92)
    drift = find_drift(before, after)
    row = row_of(drift, "click", "accuracy")
    # Over all and two attributes: five measures each.
    stretch = norm.isf(0.05 / 15 / 2) / norm.isf(0.025)
    assert row["change"] == pytest.approx(0.9 - 0.8)
    assert row["noise"] == pytest.approx(stretch * np.hypot(0.9 - 0.87, 0.84 - 0.8))
    assert row["drifted"]


def test_the_change_of_votes_is_relative_to_the_larger():
    before = tables_with(votes_per_instance=2.0, votes_per_instance_error=0.03)
    after = tables_with(votes_per_instance=1.5, votes_per_instance_error=0.04)
    row = row_of(find_drift(before, after), "click", "votes")
    assert row["change"] == (1.5 - 2.0) / 2.0
    assert row["noise"] == pytest.approx(norm.isf(0.05 / 15 / 2) * 0.05 / 2.0)


def test_the_stability_index_of_levels_is_summed_over_them():
    def run(n_votes):
        levels = pd.DataFrame({"source": "s", "level": [0, 1], "n_votes": n_votes})
        base = run_of(50, sources=("s",))
        levels = levels.assign(n_instances=n_votes)
        counts = base.source_level_counts.head(0)
        changed = {"source_levels": levels, "source_level_counts": counts}
        return SourceTables(**{**base.by_name(), **changed})

    row = row_of(find_drift(run([40, 60]), run([70, 30])), "s", "levels")
    p, q = np.array([40.5, 60.5]) / 101, np.array([70.5, 30.5]) / 101
    assert row["change"] == pytest.approx(((q - p) * np.log(q / p)).sum())
    # Over all and in two attributes four measures each, and one index.
    assert row["noise"] == pytest.approx(chi2.isf(0.05 / 13, 1) * (1 / 100 + 1 / 100))


def test_a_source_that_fell_silent_has_lost_all_its_votes():
    drift = find_drift(run_of(200), run_of(200, sources=("text",)))
    row = row_of(drift, "click", "votes")
    assert (row["change"], row["after"], row["drifted"]) == (-1.0, 0.0, True)
    assert set(drift.loc[drift["source"] == "click", "measure"]) == {"votes"}


def test_a_new_source_is_told_too():
    row = row_of(find_drift(run_of(200, sources=("text",)), run_of(200)), "click", "votes")
    assert (row["change"], row["before"], row["drifted"]) == (1.0, 0.0, True)


def test_a_sure_change_that_is_too_small_is_no_drift():
    before = tables_with(coverage=0.500, coverage_low=0.4999, coverage_high=0.5001)
    after = tables_with(coverage=0.510, coverage_low=0.5099, coverage_high=0.5101)
    assert not row_of(find_drift(before, after), "click", "coverage")["drifted"]
    strict = find_drift(before, after, least={"coverage": 0.005})
    assert row_of(strict, "click", "coverage")["drifted"]


def test_runs_without_votes_have_no_drift():
    nothing = run_of(0)
    assert find_drift(nothing, nothing).empty


def test_chance_alone_is_rarely_called_drift():
    none = dict.fromkeys(["votes", "coverage", "conflict", "accuracy", "levels"], 0.0)
    called = [
        find_drift(run_of(80, seed=2 * s), run_of(80, seed=2 * s + 1), least=none)["drifted"].any()
        for s in range(25)
    ]
    assert sum(called) <= 4


def test_a_source_that_errs_more_is_found():
    before, after = run_of(800, right=0.95), run_of(800, right=0.8, levels=(1, 2), seed=1)
    assert row_of(find_drift(before, after), "click", "levels")["drifted"]


@pytest.mark.parametrize("votes", [0.5, 0.8])
def test_a_source_that_votes_less_is_found(votes):
    drift = find_drift(run_of(800), run_of(800, votes=votes, seed=1))
    assert row_of(drift, "click", "votes")["drifted"]
    assert row_of(drift, "click", "coverage", "Color")["drifted"]
    assert not row_of(drift, "text", "votes")["drifted"]


def test_the_index_of_every_source_and_attribute_is_its_own():
    before, after = run_of(300), run_of(300, levels=(0, 0, 1, 2), seed=1)
    drift = find_drift(before, after)
    for (source, attribute), first in before.source_level_counts.groupby(["source", "attribute"]):
        counts = after.source_level_counts
        second = counts[(counts["source"] == source) & (counts["attribute"] == attribute)]
        p, q = first["n_votes"].to_numpy() + 0.5, second["n_votes"].to_numpy() + 0.5
        p, q = p / p.sum(), q / q.sum()
        found = row_of(drift, source, "levels", attribute)
        assert found["change"] == pytest.approx(((q - p) * np.log(q / p)).sum())
    overall = before.source_levels[before.source_levels["source"] == "click"]["n_votes"]
    now = after.source_levels[after.source_levels["source"] == "click"]["n_votes"]
    p, q = (n.to_numpy() + 0.5 for n in (overall, now))
    p, q = p / p.sum(), q / q.sum()
    found = row_of(drift, "click", "levels")
    assert found["change"] == pytest.approx(((q - p) * np.log(q / p)).sum())
