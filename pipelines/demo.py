"""``workbench demo``: the whole loop on the sample shop, its known truth as the reviewer."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.apply import apply_decisions_to
from pipelines.candidates import scores_of_candidates
from pipelines.compare import compare_models
from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.export import export_labels
from pipelines.init import InitRequest, init_workspace
from pipelines.resources import sample_data_folder
from pipelines.retrain import retrain_model
from pipelines.run import run_pipeline
from pipelines.stages import Run
from pipelines.test_labels import read_truth
from workbench.errors import WorkbenchError
from workbench.evaluate.detection import hits_in_order
from workbench.matrices import LabelMatrix, pairs_in
from workbench.review.decisions import Decision, Verdict
from workbench.review.store import DecisionStore
from workbench.workspace import CONFIG_NAME, Workspace
from workbench.workspace.trained_models import newest_model

REVIEWER = "stand-in (truth)"
_PAIR = ["instance_id", "label_id"]


def run_demo(folder: Path, *, budget: int, terminal: Terminal) -> Path:
    """Run every step on the sample, print what came out, and return the workspace's folder.

    In a workspace that went through it before it is another round, on the newest labels.

    Raises
    ------
    WorkbenchError
        If the folder holds anything but an earlier demo.
    """
    started = time.perf_counter()
    _check_is_free(folder)
    terminal.say("The sample shop is generated: results on it are results on a simulation.")
    if not (folder / CONFIG_NAME).exists():
        init_workspace(folder, InitRequest(sample=True), terminal)
    workspace = Workspace(folder)
    _check_is_sample(workspace)
    versions = workspace.label_versions()
    if versions:
        terminal.say(
            f"{folder} went through it before: another round, on labels {versions[-1].name}; name "
            "another folder to begin anew"
        )
    terminal.say("\n1. From events, catalog and taxonomy to ranked issues")
    run_pipeline(folder, terminal=terminal, show=5)
    run = Run(workspace, read_config(workspace.config_path), terminal)
    terminal.say("\n2. How good the queue is")
    truth = _truth(run)
    tell_detection(workspace, truth, terminal)
    terminal.say(
        f"\n3. The truth stands in as the reviewer of the first {budget:,} of each kind among the "
        "instances to learn from (the others are the test)"
    )
    _review(workspace, truth, budget, terminal)
    terminal.say("\n4. A cleaned label version, exported, and a model trained on it")
    cleaned = apply_decisions_to(folder, terminal=terminal)
    export_labels(
        folder, labels=cleaned.name, formats=None, out=None, overwrite=True, terminal=terminal
    )
    retrain_model(folder, labels=cleaned.name, terminal=terminal)
    terminal.say("\n5. Before and after")
    compare_models(folder, [cleaned.base, cleaned.name], "truth", terminal=terminal)
    terminal.say(
        f"\nthe demo took {time.perf_counter() - started:.0f} s; its workspace is {folder}"
    )
    return folder


def _check_is_free(folder: Path) -> None:
    """Raise rather than write among somebody's files; an earlier demo is a workspace."""
    if (folder / CONFIG_NAME).exists() or not folder.exists():
        return
    if not folder.is_dir():
        raise WorkbenchError(f"{folder} is a file; name another folder for the demo")
    found = sorted(path.name for path in folder.iterdir())
    if found:
        raise WorkbenchError(
            f"{folder} is neither empty nor an earlier demo: it holds {', '.join(found[:5])}"
            + (f" and {len(found) - 5} more" if len(found) > 5 else "")
            + "; name another folder for the demo"
        )


def _check_is_sample(workspace: Workspace) -> None:
    """Raise rather than write a stand-in's decisions into somebody's real workspace."""
    truth = read_config(workspace.config_path).inputs.truth
    sample = sample_data_folder() / "truth.parquet"
    if truth is None or (workspace.root / truth.path).resolve() != sample.resolve():
        raise WorkbenchError(
            f"{workspace.root} is a workspace with other data than the sample; "
            "name another folder for the demo"
        )


def _truth(run: Run) -> LabelMatrix:
    labels = run.workspace.latest_labels().labels()
    return read_truth(run, labels.instance_ids, labels.label_ids)


def tell_detection(workspace: Workspace, truth: LabelMatrix, terminal: Terminal) -> None:
    """Print the precision of the queue's top beside that of a random queue."""
    flagged = workspace.artefact("flag")
    given = workspace.label_version(flagged.manifest["depends_on"]["label_version"]).labels()
    scores = scores_of_candidates(workspace.artefact("score"))
    pools = {
        "wrong": (given.rows_of_pairs(), given.values.indices),
        "missing": _absent_judged(given, scores.rows_of_pairs(), scores.values.indices),
    }
    issues = flagged.table("issues", columns=[*_PAIR, "kind", "rank"])
    pairs = truth.to_frame()
    rows = []
    for kind, (row_index, column_index) in pools.items():
        true = pairs_in(truth.values, row_index, column_index) >= 0
        random_queue = float(np.mean(~true if kind == "wrong" else true))
        ranked = issues[issues["kind"] == kind].sort_values("rank")
        correct = hits_in_order(ranked, pairs)
        hits = ~correct if kind == "wrong" else correct
        first = [float(hits[:k].mean()) for k in (100, 500)]
        rows.append(
            [
                kind,
                f"{len(ranked):,}",
                *(f"{100 * value:.1f} %" for value in (*first, random_queue)),
                f"{first[1] / random_queue:.1f} times",
            ]
        )
    header = ["kind", "issues", "right in first 100", "in first 500", "random queue", "500: gain"]
    terminal.table("", header, rows)
    terminal.say(
        "A random queue draws wrong suspects from all given pairs, and missing ones from all "
        "pairs that were scored and are not given."
    )


def _absent_judged(
    given: LabelMatrix, rows: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    absent = pairs_in(given.values, rows, columns) < 0
    return rows[absent], columns[absent]


def _review(workspace: Workspace, truth: LabelMatrix, budget: int, terminal: Terminal) -> None:
    """Record the truth's verdict on the first issues of each kind.

    Only instances that the model learns from are reviewed: the test labels are the truth.
    """
    issues = workspace.artefact("flag").table("issues", columns=[*_PAIR, "kind", "rank"])
    instances = workspace.artefact("ingest").table("instances", columns=["instance_id", "split"])
    learnt = instances["instance_id"][instances["split"] == "train"]
    issues = issues[issues["instance_id"].isin(learnt)].sort_values(["kind", "rank"])
    top = issues.groupby("kind").head(budget)
    true = pd.MultiIndex.from_frame(truth.to_frame()[_PAIR])
    present = pd.MultiIndex.from_frame(top[_PAIR]).isin(true)
    version, model = workspace.latest_labels().name, newest_model(workspace, None).folder.name
    now = datetime.now(UTC)
    decisions = [
        Decision(
            # The same pair on the same labels is the same decision, should the demo be interrupted.
            event_uid=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{version}/{instance}/{label}")),
            decided_at=now + timedelta(microseconds=position),
            reviewer=REVIEWER,
            instance_id=instance,
            label_id=label,
            verdict=Verdict.PRESENT if is_true else Verdict.ABSENT,
            label_version=version,
            model_id=model,
        )
        for position, (instance, label, is_true) in enumerate(
            zip(top["instance_id"], top["label_id"], present, strict=True)
        )
    ]
    with DecisionStore(workspace.decisions_location()) as store:
        store.record_many(decisions)
        terminal.say(f"wrote {len(decisions):,} decisions to {store.database.where}")
