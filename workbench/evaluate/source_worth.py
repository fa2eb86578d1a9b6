"""What each source of votes is worth: alone, left out, and all of them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import InputError
from workbench.evaluate.probabilities import MEASURES, ValueCounts
from workbench.label_model import close_upwards

Floats = NDArray[np.float64]

PAIR = ["instance_id", "label_id"]
ALL = "all"


class LabelModel(Protocol):
    """Anything that turns votes into a posterior table."""

    def fit_predict(self, votes: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
        """Return ``instance_id, label_id, posterior`` of the pairs with a vote."""


@dataclass(frozen=True)
class Ablation:
    """A choice of sources.

    Parameters
    ----------
    name : str
        "all", "only click", "without click".
    sources : tuple of str
    """

    name: str
    sources: tuple[str, ...]


def ablations(sources: Sequence[str]) -> list[Ablation]:
    """Return all sources together, each one alone, and each one left out.

    Leaving out one of two sources is the other one alone, and not named twice.

    Examples
    --------
    >>> [one.name for one in ablations(["click", "dictionary"])]
    ['all', 'only click', 'only dictionary']
    """
    whole = tuple(sorted(sources))
    found = [Ablation(ALL, whole)]
    if len(whole) > 1:
        found += [Ablation(f"only {name}", (name,)) for name in whole]
    if len(whole) > 2:
        found += [
            Ablation(f"without {name}", tuple(other for other in whole if other != name))
            for name in whole
        ]
    return found


@dataclass(frozen=True, eq=False)
class JudgedPosteriors:
    """What every choice of sources believes about the same pairs, whose truth is known.

    Parameters
    ----------
    pairs : pd.DataFrame
        ``instance_id, label_id, true``.
    posteriors : pd.DataFrame
        One column a choice of sources, rows as in ``pairs``.
    silent_share : pd.Series
        Share of the pairs on which the choice has nothing to say, and got the base rate.
    """

    pairs: pd.DataFrame
    posteriors: pd.DataFrame
    silent_share: pd.Series

    @property
    def base_rate(self) -> float:
        """Share of the pairs that are true."""
        return float(self.pairs["true"].mean())

    def counts(self, name: str) -> ValueCounts:
        """Return the value counts of one choice of sources."""
        return ValueCounts.of(
            self.posteriors[name].to_numpy(np.float64), self.pairs["true"].to_numpy(bool)
        )

    def measures(self) -> pd.DataFrame:
        """Return one row a choice of sources with the `MEASURES`."""
        rows = {
            name: {key: float(measure(counts)) for key, measure in MEASURES.items()}
            for name in map(str, self.posteriors)
            for counts in [self.counts(name)]
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("sources")

    def part(self, rows: NDArray[np.bool_]) -> JudgedPosteriors:
        """Return the same for some of the pairs."""
        return JudgedPosteriors(
            self.pairs[rows].reset_index(drop=True),
            self.posteriors[rows].reset_index(drop=True),
            self.silent_share,
        )

    def resampled(self, weights: Floats, instance_ids: pd.Index) -> Floats:
        """Return the measures in resamples of the instances.

        Parameters
        ----------
        weights : ndarray of float64, shape (n_resamples, n_instances)
            How often each instance is in each resample, see `draw_resamples`.
        instance_ids : pd.Index
            The instances of the columns; those of the pairs among them.

        Returns
        -------
        ndarray of float64, shape (n_resamples, n_choices, n_measures)
        """
        row = instance_ids.get_indexer(pd.Index(self.pairs["instance_id"]))
        if (row < 0).any():
            raise ValueError(f"{int((row < 0).sum())} pairs are of instances without a weight")
        true = self.pairs["true"].to_numpy(bool)
        found = np.empty((len(weights), len(self.posteriors.columns), len(MEASURES)))
        for at, name in enumerate(self.posteriors):
            values, code = np.unique(
                self.posteriors[name].to_numpy(np.float64), return_inverse=True
            )
            shape = (len(instance_ids), len(values))
            present, absent = (
                csr_array((np.ones(some.sum()), (row[some], code[some])), shape=shape)
                for some in (true, ~true)
            )
            counts = ValueCounts(values, weights @ present, weights @ absent)
            for m, measure in enumerate(MEASURES.values()):
                found[:, at, m] = measure(counts)
        return found


def draw_resamples(n_instances: int, n_resamples: int, random_state: np.random.Generator) -> Floats:
    """Return how often each instance is drawn, with replacement, in each resample."""
    chance = np.full(n_instances, 1 / n_instances)
    return random_state.multinomial(n_instances, chance, size=n_resamples).astype(np.float64)


def candidate_pairs(votes: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return ``instance_id, label_id`` of the pairs with a vote and of their ancestors.

    Parameters
    ----------
    votes : pd.DataFrame
        Vote table.
    labels : pd.DataFrame
        ``label_id, parent_id``.
    """
    voted = votes[PAIR].drop_duplicates(ignore_index=True).assign(posterior=0.5)
    return close_upwards(voted, labels)[PAIR]


