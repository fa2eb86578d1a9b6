from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss, roc_auc_score

from workbench.errors import InputError
from workbench.label_model import DawidSkene, MajorityVote

LABELS = pd.DataFrame(
    {
        "label_id": ["Brand: adidas", "Brand: puma", "Color: blue", "Color: red", "Size: 26"],
        "attribute": ["Brand", "Brand", "Color", "Color", "Size"],
    }
)
# Six instances: per pair the levels of clicks, text and catalog; None where a source abstains.
WORLD = {
    ("q1", "Brand: adidas"): (2, 1, None),
    ("q2", "Brand: adidas"): (2, 1, 1),
    ("q3", "Brand: adidas"): (1, None, 1),
    ("q4", "Brand: puma"): (0, None, 0),
    ("q5", "Brand: puma"): (0, None, None),
    ("q1", "Color: blue"): (2, 1, None),
    ("q3", "Color: blue"): (1, 1, 0),
    ("q2", "Color: red"): (0, None, 0),
    ("q6", "Color: red"): (None, None, 0),
    ("q6", "Size: 26"): (1, None, None),
}


def votes_of(world: dict[tuple[str, str], tuple[int | None, ...]]) -> pd.DataFrame:
    rows = [
        (*pair, source, level)
        for pair, levels in world.items()
        for source, level in zip(("clicks", "text", "catalog"), levels, strict=True)
        if level is not None
    ]
    return pd.DataFrame(rows, columns=["instance_id", "label_id", "source", "level"])


@pytest.fixture
def posterior() -> pd.DataFrame:
    return DawidSkene().fit_predict(votes_of(WORLD), LABELS).set_index(["instance_id", "label_id"])


def test_posterior_is_the_prior_plus_the_evidence(posterior):
    evidence = posterior.filter(like="evidence_")
    assert evidence.columns.tolist() == ["evidence_catalog", "evidence_clicks", "evidence_text"]
    added_up = posterior["prior"] + evidence.sum(axis=1)
    assert posterior["posterior"].to_numpy() == pytest.approx(expit(added_up), abs=1e-6)


def test_agreeing_sources_settle_the_small_world(posterior):
    assert (posterior["posterior"] > 0.5).tolist() == [
        all(level != 0 for level in WORLD[pair][:1]) and WORLD[pair][0] is not None
        for pair in posterior.index
    ]


def test_votes_are_counted_and_compared(posterior):
    torn = posterior.loc[("q3", "Color: blue")]
    assert (torn["votes_for"], torn["votes_against"], torn["unanimous"]) == (2, 1, False)
    assert posterior["unanimous"].sum() == len(WORLD) - 1
    assert not posterior["overturned"].any()


def test_a_label_with_votes_against_only_ends_low(posterior):
    assert (posterior.xs("Brand: puma", level=1)["posterior"] < 0.1).all()
    assert (posterior.xs("Color: red", level=1)["posterior"] < 0.1).all()


def test_evidence_is_the_log_ratio_of_the_learnt_frequencies():
    model = DawidSkene().fit(votes_of(WORLD), LABELS)
    theta = model.theta_.set_index(["attribute", "outcome"]).loc[("Brand", "clicks 2")]
    assert theta["log_odds"] == pytest.approx(np.log(theta["present"] / theta["absent"]))
    row = model.predict(votes_of(WORLD), LABELS).query("label_id == 'Brand: adidas'").iloc[0]
    assert row["evidence_clicks"] == pytest.approx(theta["log_odds"], rel=1e-6)
    assert row["prior"] == pytest.approx(model.prior_["Brand"], rel=1e-6)


def test_frequencies_of_the_outcomes_of_a_group_add_up_to_one():
    theta = (
        DawidSkene(groups={"clicks": "shop", "text": "shop"}).fit(votes_of(WORLD), LABELS).theta_
    )
    sums = theta.groupby(["attribute", "group"])[["present", "absent"]].sum()
    assert sums.to_numpy() == pytest.approx(1)


