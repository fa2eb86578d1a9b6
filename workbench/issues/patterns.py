"""Groups of issues with one cause, to be reviewed as a batch."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from workbench.issues.causes import Causes
from workbench.issues.pairs import Pairs
from workbench.matrices import check_unit_interval

_COLUMNS = (
    *("pattern_id", "kind", "cause", "description", "label_id", "cause_name"),
    *("n_issues", "n_pairs", "expected_errors", "expected_precision", "lift", "gain"),
)


@dataclass(frozen=True)
class PatternRules:
    """What makes a group of issues a pattern.

    Parameters
    ----------
    fewest : int
        Issues of a pattern.
    least_lift : float
        How much denser in issues its pairs are than the label's other pairs.
    false_cost : float
        What a pair that is changed by mistake costs, against what a real error that is found
        brings.
    """

    fewest: int = 5
    least_lift: float = 3.0
    false_cost: float = 1.0


@dataclass(frozen=True, eq=False)
class Patterns:
    """Patterns, the largest expected gain first, and which issue belongs to which.

    Parameters
    ----------
    frame : pd.DataFrame
        ``pattern_id, kind, cause, description, label_id, cause_name, n_issues, n_pairs,
        expected_errors, expected_precision, lift, gain``. ``kind`` and ``label_id`` are those of
        its issues (a swap has the issues of the other value too), ``cause`` is the kind of cause,
        ``n_pairs`` how many pairs of the label have it, issues or not.
    of_issues : ndarray of int64, shape (n_issues,)
        Position of each issue's pattern, -1 for none.
    """

    frame: pd.DataFrame
    of_issues: NDArray[np.int64]

    def ids_of_issues(self) -> pd.Series:
        """Return the pattern_id of each issue, null for none."""
        ids = self.frame["pattern_id"].array.take(self.of_issues, allow_fill=True)
        return pd.Series(ids, dtype="str")


@dataclass(frozen=True, eq=False)
class _Candidates:
    """Groups of issues; those of group k are in row k of ``members``."""

    about: pd.DataFrame
    members: csr_array


def find_patterns(
    issues: Pairs,
    error_probability: NDArray[np.floating],
    background: Pairs,
    causes: Sequence[Causes],
    label_ids: pd.Index,
    *,
    rules: PatternRules | None = None,
) -> Patterns:
    """Return the groups of issues of one label with one cause.

    A group is a pattern if it has issues enough, and the pairs of the label that have the cause
    are much denser in issues than its other pairs. Of patterns that share issues the one with
    the largest expected gain takes them: the sum of p - c (1 - p), with p the probability that
    an issue is a real error and c the cost of a false one. Then the gain of the others is that
    of what is left to them.

    Parameters
    ----------
    issues : Pairs
    error_probability : ndarray of float, shape (n_issues,)
        That the given state is wrong.
    background : Pairs
        All pairs that could have become an issue: the given ones, and the judged others.
    causes : sequence of Causes
        Of equal patterns the cause that comes first is taken.
    label_ids : pd.Index of str
    rules : PatternRules, optional

    Raises
    ------
    InputError
        If there is not one probability an issue, or one is NaN or outside [0, 1].
    """
    check_unit_interval(error_probability, len(issues), "error_probability")
    rules = rules or PatternRules()
    found = [_candidates(issues, background, one, label_ids, rules) for one in causes]
    about = pd.concat([_no_groups(), *(one.about for one in found)], ignore_index=True)
    members = _stacked([one.members for one in found], len(issues))
    p = np.asarray(error_probability, np.float64)
    worth = p - rules.false_cost * (1 - p)
    taken, of_issues = _cover(members, worth, rules.fewest)
    order, of_issues = _largest_first(taken, of_issues, worth)
    frame = about.iloc[order].reset_index(drop=True)
    inside = of_issues >= 0
    owner = of_issues[inside]
    frame["n_issues"] = np.bincount(owner, minlength=len(order))
    frame["expected_errors"] = np.bincount(owner, p[inside], len(order))
    frame["expected_precision"] = frame["expected_errors"] / frame["n_issues"]
    frame["gain"] = np.bincount(owner, worth[inside], len(order))
    return Patterns(frame[list(_COLUMNS)], of_issues)


def _candidates(
    issues: Pairs, background: Pairs, causes: Causes, label_ids: pd.Index, rules: PatternRules
) -> _Candidates:
    """Return the groups of one kind of cause that are large and dense enough."""
    abouts, rows, columns = [_no_groups()], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    n_groups, width = 0, max(len(causes.names), 1)
    for state in (True, False):
        if causes.kind == "swap" and not state:
            continue
        asked = np.flatnonzero(issues.given == state)
        mine, theirs = issues.take(asked), background.take(background.given == state)
        pair, cause = causes.of(mine)
        keys, group, n_with = np.unique(
            mine.columns[pair] * width + cause, return_inverse=True, return_counts=True
        )
        label = keys // width
        large = np.flatnonzero(n_with >= rules.fewest)
        n_pairs = np.maximum(causes.count(theirs, label[large], keys[large] % width), n_with[large])
        lift = _lift(mine, theirs, label[large], n_with[large], n_pairs, len(label_ids))
        dense = lift >= rules.least_lift
        kept = large[dense]
        number = np.full(len(keys), -1)
        number[kept] = n_groups + np.arange(len(kept))
        inside = number[group] >= 0
        rows.append(number[group[inside]])
        columns.append(asked[pair[inside]])
        abouts.append(_about(causes, state, label[kept], keys[kept] % width, label_ids))
        abouts[-1]["n_pairs"], abouts[-1]["lift"] = n_pairs[dense], lift[dense]
        n_groups += len(kept)
    about = pd.concat(abouts, ignore_index=True)
    row, column = np.concatenate(rows), np.concatenate(columns)
    if causes.kind == "swap":
        row, column = _with_partners(row, column, about, issues, label_ids)
    ones = np.ones(len(row), np.int8)
    return _Candidates(about, csr_array((ones, (row, column)), shape=(n_groups, len(issues))))


def _lift(
    issues: Pairs,
    background: Pairs,
    label: NDArray[np.int64],
    n_with: NDArray[np.int64],
    n_pairs: NDArray[np.int64],
    n_labels: int,
) -> NDArray[np.float64]:
    """Return how much denser in issues the pairs with a cause are than the label's others."""
    all_issues = np.bincount(issues.columns, minlength=n_labels)[label]
    all_pairs = np.bincount(background.columns, minlength=n_labels)[label]
    others = np.maximum(all_pairs - n_pairs, all_issues - n_with)
    inside, outside = (n_with + 0.5) / (n_pairs + 1), (all_issues - n_with + 0.5) / (others + 1)
    return np.asarray(inside / outside, np.float64)


