"""What an audit sample says of the labels before and after cleaning, and of the queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluate.stratified import Cells, needed_for, pooled_counts
from workbench.review.audit_sample import AuditSample
from workbench.workspace.audit_figures import GIVEN, AuditCells, Figure, domains, figures_of
from workbench.workspace.audit_frame import N_STRATA, AuditFrame, frame_of
from workbench.workspace.label_versions import LabelVersion
from workbench.workspace.layout import Workspace
from workbench.workspace.version_diff import diff_versions

# Where 300 pairs are drawn without a missing one, so many still may be: 1 - 0.025 ** (1 / 300).
_MOST_OF_REST = 0.0122


@dataclass(frozen=True, eq=False)
class Audited:
    """What an audit sample tells now.

    Parameters
    ----------
    sample : AuditSample
    before, after : str
        Label versions; the same if nothing was cleaned.
    figures : tuple of Figure
    changes : pd.DataFrame
        ``cause, n_pairs, n_drawn, share, low, high``: how often what was changed is right, by those
        that an auditor has judged; share NaN without any.
    strata : pd.DataFrame
        ``state, queue, support, n_pairs, n_drawn, n_reached, n_present, n_absent, n_unsure,
        n_passed``.
    n_audited, n_looked, n_unsure, n_passed, n_open : int
        Drawn pairs by what is said of them: by an auditor; by the verdict of a queue alone; unsure
        of either; passed over; not reached yet.
    n_outside : int
        Changed pairs that are neither given before nor candidates: the estimates do not cover them.
    """

    sample: AuditSample
    before: str
    after: str
    figures: tuple[Figure, ...]
    changes: pd.DataFrame
    strata: pd.DataFrame
    n_audited: int
    n_looked: int
    n_unsure: int
    n_passed: int
    n_open: int
    n_outside: int

    @property
    def most_missing_of_rest(self) -> int:
        """How many pairs that are not covered may be missing though 300 drawn ones are not."""
        return round(_MOST_OF_REST * self.sample.n_rest)

    def figure(self, name: str) -> Figure | None:
        """Return a figure by name; None if there is none."""
        return next((one for one in self.figures if one.name == name), None)

    def needed(self, width: float) -> dict[str, NDArray[np.int64] | None]:
        """Return how many more of each stratum make the intervals at most so wide, by figure."""
        strata = self.strata
        n_pairs = strata["n_pairs"].to_numpy(np.int64)
        present, absent, unsure, passed = (
            strata[name].to_numpy(np.float64)
            for name in ("n_present", "n_absent", "n_unsure", "n_passed")
        )
        cells = Cells(n_pairs, present, absent, unsure + passed)
        known = strata["n_reached"].to_numpy(np.int64)
        found: dict[str, NDArray[np.int64] | None] = {}
        for name, inside in domains().items():
            weight = np.where(inside, n_pairs, 0) / max(int(n_pairs[inside].sum()), 1)
            if weight.any():
                wanted = needed_for(cells, weight, width)
                found[name] = None if wanted is None else wanted - known
        return found


def tell_audit(
    workspace: Workspace,
    sample: AuditSample,
    said: pd.DataFrame | None,
    *,
    after: LabelVersion | None = None,
) -> Audited:
    """Return what a sample tells now.

    Parameters
    ----------
    workspace : Workspace
    sample : AuditSample
    said : pd.DataFrame, optional
        ``audited, looked`` of each drawn pair, as of `said_of_sample`; nothing if left out.
    after : LabelVersion, optional
        The newest made from the version that was drawn from, if left out.

    Notes
    -----
    The pairs of a stratum are asked in an order that only chance settles. So those up to the last
    one that was audited are a random sample of their own; what lies behind is not reached yet, and
    what lies before and is not answered was passed over: like the unsure, absent at one end of each
    interval and present at the other.
    """
    frame = frame_of(workspace, sample)
    before = workspace.label_version(sample.base)
    after = workspace.latest_labels(base=sample.base) if after is None else after
    drawn = _reviewed(sample, said)
    changed, n_outside = _changed(workspace, frame, before, after)
    keys = frame.keys_of(drawn)
    at = np.searchsorted(changed["key"].to_numpy(), keys)
    at = np.minimum(at, max(len(changed) - 1, 0))
    is_changed = (
        changed["key"].to_numpy()[at] == keys if len(changed) else np.zeros(len(keys), bool)
    )
    causes = changed["cause"].to_numpy(object)[at] if len(changed) else np.full(len(keys), "")
    drawn = drawn.assign(changed=is_changed, cause=np.where(is_changed, causes, ""))
    cells = AuditCells.of(sample, drawn, changed)
    strata = _strata(sample, drawn)
    reached = drawn["reached"].to_numpy(bool)
    return Audited(
        sample,
        before.name,
        after.name,
        tuple(figures_of(cells, before, after)),
        _changes(sample, drawn, changed),
        strata,
        n_audited=int(drawn["audited"].notna().sum()),
        n_looked=int((drawn["audited"].isna() & drawn["verdict"].notna()).sum()),
        n_unsure=int((reached & (drawn["verdict"] == "unsure")).sum()),
        n_passed=int((reached & drawn["verdict"].isna()).sum()),
        n_open=int((~reached & drawn["verdict"].isna()).sum()),
        n_outside=n_outside,
    )


def _reviewed(sample: AuditSample, said: pd.DataFrame | None) -> pd.DataFrame:
    """Return the drawn pairs with ``audited, verdict, reached``."""
    pairs = sample.pairs
    nothing = pd.Series([None] * len(pairs), dtype="object")
    if said is None:
        audited, verdict = nothing, nothing
    else:
        audited = said["audited"]
        verdict = audited.where(audited.notna(), said["looked"])
    drawn = pairs.assign(audited=audited, verdict=verdict)
    # A card asks for all drawn pairs of its instance: only its first says how far one has come.
    leads = ~drawn["instance_id"].duplicated()
    end = np.zeros(N_STRATA, np.int64)
    for stratum in range(N_STRATA):
        of_stratum = drawn[drawn["stratum"] == stratum]
        by_place = of_stratum.sort_values("place")
        known = by_place["verdict"].notna().to_numpy()
        whole = len(known) if known.all() else int(np.argmin(known))
        audits = by_place.loc[by_place["audited"].notna() & leads[by_place.index], "place"]
        end[stratum] = max(whole, int(audits.max()) + 1 if len(audits) else 0)
    return drawn.assign(reached=drawn["place"] < end[drawn["stratum"]])


def _changed(
    workspace: Workspace, frame: AuditFrame, before: LabelVersion, after: LabelVersion
) -> tuple[pd.DataFrame, int]:
    """Return the changed pairs of the frame by key, with ``stratum`` and ``cause``; and others."""
    empty = pd.DataFrame({"key": np.zeros(0, np.int64), "stratum": np.zeros(0, np.int64)})
    if after.name == before.name:
        return empty.assign(cause=pd.Series(dtype="object")), 0
    pairs = diff_versions(workspace, before, after).pairs
    pairs = pairs.assign(key=frame.keys_of(pairs))
    inside = np.isin(pairs["key"].to_numpy(), frame.keys)
    pairs = pairs[inside].sort_values("key", ignore_index=True)
    pairs = pairs.assign(stratum=frame.strata_of(pairs["key"].to_numpy()))
    return pairs[["key", "stratum", "cause"]], int((~inside).sum())


def _changes(sample: AuditSample, drawn: pd.DataFrame, changed: pd.DataFrame) -> pd.DataFrame:
    """Return how often changes are right, by cause, of those that an auditor has judged."""
    is_given = GIVEN[drawn["stratum"]]
    right = np.where(is_given, drawn["audited"] == "absent", drawn["audited"] == "present")
    n_pairs = np.array([one.n_pairs for one in sample.strata], np.float64)
    is_unsure = (drawn["audited"] == "unsure").to_numpy()
    seen = drawn["audited"].notna().to_numpy() & drawn["reached"].to_numpy(bool)
    reach = np.bincount(drawn.loc[drawn["reached"], "stratum"], minlength=N_STRATA)
    weight = (n_pairs / np.maximum(reach, 1))[drawn["stratum"]]
    rows = []
    kinds = np.array([right, ~right & ~is_unsure, is_unsure], np.float64)
    for cause, n in changed["cause"].value_counts().items():
        of = seen & (drawn["cause"] == cause).to_numpy()
        counts = pooled_counts(kinds[:, of], weight[of])
        cell = Cells(np.array([int(n)]), *counts[:, None])
        low, high = cell.limits()
        share = float(cell.shares()[0])
        rows.append((str(cause), int(n), int(of.sum()), share, float(low[0]), float(high[0])))
    return pd.DataFrame(rows, columns=["cause", "n_pairs", "n_drawn", "share", "low", "high"])


def _strata(sample: AuditSample, drawn: pd.DataFrame) -> pd.DataFrame:
    strata = sample.strata_frame()
    reached = drawn["reached"].to_numpy(bool)
    masks: Mapping[str, NDArray[np.bool_]] = {
        "n_reached": reached,
        **{
            f"n_{verdict}": reached & (drawn["verdict"] == verdict).to_numpy(bool)
            for verdict in ("present", "absent", "unsure")
        },
        "n_passed": reached & drawn["verdict"].isna().to_numpy(),
    }
    for name, mask in masks.items():
        strata[name] = np.bincount(drawn.loc[mask, "stratum"], minlength=N_STRATA)
    return strata