@pytest.mark.parametrize("random_state", range(4))
def test_known_accuracies_are_recovered(random_state, simulate, table_of):
    accuracy = [0.9, 0.8, 0.75, 0.65]
    levels, _ = simulate(
        random_state, accuracy=accuracy, covers_present=0.7, covers_absent=[0.3, 0.5, 0.7, 0.9]
    )
    theta = DawidSkene().fit(*table_of(levels, np.zeros(len(levels), int))).theta_
    theta = theta.set_index("outcome")
    right = [theta.loc[f"s{j} 1", "present"] / 0.7 for j in range(4)]
    assert right == pytest.approx(accuracy, abs=0.05)
    covered = [1 - theta.loc[f"s{j} abstains", "absent"] for j in range(4)]
    assert covered == pytest.approx([0.3, 0.5, 0.7, 0.9], abs=0.05)


@pytest.mark.parametrize("random_state", range(3))
def test_prior_is_the_base_rate_including_pairs_nobody_voted_on(random_state, simulate, table_of):
    levels, truth = simulate(
        random_state, accuracy=[0.9, 0.85, 0.8, 0.8], covers_present=0.6, covers_absent=0.3
    )
    prior = DawidSkene().fit(*table_of(levels, np.zeros(len(levels), int))).prior_
    assert truth.mean() > 0.43
    assert expit(prior.to_numpy()) == pytest.approx(0.4, abs=0.03)


@pytest.mark.parametrize("random_state", range(3))
def test_a_copied_source_in_a_group_does_not_count_twice(random_state, simulate, table_of):
    levels, truth = simulate(
        random_state,
        accuracy=[0.85, 0.75, 0.7, 0.65],
        covers_present=0.6,
        covers_absent=[0.5, 0.6, 0.4, 0.5],
        n_pairs=8000,
    )
    votes, labels = table_of(np.hstack([levels, levels[:, [3]]]), np.zeros(len(levels), int))
    grouped = DawidSkene(groups={"s3": "copies", "s4": "copies"}).fit_predict(votes, labels)
    ungrouped = DawidSkene().fit_predict(votes, labels)
    majority = MajorityVote().fit_predict(votes, labels)
    auc = [roc_auc_score(truth, model["posterior"]) for model in (grouped, majority, ungrouped)]
    assert auc[0] > auc[1] + 0.03
    assert auc[0] > auc[2] + 0.03


def test_evidence_of_copies_is_shared_out_in_equal_parts(simulate, table_of):
    levels, _ = simulate(0, accuracy=[0.9, 0.8, 0.7], covers_present=0.6, covers_absent=0.6)
    votes, labels = table_of(levels[:, [0, 1, 2, 2]], np.zeros(len(levels), int))
    once = DawidSkene().fit_predict(votes.query("source != 's3'"), labels)
    twice = DawidSkene(groups={"s2": "copies", "s3": "copies"}).fit_predict(votes, labels)
    assert twice["evidence_s2"].equals(twice["evidence_s3"].rename("evidence_s2"))
    assert 2 * twice["evidence_s2"].to_numpy() == pytest.approx(once["evidence_s2"], abs=1e-3)


def test_abstaining_is_evidence_too(simulate, table_of):
    levels, truth = simulate(
        1, accuracy=[0.8, 0.75, 0.7], covers_present=[0.9, 0.8, 0.5], covers_absent=[0.4, 0.3, 0.5]
    )
    posterior = DawidSkene().fit_predict(*table_of(levels, np.zeros(len(levels), int)))
    evidence = posterior.filter(like="evidence_").to_numpy()
    of_votes = np.where(levels >= 0, evidence, 0).sum(axis=1)
    assert roc_auc_score(truth, posterior["posterior"]) > roc_auc_score(truth, of_votes) + 0.02


@pytest.mark.parametrize("random_state", range(3))
def test_pairs_nobody_voted_on_do_not_mislead(random_state, simulate, table_of):
    rng = np.random.default_rng(random_state)
    blocks = [
        simulate(
            rng,
            accuracy=rng.uniform(0.65, 0.9, 4),
            covers_present=(coverage := rng.uniform(0.05, 0.7, 4)),
            covers_absent=coverage * rng.uniform(0.3, 1, 4),
            n_pairs=4000,
        )
        for _ in range(5)
    ]
    levels, truth = (np.concatenate(part) for part in zip(*blocks, strict=True))
    votes, labels = table_of(levels, np.repeat(range(5), [len(block[1]) for block in blocks]))
    with_them = DawidSkene().fit_predict(votes, labels)["posterior"]
    without = DawidSkene(impute_unvoted=False).fit_predict(votes, labels)["posterior"]
    assert log_loss(truth, with_them) < log_loss(truth, without)
    assert roc_auc_score(truth, with_them) > roc_auc_score(truth, without)


