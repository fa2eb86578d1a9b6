import numpy as np
import pytest
from scipy.special import logit

from workbench.label_model import DawidSkene
from workbench.label_model.em import Problem, Theta
from workbench.label_model.misfit import evidence_weight, pairwise_misfit


def voted(rng, n_pairs, *, dependence=0.0):
    """Return levels of four sources that are right four times in five, and the states.

    With the chance ``dependence`` a pair is hard for the first two: they err or not together.
    """
    state = rng.random(n_pairs) < 0.4
    together = rng.random(n_pairs) < dependence
    right = rng.random((n_pairs, 4)) < 0.8
    right[together, 1] = right[together, 0]
    levels = np.where(right, state[:, None], ~state[:, None]).astype(np.int8)
    levels[rng.random((n_pairs, 4)) < 0.3] = -1
    return levels, state


def test_independent_groups_keep_their_evidence(table_of):
    levels, _ = voted(np.random.default_rng(0), 30_000)
    model = DawidSkene().fit(*table_of(levels, np.zeros(len(levels), int)))
    assert model.evidence_weight_ > 0.95


def test_dependent_groups_lose_evidence_and_the_posterior_gains(table_of):
    levels, state = voted(np.random.default_rng(0), 30_000, dependence=0.6)
    is_voted = (levels >= 0).any(axis=1)
    tables = table_of(levels, np.zeros(len(levels), int))
    loss = {}
    for temper in (True, False):
        found = DawidSkene(temper=temper).fit_predict(*tables)["posterior"].to_numpy(np.float64)
        found = np.clip(found, 1e-4, 1 - 1e-4)
        loss[temper] = -np.log(np.where(state[is_voted], found, 1 - found)).mean()
    assert loss[True] < 0.95 * loss[False]


def test_misfit_is_the_divergence_where_both_vote():
    # Two sources, always for or against; the model expects each of the four cells in a quarter.
    problem = Problem(
        row=np.zeros(4, np.int64),
        n_rows=1,
        cells=np.array([[1, 4], [1, 5], [2, 4], [2, 5]]),
        starts=np.array([0, 3]),
        n_cells=6,
        directions=(np.zeros(3, np.int64),) * 2,
        ladders=(np.array([1, 2]),) * 2,
        has_unvoted=False,
        counts=np.array([40.0, 10.0, 10.0, 40.0]),
        verdicts=np.full(4, -1, np.int8),
    )
    half = np.log([[1e-9, 0.5, 0.5, 1e-9, 0.5, 0.5]])
    theta = Theta(half, half, logit(np.array([0.3])))
    divergence = 2 * 0.4 * np.log(0.4 / 0.25) + 2 * 0.1 * np.log(0.1 / 0.25)
    assert pairwise_misfit(problem, theta) == pytest.approx(divergence - 3 / 200)


def test_sources_that_never_meet_do_not_depend(table_of):
    levels = np.repeat([[1, -1], [0, -1], [-1, 1], [-1, 0]], 100, axis=0)
    model = DawidSkene().fit(*table_of(levels, np.zeros(len(levels), int)))
    assert model.misfit_ == 0.0
    assert model.evidence_weight_ == 1.0


@pytest.mark.parametrize(("misfit", "weight"), [(-0.1, 1.0), (0.01, 0.5), (1.0, 0.4)])
def test_evidence_counts_less_the_more_groups_depend(misfit, weight):
    assert evidence_weight(misfit) == pytest.approx(weight)
