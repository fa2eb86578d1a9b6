import numpy as np
import pytest
from scipy.sparse import csr_array, random_array
from sklearn.preprocessing import normalize

from workbench.model.rows import as_rows
from workbench.model.two_means import balanced_two_means


def split(features, n_left, seed=1):
    sums = np.zeros((features.shape[1], 2), np.float32)
    every = np.arange(features.shape[0])
    left = balanced_two_means(as_rows(features), every, n_left, np.uint64(seed), sums)
    assert not sums.any()
    return left


@pytest.mark.parametrize("n_left", [0, 1, 32, 79, 80])
@pytest.mark.parametrize("density", [0, 0.1])
def test_as_many_go_left_as_asked(n_left, density):
    features = random_array((80, 30), density=density, rng=0, dtype=np.float32, format="csr")
    assert split(csr_array(normalize(features)), n_left).sum() == n_left


def test_two_topics_are_told_apart():
    topic = np.arange(60) % 2
    noise = np.random.default_rng(0).uniform(0, 0.3, (60, 8))
    dense = np.eye(8)[topic] + noise
    left = split(csr_array(normalize(dense).astype(np.float32)), 30)
    assert len(set(topic[left])) == 1


def test_no_label_gains_by_changing_sides():
    features = random_array((90, 40), density=0.2, rng=2, dtype=np.float32, format="csr")
    features = csr_array(normalize(features))
    dense = features.toarray()
    left = split(features, 45)
    centres = [normalize(dense[side].sum(axis=0, keepdims=True))[0] for side in (left, ~left)]
    nearer_left = dense @ centres[0] - dense @ centres[1]
    # But for the last few, whose moves the kernel does not wait for.
    assert (nearer_left[left] < np.sort(nearer_left)[::-1][44]).sum() <= 2


def test_of_labels_that_are_all_alike_the_first_go_left():
    alike = csr_array(np.tile(np.float32([0.6, 0.8]), (50, 1)))
    np.testing.assert_array_equal(split(alike, 20), np.arange(50) < 20)


def test_the_same_seed_cuts_the_same_and_another_one_differently():
    features = csr_array(random_array((80, 30), density=0.1, rng=0, dtype=np.float32))
    np.testing.assert_array_equal(split(features, 40, seed=1), split(features, 40, seed=1))
    assert (split(features, 40, seed=1) != split(features, 40, seed=2)).any()
