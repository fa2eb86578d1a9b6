"""The sheet of an audit sample: a CSV in which people judge the drawn pairs, out and in again."""

from __future__ import annotations

import shlex
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.estimate import drawn_sample, said_so_far
from pipelines.out_files import check_out_file
from pipelines.reading import read_configured
from pipelines.reviewed import REVIEWED
from pipelines.stages import Run
from workbench.errors import InputError
from workbench.export.writers import safe_cells, unescaped_cells
from workbench.plurals import plural
from workbench.report import MAX_EXAMPLES, Report
from workbench.review.audit_sample import said_by_auditor
from workbench.review.decisions import PAIR, Decision, Role, Verdict
from workbench.review.store import DecisionStore
from workbench.review.team import read_team_settings
from workbench.workspace import Workspace, replace_file


def write_audit_sheet(folder: Path, *, out: Path, overwrite: bool, terminal: Terminal) -> int:
    """Write the pairs that no auditor has judged as a CSV with an empty ``verdict``."""
    workspace = Workspace(folder)
    check_out_file(out, overwrite=overwrite, holds="verdicts")
    sample = drawn_sample(workspace)
    said = said_so_far(workspace, sample)
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
        f"estimate {workspace.quoted} --read {shlex.quote(str(out))} --reviewer NAME"
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
    sample = drawn_sample(workspace)
    if not reviewer.strip():
        raise InputError("--reviewer: expected the name of who filled the file in, found none")
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
    if filled.empty:
        raise InputError(
            f"{file}: the column verdict is empty in all of its {len(told):,} rows; fill in "
            "present, absent or unsure where a pair was judged"
        )
    if not inside.any():
        raise InputError(
            f"{file}: expected verdicts on pairs of the audit sample, found {len(told):,} rows, "
            f"{len(filled):,} of them filled in and none of those drawn; write the sheet to fill "
            f"in with: workbench estimate {workspace.quoted} --out "
            f"{shlex.quote(file.stem)}-sheet.csv"
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
