import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError, InputError
from workbench.evaluate import bootstrap
from workbench.evaluate.compare import (
    compare_models,
    on_union_of_labels,
)
from workbench.evaluate.hits import find_hits
from workbench.evaluate.propensity import propensities
from workbench.evaluate.ranking import (
    ndcg_at_k,
    precision_at_k,
    psndcg_at_k,
    psp_at_k,
    recall_at_k,
    recall_gains,
)
from workbench.evaluate.segments import SEGMENTS, label_segments
from workbench.matrices import LabelMatrix, PairScores

N_INSTANCES, N_LABELS = 120, 20


def axes(n_instances=N_INSTANCES, n_labels=N_LABELS):
    return (
        pd.Index([f"q{i}" for i in range(n_instances)]),
        pd.Index([f"label {j}" for j in range(n_labels)]),
    )


@pytest.fixture(scope="module")
def truth():
    rng = np.random.default_rng(1)
    chance = 0.5 / np.arange(1, N_LABELS + 1)
    return LabelMatrix(csr_array(rng.random((N_INSTANCES, N_LABELS)) < chance), *axes())


def predicted(truth, noise, seed=0, keep=10):
    """The truth plus noise, the best `keep` of every row."""
    rng = np.random.default_rng(seed)
    dense = truth.values.toarray() + rng.normal(0, noise, truth.values.shape)
    dense = (dense - dense.min()) / (dense.max() - dense.min())
    dense[np.argsort(np.argsort(-dense, axis=1), axis=1) >= keep] = 0
    return PairScores(csr_array(dense.astype(np.float32)), truth.instance_ids, truth.label_ids)


@pytest.fixture(scope="module")
def models(truth):
    return {"poor": predicted(truth, 1.0), "good": predicted(truth, 0.3)}


@pytest.fixture(scope="module")
def compared(models, truth):
    return compare_models(models, truth, truth, n_bootstrap=200)


def one(frame, **where):
    rows = frame[np.logical_and.reduce([frame[name] == value for name, value in where.items()])]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.parametrize("k", [1, 3, 5])
def test_values_over_all_labels_are_the_plain_measures(compared, models, truth, k):
    S, T = models["poor"].values, truth.values
    p = propensities(T)
    expected = {
        "precision": precision_at_k(S, T, k),
        "ndcg": ndcg_at_k(S, T, k),
        "psp": psp_at_k(S, T, k, p),
        "psndcg": psndcg_at_k(S, T, k, p),
        "recall": recall_at_k(S, T, k),
    }
    for metric, value in expected.items():
        row = one(compared.values, metric=metric, k=k, segment="all", model="poor")
        assert row["value"] == pytest.approx(value)


@pytest.mark.parametrize("segment", SEGMENTS)
def test_a_segment_restricts_labels_and_instances(compared, models, truth, segment):
    columns = label_segments(truth.support()) == segment
    S, T = models["good"].values[:, columns], truth.values[:, columns]
    concerned = T.sum(axis=1) > 0
    expected = precision_at_k(S[concerned], T[concerned], 3)
    row = one(compared.values, metric="precision", k=3, segment=segment, model="good")
    assert row["value"] == pytest.approx(expected)


def test_the_bootstrap_agrees_with_a_slow_loop(models, truth):
    found = compare_models(models, truth, truth, ks=[2], metrics=["recall"], n_bootstrap=50)
    own = {
        name: recall_gains(find_hits(m.values, truth.values, 2)).quotients()[:, -1]
        for name, m in models.items()
    }
    rng = np.random.default_rng(0)
    samples = []
    for _ in range(50):
        drawn = rng.integers(N_INSTANCES, size=N_INSTANCES)
        samples.append(np.nanmean(own["good"][drawn]) - np.nanmean(own["poor"][drawn]))
    row = one(found.differences, segment="all")
    assert row["low"] == pytest.approx(np.quantile(samples, 0.025))
    assert row["high"] == pytest.approx(np.quantile(samples, 0.975))
    assert row["better_share"] == np.mean(np.array(samples) > 0)


