"""``workbench audit``: draw a random sample of pairs for people to fill in."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd

from pipelines.console import Terminal
from pipelines.review_effect import ENOUGH_OF_A_STATE, more_to_draw
from workbench.errors import InputError
from workbench.export.writers import safe_cells
from workbench.label_model import draw_audit
from workbench.workspace import Workspace


def draw_audit_sample(
    folder: Path, *, draw: int, out: Path, seed: int, overwrite: bool, terminal: Terminal
) -> pd.DataFrame:
    """Write the sample as a CSV with an empty column ``verdict``, and return it.

    Raises
    ------
    InputError
        If the file exists, or the workspace has no votes.
    """
    workspace = Workspace(folder)
    if out.exists() and not overwrite:
        raise InputError(
            f"{out} exists already and may hold verdicts; choose another --out, or replace it "
            "with --overwrite"
        )
    posterior = workspace.artefact("label").table("posterior")
    if posterior.empty:
        raise InputError(
            f"{folder} started from labels, so there are no votes to audit; an audit sample "
            "compares label models of weak signals"
        )
    voted = posterior["votes_for"] + posterior["votes_against"] > 0
    sample = draw_audit(posterior[voted], draw, random_state=seed)
    sheet = _sheet(workspace, sample)
    escaped = {n: safe_cells(sheet[n]) for n in ("instance_id", "text", "label_id")}
    sheet.assign(**escaped).to_csv(out, index=False, encoding="utf-8-sig")
    terminal.say(
        f"wrote {out}: {len(sheet):,} of {int(voted.sum()):,} pairs with a vote, drawn at random"
    )
    _tell_rare_state(sample.merge(posterior), terminal)
    terminal.say(
        "fill in 'verdict' with present, absent or unsure; then write into "
        f"{workspace.config_path}, or, if [inputs.reviewed] is there, change its path:"
    )
    terminal.say("[inputs.reviewed]")
    terminal.say(f"path = {json.dumps(_as_configured(workspace, out), ensure_ascii=False)}")
    return sheet


def _tell_rare_state(sample: pd.DataFrame, terminal: Terminal) -> None:
    """Say how many pairs of each state to expect, and how many to draw if one is rare."""
    n, n_present = len(sample), float(sample["posterior"].sum())
    terminal.say(f"if the label model is right, about {n_present:.0f} of them are present")
    n_rare = min(n_present, n - n_present)
    if n_rare < ENOUGH_OF_A_STATE:
        terminal.say(
            f"to compare label models {ENOUGH_OF_A_STATE} of each state are better: draw "
            f"{n + more_to_draw(n, n_rare):,} with --draw"
        )


def _as_configured(workspace: Workspace, out: Path) -> str:
    """Return the path as the configuration has to name it: relative to the workspace."""
    return Path(os.path.relpath(out.resolve(), workspace.root.resolve())).as_posix()


def _sheet(workspace: Workspace, sample: pd.DataFrame) -> pd.DataFrame:
    """Return the sample with the text of its instances, as people want to read it."""
    instances = workspace.artefact("ingest").table("instances", columns=["instance_id", "text"])
    sheet = sample.merge(instances, how="left", on="instance_id").assign(verdict="", audit="true")
    return sheet[["text", "label_id", "verdict", "instance_id", "audit", "weight"]]
