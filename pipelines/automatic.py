"""Automatic corrections: made by ``apply``, taken back in one step, audited by a random sample."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.console import Terminal
from pipelines.reviewed import read_reviewed_file
from pipelines.stages import Run
from workbench.errors import InputError
from workbench.export.writers import safe_cells
from workbench.report import Report
from workbench.review.automatic import (
    BAND,
    VERDICT_OF_KIND,
    automatic_corrections,
    verified_bands,
)
from workbench.review.decisions import PAIR, Verdict
from workbench.review.store import DecisionStore
from workbench.workspace import LabelVersion, Workspace, replace_file

TABLE = "automatic"
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
    run: Run, parent: LabelVersion, resolved: pd.DataFrame, verdicts: pd.DataFrame
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
    """
    workspace, terminal, bound = run.workspace, run.terminal, run.config.issues.auto_precision
    if bound is None or not workspace.has("flag"):
        return None
    flagged = workspace.artefact("flag")
    depends_on = flagged.manifest["depends_on"]
    if depends_on["label_version"] != parent.name or not flagged.holds("suspects.parquet"):
        terminal.say(
            f"no automatic corrections: the issues are about {depends_on['label_version']}, the "
            f"newest labels are {parent.name}; bring them up to date with: workbench run "
            f"{workspace.quoted}"
        )
        return None
    suspects = flagged.table("suspects")
    audited = _judged(made_so_far(workspace, parent), verdicts)
    bands = verified_bands(suspects, resolved, bound, audited=audited)
    _tell_bands(bands, bound, terminal)
    corrections = automatic_corrections(suspects, resolved, bands)
    # What was taken back once is for people to decide.
    past = made_so_far(workspace, parent, undone=True)
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


def made_so_far(
    workspace: Workspace, newest: LabelVersion, *, undone: bool = False
) -> pd.DataFrame:
    """Return the automatic corrections in the lineage of a version, or those taken back in it."""
    standing, past = _no_corrections(), _no_corrections()
    for version in _lineage(workspace, newest):
        if version.artefact.manifest.get("undid_automatic"):
            past, standing = pd.concat([past, standing], ignore_index=True), _no_corrections()
        if version.artefact.holds(f"{TABLE}.parquet"):
            made = version.artefact.table(TABLE)
            standing = pd.concat([standing, made], ignore_index=True)
    return past if undone else standing


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


def read_audit(run: Run) -> pd.DataFrame:
    """Return the verdicts on automatic corrections of ``[issues] auto_audit``, if it is named.

    Raises
    ------
    InputError
        If the file breaks its contract.
    """
    source = run.config.issues.auto_audit
    empty = pd.DataFrame({name: pd.Series(dtype="str") for name in (*PAIR, "verdict")})
    if source is None:
        return empty
    labels = run.workspace.latest_labels().labels()
    report = Report()
    rows = read_reviewed_file(
        run, source, labels.instance_ids, labels.label_ids, run.config.inputs.bad_rows, report
    )
    for line in report.lines():
        run.terminal.say(line)
    return rows.loc[rows["verdict"].notna(), [*PAIR, "verdict"]].reset_index(drop=True)


def draw_automatic_audit(
    folder: Path, *, draw: int, out: Path, seed: int, overwrite: bool, terminal: Terminal
) -> pd.DataFrame:
    """Write random automatic corrections as a CSV with an empty column ``verdict``.

    Where none was made, suspects are drawn, whose verdicts may vouch for the first ones.

    Raises
    ------
    InputError
        If the file exists, or there is no suspect either.
    """
    workspace = Workspace(folder)
    if out.exists() and not overwrite:
        raise InputError(
            f"{out} exists already and may hold verdicts; choose another --out, or replace it "
            "with --overwrite"
        )
    newest = workspace.latest_labels()
    made = made_so_far(workspace, newest)
    what = "automatic corrections"
    if made.empty:
        made, what = _suspects(workspace, newest), "suspects, as no correction was made yet"
    chosen = np.random.default_rng(seed).permutation(len(made))[:draw]
    sample = made.take(chosen).rename(columns={"verdict": "corrected_to"})
    instances = workspace.artefact("ingest").table("instances", columns=["instance_id", "text"])
    rows = sample.merge(instances, how="left", on="instance_id").fillna({"text": ""})
    sheet = rows.assign(verdict="")[["text", "label_id", "verdict", "instance_id", "corrected_to"]]
    escaped = {name: safe_cells(sheet[name]) for name in ("instance_id", "text", "label_id")}
    replace_file(out, "\ufeff" + sheet.assign(**escaped).to_csv(index=False))
    terminal.say(f"wrote {out}: {len(sheet):,} of {len(made):,} {what}, at random")
    terminal.say(
        "fill in the column verdict (present or absent: what is true, whatever was corrected), "
        f"then add to {workspace.config_path}, under [issues]:\n\nauto_audit = "
        f'{{ path = "{out.resolve()}" }}\n\n'
        f"and run: workbench apply {workspace.quoted}"
    )
    return sheet


def _suspects(workspace: Workspace, newest: LabelVersion) -> pd.DataFrame:
    """Return the suspects that nobody decided, with what would be made of them."""
    flagged = workspace.artefact("flag")
    suspects = flagged.table("suspects") if flagged.holds("suspects.parquet") else _no_corrections()
    with DecisionStore(workspace.decisions_path) as store:
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
    both = made.merge(verdicts, on=PAIR, suffixes=("", "_of_audit"))
    both = both[both["verdict_of_audit"].isin(["present", "absent"])]
    return both[BAND].assign(right=(both["verdict"] == both["verdict_of_audit"]).to_numpy(bool))


def _tell_bands(bands: pd.DataFrame, bound: float, terminal: Terminal) -> None:
    on = bands[bands["from_suspicion"] < np.inf]
    reviewed = bands[bands["n_reviewed"] > 0]
    terminal.say(
        f"automatic corrections: {len(on)} of {len(reviewed)} reviewed bands hold pairs that are "
        f"right in at least {100 * bound:g} %, with 95 % confidence"
    )
    for _, one in on.iterrows():
        name = f"{one['kind']}, {one['attribute']}" if one["attribute"] else one["kind"]
        terminal.say(
            f"  {name}, quality below {1 - one['band']:.2f}: {one['n_right']} of the "
            f"{one['n_reviewed']} reviewed pairs that vouch are right"
        )


def _lineage(workspace: Workspace, newest: LabelVersion) -> list[LabelVersion]:
    found = [newest]
    while found[-1].parent is not None:
        found.append(workspace.label_version(found[-1].parent))
    return found[::-1]


def _no_corrections() -> pd.DataFrame:
    types = dict.fromkeys((*PAIR, "verdict", "kind", "attribute"), "str") | {"band": "float64"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in types.items()})
