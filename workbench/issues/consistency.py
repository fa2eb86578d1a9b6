"""Issues that follow from the labels themselves, each with its own reason."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import AxisMismatchError
from workbench.issues.applicability import inapplicable_attributes
from workbench.issues.conflicts import Conflicts, Doubts, weigh_conflicts
from workbench.issues.duplicates import alike, other_labels, same_text
from workbench.issues.exclusive import ExclusiveLabels, exclusive_values
from workbench.issues.hierarchy import missing_parents, parents_of, without_ancestors
from workbench.issues.pairs import Pairs
from workbench.matrices import LabelMatrix, PairScores, check_aligned, pairs_in
from workbench.report import MAX_EXAMPLES, Report
from workbench.signals.taxonomy import Taxonomy
from workbench.text import check_texts

# Where nothing else is known: most given pairs are right, few others are missing.
_PRIOR_GIVEN, _PRIOR_ABSENT = 0.9, 0.9
_MOST_REASONS = 3


@dataclass(frozen=True)
class ConsistencyRules:
    """What counts as a contradiction.

    Parameters
    ----------
    exclusive : collection of str
        Attributes of which an instance has one value, whatever the data says.
    most_lift : float
        Two values of another attribute exclude each other if its values hardly ever stand
        together, see :func:`workbench.issues.exclusive.exclusive_tolerance`; 0 for those of
        ``exclusive`` alone.
    least_similar : float
        Cosine from which instances of other words are alike.
    """

    exclusive: Collection[str] = ()
    most_lift: float = 0.1
    least_similar: float = 0.95

    def exclusive_labels(
        self, given: LabelMatrix, labels: pd.DataFrame, parents: NDArray[np.int64]
    ) -> ExclusiveLabels:
        """Return the labels that exclude each other, see `ExclusiveLabels`."""
        return ExclusiveLabels.of(
            given, labels, parents, known=self.exclusive, most_lift=self.most_lift
        )


@dataclass(frozen=True, eq=False)
class Inconsistencies:
    """Pairs whose given state contradicts another pair.

    Parameters
    ----------
    frame : pd.DataFrame
        ``instance_id, label_id, kind, given, label_quality, reason``, one row a pair.
    report : Report
        How often each rule is broken and how many pairs were called issues for it.
    """

    frame: pd.DataFrame
    report: Report


def find_inconsistencies(
    given: LabelMatrix,
    *,
    labels: pd.DataFrame | None = None,
    taxonomy: Taxonomy | None = None,
    applicability: pd.DataFrame | None = None,
    texts: Sequence[str] | None = None,
    neighbours: csr_array | None = None,
    presence: PairScores | None = None,
    rules: ConsistencyRules | None = None,
) -> Inconsistencies:
    """Return the pairs whose given state contradicts another pair, and why.

    A label is given without the one above it; two values of one attribute exclude each other; an
    attribute does not apply to the category; an instance that says the same does not carry the
    same. No model is needed: which of two pairs is the issue is weighed by what is known of each,
    by ``presence`` where there is one, else by the confidence of the given labels.

    Parameters
    ----------
    given : LabelMatrix
    labels : pd.DataFrame, optional
        ``label_id, attribute, value`` and, if known, ``parent_id``.
    taxonomy : Taxonomy, optional
        With ``applicability``: ``attribute, category_id`` (a label), where attributes apply.
    texts : sequence of str, length n_instances, optional
    neighbours : csr_array of float32, shape (n_instances, n_instances), optional
        Similar instances, used with ``texts``.
    presence : PairScores, optional
        Probability that a label is truly present, from other views.
    rules : ConsistencyRules, optional

    Raises
    ------
    InputError
        If ``labels`` lacks a column, names a label twice, parents run in a circle, or a text is no
        string.
    AxisMismatchError
        If the parts do not share their axes.
    """
    _check_axes(given, texts, neighbours, presence)
    rules, report = rules or ConsistencyRules(), Report()
    parents = parents_of(labels, given.label_ids)
    conflicts = [missing_parents(given, parents)]
    if labels is not None:
        exclusive = rules.exclusive_labels(given, labels, parents)
        conflicts.append(exclusive_values(given, exclusive))
    if taxonomy is not None and labels is not None and applicability is not None:
        lowest = without_ancestors(given, parents)
        conflicts.append(inapplicable_attributes(given, labels, taxonomy, applicability, lowest))
    if texts is not None:
        conflicts += _of_duplicates(given, texts, neighbours, rules.least_similar)
    doubts = weigh_conflicts(conflicts, _qualities(given, conflicts, presence))
    for part, found in zip(conflicts, doubts, strict=True):
        _count(part, found, given, report)
    return Inconsistencies(_frame(given, conflicts, doubts), report)


def _of_duplicates(
    given: LabelMatrix, texts: Sequence[str], neighbours: csr_array | None, least: float
) -> list[Conflicts]:
    same = same_text(texts)
    found = [
        other_labels(
            given,
            same,
            texts,
            rule="an instance of the same words carries another label",
            how="says the same",
        )
    ]
    if neighbours is not None:
        near = alike(neighbours, least=least)
        near = csr_array(near.astype(np.int8) - near.multiply(same).astype(np.int8), dtype=bool)
        near.eliminate_zeros()
        found.append(
            other_labels(
                given,
                near,
                texts,
                rule="an instance of almost the same words carries another label",
                how="says almost the same",
                tolerance=None,
                fewest=2,
            )
        )
    return found


def _qualities(
    given: LabelMatrix, conflicts: Sequence[Conflicts], presence: PairScores | None
) -> list[NDArray[np.float64]]:
    """Return the quality of both sides of each conflict, shape (2, n_conflicts)."""
    qualities = []
    for part in conflicts:
        first, prior = state_quality(given, part.first, presence), part.second_prior
        if prior is not None:
            # The prior is for firsts that are right; one that is wrong implies nothing.
            prior = first * prior + (1 - first)
        qualities.append(np.stack([first, state_quality(given, part.second, presence, prior)]))
    return qualities


def state_quality(
    given: LabelMatrix,
    pairs: Pairs,
    presence: PairScores | None,
    prior: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return how likely each pair's given state is, without regard to any rule.

    Parameters
    ----------
    given : LabelMatrix
    pairs : Pairs
    presence : PairScores, optional
        Where it says nothing the confidence of the given label counts, else the prior.
    prior : ndarray of float64, shape (n_pairs,), optional
        NaN, as without it, for what holds of most pairs.
    """
    quality = np.where(pairs.given, _PRIOR_GIVEN, _PRIOR_ABSENT)
    if prior is not None:
        quality = np.where(np.isnan(prior), quality, prior)
    if given.confidence is not None:
        own = pairs_in(given.values, pairs.rows, pairs.columns)
        quality[own >= 0] = given.confidence[own[own >= 0]]
    if presence is not None:
        judged = pairs_in(presence.values, pairs.rows, pairs.columns)
        found = presence.values.data[judged[judged >= 0]]
        quality[judged >= 0] = np.where(pairs.given[judged >= 0], found, 1 - found)
    return quality