def judge_sources(
    votes: pd.DataFrame,
    labels: pd.DataFrame,
    judged: pd.DataFrame,
    make_model: Callable[[], LabelModel],
    *,
    choices: Sequence[Ablation] | None = None,
) -> JudgedPosteriors:
    """Fit a label model to the votes of every choice of sources, and measure on the same pairs.

    A choice that says nothing about a pair, neither by a vote nor by a label below it, believes
    the base rate of all judged pairs there: a constant that knows nothing of who else voted.

    Parameters
    ----------
    votes : pd.DataFrame
        Vote table of all instances; a source is left out by taking its votes away. What another
        source made of them stays.
    labels : pd.DataFrame
        ``label_id, attribute, parent_id``.
    judged : pd.DataFrame
        ``instance_id, label_id, true``: candidates of which the truth is known, no pair twice.
    make_model : callable
        Returns an unfitted label model.
    choices : sequence of Ablation, optional
        By default `ablations` of the sources that vote.

    Raises
    ------
    InputError
        If no pair is judged.
    """
    if judged.empty:
        raise InputError(
            "the truth is about none of the pairs with a vote; check that it names instances and "
            "labels as the inputs do"
        )
    chosen = ablations(votes["source"].unique().tolist()) if choices is None else choices
    base_rate = float(judged["true"].mean())
    columns, silent = {}, {}
    wanted = pd.MultiIndex.from_frame(judged[PAIR])
    for choice in chosen:
        part = votes[votes["source"].isin(choice.sources)]
        posterior = close_upwards(make_model().fit_predict(part, labels), labels)
        found = posterior.set_index(PAIR)["posterior"].reindex(wanted).to_numpy(np.float64)
        columns[choice.name] = np.where(np.isnan(found), base_rate, found)
        silent[choice.name] = float(np.isnan(found).mean())
    return JudgedPosteriors(
        judged.reset_index(drop=True), pd.DataFrame(columns), pd.Series(silent, dtype="float64")
    )


def judge_candidates(
    votes: pd.DataFrame, labels: pd.DataFrame, truth: pd.DataFrame
) -> tuple[pd.DataFrame, float]:
    """Return the candidates of the instances that the truth knows, and the recall ceiling.

    Parameters
    ----------
    votes : pd.DataFrame
    labels : pd.DataFrame
    truth : pd.DataFrame
        ``instance_id, label_id`` of all true pairs of the instances it names; no pair twice.

    Returns
    -------
    judged : pd.DataFrame
        ``instance_id, label_id, true``.
    ceiling : float
        Share of the true pairs that are candidates; the rest nobody votes on, so that no label
        model can find it.
    """
    candidates = candidate_pairs(votes, labels)
    known = candidates[candidates["instance_id"].isin(truth["instance_id"])]
    true = pd.MultiIndex.from_frame(known[PAIR]).isin(pd.MultiIndex.from_frame(truth[PAIR]))
    ceiling = float(true.sum() / len(truth)) if len(truth) else float("nan")
    return known.assign(true=true).reset_index(drop=True), ceiling


def votes_by_level(votes: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """Return one row a source and level: ``source, level, n_pairs, present``.

    ``present`` is the share of its judged pairs that are true.
    """
    said = votes[[*PAIR, "source", "level"]].merge(judged, on=PAIR)
    grouped = said.groupby(["source", "level"], as_index=False)
    return grouped.agg(n_pairs=("true", "size"), present=("true", "mean"))
