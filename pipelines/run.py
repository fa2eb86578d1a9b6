"""``workbench run``: bring everything of a workspace up to date."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.click_doubts import tell_doubts_about_log
from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.flag import flag
from pipelines.ingest import ingest
from pipelines.issue_list import KINDS, print_issues, with_texts
from pipelines.label import Labelled, label
from pipelines.learning import tell_too_few
from pipelines.model_measures import measure_after_training
from pipelines.noise import tell_noise
from pipelines.run_report import tell_costs, tell_notes, write_report
from pipelines.scoring import score
from pipelines.stages import Run
from pipelines.training import make_features, train_model
from pipelines.unapplied import tell_unapplied
from workbench.workspace import Artefact, LabelVersion, Workspace


def run_pipeline(folder: Path, *, terminal: Terminal, show: int) -> Run:
    """Run every stage whose inputs changed, and print what came out.

    Parameters
    ----------
    show : int
        Suspicious pairs to print, a kind.
    """
    workspace = Workspace(folder)
    run = Run(workspace, read_config(workspace.config_path), terminal)
    if run.config.inputs.truth is not None:
        # Only measures read it; whoever mistyped its path should not learn that after the run.
        run.path(run.config.inputs.truth.path)
    with workspace.lock():
        ingested = ingest(run)
        tell_doubts_about_log(run)
        too_few = _too_few_to_train(run, ingested)
        if too_few:
            terminal.warn(f"{too_few}; labels are made, no model is trained")
        labelled = label(run, ingested)
        if too_few:
            return _end_with_labels(run, labelled)
        version = workspace.latest_labels(labelled.base)
        features = make_features(run, ingested)
        model = train_model(run, version, ingested, features)
        scores = score(run, version, ingested, labelled.artefact, features)
        flagged = flag(run, version, ingested, labelled.artefact, features, scores)
        run.pointers["base"] = labelled.base
        run.settle()
        if run.has_done("train"):
            measure_after_training(run, model)
        write_report(run)
    _tell(run, version, flagged, show)
    tell_unapplied(run)
    return run


def _too_few_to_train(run: Run, ingested: Artefact) -> str | None:
    """Return why no model can be trained and scored, None if one can."""
    section = run.config.scores
    n = len(ingested.table("instances", columns=["split"]))
    needed, why = {
        "k_fold": (section.n_folds, "one for each of [scores] n_folds"),
        "leave_one_out": (2, "one to leave out and one to learn from"),
        "brought": (1, ""),
    }[section.method]
    if n >= needed:
        return None
    return (
        f"{n:,} {'instance is' if n == 1 else 'instances are'} too few: a model, its scores and "
        f"the issues need at least {needed}, {why}"
    )


def _end_with_labels(run: Run, labelled: Labelled) -> Run:
    """Finish a run after the labels and say what they are."""
    version = run.workspace.latest_labels(labelled.base)
    run.pointers["base"] = labelled.base
    run.settle()
    write_report(run)
    _tell_stages(run)
    n_given = version.artefact.manifest["n_given"]
    run.terminal.say(f"\nlabels {version.name}: {n_given:,} given pairs; no model was trained")
    run.terminal.say(f"write them to files with: workbench export {run.workspace.quoted}")
    tell_unapplied(run)
    return run


def _tell(run: Run, version: LabelVersion, flagged: Artefact, show: int) -> None:
    terminal = run.terminal
    _tell_stages(run)
    issues = flagged.table("issues")
    tell_too_few(run)
    terminal.say(
        f"\nlabels {version.name}: {version.artefact.manifest['n_given']:,} given pairs; worth a "
        f"look (label quality below {run.config.issues.below_quality:g}, flagged by confident "
        f"learning, or a contradiction): "
        f"{_told(issues, 'wrong')}, and {_told(issues, 'missing')}"
    )
    tell_noise(run.workspace, terminal)
    if show:
        top = with_texts(issues[issues["rank"] <= show], run.workspace)
        for kind in KINDS:
            print_issues(top, kind, terminal)
    quoted = run.workspace.quoted
    terminal.say(
        f"review them with: workbench app {quoted}; as a file: workbench issues {quoted} --out "
        "issues.csv"
    )


def _told(issues: pd.DataFrame, kind: str) -> str:
    """Return how many issues of a kind there are, and how many errors among them."""
    quality = issues.loc[issues["kind"] == kind, "label_quality"].to_numpy(np.float64)
    what = "of them" if kind == "wrong" else "others"
    return f"{len(quality):,} {what}, about {(1 - quality).sum():,.0f} {kind} by that quality"


def _tell_stages(run: Run) -> None:
    """Print what each stage took, and what was counted on the way."""
    if not run.n_done:
        run.terminal.say(
            f"nothing to do: everything is up to date with {run.workspace.config_path}"
        )
        return
    tell_costs(run.costs.entries, run.terminal, "\nstages")
    tell_notes(run.workspace, run.terminal)
