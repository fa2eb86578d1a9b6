"""How many pairs are wrong or missing: of each label, attribute, source and branch, with bounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import InputError
from workbench.issues.pairs import Pairs
from workbench.matrices import check_unit_interval, pairs_in

COLUMNS = (
    "scope", "name", "n_given", "n_judged", "n_reviewed", "n_unjudged",
    "estimated_wrong", "wrong_low", "wrong_high", "wrong_basis",
    "estimated_missing", "missing_low", "missing_high", "missing_basis",
)  # fmt: skip
# What a reviewer says of a pair: nothing, that its state without a verdict was right, or wrong. The
# labels of today may hold a wrong state still, or be repaired.
UNKNOWN, RIGHT, WRONG, REPAIRED = -1, 0, 1, 2
MODEL, SAMPLE = "model", "random sample"
# Estimated and injected numbers differ by such a factor on six data sets and three kinds of noise.
MODEL_ERROR = {"wrong": 1.7, "missing": 2.0}
# Of fewer reviewed pairs drawn at random a share is not known well enough to correct the model.
_FEWEST_DRAWN = 30
_WIDTH = 1.96


@dataclass(frozen=True, eq=False)
class JudgedPairs:
    """Judged pairs, the probability of each of being an error, and what reviewers said of it.

    Parameters
    ----------
    pairs : Pairs
        A settled one with the state that it would have without its verdict.
    error : ndarray of float64, shape (n_pairs,)
        Probability that this state is wrong, from the model alone.
    reviewed : ndarray of int8, shape (n_pairs,)
        ``WRONG`` if a reviewer found an error, ``REPAIRED`` if the labels of today no longer hold
        it, ``RIGHT`` if he found none, ``UNKNOWN`` if nobody settled it.
    drawn : ndarray of float64, shape (n_pairs,)
        How many pairs a reviewed one stands for that was drawn at random; 0 for all others.
    drawable : ndarray of bool, shape (n_pairs,)
        Pairs that a random sample is drawn among; what it shows says nothing of others.
    raised : ndarray of float64, shape (n_pairs,), optional
        The probability with what is known of other pairs, verdicts on them included; ``error`` if
        left out. It counts where the model speaks alone. A sample corrects ``error``, for it needs
        one that came about in the same way on the pairs that were drawn and on the others.
    """

    pairs: Pairs
    error: NDArray[np.float64]
    reviewed: NDArray[np.int8]
    drawn: NDArray[np.float64]
    drawable: NDArray[np.bool_]
    raised: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.pairs)

    def at_least(self, error: csr_array) -> JudgedPairs:
        """Return the pairs, ``raised`` to what a matrix says where that is more.

        Parameters
        ----------
        error : csr_array of float, shape (n_instances, n_labels)
            Probability of being an error, with sorted indices. An absent pair raises none; pairs
            that were not judged are no part of this.
        """
        found = pairs_in(error, self.pairs.rows, self.pairs.columns)
        raised = self.error.copy()
        raised[found >= 0] = np.maximum(raised[found >= 0], error.data[found[found >= 0]])
        return replace(self, raised=raised)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.integer]) -> JudgedPairs:
        """Return the chosen pairs, by mask or by position."""
        return JudgedPairs(
            self.pairs.take(chosen),
            self.error[chosen],
            self.reviewed[chosen],
            self.drawn[chosen],
            self.drawable[chosen],
            None if self.raised is None else self.raised[chosen],
        )


@dataclass(frozen=True, eq=False)
class Scope:
    """A way to part the pairs, such as by attribute.

    Parameters
    ----------
    scope : str
        What the parts are: ``attribute``, ``source``.
    names : sequence of str
        Of the parts.
    positions, parts : ndarray of int64, shape (n_members,)
        Judged pairs, by position, and the part each belongs to; a pair may be in several.
    n_given : ndarray of int64, shape (n_parts,)
        Given pairs of each part, judged or not.
    """

    scope: str
    names: Sequence[str]
    positions: NDArray[np.int64]
    parts: NDArray[np.int64]
    n_given: NDArray[np.int64]


def estimate_noise(judged: JudgedPairs, scopes: Iterable[Scope]) -> pd.DataFrame:
    """Return how many pairs of each part are wrong and how many are missing, with bounds.

    Errors that reviewers found count as they are, repaired ones no longer. Of the pairs that
    nobody settled the number is the sum of their probabilities of being an error, the raised ones;
    its bounds are the spread over instances and over what is likely but not certain, on top of
    ``MODEL_ERROR``. This factor is as far as such sums and injected numbers were off on six data
    sets, which promises no share of cases for another one. Where at least 30 reviewed pairs of a
    part were drawn at random, they correct the sum (prediction-powered inference), and the bounds
    are those of the sample instead, at 95 %; for pairs that no sample is drawn among the model's
    sum and its factor stay. A sample speaks of the states without verdicts, repaired ones among
    them; what was repaired is subtracted in the end.

    Parameters
    ----------
    judged : JudgedPairs
    scopes : iterable of Scope
        One after the other: of millions of pairs each takes some hundred megabytes.

    Returns
    -------
    pd.DataFrame
        ``COLUMNS``, a row a part. ``n_judged`` counts given pairs that were judged, ``n_unjudged``
        those that were not, about which the estimates say nothing; ``wrong_basis`` and
        ``missing_basis`` are ``model`` or ``random sample``.

    Raises
    ------
    InputError
        If a probability is NaN or outside [0, 1], or a pair that was drawn stands for a number of
        pairs that is NaN, infinite or below 0.

    References
    ----------
    Angelopoulos, Bates, Fannjiang, Jordan and Zrnic (2023), Prediction-Powered Inference; the
    weight of the model's part is that of Angelopoulos, Duchi and Zrnic (2023), PPI++.
    """
    check_unit_interval(judged.error, len(judged), "error")
    bad = ~((judged.drawn >= 0) & (judged.drawn < np.inf))
    if bad.any():
        raise InputError(
            f"drawn: expected finite numbers of 0 or more, found {int(bad.sum())} others, at "
            f"positions {np.flatnonzero(bad)[:5].tolist()}: {judged.drawn[bad][:5].tolist()}"
        )
    frames = [_frame_of(judged, scope) for scope in scopes]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))


def _frame_of(judged: JudgedPairs, scope: Scope) -> pd.DataFrame:
    n_parts = len(scope.names)
    given, reviewed = judged.pairs.given[scope.positions], judged.reviewed[scope.positions]
    given_today = given ^ (reviewed == REPAIRED)
    found: dict[str, object] = {
        "scope": pd.Series(scope.scope, index=range(n_parts), dtype="str"),
        "name": pd.Series(list(scope.names), dtype="str"),
        "n_given": scope.n_given,
        "n_judged": np.bincount(scope.parts[given_today], minlength=n_parts),
        "n_reviewed": np.bincount(scope.parts[reviewed != UNKNOWN], minlength=n_parts),
    }
    for kind, of_kind in (("wrong", given), ("missing", ~given)):
        members = judged.take(scope.positions[of_kind])
        estimate = _estimate(members, scope.parts[of_kind], n_parts, kind)
        found |= {f"estimated_{kind}": estimate[0]}
        found |= {f"{kind}_low": estimate[1], f"{kind}_high": estimate[2]}
        found[f"{kind}_basis"] = pd.Series(np.where(estimate[3], SAMPLE, MODEL), dtype="str")
    frame = pd.DataFrame(found)
    frame["n_unjudged"] = frame["n_given"] - frame["n_judged"]
    return frame[list(COLUMNS)]


def _estimate(
    members: JudgedPairs, parts: NDArray[np.int64], n_parts: int, kind: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return estimate, lower and upper bound, and whether a random sample made them."""

    def total(values: NDArray[np.floating], of: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.bincount(parts[of], values[of], n_parts).astype(np.float64)

    p = members.error if members.raised is None else members.raised
    is_open = members.reviewed == UNKNOWN
    everything = np.ones(len(p), bool)
    n_all = np.bincount(parts, minlength=n_parts).astype(np.float64)
    known = total((members.reviewed == WRONG).astype(np.float64), everything)
    is_right = (members.reviewed == RIGHT) | (members.reviewed == REPAIRED)
    n_known_right = total(is_right.astype(np.float64), everything)
    expected = total(p, is_open)
    rows = members.pairs.rows[is_open]
    between = _between_instances(p[is_open], rows, parts[is_open], n_parts)
    variance = total(p * (1 - p), is_open) + between
    width, factor = _WIDTH * np.sqrt(variance), MODEL_ERROR[kind]
    estimate = known + expected
    low, high = known + expected / factor - width, known + expected * factor + width

    n_drawn = np.bincount(parts[members.drawn > 0], minlength=n_parts)
    sampled = n_drawn >= _FEWEST_DRAWN
    for part in np.flatnonzero(sampled):
        of_part = parts == part
        sampled_from = of_part & (members.drawable | (members.drawn > 0))
        found, error = _corrected(members.take(sampled_from))
        # Of pairs that no sample is drawn among the model still speaks alone.
        others = float(p[of_part & ~sampled_from & is_open].sum())
        seen = float((members.reviewed[of_part & ~sampled_from] == WRONG).sum())
        estimate[part] = found + others + seen
        low[part] = found - error + others / factor + seen
        high[part] = found + error + others * factor + seen
    most = n_all - n_known_right
    low, high = np.clip(low, known, most), np.clip(high, known, most)
    return np.clip(estimate, known, most), low, high, sampled


def _between_instances(
    p: NDArray[np.float64], rows: NDArray[np.int32], parts: NDArray[np.int64], n_parts: int
) -> NDArray[np.float64]:
    """Return the variance of each part's sum if instances were drawn anew."""
    n_instances = int(rows.max(initial=0)) + 1
    keys, place = np.unique(parts * n_instances + rows, return_inverse=True)
    sums = np.bincount(place, p, len(keys))
    of = keys // n_instances
    n = np.maximum(np.bincount(of, minlength=n_parts), 1)
    squares, all_sums = (np.bincount(of, values, n_parts) for values in (sums**2, sums))
    return np.asarray(squares - all_sums**2 / n, np.float64)


def _corrected(members: JudgedPairs) -> tuple[float, float]:
    """Return the number of errors, the model's sum corrected by the sample, and half its width.

    Those that were repaired are not among them.
    """
    drawn, n = members.drawn > 0, len(members)
    # Pairs reviewed for a reason are known; the sample speaks for the others, itself among them.
    settled = (members.reviewed != UNKNOWN) & ~drawn
    known, n_rest = float((members.reviewed[settled] == WRONG).sum()), n - int(settled.sum())
    p, y = members.error[drawn], (members.reviewed[drawn] >= WRONG).astype(np.float64)
    n_repaired = int((members.reviewed[drawn] == REPAIRED).sum())
    share = members.drawn[drawn] / members.drawn[drawn].sum()
    mean_p, mean_y = float(share @ p), float(share @ y)
    spread = float(share @ (p - mean_p) ** 2)
    trust = float(share @ ((p - mean_p) * (y - mean_y))) / spread if spread > 0 else 0.0
    trust = min(max(trust, 0.0), 1.0)
    residual = y - trust * p
    mean = float(share @ residual)
    # One residual of 1 more: a sample without an error does not prove that there is none.
    squares = float((share**2) @ (residual - mean) ** 2) + float((share**2).max())
    left = max(1 - len(p) / max(n_rest, 1), 0.0)
    estimate = known + trust * float(members.error[~settled].sum()) + n_rest * mean
    return estimate - n_repaired, _WIDTH * n_rest * float(np.sqrt(squares * left))
