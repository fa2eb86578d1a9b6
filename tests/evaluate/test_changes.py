import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from workbench.evaluate.changes import (
    changed_pairs,
    clearest,
    label_changes,
    ranks_of_true_pairs,
)
from workbench.matrices import LabelMatrix, PairScores


def one_label_truth(n_instances, n_labels=1):
    axes = pd.Index([f"q{i}" for i in range(n_instances)]), pd.Index(list("abcde")[:n_labels])
    return LabelMatrix(csr_array(np.ones((n_instances, n_labels), bool)), *axes)


def ranks(*hits):
    return np.array(hits, np.int32)


def test_ranks_are_those_of_the_true_labels(given, scores):
    # 'nike bag' truly carries Nike only, which comes before Blue.
    assert ranks_of_true_pairs(scores, given, 2).tolist() == [1, 2, 0, 1, 2, 1, 1, 1]


def test_a_pair_that_both_models_hit_did_not_change():
    truth = one_label_truth(3)
    found = changed_pairs(truth, ranks(1, 3, 0), ranks(2, 1, 5), [1, 3])
    assert found["instance_id"].tolist() == ["q0", "q1"]
    assert found["rank_before"].tolist() == [1, 3]
    assert found["rank_after"].tolist() == [2, 1]


def test_newly_hit_and_newly_missed_are_counted_by_label():
    truth = one_label_truth(4)
    row = label_changes(truth, ranks(1, 0, 0, 2), ranks(0, 2, 1, 2), 2).iloc[0]
    assert (row["support"], row["hits_before"], row["hits_after"]) == (4, 2, 3)
    assert (row["newly_hit"], row["newly_missed"]) == (2, 1)
    assert row["difference"] == (2 - 1) / 4
    assert row["low"] < 0 < row["high"]


def test_the_interval_is_that_of_agresti_and_min():
    truth = one_label_truth(10)
    row = label_changes(truth, ranks(*[0] * 10), ranks(*[1] * 6, *[0] * 4), 1).iloc[0]
    error = np.sqrt(6 + 0 + 1 - 6**2 / 12) / 12
    assert row["low"] == pytest.approx(6 / 12 - 1.959964 * error)


def test_a_change_of_one_instance_is_not_beyond_chance_and_one_of_many_is():
    before, after = np.zeros(42, np.int32), np.ones(42, np.int32)
    truth = LabelMatrix.from_positions(
        np.arange(42),
        np.array([0] * 2 + [1] * 40),
        instance_ids=pd.Index([f"q{n}" for n in range(42)]),
        label_ids=pd.Index(["rare", "common"]),
    )
    found = label_changes(truth, before, after, 1).set_index("label_id")
    assert found["beyond_chance"].to_dict() == {"rare": False, "common": True}
    assert clearest(found.reset_index(), 5, gained=True)["label_id"].tolist() == ["common"]
    assert clearest(found.reset_index(), 5, gained=False).empty


def test_models_that_hit_the_same_changed_nothing():
    truth = one_label_truth(3)
    assert label_changes(truth, ranks(1, 1, 0), ranks(2, 1, 0), 2).empty


def test_flukes_among_many_labels_are_rarely_beyond_chance():
    rng = np.random.default_rng(0)
    truth = LabelMatrix(
        csr_array(np.ones((20, 300), bool)),
        pd.Index([f"q{n}" for n in range(20)]),
        pd.Index([f"label {n}" for n in range(300)]),
    )
    before, after = (np.int32(rng.random(6000) < 0.5) for _ in range(2))
    found = label_changes(truth, before, after, 1)
    assert found["beyond_chance"].sum() <= 3
    assert ((found["low"] > 0) | (found["high"] < 0)).sum() > 3


def test_predictions_are_held_against_the_same_instances(given, scores):
    fewer = given.take_instances(np.arange(3))
    with pytest.raises(Exception, match="instances"):
        ranks_of_true_pairs(
            PairScores(scores.values, scores.instance_ids, scores.label_ids), fewer, 1
        )
