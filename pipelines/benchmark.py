"""``workbench benchmark detection``: disturb the labels on purpose and see what is found again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from pipelines.config import read_config
from pipelines.console import ProgressCallback, Terminal
from pipelines.gain.lesson import disturb, siblings_of
from pipelines.scoring import judged, score_out_of_sample
from pipelines.stages import Run
from pipelines.test_labels import read_truth
from workbench.errors import ConfigError
from workbench.evaluate.detection import (
    average_precision_by_segment,
    calibration_report,
    detection_report,
    hits_in_order,
)
from workbench.evaluate.noise import NoisyLabels
from workbench.evaluate.segments import SEGMENTS
from workbench.issues.comparison import draw_comparison_pairs
from workbench.issues.ranking import rank_issues
from workbench.matrices import LabelMatrix, PairScores
from workbench.workspace import Artefact, Workspace

_BUDGETS = (100, 500, 1000)


def benchmark_detection(
    folder: Path, *, noise: float, n_seeds: int, terminal: Terminal
) -> pd.DataFrame:
    """Print and return how well injected errors are found, a row a seed and kind.

    Half of the disturbed pairs are wrong (added, or swapped for a sibling), half missing
    (dropped at random, or the rare ones sooner). The labels that are disturbed are the known
    truth where one is configured, else the newest version, whose own errors then count as false
    alarms.
    """
    workspace = Workspace(folder)
    run = Run(workspace, read_config(workspace.config_path), terminal)
    check_scores_are_made(run)
    ingested, X = workspace.artefact("ingest"), workspace.artefact("features").matrix("X")
    clean, told = clean_labels(run)
    n_each = round(noise / 4 * clean.n_given)
    again = "" if n_seeds == 1 else f", {n_seeds} times with different seeds"
    terminal.say(
        f"disturbing {100 * noise:.0f} % of the {clean.n_given:,} pairs of {told}{again}: "
        f"{n_each:,} labels are added (wrong), {n_each:,} swapped for a similar one (one wrong and "
        f"one missing), {n_each:,} dropped at random and {n_each:,} the rarer the sooner (missing)"
    )
    if run.config.inputs.truth is None:
        terminal.say(
            f"errors that {told} hold already are not known: found again, they count as false, and "
            "the queue is better than it looks"
        )
    terminal.say(
        "errors made at random are easier to find than real ones, which repeat: the figures are to "
        "compare settings, and no promise for the queue"
    )
    siblings = siblings_of(clean, X, ingested.table("labels"))
    reports = []
    for seed in range(n_seeds):
        noisy = disturb(clean, siblings, noise, seed)
        with terminal.step(f"seed {seed}: score and rank") as progress:
            reports.append(_detect(run, noisy, X, ingested, progress).assign(seed=seed))
    found = pd.concat(reports).reset_index()
    _tell(found, terminal)
    return found


def check_scores_are_made(run: Run) -> None:
    """Raise unless scores can be made of disturbed labels.

    Raises
    ------
    ConfigError
    """
    if run.config.scores.method == "brought":
        raise ConfigError(
            "a benchmark disturbs the labels, and scores that are brought know nothing of it; set "
            f'[scores] method = "leave_one_out" or "k_fold" in {run.workspace.config_path}'
        )


def clean_labels(run: Run) -> tuple[LabelMatrix, str]:
    """Return the labels that are taken for true, and what they are called."""
    version = run.workspace.latest_labels()
    labels = version.labels()
    if run.config.inputs.truth is None:
        return labels, f"labels {version.name}"
    truth = read_truth(run, labels.instance_ids, labels.label_ids)
    return truth, "the known truth"


def _detect(
    run: Run, noisy: NoisyLabels, X: csr_array, ingested: Artefact, progress: ProgressCallback
) -> pd.DataFrame:
    given = noisy.given
    also = draw_comparison_pairs(given, ingested.table("labels"))
    found = score_out_of_sample(run, given, X, also, progress)
    ranked = rank_issues(
        given,
        PairScores(judged(found.scores, found.unjudged_pairs), given.instance_ids, given.label_ids),
        found.sums.sums,
        comparison=PairScores(
            judged(found.also, found.unjudged_also), given.instance_ids, given.label_ids
        ),
        features=X,
        labels=ingested.table("labels"),
        texts=ingested.table("instances", columns=["text"])["text"].tolist(),
        below_quality=1.0,
    )
    n_pairs = int(np.prod(given.values.shape))
    report = detection_report(
        ranked.frame,
        wrong=noisy.wrong,
        missing=noisy.missing,
        n_given=given.n_given,
        n_absent=n_pairs - given.n_given,
        budgets=_BUDGETS,
    )
    support, more = pd.Series(given.support(), index=given.label_ids), {}
    for kind, truth in (("wrong", noisy.wrong), ("missing", noisy.missing)):
        queue = ranked.frame[ranked.frame["kind"] == kind]
        error = 1 - queue["label_quality"].to_numpy(np.float64)
        more[kind] = average_precision_by_segment(queue, truth, support) | calibration_report(
            error, hits_in_order(queue, truth)
        )
    return report.join(pd.DataFrame.from_dict(more, orient="index"))


def _tell(found: pd.DataFrame, terminal: Terminal) -> None:
    n_seeds = found["seed"].nunique()
    rows, more = [], []
    for kind, part in found.groupby("kind", sort=False):
        shown = part[["average_precision", *(f"precision_at_{k}" for k in _BUDGETS)]]
        cells = [f"{value:.3f}" for value in shown.mean()]
        rows.append([str(kind), f"{part['n_true'].mean():,.0f}", *cells])
        if n_seeds > 1:
            rows.append(["  lowest", "", *(f"{value:.3f}" for value in shown.min())])
            rows.append(["  highest", "", *(f"{value:.3f}" for value in shown.max())])
        cells = [f"{part[f'average_precision_{name}'].mean():.3f}" for name in SEGMENTS]
        cells += [f"{part[name].mean():,.0f}" for name in ("estimated_errors", "found_errors")]
        more.append([str(kind), *cells, f"{part['calibration_error'].mean():.3f}"])
    mean = "" if n_seeds == 1 else f", mean over {n_seeds} seeds"
    header = ["kind", "disturbed", "average precision", *(f"first {k:,}" for k in _BUDGETS)]
    terminal.table(f"share of the first pairs that is right{mean}", header, rows)
    header = ["kind", *SEGMENTS, "errors estimated", "in truth", "calibration error"]
    terminal.table(
        f"average precision by how frequent labels are, and label quality as a probability{mean}",
        header,
        more,
    )
