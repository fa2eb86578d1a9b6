"""Automatic corrections: made by ``apply``, taken back in one step, audited by a random sample."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.out_files import check_out_file, path_to_write
from pipelines.reviewed import read_reviewed_file
from pipelines.stages import Run
from workbench.errors import InputError
from workbench.export.writers import safe_cells
from workbench.report import Report
from workbench.review.automatic import (
    BAND,
    BANDS,
    VERDICT_OF_KIND,
    automatic_corrections,
    more_to_verify,
    verified_bands,
)
from workbench.review.decisions import PAIR, Verdict
from workbench.review.pair_positions import PairPositions
from workbench.review.store import DecisionStore
from workbench.workspace import LabelVersion, Workspace, replace_file
from workbench.workspace.automatic import made_so_far, no_corrections

_REVERSE = {Verdict.PRESENT: Verdict.ABSENT.value, Verdict.ABSENT: Verdict.PRESENT.value}


@dataclass(frozen=True, eq=False)
class Automatic:
    """Corrections to make without a reviewer, and what vouches for them.

    Parameters
    ----------
    corrections : pd.DataFrame
        As of :func:`workbench.review.automatic.automatic_corrections`.
    about : dict
        For the manifest of the label version: the bound, the model that suspects the pairs.
    """

    corrections: pd.DataFrame
    about: dict[str, Any]


def find_automatic(
    run: Run,
    parent: LabelVersion,
    resolved: pd.DataFrame,
    verdicts: pd.DataFrame,
    *,
    unseen: pd.DataFrame,
) -> Automatic | None:
    """Return the automatic corrections of a label version; None if there are none to make.

    Parameters
    ----------
    run : Run
    parent : LabelVersion
    resolved : pd.DataFrame
        What people decided, those of the audit included.
    verdicts : pd.DataFrame
        ``instance_id, label_id, verdict``: the audit of earlier automatic corrections.
    unseen : pd.DataFrame
        ``instance_id, label_id``: decided in a batch, so that they vouch for nothing.
    """
    workspace, terminal, bound = run.workspace, run.terminal, run.config.issues.auto_precision
    if bound is None:
        return None
    why_not = _why_no_suspects(workspace, parent)
    if why_not:
        terminal.say(f"no automatic corrections: {why_not} with: workbench run {workspace.quoted}")
        return None
    flagged = workspace.artefact("flag")
    suspects, depends_on = flagged.table("suspects"), flagged.manifest["depends_on"]
    # What was taken back was audited all the same.
    past = made_so_far(workspace, parent, undone=True)
    audited = _judged(pd.concat([past, made_so_far(workspace, parent)]), verdicts)
    vouching = resolved[PairPositions(unseen).of(resolved) < 0]
    bands = verified_bands(suspects, vouching, bound, audited=audited)
    _tell_bands(bands, bound, terminal)
    corrections = automatic_corrections(suspects, resolved, bands)
    # What was taken back once is for people to decide.
    taken_back = pd.MultiIndex.from_frame(past[PAIR])
    corrections = corrections[~pd.MultiIndex.from_frame(corrections[PAIR]).isin(taken_back)]
    if corrections.empty:
        return None
    about = {
        "precision": bound,
        "n": len(corrections),
        "score": depends_on["score"],
        "flag": flagged.fingerprint,
    }
    return Automatic(corrections.reset_index(drop=True), about)


def _why_no_suspects(workspace: Workspace, newest: LabelVersion) -> str:
    """Return why no pair can be corrected, and what to do about it; empty if some may be."""
    if not workspace.has("flag"):
        return "there are no issues yet; find them"
    flagged = workspace.artefact("flag")
    about = flagged.manifest["depends_on"]["label_version"]
    if about != newest.name:
        return (
            f"the issues are about {about}, the newest labels are {newest.name}; bring them up to "
            "date"
        )
    if not flagged.holds("suspects.parquet"):
        return "the issues come without the table of suspects, which is new; rank them anew"
    return ""


def reversed_corrections(
    workspace: Workspace, newest: LabelVersion, resolved: pd.DataFrame
) -> pd.DataFrame:
    """Return the verdicts that take back what was made automatically and nobody decided.

    Raises
    ------
    InputError
        If there is nothing to take back.
    """
    made = made_so_far(workspace, newest)
    if made.empty:
        raise InputError(f"labels {newest.name} hold no automatic corrections to take back")
    decided = resolved[resolved["verdict"].isin(["present", "absent"])]
    seen = pd.MultiIndex.from_frame(decided[PAIR])
    left = made[~pd.MultiIndex.from_frame(made[PAIR]).isin(seen)]
    return left.assign(verdict=left["verdict"].map(_REVERSE))[[*PAIR, "verdict"]]


def read_audit(
    run: Run, instance_ids: pd.Index, label_ids: pd.Index, report: Report
) -> pd.DataFrame:
    """Return the rows of ``[issues] auto_audit``, if it is named: verdicts on corrections.

    Returns
    -------
    pd.DataFrame
        ``instance_id, label_id, verdict``; the verdict is null where it is not filled in yet.

    Raises
    ------
    InputError
        If the file breaks its contract.
    """
    source = run.config.issues.auto_audit
    if source is None:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in (*PAIR, "verdict")})
    bad_rows = run.config.inputs.bad_rows
    rows = read_reviewed_file(run, source, instance_ids, label_ids, bad_rows, report)
    return rows[[*PAIR, "verdict"]]


def draw_automatic_audit(
    folder: Path, *, draw: int, out: Path, seed: int, overwrite: bool, terminal: Terminal
) -> pd.DataFrame:
    """Write random automatic corrections as a CSV with an empty column ``verdict``.

    Where none was made, suspects are drawn, whose verdicts may vouch for the first ones. The rows
    of the file that ``auto_audit`` names are taken over, and their pairs not drawn again.

    Raises
    ------
    InputError
        If the file exists, there is no suspect either, or all are in the file already.
    """
    workspace = Workspace(folder)
    check_out_file(out, overwrite=overwrite, holds="verdicts")
    run = Run(workspace, read_config(workspace.config_path), terminal)
    newest = workspace.latest_labels()
    labels = newest.labels()
    known = read_audit(run, labels.instance_ids, labels.label_ids, Report())
    made = made_so_far(workspace, newest)
    what, why = "automatic corrections", ""
    if made.empty:
        made = _suspects(workspace, newest)
        what, why = "suspects", ", as no correction was made yet"
    left = made[~pd.MultiIndex.from_frame(made[PAIR]).isin(pd.MultiIndex.from_frame(known[PAIR]))]
    if left.empty:
        assert run.config.issues.auto_audit is not None  # without it nothing is known
        raise InputError(
            f"all {len(made):,} {what} are in {run.config.issues.auto_audit.path} already"
        )
    chosen = np.random.default_rng(seed).permutation(len(left))[:draw]
    corrected = made_so_far(workspace, newest, undone=True), made
    told = pd.concat(corrected).drop_duplicates(PAIR).rename(columns={"verdict": "corrected_to"})
    rows = pd.concat([known, left.take(chosen)[PAIR]], ignore_index=True)
    instances = workspace.artefact("ingest").table("instances", columns=["instance_id", "text"])
    rows = rows.merge(instances, how="left", on="instance_id")
    rows = rows.merge(told[[*PAIR, "corrected_to"]], how="left", on=PAIR)
    sheet = rows[["text", "label_id", "verdict", "instance_id", "corrected_to"]].fillna("")
    escaped = {name: safe_cells(sheet[name]) for name in ("instance_id", "text", "label_id")}
    replace_file(out, "\ufeff" + sheet.assign(**escaped).to_csv(index=False))
    over = (
        f"the {len(known):,} rows of the file before with their verdicts, and "
        if len(known)
        else ""
    )
    terminal.say(f"wrote {out}: {over}{len(chosen):,} of {len(left):,} {what}, at random{why}")
    terminal.say(
        "fill in the column verdict (present or absent: what is true, whatever was corrected), "
        f"then add to {workspace.config_path}, under [issues]:\n\nauto_audit = "
        f"{{ path = {path_to_write(out, workspace.root)} }}\n\n"
        f"and run: workbench apply {workspace.quoted}"
    )
    return sheet


def _suspects(workspace: Workspace, newest: LabelVersion) -> pd.DataFrame:
    """Return the suspects that nobody decided, with what would be made of them."""
    flagged = workspace.artefact("flag")
    suspects = flagged.table("suspects") if flagged.holds("suspects.parquet") else no_corrections()
    with DecisionStore(workspace.decisions_location()) as store:
        decided = pd.MultiIndex.from_frame(store.decided_pairs())
    left = suspects[~pd.MultiIndex.from_frame(suspects[PAIR]).isin(decided)]
    if left.empty or flagged.manifest["depends_on"]["label_version"] != newest.name:
        raise InputError(
            f"labels {newest.name} hold no automatic corrections to audit, and no suspects are "
            f"known to draw instead; bring the issues up to date with: workbench run "
            f"{workspace.quoted}"
        )
    return left.assign(verdict=left["kind"].map(VERDICT_OF_KIND))


def _judged(made: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return for each audited correction its band and whether it was right."""
    both = made.drop_duplicates(PAIR).merge(verdicts, on=PAIR, suffixes=("", "_of_audit"))
    both = both[both["verdict_of_audit"].isin(["present", "absent"])]
    right = (both["verdict"] == both["verdict_of_audit"]).to_numpy(bool)
    return both[[*PAIR, *BAND]].assign(right=right)


