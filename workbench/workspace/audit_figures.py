"""The figures of an audit sample: sums over strata, parted in what was changed and what was not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluate.stratified import Cells, Estimate, estimate_sum, pooled_counts
from workbench.review.audit_sample import FIRST, AuditSample
from workbench.workspace.audit_frame import N_STRATA, QUEUES, STATES, SUPPORTS
from workbench.workspace.label_versions import LabelVersion

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Of each stratum, whether its pairs are given, and their place among the queues.
GIVEN = np.arange(N_STRATA) < N_STRATA // len(STATES)
_QUEUE = np.arange(N_STRATA) // len(SUPPORTS) % len(QUEUES)
# Of fewer drawn changes of a stratum those of several are put together.
_FEWEST_CHANGES = 5


@dataclass(frozen=True)
class Figure:
    """One thing that the sample tells.

    Parameters
    ----------
    name : str
        ``wrong before``, ``missing after``, ``precision wrong first``, ...
    told : str
        In words.
    estimate : Estimate
    n_pairs : int
        Pairs that the share is of; 0 for a difference.
    """

    name: str
    told: str
    estimate: Estimate
    n_pairs: int


def domains() -> dict[str, NDArray[np.bool_]]:
    """Return of which strata each figure about one version is, by its name."""
    return {
        "wrong before": GIVEN,
        "missing before": ~GIVEN,
        "precision wrong": GIVEN & (_QUEUE < 2),
        "precision missing": ~GIVEN & (_QUEUE < 2),
        "precision wrong first": GIVEN & (_QUEUE == 0),
        "precision missing first": ~GIVEN & (_QUEUE == 0),
    }


@dataclass(frozen=True, eq=False)
class AuditCells:
    """The strata, each parted in pairs that were changed and pairs that were not.

    Parameters
    ----------
    n_pairs, n_changed : ndarray of int64, shape (N_STRATA,)
        Pairs of each stratum, and how many of them were changed.
    cells : Cells
        The unchanged pairs of each stratum, then the changed ones, then those of the strata with
        few changes together: of the given pairs, and of the candidates.
    place : ndarray of int64, shape (N_STRATA,)
        Which cell tells of the changed pairs of each stratum.
    """

    n_pairs: Ints
    n_changed: Ints
    cells: Cells
    place: Ints

    @classmethod
    def of(cls, sample: AuditSample, drawn: pd.DataFrame, changed: pd.DataFrame) -> AuditCells:
        """Return the cells of a sample.

        Parameters
        ----------
        sample : AuditSample
        drawn : pd.DataFrame
            ``stratum, verdict, reached, changed`` of each drawn pair.
        changed : pd.DataFrame
            ``stratum`` of every pair that was changed, drawn or not.
        """
        n_pairs = np.array([one.n_pairs for one in sample.strata], np.int64)
        n_changed = np.bincount(changed["stratum"], minlength=N_STRATA)
        reached = drawn[drawn["reached"]]
        is_changed = reached["changed"].to_numpy(bool)
        of_unchanged, of_changed = _counts(reached[~is_changed]), _counts(reached[is_changed])
        reach = np.bincount(reached["stratum"], minlength=N_STRATA)
        weight = np.where(reach > 0, n_pairs / np.maximum(reach, 1), 0.0)
        # Where few changes are drawn, those of several strata are told by all of them together.
        few = (n_changed > 0) & (of_changed.sum(axis=0) < _FEWEST_CHANGES)
        place, sizes, pooled = np.arange(N_STRATA) + N_STRATA, [], []
        for state, strata in enumerate((few & GIVEN, few & ~GIVEN)):
            place[strata] = 2 * N_STRATA + state
            sizes.append(n_changed[strata].sum())
            pooled.append(pooled_counts(of_changed[:, strata], weight[strata]))
        cells = Cells(
            np.concatenate([n_pairs - n_changed, np.where(few, 0, n_changed), sizes]),
            *np.hstack([of_unchanged, np.where(few, 0.0, of_changed), np.transpose(pooled)]),
        )
        return cls(n_pairs, n_changed, cells, place)

    def form(self, unchanged: Floats, changed: Floats) -> Floats:
        """Return coefficients of the cells from those of a pair of each stratum."""
        found = np.zeros(len(self.cells.n_pairs))
        found[:N_STRATA] = unchanged * self.cells.n_pairs[:N_STRATA]
        np.add.at(found, self.place, changed * self.n_changed)
        return found


def _counts(drawn: pd.DataFrame) -> Floats:
    """Return how many were called present, absent and neither, shape (3, N_STRATA)."""
    is_present, is_absent = (drawn["verdict"] == said for said in ("present", "absent"))
    kinds = (is_present, is_absent, ~is_present & ~is_absent)
    strata = [np.bincount(drawn.loc[kind, "stratum"], minlength=N_STRATA) for kind in kinds]
    return np.array(strata, np.float64)


def figures_of(cells: AuditCells, before: LabelVersion, after: LabelVersion) -> list[Figure]:
    """Return all figures; each is a sum over cells of shares that are present."""
    n_pairs, n_changed = cells.n_pairs, cells.n_changed
    given = GIVEN.astype(np.float64)
    n_given, n_others = int(n_pairs[GIVEN].sum()), int(n_pairs[~GIVEN].sum())
    shift = int(n_changed[~GIVEN].sum() - n_changed[GIVEN].sum())
    n_given_now, n_others_now = n_given + shift, n_others - shift

    def absent(unchanged: Floats, changed: Floats) -> Estimate:
        form = cells.form(unchanged, changed)
        return estimate_sum(cells.cells, -form, float(form.sum()))

    def present(unchanged: Floats, changed: Floats) -> Estimate:
        return estimate_sum(cells.cells, cells.form(unchanged, changed))

    found = [
        Figure("wrong before", f"wrong among the given of {before.name}",
               absent(given / max(n_given, 1), given / max(n_given, 1)), n_given),
        Figure("missing before", f"missing among the candidates of {before.name}",
               present((1 - given) / max(n_others, 1), (1 - given) / max(n_others, 1)), n_others),
    ]  # fmt: skip
    if after.name != before.name:
        # What was removed is given no longer, what was added is.
        wrong_now = (given / max(n_given_now, 1), (1 - given) / max(n_given_now, 1))
        missing_now = ((1 - given) / max(n_others_now, 1), given / max(n_others_now, 1))
        wrong = [given / max(n_given, 1) - one for one in wrong_now]
        missing = [(1 - given) / max(n_others, 1) - one for one in missing_now]
        found += [
            Figure("wrong after", f"wrong among the given of {after.name}",
                   absent(*wrong_now), n_given_now),
            Figure("missing after", f"missing among the candidates of {after.name}",
                   present(*missing_now), n_others_now),
            Figure("wrong less", "wrong, before less after", absent(wrong[0], wrong[1]), 0),
            Figure("missing less", "missing, before less after",
                   present(missing[0], missing[1]), 0),
        ]  # fmt: skip
    for name, inside in list(domains().items())[2:]:
        of = inside.astype(np.float64) / max(int(n_pairs[inside].sum()), 1)
        kind = "wrong" if " wrong" in name else "missing"
        told = f"the first {FIRST} likely {kind}" if name.endswith("first") else f"likely {kind}"
        if n_pairs[inside].sum():
            estimate = absent(of, of) if kind == "wrong" else present(of, of)
            found.append(Figure(name, f"right of {told}", estimate, int(n_pairs[inside].sum())))
    return found