def _count(part: Conflicts, found: Doubts, given: LabelMatrix, report: Report) -> None:
    shown = [
        f"{given.instance_ids[row]} / {given.label_ids[column]}"
        for row, column in zip(
            part.first.rows[:MAX_EXAMPLES], part.first.columns[:MAX_EXAMPLES], strict=True
        )
    ]
    report.count(f"contradictions: {part.rule}", len(part), shown)
    report.count(
        f"of these no issue, for both sides are likely: {part.rule}",
        len(part) - len(np.unique(found.conflict)),
    )


def _frame(
    given: LabelMatrix, conflicts: Sequence[Conflicts], doubts: Sequence[Doubts]
) -> pd.DataFrame:
    sides, reasons = _sides(conflicts, doubts)
    keys, first, of_pair = np.unique(
        sides.rows * len(given.label_ids) + sides.columns, return_index=True, return_inverse=True
    )
    pairs, quality = sides.take(first), np.concatenate([found.quality for found in doubts])
    joined: list[dict[str, None]] = [{} for _ in keys]
    for pair, reason in zip(of_pair.tolist(), reasons, strict=True):
        if len(joined[pair]) < _MOST_REASONS:
            joined[pair][reason] = None
    return pd.DataFrame(
        {
            "instance_id": given.instance_ids.take(pairs.rows),
            "label_id": given.label_ids.take(pairs.columns),
            "kind": pd.Series(np.where(pairs.given, "wrong", "missing"), dtype="str"),
            "given": pairs.given,
            "label_quality": quality[first].astype(np.float32),
            "reason": pd.Series(["; ".join(said) for said in joined], dtype="str"),
        }
    )


def _sides(conflicts: Sequence[Conflicts], doubts: Sequence[Doubts]) -> tuple[Pairs, list[str]]:
    """Return the pairs that are in doubt, conflict after conflict, and why each is."""
    rows, columns, given = [], [], []
    reasons: list[str] = []
    for part, found in zip(conflicts, doubts, strict=True):
        one, other = part.first.take(found.conflict), part.second.take(found.conflict)
        rows.append(np.where(found.of_first, one.rows, other.rows))
        columns.append(np.where(found.of_first, one.columns, other.columns))
        given.append(np.where(found.of_first, one.given, other.given))
        told = zip(found.conflict.tolist(), found.of_first.tolist(), strict=True)
        reasons += [part.tell(conflict, of_first) for conflict, of_first in told]
    return Pairs(np.concatenate(rows), np.concatenate(columns), np.concatenate(given)), reasons


def _check_axes(
    given: LabelMatrix,
    texts: Sequence[str] | None,
    neighbours: csr_array | None,
    presence: PairScores | None,
) -> None:
    n_instances = given.values.shape[0]
    if presence is not None:
        check_aligned(given, presence)
    if texts is not None and len(texts) != n_instances:
        raise AxisMismatchError(
            f"texts: expected one an instance, {n_instances}, found {len(texts)}"
        )
    if texts is not None:
        check_texts(texts)
    if neighbours is not None and neighbours.shape != (n_instances, n_instances):
        raise AxisMismatchError(
            f"neighbours: expected shape {(n_instances, n_instances)}, found {neighbours.shape}"
        )
