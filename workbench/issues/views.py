"""What is known about a pair without looking at whether it is given, one number a view."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.issues.cooccurrence import cooccurrence_log_lift, count_together
from workbench.issues.label_regression import LabelRegression
from workbench.issues.literal import LiteralMatcher
from workbench.issues.neighbours import count_neighbours_with_label
from workbench.issues.pairs import Pairs, judged_pairs, lowest_candidate
from workbench.issues.score_views import (
    find_rivals,
    instance_mean_log_odds,
    prior_log_odds,
    score_log_odds,
    score_scale,
)
from workbench.matrices import LabelMatrix, PairScores

_NO_EVIDENCE = ("instance", "prior")


class PairViews:
    """The views of any pairs, given or not; each leaves the pair's own state out.

    Parameters
    ----------
    given : LabelMatrix
    scores : PairScores
        Out of sample.
    column_sums : ndarray of float64, shape (n_labels,)
        Sum of each label's scores over all instances, judged or not.
    lowest : ndarray of float32, shape (n_instances,), optional
        Score of each instance's last candidate, where further pairs are among ``scores``.
    comparison : PairScores, optional
        Scores of further pairs that are not given, drawn without regard to their scores.
    neighbours : csr_array, shape (n_instances, n_instances), optional
        See :func:`workbench.issues.neighbours.nearest_neighbours`.
    attributes : ndarray of int64, shape (n_labels,), optional
        Code of each label's attribute, -1 for none or one whose values do not exclude each other.
    matcher : LiteralMatcher, optional
    with_companions : bool
        Whether ``companions`` is a view. Not where given labels come from votes: what a source
        errs in it errs in for several labels of an instance, and a regression learns just that.
    random_state : int
        For the scores of comparison pairs that nobody computed.

    Attributes
    ----------
    names : tuple of str
        ``score``: the model's score. ``neighbours``: how many similar instances carry the label.
        ``cooccurrence``: how the label goes with the instance's other labels. ``companions``: what
        a regression on those makes of it. ``rival``: the score's margin over the best other value
        of the attribute. ``literal``: the value stands in the text. ``instance``: how well the
        model knows the instance. ``prior``: how frequent the label is.
    is_evidence : tuple of bool
        Whether more of the view always speaks for the label.
    """

    def __init__(
        self,
        given: LabelMatrix,
        scores: PairScores,
        column_sums: NDArray[np.float64],
        *,
        lowest: NDArray[np.float32] | None = None,
        comparison: PairScores | None = None,
        neighbours: csr_array | None = None,
        attributes: NDArray[np.int64] | None = None,
        matcher: LiteralMatcher | None = None,
        with_companions: bool = True,
        random_state: int = 0,
    ) -> None:
        self.given = given
        self.scores = scores
        self.column_sums = column_sums
        self.comparison = comparison
        self.neighbours = neighbours
        self.attributes = attributes
        self.matcher = matcher
        self.judged = judged_pairs(given, scores)
        self.lowest = lowest_candidate(self.judged, scores) if lowest is None else lowest
        self.together = count_together(given)
        self._regression = (
            LabelRegression(given, self.together, attributes) if with_companions else None
        )
        self._rng = np.random.default_rng(random_state)
        present = {
            "score": True,
            "neighbours": neighbours is not None,
            "cooccurrence": True,
            "companions": with_companions,
            "rival": attributes is not None,
            "literal": matcher is not None,
            "instance": True,
            "prior": True,
        }
        self.names = tuple(name for name, there in present.items() if there)
        self.is_evidence = tuple(name not in _NO_EVIDENCE for name in self.names)

    def of(self, pairs: Pairs) -> NDArray[np.float32]:
        """Return the views of some pairs, shape (n_pairs, n_views), in the order of ``names``."""
        known = (self.judged, self.scores, self.column_sums, self.comparison, self.lowest)
        score = score_log_odds(pairs, *known, self._rng)
        columns = {
            "score": score,
            "cooccurrence": cooccurrence_log_lift(
                self.given, self.together, pairs, self.attributes
            ),
            "prior": prior_log_odds(self.given, pairs),
            "instance": instance_mean_log_odds(self.given, pairs, self.judged, self.scores, score),
        }
        if self._regression is not None:
            columns["companions"] = self._regression.predict(pairs)
        if self.neighbours is not None:
            columns["neighbours"] = self._neighbour_log_odds(self.neighbours, pairs)
        if self.attributes is not None:
            rivals = find_rivals(pairs, self.judged, self.scores.values.data, self.attributes)
            columns["rival"] = score - score_scale(rivals.scores)
        if self.matcher is not None:
            columns["literal"] = self.matcher.find_pairs(pairs).astype(np.float32)
        return np.stack([columns[name] for name in self.names], axis=1)

    def _neighbour_log_odds(self, neighbours: csr_array, pairs: Pairs) -> NDArray[np.float32]:
        carry = count_neighbours_with_label(neighbours, self.given, pairs)
        n_neighbours = np.diff(neighbours.indptr)[pairs.rows]
        return np.log((carry + 0.5) / (n_neighbours - carry + 0.5)).astype(np.float32)