def test_blocks_change_nothing(models, truth, compared, monkeypatch):
    monkeypatch.setattr(bootstrap, "_RESAMPLES_AT_ONCE", 7)
    monkeypatch.setattr(bootstrap, "_ROWS_AT_ONCE", 11)
    again = compare_models(models, truth, truth, n_bootstrap=200)
    pd.testing.assert_frame_equal(again.values, compared.values)
    pd.testing.assert_frame_equal(again.differences, compared.differences)


def test_a_clearly_better_model_is_better_in_all_resamples(compared):
    row = one(compared.differences, metric="precision", k=1, segment="all")
    assert (row["model"], row["baseline"]) == ("good", "poor")
    assert 0 < row["low"] < row["difference"] < row["high"]
    assert row["better_share"] == 1


def test_a_model_does_not_differ_from_itself(models, truth):
    same = {"one": models["poor"], "two": models["poor"]}
    found = compare_models(same, truth, truth, n_bootstrap=50).differences
    assert (found["difference"] == 0).all()
    assert found["better_share"].eq(0.5).all()


def test_pairing_gives_narrower_intervals_than_the_models_have(models, truth):
    near = {"one": models["poor"], "two": predicted(truth, 1.02)}
    found = compare_models(near, truth, truth, ks=[3], metrics=["precision"])
    value = one(found.values, segment="all", model="one")
    difference = one(found.differences, segment="all")
    assert difference["high"] - difference["low"] < (value["high"] - value["low"]) / 2


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    covered = 0
    for seed in range(60):
        hit = rng.random(100) < 0.3
        truth = LabelMatrix(csr_array(np.column_stack([hit, ~hit])), *axes(100, 2))
        always_first = csr_array(np.tile(np.float32([[0.9, 0.1]]), (100, 1)))
        model = {"model": PairScores(always_first, truth.instance_ids, truth.label_ids)}
        found = compare_models(
            model,
            truth,
            truth,
            ks=[1],
            metrics=["precision"],
            n_bootstrap=200,
            random_state=seed,
        )
        row = one(found.values, segment="all")
        covered += row["low"] <= 0.3 <= row["high"]
    assert covered >= 0.85 * 60


def test_frames_have_their_columns_and_an_order(compared):
    assert compared.values.columns.tolist() == [
        *["metric", "k", "segment", "model", "value", "low", "high"]
    ]
    assert compared.differences.columns.tolist() == [
        *["metric", "k", "segment", "model", "baseline", "difference", "low", "high"],
        "better_share",
    ]
    assert compared.values["segment"].unique().tolist() == ["all", *SEGMENTS]
    assert len(compared.values) == 2 * len(compared.differences) == 2 * 4 * 5 * 3


def test_one_model_alone_has_values_and_no_differences(models, truth):
    found = compare_models({"good": models["good"]}, truth, truth, n_bootstrap=20)
    assert len(found.values) == 4 * 5 * 3
    assert len(found.differences) == 0
    assert "better_share" in found.differences


def test_a_segment_nobody_is_in_is_nan():
    truth = LabelMatrix(csr_array(np.ones((3, 1), bool)), *axes(3, 1))
    scores = PairScores(csr_array(np.ones((3, 1), np.float32)), *axes(3, 1))
    found = compare_models({"a": scores, "b": scores}, truth, truth, n_bootstrap=20)
    tail = found.values[found.values["segment"] == "tail"]
    assert tail[["value", "low", "high"]].isna().all(axis=None)
    assert found.differences.query("segment == 'tail'")["better_share"].isna().all()


def test_progress_ends_at_the_total(models, truth):
    seen = []
    compare_models(
        models,
        truth,
        truth,
        n_bootstrap=40,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(32, 40), (40, 40)]


def test_segments_hold_about_a_third_of_the_pairs_each():
    support = np.random.default_rng(0).zipf(1.5, 3000).clip(max=200)
    segments = label_segments(support)
    shares = [support[segments == segment].sum() / support.sum() for segment in SEGMENTS]
    assert shares == pytest.approx([1 / 3] * 3, abs=0.01)
    assert support[segments == "head"].min() >= support[segments == "torso"].max()


