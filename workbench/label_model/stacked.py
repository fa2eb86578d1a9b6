"""A logistic regression on the votes, learnt from reviewed pairs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from scipy.special import expit

from workbench.errors import InputError
from workbench.label_model.base import LabelModel
from workbench.label_model.dawid_skene import DawidSkene
from workbench.label_model.patterns import VotePatterns
from workbench.label_model.verdicts import NOT_REVIEWED

Floats = NDArray[np.float64]


class StackedLogistic(LabelModel):
    r"""Posterior of every pair from a logistic regression on its votes.

    Dawid and Skene's model needs no reviewed pair, but believes that groups of sources speak
    independently. Where that is wrong its log-odds are too large, or lean on the wrong source.
    With reviewed pairs this can be mended: with :math:`d_a` and :math:`d_s` the prior and the
    evidence of a `DawidSkene` model that saw no verdict,

    .. math:: \operatorname{logit} P(y = 1 | v) = b + b_a + \beta d_a
              + \sum_s \left( \beta d_s + w_s(v_s) + \sigma w_{a,s}(v_s) \right)

    where :math:`v_s` is the level of source :math:`s`, or that it abstains, and :math:`a` the
    attribute. The slope :math:`\beta` is all but free; the corrections :math:`w` are held to 0 by
    an L2 penalty, those of an attribute more than those of all. Pseudo-pairs with the votes of the
    table and the posterior below hold the whole to the model below. A summand that belongs to a
    source is evidence of that source.

    Parameters
    ----------
    groups, finders
        Of the `DawidSkene` model.
    C : float, default 0.2
        How free the corrections are: the inverse of the penalty. Above 0.
    attribute_scale : float, default 0.3
        How free those of an attribute are beside those of all, :math:`\sigma`. 0 leaves them out.
    pseudo_pairs : float, default 30
        How many reviewed pairs the model below weighs. 0 or more.

    Attributes
    ----------
    sources_, attributes_ : tuple of str
    n_reviewed_ : int
        Pairs learnt from.
    slope_ : float
        :math:`\beta`.
    corrections_ : DataFrame
        source, attribute ("" and null: of all), level (-1: abstains) and log_odds.

    Notes
    -----
    Stacking: Wolpert, "Stacked Generalization", Neural Networks 5, 1992. The verdicts do not enter
    the model below, so that its log-odds are as good on a pair that nobody reviewed.
    """

    def __init__(
        self,
        *,
        groups: Mapping[str, str] | None = None,
        finders: Collection[str] = (),
        C: float = 0.2,
        attribute_scale: float = 0.3,
        pseudo_pairs: float = 30.0,
    ) -> None:
        self.groups = groups
        self.finders = finders
        self.C = C
        self.attribute_scale = attribute_scale
        self.pseudo_pairs = pseudo_pairs

    def fit_patterns(self, patterns: VotePatterns) -> StackedLogistic:
        """Learn from the votes and the verdicts among the patterns.

        Raises
        ------
        InputError
            If the reviewed pairs that have a vote are not of both states.
        ValueError
            If a parameter is out of range.
        """
        self._check_parameters()
        rows = np.flatnonzero(patterns.verdicts != NOT_REVIEWED)
        present = patterns.verdicts[rows]
        if len(np.unique(present)) < 2:
            n_present = int(patterns.counts[rows][present == 1].sum())
            n_absent = int(patterns.counts[rows][present == 0].sum())
            raise InputError(
                f"reviewed: expected present and absent pairs among those with a vote, found "
                f"{n_present} and {n_absent}; review more pairs or use another label model"
            )
        self.sources_, self.attributes_ = patterns.sources, patterns.attributes
        self.n_reviewed_ = int(patterns.counts[rows].sum())
        self._below = DawidSkene(groups=self.groups, finders=self.finders)
        self._below.fit_patterns(patterns.review(None))
        self._levels = tuple(np.unique(column) for column in patterns.levels.T)
        design = self._design(patterns)
        state, weight = self._states(patterns, rows, self._posterior_below(design))
        from sklearn.linear_model import LogisticRegression

        # Few of the columns are filled in a row: with hundreds of attributes a dense design would
        # take gigabytes.
        regression = LogisticRegression(C=self.C, solver="newton-cg", tol=1e-6, max_iter=500)
        regression.fit(vstack([design[rows], design, design]).tocsr(), state, sample_weight=weight)
        self._coefficients = regression.coef_[0]
        self._intercept = float(regression.intercept_[0])
        self.slope_ = float(self._coefficients[0]) * _SLOPE_SCALE
        self.corrections_ = self._corrections()
        return self

    def log_odds(self, patterns: VotePatterns) -> tuple[Floats, Floats]:
        """Return the prior, shape (n_patterns,), and the evidence, (n_patterns, n_sources)."""
        prior, evidence = self._below.log_odds(patterns)
        design = self._design(patterns)
        evidence = self.slope_ * evidence
        first = 1 + len(self.attributes_)
        prior = self.slope_ * prior + self._intercept
        prior += design[:, 1:first] @ self._coefficients[1:first]
        for source, levels in enumerate(self._levels):
            last = first + len(levels) * (1 + len(self.attributes_))
            evidence[:, source] += design[:, first:last] @ self._coefficients[first:last]
            first = last
        return prior, evidence

    def _posterior_below(self, design: csr_array) -> Floats:
        below: Floats = expit(design[:, [0]].toarray().ravel() / _SLOPE_SCALE)
        return below

    def _states(
        self, patterns: VotePatterns, rows: NDArray[np.int64], below: Floats
    ) -> tuple[NDArray[np.int8], Floats]:
        """Return state and weight of the reviewed patterns, then of the pseudo-pairs."""
        # What a verdict stands for matters beside the others only: C keeps its meaning.
        weight = patterns.verdict_weights[rows]
        weight = weight * (self.n_reviewed_ / weight.sum())
        pseudo = patterns.counts * (self.pseudo_pairs / patterns.counts.sum())
        n_patterns = len(pseudo)
        likely = np.repeat(np.array([1, 0], np.int8), n_patterns)
        return (
            np.concatenate([patterns.verdicts[rows], likely]),
            np.concatenate([weight, pseudo * below, pseudo * (1 - below)]),
        )

    def _check_parameters(self) -> None:
        if not 0 < self.C < np.inf:
            raise ValueError(f"C must be above 0, found {self.C}")
        if not 0 <= self.attribute_scale < np.inf:
            raise ValueError(f"attribute_scale must be 0 or more, found {self.attribute_scale}")
        if not 0 <= self.pseudo_pairs < np.inf:
            raise ValueError(f"pseudo_pairs must be 0 or more, found {self.pseudo_pairs}")

    def _design(self, patterns: VotePatterns) -> csr_array:
        """Return the columns: log-odds below, attributes, then levels of each source.

        Of a source first those for all attributes, then those of each. A level or an attribute
        that the fit did not see has no column.
        """
        prior, evidence = self._below.log_odds(patterns)
        n_rows, n_known = len(prior), len(self.attributes_)
        row = np.arange(n_rows)
        known = pd.Index(self.attributes_, dtype="str")
        attribute = known.get_indexer(pd.Index(patterns.attributes, dtype="str"))
        attribute = attribute[patterns.attribute_index]
        parts = [(row, np.zeros(n_rows, np.int64), _SLOPE_SCALE * (prior + evidence.sum(axis=1)))]

        def add(column: NDArray[np.int64], seen: NDArray[np.bool_], value: float) -> None:
            parts.append((row[seen], column[seen], np.full(np.count_nonzero(seen), value)))

        add(1 + attribute, attribute >= 0, self.attribute_scale)
        first = 1 + n_known
        for said, levels in zip(patterns.levels.T, self._levels, strict=True):
            place = np.searchsorted(levels, said).clip(max=len(levels) - 1)
            seen = levels[place] == said
            add(first + place, seen, 1.0)
            first += len(levels)
            add(
                first + attribute * len(levels) + place,
                seen & (attribute >= 0),
                self.attribute_scale,
            )
            first += n_known * len(levels)
        rows, columns, values = (np.concatenate(part) for part in zip(*parts, strict=True))
        return csr_array((values, (rows, columns)), shape=(n_rows, first))

    def _corrections(self) -> pd.DataFrame:
        first = 1 + len(self.attributes_)
        scale = np.r_[1.0, np.full(len(self.attributes_), self.attribute_scale)]
        tables = []
        for source, levels in zip(self.sources_, self._levels, strict=True):
            n = len(levels) * len(scale)
            tables.append(
                pd.DataFrame(
                    {
                        "source": source,
                        "attribute": np.repeat([None, *self.attributes_], len(levels)),
                        "level": np.tile(levels, len(scale)),
                        "log_odds": self._coefficients[first : first + n]
                        * np.repeat(scale, len(levels)),
                    }
                ).astype({"source": "str", "attribute": "str"})
            )
            first += n
        return pd.concat(tables, ignore_index=True)


# The penalty hardly sees a coefficient whose column is large.
_SLOPE_SCALE = 10.0
