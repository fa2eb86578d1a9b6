"""``workbench estimate``: how much is wrong before and after cleaning, by a random audit sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.console import Terminal
from pipelines.estimate_told import tell_drawn, tell_estimates, tell_needed
from pipelines.stages import now
from workbench.errors import InputError, MissingArtefactError
from workbench.review.audit_sample import AuditSample, said_of_sample
from workbench.review.store import DecisionStore
from workbench.workspace import Workspace
from workbench.workspace.audit_frame import (
    allocation_of,
    audit_path,
    current_frame,
    draw_sample,
    extend_sample,
    frame_of,
    read_audit,
    write_audit,
)
from workbench.workspace.audited import Audited, tell_audit


def draw_audit(folder: Path, *, draw: int, seed: int, new: bool, terminal: Terminal) -> AuditSample:
    """Draw a first sample, or with ``new`` another in place of the one there is.

    Raises
    ------
    InputError
        If there is a sample already.
    MissingArtefactError
        If the workspace was not run.
    """
    workspace = Workspace(folder)
    with workspace.lock():
        if audit_path(workspace).exists() and not new:
            raise InputError(
                f"{audit_path(workspace)} holds an audit sample already; add to it with --more "
                f"{draw}, or start another with --new --draw {draw}: what was said of its pairs "
                "stays in the decision log"
            )
        sample = draw_sample(current_frame(workspace), draw, seed=seed, drawn_at=now())
        write_audit(workspace, sample)
    tell_drawn(workspace, sample, len(sample), terminal)
    if len(sample) != draw:
        terminal.warn(f"there are only {len(sample):,} pairs to draw from, not {draw:,}")
    return sample


def extend_audit(folder: Path, *, more: int, terminal: Terminal) -> AuditSample:
    """Draw further pairs, where they make the estimates sharpest by what was found so far."""
    workspace = Workspace(folder)
    with workspace.lock():
        sample = drawn_sample(workspace)
        strata = _told(workspace, sample).strata
        present, absent = (strata[name].to_numpy(np.float64) for name in ("n_present", "n_absent"))
        wanted = allocation_of(sample, present, absent, more)
        larger = extend_sample(frame_of(workspace, sample), sample, wanted, drawn_at=now())
        write_audit(workspace, larger)
    tell_drawn(workspace, larger, len(larger) - len(sample), terminal)
    return larger


def show_estimates(
    folder: Path, *, labels: str | None, width: float | None, terminal: Terminal
) -> Audited:
    """Print what the sample tells, and how many more reviews make the intervals narrow enough.

    Raises
    ------
    MissingArtefactError
        If none was drawn.
    InputError
        If the label version does not come from the one that was drawn from, or the width is no
        share.
    """
    workspace = Workspace(folder)
    if width is not None and not 0 < width < 1:
        raise InputError(
            f"--width is a share between 0 and 1, such as 0.02 for two points; found {width}"
        )
    sample = drawn_sample(workspace)
    told = _told(workspace, sample, labels)
    tell_estimates(workspace, told, terminal)
    if width is not None:
        tell_needed(workspace, told, width, terminal)
    return told


def drawn_sample(workspace: Workspace) -> AuditSample:
    """Return the audit sample of a workspace.

    Raises
    ------
    MissingArtefactError
        If none was drawn.
    """
    sample = read_audit(workspace)
    if sample is None:
        raise MissingArtefactError(
            f"{workspace.root} has no audit sample yet; draw one with: workbench estimate "
            f"{workspace.quoted} --draw 400"
        )
    return sample


def _told(workspace: Workspace, sample: AuditSample, labels: str | None = None) -> Audited:
    after = None if labels is None else workspace.label_version(labels)
    if after is not None and after.base != sample.base:
        raise InputError(
            f"--labels {after.name} comes from {after.base}, the audit sample was drawn from "
            f"{sample.base}; name a version that workbench apply made of {sample.base}"
        )
    return tell_audit(workspace, sample, said_so_far(workspace, sample), after=after)


def said_so_far(workspace: Workspace, sample: AuditSample) -> pd.DataFrame | None:
    """Return what is said of the drawn pairs; None before anybody has decided anything."""
    if not workspace.has_decisions():
        return None
    with DecisionStore(workspace.decisions_location()) as store:
        return said_of_sample(store, sample.pairs)