def test_labels_without_support_are_tail():
    assert label_segments(np.array([0, 0])).tolist() == ["tail", "tail"]
    assert label_segments(np.array([0, 9, 0])).tolist() == ["tail", "head", "tail"]


def test_support_is_taken_by_label_not_by_position(models, truth):
    order = np.arange(N_LABELS)[::-1]
    turned = csr_array(truth.values[:, order])
    turned.sort_indices()
    train = LabelMatrix(
        csr_array((turned.data, turned.indices, turned.indptr), shape=turned.shape),
        truth.instance_ids,
        truth.label_ids[order],
    )
    found = compare_models(models, truth, train, n_bootstrap=20)
    expected = compare_models(models, truth, truth, n_bootstrap=20)
    pd.testing.assert_frame_equal(found.values, expected.values)


def test_different_labels_are_refused_and_the_union_is_offered(models, truth):
    fewer = models["good"]
    fewer = PairScores(csr_array(fewer.values[:, :15]), truth.instance_ids, truth.label_ids[:15])
    with pytest.raises(AxisMismatchError, match=r"model 'fewer' .* labels: 15 .* on_union_of"):
        compare_models({"good": models["good"], "fewer": fewer}, truth, truth)
    moved, on_union = on_union_of_labels({"good": models["good"], "fewer": fewer}, truth)
    row = one(
        compare_models(moved, on_union, truth, n_bootstrap=20, ks=[3]).differences,
        metric="recall",
        segment="tail",
    )
    assert row["difference"] < 0


def test_the_union_keeps_every_pair_and_its_score():
    instance_ids = pd.Index(["q1", "q2"])
    truth = LabelMatrix(csr_array(np.eye(2, dtype=bool)), instance_ids, pd.Index(["b", "a"]))
    values = csr_array((np.float32([0.1, 0.0, 0.3]), ([0, 0, 1], [0, 1, 1])), shape=(2, 2))
    scores = PairScores(values, instance_ids, pd.Index(["c", "b"]))
    moved, on_union = on_union_of_labels({"model": scores}, truth)
    assert on_union.label_ids.tolist() == ["b", "a", "c"]
    assert moved["model"].values.nnz == 3
    assert moved["model"].values.toarray() == pytest.approx(np.array([[0, 0, 0.1], [0.3, 0, 0]]))
    assert values.data.tolist() == pytest.approx([0.1, 0.0, 0.3])


def test_other_instances_are_refused(models, truth):
    other = truth.take_instances(np.arange(100))
    with pytest.raises(AxisMismatchError, match=r"model 'poor' .* instances: 120 against 100"):
        compare_models(models, other, truth)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"baseline": "best"}, r"baseline 'best' is none of the models \['poor', 'good'\]"),
        ({"metrics": ["auc"]}, r"unknown metrics \['auc'\]; choose among \['precision'"),
        ({"ks": []}, "expected one k or more in ks, found none"),
        ({"ks": [0, 1]}, "k must be a whole number of 1 or more, found 0"),
        ({"ks": [1.5, 3]}, "k must be a whole number of 1 or more, found 1.5"),
        ({"n_bootstrap": 0}, "n_bootstrap must be 1 or more"),
        ({"level": 95}, "level must lie between 0 and 1, found 95"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(models, truth, arguments, message):
    with pytest.raises(ValueError, match=message):
        compare_models(models, truth, truth, **arguments)


def test_nothing_to_compare_is_refused(truth):
    with pytest.raises(ValueError, match="one model or more, found none"):
        compare_models({}, truth, truth)
    nobody = truth.take_instances(np.arange(0))
    with pytest.raises(InputError, match="no instances"):
        compare_models({"model": predicted(truth, 1)}, nobody, truth)


def test_hits_in_a_segment_without_labels_are_none():
    nothing = csr_array((3, 0), dtype=np.float32)
    assert not find_hits(nothing, nothing.astype(bool), 2).hits.any()