def test_small_attributes_borrow_the_accuracies_of_the_others(simulate, table_of):
    levels, truth = simulate(
        2, accuracy=[0.9, 0.7, 0.6], covers_present=0.8, covers_absent=0.8, n_pairs=6000
    )
    attribute = np.arange(len(levels)) // 60
    votes, labels = table_of(levels, attribute)
    loss = {
        shrinkage: log_loss(
            truth, DawidSkene(shrinkage=shrinkage).fit_predict(votes, labels)["posterior"]
        )
        for shrinkage in (1, 200)
    }
    assert loss[200] < loss[1]


tables = arrays(np.int8, st.tuples(st.integers(1, 25), st.just(3)), elements=st.integers(-1, 2))


def voted(levels: np.ndarray) -> np.ndarray:
    return levels[(levels >= 0).any(axis=1)]


@given(tables, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_order_of_rows_never_matters(table_of, levels, random):
    votes, labels = table_of(voted(levels), np.arange(len(voted(levels))) % 2)
    order = random.sample(range(len(votes)), len(votes))
    expected = DawidSkene().fit_predict(votes, labels)
    assert DawidSkene().fit_predict(votes.iloc[order], labels.iloc[::-1]).equals(expected)


@given(tables)
@settings(max_examples=40, deadline=None)
def test_levels_are_evidence_in_their_order(table_of, levels):
    votes, labels = table_of(voted(levels), np.arange(len(voted(levels))) % 2)
    theta = DawidSkene(smoothing=1, shrinkage=1).fit(votes, labels).theta_
    of_level = theta[~theta["outcome"].str.endswith("abstains")].sort_values("outcome")
    steps = of_level.groupby(["attribute", "group"])["log_odds"].diff().dropna()
    assert (steps >= -1e-6).all()
    against = of_level["outcome"].str.endswith("0")
    assert (of_level["log_odds"][against] <= 1e-6).all()
    strongest = of_level[~against].groupby(["attribute", "group"])["log_odds"].last()
    assert (strongest >= -1e-6).all()


def test_levels_that_contradict_their_order_are_held_together(simulate, table_of):
    levels, truth = simulate(4, accuracy=[0.9, 0.9, 0.9], covers_present=0.9, covers_absent=0.9)
    rng = np.random.default_rng(4)
    for_it = levels[:, 2] == 1
    levels[for_it, 2] += rng.random(for_it.sum()) < np.where(truth[for_it], 0.2, 0.6)
    table = table_of(levels, np.zeros(len(levels), int))
    free, held = (
        DawidSkene(monotone=monotone).fit(*table).theta_.set_index("outcome")["log_odds"]
        for monotone in (False, True)
    )
    assert free["s2 1"] > free["s2 2"] + 1
    assert held["s2 1"] == pytest.approx(held["s2 2"])


def test_reviewed_pairs_get_their_verdict():
    reviewed = pd.DataFrame(
        {
            "instance_id": ["q1", "q4", "q5", "q9"],
            "label_id": ["Brand: adidas", "Brand: puma", "Brand: puma", "Brand: puma"],
            "verdict": ["absent", "present", "unsure", "present"],
        }
    )
    table = DawidSkene().fit_predict(votes_of(WORLD), LABELS, reviewed)
    brand = table[table["label_id"].str.startswith("Brand")]
    assert brand["instance_id"].tolist() == ["q1", "q2", "q3", "q4", "q5"]
    assert brand["posterior"].iloc[[0, 3]].tolist() == [0, 1]
    assert brand["overturned"].iloc[[0, 3]].tolist() == [True, True]


def test_reviews_teach_that_a_source_is_wrong(simulate, table_of):
    levels, truth = simulate(5, accuracy=[0.35, 0.8], covers_present=0.8, covers_absent=0.8)
    votes, labels = table_of(levels, np.zeros(len(levels), int))
    pairs = DawidSkene().fit_predict(votes, labels)
    verdict = np.where(truth, "present", "absent")
    reviewed = pairs[["instance_id", "label_id"]].assign(verdict=verdict).iloc[:3000]
    taught = DawidSkene().fit(votes, labels, reviewed).predict(votes, labels)
    unseen = slice(3000, None)
    auc = [roc_auc_score(truth[unseen], t["posterior"][unseen]) for t in (taught, pairs)]
    assert auc[0] > auc[1] + 0.05


def test_one_source_alone_is_believed():
    said = {("q1", "Size: 26"): (1, None, None), ("q2", "Size: 26"): (0, None, None)}
    posterior = DawidSkene().fit_predict(votes_of(said), LABELS)["posterior"]
    assert posterior.iloc[0] > 0.8
    assert posterior.iloc[1] < 0.2


def test_one_source_that_only_speaks_for_is_believed():
    said = {(f"q{i}", "Size: 26"): (1, None, None) for i in range(50)}
    table = DawidSkene().fit_predict(votes_of(said), LABELS)
    assert (table["posterior"] > 0.8).all()
    assert table["evidence_clicks"].to_numpy() == pytest.approx(0, abs=1e-6)


def test_sources_that_never_meet_are_believed(table_of):
    levels = np.repeat([[1, -1, -1], [-1, 1, -1], [-1, 0, -1], [-1, -1, 1]], 500, axis=0)
    table = DawidSkene().fit_predict(*table_of(levels, np.zeros(len(levels), int)))
    assert (table["posterior"][table["votes_for"] == 1] > 0.9).all()
    assert (table["posterior"][table["votes_against"] == 1] < 0.1).all()


def test_an_attribute_with_one_pair_has_a_prior():
    model = DawidSkene().fit(votes_of(WORLD), LABELS)
    assert model.prior_.index.tolist() == ["Brand", "Color", "Size"]
    assert np.isfinite(model.prior_).all()


def test_an_attribute_unknown_to_the_fit_takes_the_pooled_accuracies():
    votes = votes_of(WORLD)
    model = DawidSkene().fit(votes[votes["label_id"] != "Size: 26"], LABELS)
    row = model.predict(votes, LABELS).query("label_id == 'Size: 26'").iloc[0]
    pooled = model.pooled_theta_.set_index("outcome")["log_odds"]
    assert row["evidence_clicks"] == pytest.approx(pooled["clicks 1"], rel=1e-6)
    assert row["evidence_text"] == pytest.approx(pooled["text abstains"], rel=1e-6)


def test_labels_without_attribute_are_a_pool_of_their_own():
    labels = LABELS.assign(attribute=LABELS["attribute"].where(LABELS["attribute"] != "Color"))
    model = DawidSkene().fit(votes_of(WORLD), labels)
    assert model.attributes_ == ("", "Brand", "Size")


@pytest.mark.parametrize("model", [DawidSkene(), MajorityVote()])
def test_no_votes_give_an_empty_posterior(model):
    nothing = votes_of(WORLD).iloc[:0]
    table = model.fit(nothing, LABELS).predict(nothing, LABELS)
    assert len(table) == 0
    some = model.fit_predict(votes_of(WORLD), LABELS)
    expected = some.loc[:, ~some.columns.str.startswith("evidence_")].dtypes
    assert table.dtypes.equals(expected)


def test_no_votes_later_keep_the_columns_of_the_sources():
    model = DawidSkene().fit(votes_of(WORLD), LABELS)
    table = model.predict(votes_of(WORLD).iloc[:0], LABELS)
    assert table.dtypes.equals(model.predict(votes_of(WORLD), LABELS).dtypes)


def test_fitting_then_predicting_is_fit_predict():
    votes = votes_of(WORLD)
    expected = DawidSkene().fit_predict(votes, LABELS)
    assert DawidSkene().fit(votes, LABELS).predict(votes, LABELS).equals(expected)


def test_predicting_before_fitting_is_refused():
    with pytest.raises(NotFittedError, match="call fit before predict"):
        DawidSkene().predict(votes_of(WORLD), LABELS)


def test_a_source_unknown_to_the_fit_is_refused():
    model = DawidSkene().fit(votes_of(WORLD).query("source != 'text'"), LABELS)
    with pytest.raises(InputError, match=r"1 sources are unknown: \['text'\]"):
        model.predict(votes_of(WORLD), LABELS)


@pytest.mark.parametrize("name", ["shrinkage", "smoothing", "prior_shrinkage", "max_iter"])
def test_parameters_out_of_range_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be .* found 0"):
        DawidSkene(**{name: 0}).fit(votes_of(WORLD), LABELS)
