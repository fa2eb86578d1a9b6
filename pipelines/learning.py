"""The reviewed pairs that the ranking learns from, and what they taught it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.automatic import read_audit
from pipelines.reviewed import read_reviewed
from pipelines.stages import Run
from pipelines.without_verdicts import labels_without_verdicts
from workbench.issues.learning import FEWEST_DECISIONS
from workbench.issues.noise_estimates import UNKNOWN, WRONG
from workbench.issues.ranking import RankedIssues
from workbench.matrices import LabelMatrix, pairs_in
from workbench.report import Report
from workbench.workspace import Artefact

_PAIR = ["instance_id", "label_id"]
# What the pairs of a kind are called that are no suspects yet, and those that are errors.
_STATES = {"wrong": "given pairs", "missing": "pairs that are not given"}
_FOUND = {"wrong": "were wrong", "missing": "were missing"}


def reviewed_to_learn_from(
    run: Run, given: LabelMatrix, ingested: Artefact, report: Report
) -> pd.DataFrame | None:
    """Return the reviewed pairs, None if not wanted, or if too few were seen to learn from."""
    if not run.config.issues.decisions:
        return None
    found = _reviewed(run, given, ingested, report)
    return found if found["seen"].sum() >= FEWEST_DECISIONS else None


def note_learnt(found: RankedIssues, given: LabelMatrix, report: Report) -> None:
    """Note for each kind what the verdicts said, and how far they moved the label quality.

    Parameters
    ----------
    found : RankedIssues
    given : LabelMatrix
        Whose axes the issues have.
    report : Report
    """
    judged, n_labels = found.judged, len(given.label_ids)
    # In stored order, so ascending.
    keys = judged.pairs.rows * n_labels + judged.pairs.columns
    for kind, state in _STATES.items():
        mine = (judged.reviewed != UNKNOWN) & (judged.pairs.given == (kind == "wrong"))
        n = int(mine.sum())
        if n < FEWEST_DECISIONS:
            if n:
                report.note(_too_few(n, state))
            continue
        n_found = int((judged.reviewed[mine] >= WRONG).sum())
        issues = found.frame[found.frame["kind"] == kind]
        expected = judged.error[mine].sum()
        rows = given.instance_ids.get_indexer(pd.Index(issues["instance_id"]))
        columns = given.label_ids.get_indexer(pd.Index(issues["label_id"]))
        before = judged.error[np.searchsorted(keys, rows.astype(np.int64) * n_labels + columns)]
        after = 1 - issues["label_quality"].to_numpy(np.float64)
        report.note(
            f"of {n:,} reviewed {state} {n_found:,} {_FOUND[kind]}, label quality expected "
            f"{expected:,.0f}; having learnt from them it expects {after.sum():,.0f} of the "
            f"{len(issues):,} open issues to be {kind}, before {before.sum():,.0f}"
        )


def tell_too_few(run: Run) -> None:
    """Print :func:`too_few_line`, and of a file drawn for the ranking alone what it does then."""
    line, inputs = too_few_line(run), run.config.inputs
    if line and inputs.labels is not None and inputs.reviewed is not None:
        line += "; drawn at random, they correct the estimated noise then too"
    if line:
        run.terminal.say(f"\n{line}")


def too_few_line(run: Run) -> str:
    """Return how many reviewed pairs wait until they are enough to learn from; empty if none do."""
    workspace = run.workspace
    if not run.config.issues.decisions or not workspace.has("flag"):
        return ""
    about = workspace.artefact("flag").manifest["depends_on"]
    if "reviewed" in about:  # its report says
        return ""
    version, ingested = (
        workspace.label_version(about["label_version"]),
        workspace.artefact("ingest"),
    )
    reviewed = _reviewed(run, version.labels(), ingested, Report())
    if reviewed.empty:
        return ""
    without = labels_without_verdicts(
        run, version, workspace.artefact("label"), ingested.table("labels")
    )
    rows = without.instance_ids.get_indexer(pd.Index(reviewed["instance_id"]))
    columns = without.label_ids.get_indexer(pd.Index(reviewed["label_id"]))
    n_given = int((pairs_in(without.values, rows, columns) >= 0).sum())
    counted = zip(_STATES.values(), (n_given, len(reviewed) - n_given), strict=True)
    return "; ".join(_too_few(n, state) for state, n in counted if n)


def _too_few(n: int, state: str) -> str:
    return f"{n:,} reviewed {state}; from {FEWEST_DECISIONS} on the ranking learns from them"


def _reviewed(run: Run, given: LabelMatrix, ingested: Artefact, report: Report) -> pd.DataFrame:
    labels = ingested.table("labels")
    found = read_reviewed(run, given.instance_ids, labels, report, decisions=True).pairs
    audit = read_audit(run, given.instance_ids, given.label_ids, report)
    audit = audit[audit["verdict"].isin(["present", "absent"])].assign(
        weight=1.0, audit=False, seen=True
    )
    return pd.concat([found, audit], ignore_index=True).drop_duplicates(_PAIR, ignore_index=True)
