"""``workbench estimate``: how much is wrong before and after cleaning, by a random audit sample."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.out_files import check_out_file
from pipelines.reading import read_configured
from pipelines.reviewed import REVIEWED
from pipelines.stages import Run
from workbench.errors import InputError, MissingArtefactError
from workbench.evaluate.stratified import Estimate
from workbench.export.writers import safe_cells, unescaped_cells
from workbench.plurals import plural
from workbench.report import MAX_EXAMPLES, Report
from workbench.review.audit_sample import AuditSample, said_by_auditor, said_of_sample
from workbench.review.decisions import PAIR, Decision, Role, Verdict
from workbench.review.store import DecisionStore
from workbench.review.team import read_team_settings
from workbench.workspace import Workspace, replace_file
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

KNOWN = (Verdict.PRESENT, Verdict.ABSENT)


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
        sample = draw_sample(current_frame(workspace), draw, seed=seed, drawn_at=_now())
        write_audit(workspace, sample)
    _tell_drawn(workspace, sample, len(sample), terminal)
    if len(sample) != draw:
        terminal.warn(f"there are only {len(sample):,} pairs to draw from, not {draw:,}")
    return sample


def extend_audit(folder: Path, *, more: int, terminal: Terminal) -> AuditSample:
    """Draw further pairs, where they make the estimates sharpest by what was found so far."""
    workspace = Workspace(folder)
    with workspace.lock():
        sample = _sample(workspace)
        strata = _told(workspace, sample).strata
        present, absent = (strata[f"n_{one}"].to_numpy(np.float64) for one in KNOWN)
        wanted = allocation_of(sample, present, absent, more)
        larger = extend_sample(frame_of(workspace, sample), sample, wanted, drawn_at=_now())
        write_audit(workspace, larger)
    _tell_drawn(workspace, larger, len(larger) - len(sample), terminal)
    return larger


def write_audit_sheet(folder: Path, *, out: Path, overwrite: bool, terminal: Terminal) -> int:
    """Write the pairs that no auditor has judged as a CSV with an empty ``verdict``."""
    workspace = Workspace(folder)
    check_out_file(out, overwrite=overwrite, holds="verdicts")
    sample = _sample(workspace)
    said = _said(workspace, sample)
    pairs = sample.pairs[PAIR]
    if said is not None:
        pairs = pairs[said["audited"].isna()]
    texts = workspace.artefact("ingest").table("instances", columns=["instance_id", "text"])
    sheet = pairs.merge(texts, how="left", on="instance_id").assign(verdict="")
    sheet = sheet[["text", "label_id", "verdict", "instance_id"]]
    escaped = {name: safe_cells(sheet[name].fillna("")) for name in ("text", *PAIR)}
    # The sign at the beginning tells spreadsheets that it is UTF-8.
    replace_file(out, "\ufeff" + sheet.assign(**escaped).to_csv(index=False))
    terminal.say(
        f"wrote {out}: {len(sheet):,} of {len(sample):,} drawn pairs, in an order that only chance "
        "settles; fill in 'verdict' from the top with present, absent or unsure, then: workbench "
        f"estimate {workspace.quoted} --read {out} --reviewer NAME"
    )
    return len(sheet)


def read_audit_sheet(folder: Path, *, file: Path, reviewer: str, terminal: Terminal) -> int:
    """Record the verdicts of a file on drawn pairs and return how many are new.

    Raises
    ------
    InputError
        If the file breaks its contract, holds no verdict on a drawn pair, or the reviewer is
        nobody of the team.
    """
    workspace = Workspace(folder)
    sample = _sample(workspace)
    member = read_team_settings(workspace.config(), str(workspace.config_path)).member(reviewer)
    if member is None:
        raise InputError(f"{reviewer!r} is not in [team] of {workspace.config_path}; add the name")
    run = Run(workspace, read_config(workspace.config_path), terminal)
    path = str(file.resolve())
    told = read_configured(run, path, REVIEWED, {}, Report(), bad_rows="error")
    labels = workspace.label_version(sample.base).labels()
    told = told.assign(
        instance_id=unescaped_cells(told["instance_id"], labels.instance_ids),
        label_id=unescaped_cells(told["label_id"], labels.label_ids),
    )
    filled = told[told["verdict"].notna()]
    drawn = pd.MultiIndex.from_frame(sample.pairs[PAIR])
    inside = pd.MultiIndex.from_frame(filled[PAIR]).isin(drawn)
    if not inside.any():
        raise InputError(
            f"{file}: expected verdicts on pairs of the audit sample, found {len(told):,} rows, "
            f"{len(filled):,} of them filled in and none of those drawn; write the sheet to fill "
            f"in with: workbench estimate {workspace.quoted} --out {file.stem}-sheet.csv"
        )
    told_of = filled.loc[inside, [*PAIR, "verdict"]]
    now = datetime.now(UTC)
    with DecisionStore(workspace.decisions_location()) as store:
        said = said_by_auditor(store, told_of, member.name)
        decisions = [
            Decision(
                str(uuid.uuid4()),
                now,
                member.name,
                instance_id,
                label_id,
                Verdict(verdict),
                label_version=sample.base,
                role=Role.AUDITOR,
            )
            for instance_id, label_id, verdict in told_of.itertuples(index=False, name=None)
            # What stands already is not said again: a file may be read as often as it grows.
            if said.get((instance_id, label_id)) != verdict
        ]
        n_new = store.record_many(decisions)
    terminal.say(
        f"read {file}: {plural(len(told_of), 'verdict')} on drawn pairs, {n_new:,} of them new; "
        f"{plural(len(told) - len(filled), 'row')} not filled in"
    )
    if len(filled) > len(told_of):
        others = filled.loc[~inside, PAIR].head(MAX_EXAMPLES).to_numpy().tolist()
        terminal.warn(
            f"{plural(len(filled) - len(told_of), 'verdict')} on pairs that were not drawn left "
            f"out, such as {[' / '.join(pair) for pair in others]}"
        )
    return n_new


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
    sample = _sample(workspace)
    told = _told(workspace, sample, labels)
    _tell_reviewed(workspace, told, terminal)
    _tell_figures(told, terminal)
    _tell_changes(told, terminal)
    _tell_not_covered(told, terminal)
    if width is not None:
        _tell_needed(workspace, told, width, terminal)
    return told


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _sample(workspace: Workspace) -> AuditSample:
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
    return tell_audit(workspace, sample, _said(workspace, sample), after=after)


def _said(workspace: Workspace, sample: AuditSample) -> pd.DataFrame | None:
    """Return what is said of the drawn pairs; None before anybody has decided anything."""
    if not workspace.has_decisions():
        return None
    with DecisionStore(workspace.decisions_location()) as store:
        return said_of_sample(store, sample.pairs)


def _tell_drawn(workspace: Workspace, sample: AuditSample, n: int, terminal: Terminal) -> None:
    strata = sample.strata_frame()
    terminal.say(
        f"drew {n:,} pairs at random, {len(sample):,} in all, of {strata['n_pairs'].sum():,} given "
        f"pairs of {sample.base} and candidates for missing ones:"
    )
    for (state, queue), part in strata.groupby(["state", "queue"], sort=False):
        if part["n_pairs"].sum():
            n_drawn, n_pairs = part["n_drawn"].sum(), part["n_pairs"].sum()
            terminal.say(f"  {state}, {_place(queue):22} {n_drawn:>6,} of {n_pairs:>10,}")
    terminal.say(
        f"review them blind in the app, queue 'Random pairs' (workbench app {workspace.quoted}), "
        f"or in a file: workbench estimate {workspace.quoted} --out audit.csv. These verdicts "
        "measure: apply leaves them out"
    )


def _place(queue: object) -> str:
    return {"first": "first in the queue", "later": "later in the queue"}.get(
        str(queue), str(queue)
    )


def _tell_reviewed(workspace: Workspace, told: Audited, terminal: Terminal) -> None:
    sample = told.sample
    terminal.say(
        f"audit sample: {len(sample):,} pairs of {told.before}, drawn "
        f"{', '.join(f'{n:,} on {when[:10]}' for when, n in sample.draws)}; {told.n_audited:,} "
        f"judged blind, {told.n_looked:,} by their verdict in a queue, {told.n_open:,} to come"
    )
    if told.n_unsure or told.n_passed:
        terminal.say(
            f"  {told.n_unsure:,} unsure and {told.n_passed:,} passed over: the intervals have "
            "them both ways"
        )
    if told.n_open:
        terminal.say(f"  go on in the app, queue 'Random pairs': workbench app {workspace.quoted}")


def shown(estimate: Estimate, *, signed: bool = False) -> str:
    """Return a share with its interval in percent."""
    sign = "+" if signed else ""
    value = "not known yet" if np.isnan(estimate.value) else f"{estimate.value:{sign}.1%}"
    return f"{value} ({estimate.low:{sign}.1%} to {estimate.high:{sign}.1%})".replace("-", "\u2212")


def _tell_figures(told: Audited, terminal: Terminal) -> None:
    terminal.say("share, with its 95 % interval:")
    for one in told.figures:
        is_less = one.name.endswith("less")
        line = f"  {one.told:44} {shown(one.estimate, signed=is_less):32}"
        if not is_less and not np.isnan(one.estimate.value):
            numbers = (one.estimate.value, one.estimate.low, one.estimate.high)
            count, low, high = (f"{round(n * one.n_pairs):,}" for n in numbers)
            line += f" {count} ({low} to {high}) of {one.n_pairs:,}"
        terminal.say(line.rstrip())
    if told.after == told.before:
        terminal.say(f"  nothing is cleaned yet: {told.before} is the newest of its labels")


def _tell_changes(told: Audited, terminal: Terminal) -> None:
    if told.changes.empty:
        return
    terminal.say(f"right of what was changed up to {told.after}, by blind verdicts:")
    for one in told.changes.to_dict("records"):
        head = f"  by {one['cause']:24} {one['n_pairs']:>8,} pairs, {one['n_drawn']:>4,} judged: "
        if one["n_drawn"]:
            share = Estimate(one["share"], one["low"], one["high"], one["n_drawn"])
            terminal.say(head + shown(share))
        else:
            terminal.say(head + "not known")


def _tell_not_covered(told: Audited, terminal: Terminal) -> None:
    n_rest = told.sample.n_rest
    terminal.say(
        f"not covered: {n_rest:,} pairs that are neither given nor candidates. Of 300 drawn among "
        f"them without a missing one still up to 1.2 % could be missing, "
        f"{round(0.0122 * n_rest):,} pairs"
        + (f"; and {plural(told.n_outside, 'pair')} added among them" if told.n_outside else "")
    )


def _tell_needed(workspace: Workspace, told: Audited, width: float, terminal: Terminal) -> None:
    terminal.say(f"for intervals of {width:.1%} from end to end, by what was found so far:")
    for name, wanted in told.needed(width).items():
        figure = told.figure(name)
        if figure is None:
            continue
        if wanted is None:
            terminal.say(f"  {figure.told:44} not even with all pairs")
            continue
        if not wanted.sum():
            terminal.say(f"  {figure.told:44} enough")
            continue
        terminal.say(f"  {figure.told:44} {wanted.sum():,} more")
        strata = told.strata.assign(more=wanted)
        for row in strata[strata["more"] > 0].to_dict("records"):
            terminal.say(
                f"    {row['state']}, {_place(row['queue'])}, {row['support']}: {row['more']:,}"
            )
    terminal.say(
        f"those not drawn yet: workbench estimate {workspace.quoted} --more N; {told.n_open:,} are "
        "drawn and to come"
    )