def _with_partners(
    group: NDArray[np.int64],
    issue: NDArray[np.int64],
    about: pd.DataFrame,
    issues: Pairs,
    label_ids: pd.Index,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the groups with the missing label of each swap beside the wrong one."""
    width = np.int64(len(label_ids))
    keys = issues.rows * width + issues.columns
    order = np.argsort(keys, kind="stable")
    instead = label_ids.get_indexer(pd.Index(about["cause_name"]))[group]
    wanted = issues.rows[issue] * width + instead
    partner = order[np.searchsorted(keys[order], wanted)]
    return np.concatenate([group, group]), np.concatenate([issue, partner])


def _cover(
    members: csr_array, worth: NDArray[np.float64], fewest: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the groups as they are taken, and the place of each issue's group; -1 for none."""
    by_issue = csc_array(members)
    gain = members @ worth
    left = np.diff(members.indptr)
    of_issues = np.full(members.shape[1], -1, np.int64)
    taken: list[int] = []
    while len(gain):
        best = int(np.argmax(np.where(left >= fewest, gain, -np.inf)))
        if left[best] < fewest or gain[best] <= 0:
            break
        own = members.indices[members.indptr[best] : members.indptr[best + 1]]
        own = own[of_issues[own] < 0]
        of_issues[own] = len(taken)
        taken.append(best)
        for one in own:
            holders = by_issue.indices[by_issue.indptr[one] : by_issue.indptr[one + 1]]
            gain[holders] -= worth[one]
            left[holders] -= 1
        gain[best], left[best] = 0.0, 0
    return np.array(taken, np.int64), of_issues


def _largest_first(
    taken: NDArray[np.int64], of_issues: NDArray[np.int64], worth: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the groups by gain and the places of the issues' groups among them.

    A group that takes a shared issue of negative worth leaves more to the groups after it.
    """
    inside = of_issues >= 0
    gain = np.bincount(of_issues[inside], worth[inside], len(taken))
    order = np.argsort(-gain, kind="stable")
    place = np.append(np.argsort(order), -1)
    return taken[order], place[of_issues]


def _about(
    causes: Causes,
    state: bool,
    label: NDArray[np.int64],
    cause: NDArray[np.int64],
    label_ids: pd.Index,
) -> pd.DataFrame:
    kind, said = ("wrong", "is given") if state else ("missing", "is not given")
    labels, names = label_ids.take(label), causes.names.take(cause)
    told = [
        causes.sentence.format(label=a, state=said, cause=b)
        for a, b in zip(labels, names, strict=True)
    ]
    ids = [_id(kind, causes.kind, a, b) for a, b in zip(labels, names, strict=True)]
    return pd.DataFrame(
        {
            "pattern_id": pd.Series(ids, dtype="str"),
            "kind": pd.Series(kind, index=range(len(ids)), dtype="str"),
            "cause": pd.Series(causes.kind, index=range(len(ids)), dtype="str"),
            "description": pd.Series(told, dtype="str"),
            "label_id": pd.Series(labels, dtype="str"),
            "cause_name": pd.Series(names, dtype="str"),
        }
    )


def _id(*parts: str) -> str:
    """Return a name that stays the same as long as what it names does."""
    return hashlib.blake2s("\x1f".join(parts).encode(), digest_size=6).hexdigest()


def _no_groups() -> pd.DataFrame:
    texts = ("pattern_id", "kind", "cause", "description", "label_id", "cause_name")
    frame = pd.DataFrame({name: pd.Series([], dtype="str") for name in texts})
    return frame.assign(n_pairs=pd.Series([], dtype="int64"), lift=pd.Series([], dtype="float64"))


def _stacked(parts: Sequence[csr_array], n_issues: int) -> csr_array:
    """Return the rows of all parts below each other."""
    lengths = [np.diff(part.indptr) for part in parts]
    indptr = np.concatenate([[0], *lengths]).cumsum()
    indices = np.concatenate([np.empty(0, np.int64), *(part.indices for part in parts)])
    return csr_array((np.ones(len(indices)), indices, indptr), shape=(len(indptr) - 1, n_issues))
