"""Measures as scikit-learn calls them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.evaluate.hits import check_rank


@dataclass(frozen=True)
class Scorer:
    """Calls a measure on what an estimator predicts; made by `scorer`."""

    measure: Callable[..., float]
    k: int
    options: tuple[tuple[str, Any], ...] = ()

    def __call__(self, estimator: Any, X: Any, Y: Any) -> float:
        """Return the measure of the estimator's first k labels against Y."""
        predictions = estimator.predict(X, k=self.k)
        return self.measure(predictions, Y, self.k, **dict(self.options))


def scorer(measure: Callable[..., float], *, k: int, **options: Any) -> Scorer:
    """Return a measure as scikit-learn's ``scoring``.

    ``sklearn.metrics.make_scorer`` does not do: it calls a measure with the truth first, and
    ``predict`` without k.

    Parameters
    ----------
    measure : callable
        ``measure(predictions, truth, k, **options)``, such as `precision_at_k`; higher is better.
    k : int
        So many labels an instance are predicted and measured.
    **options
        What else the measure takes: ``propensity``.

    Raises
    ------
    ValueError
        If k is not a whole number of 1 or more.
    TypeError
        If the measure does not take the options, or needs others.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> from sklearn.model_selection import GridSearchCV
    >>> from workbench.evaluate import precision_at_k
    >>> from workbench.model import OneVsRest
    >>> X = csr_array([[1.0, 0], [0, 1], [1, 0], [0, 1]])
    >>> search = GridSearchCV(
    ...     OneVsRest(n_jobs=1), {"C": [1, 2]}, scoring=scorer(precision_at_k, k=1), cv=2)
    >>> float(search.fit(X, X > 0).best_score_)
    1.0
    """
    check_rank(k)
    try:
        inspect.signature(measure).bind(None, None, k, **options)
    except TypeError as error:
        name = getattr(measure, "__name__", repr(measure))
        raise TypeError(f"{name} does not fit predictions, truth, k, {options}: {error}") from error
    return Scorer(measure, k, tuple(options.items()))