def _tell_bands(bands: pd.DataFrame, bound: float, terminal: Terminal) -> None:
    on = bands[bands["from_suspicion"] < np.inf]
    reviewed = bands[bands["n_reviewed"] > 0]
    terminal.say(
        f"automatic corrections: {len(on)} of {len(reviewed)} reviewed bands hold pairs that are "
        f"right in at least {100 * bound:g} %, with 95 % confidence"
    )
    for _, one in on.iterrows():
        terminal.say(
            f"  {_band_name(one)}: {one['n_right']:,} of the {one['n_reviewed']:,} reviewed pairs "
            f"that vouch are right{'' if one['n_open'] else '; none of it is open'}"
        )
    if line := _next_line(reviewed[reviewed["from_suspicion"] == np.inf], bound):
        terminal.say(f"  {line}")


def _next_line(bands: pd.DataFrame, bound: float) -> str:
    """Return which band lacks least to be verified, and what it lacks; empty without a band."""
    if bands.empty:
        return ""
    counts = zip(bands["n_right"], bands["n_reviewed"], strict=True)
    more = [more_to_verify(n_right, n, bound) for n_right, n in counts]
    bands = bands.assign(more=more, lacking=bands["stopped"] | (more > bands["n_open"]))
    order = bands.sort_values(["lacking", "more"], kind="stable")
    one = order.iloc[0]
    told = (
        f"nearest, {_band_name(one)}: {one['n_right']:,} of {one['n_reviewed']:,} right, which is "
        f"at least {100 * one['precision_low']:.0f} % with 95 % confidence; "
    )
    if one["stopped"]:
        return f"{told}audited corrections say that fewer than {100 * bound:g} % are"
    if one["lacking"]:
        told += f"{one['more']:,} more would have to be right, but "
        n_open = int(one["n_open"])
        open_ones = f"only {n_open:,} {'is' if n_open == 1 else 'are'}" if n_open else "none is"
        return f"{told}{open_ones} open"
    return (
        f"{told}{one['more']:,} more of its {one['n_open']:,} open pairs without a false alarm "
        f"would reach {100 * bound:g} %"
    )


def _band_name(band: pd.Series) -> str:
    name = f"{band['kind']}, {band['attribute']}" if band["attribute"] else str(band["kind"])
    above = next((1 - other for other in BANDS if other > band["band"]), 0.0)
    return f"{name}, quality {above:.2f} to {1 - band['band']:.2f}"
