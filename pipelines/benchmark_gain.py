"""``workbench benchmark gain``: what a budget of decisions brings back of what noise costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipelines.benchmark import check_scores_are_made, clean_labels
from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.gain.lesson import Lesson, Tools, make_lesson
from pipelines.gain.measuring import measure_ways
from pipelines.gain.picture import ENDINGS, draw_gain
from pipelines.gain.report import tell_gain
from pipelines.gain.ways import WAYS
from pipelines.out_files import check_out_file
from pipelines.out_tables import TABLE_ENDINGS, write_out_table
from pipelines.scoring import score_out_of_sample
from pipelines.stages import Run
from pipelines.training import make_estimator, rows_of_split
from workbench.matrices import LabelMatrix
from workbench.model import OutOfSample
from workbench.workspace import Workspace
from workbench.workspace.trained_models import Model

SHARES = (0.025, 0.05, 0.10, 0.20, 0.50)


def benchmark_gain(
    folder: Path,
    *,
    noise: Sequence[float],
    n_seeds: int,
    n_instances: int,
    terminal: Terminal,
    out: Path | None = None,
    picture: Path | None = None,
    overwrite: bool = False,
    ways: Sequence[str] = WAYS,
    shares: Sequence[float] = SHARES,
) -> pd.DataFrame:
    """Return and print what each way of spending decisions brings back, a row a point.

    The labels of the training instances that are disturbed are the known truth where one is
    configured, else the newest version, which is then taken for true; models are measured on the
    test instances, with the same labels undisturbed.

    Parameters
    ----------
    folder : Path
    noise : sequence of float
        Shares of the given pairs that are disturbed.
    n_seeds : int
        Draws of noise, of instances, and of clusters.
    n_instances : int
        At most so many training instances, and a third as many to measure on.
    terminal : Terminal
    out : Path, optional
        Every point, as .csv or .parquet.
    picture : Path, optional
        The curves, as .svg, .png or .pdf.
    overwrite : bool
    ways : sequence of str
        Among :data:`pipelines.gain.ways.WAYS`.
    shares : sequence of float
        Budgets of decisions as shares of the given pairs, ascending.

    Returns
    -------
    pd.DataFrame
        As of :func:`pipelines.gain.measuring.measure_ways`, with ``noise`` and ``seed``.

    Raises
    ------
    ConfigError
        If the scores are brought along: they know nothing of the noise.
    InputError
        If there is nothing to train or to measure on, or the file cannot be written.
    """
    if out is not None:
        check_out_file(out, overwrite=overwrite, endings=TABLE_ENDINGS)
    if picture is not None:
        check_out_file(picture, overwrite=overwrite, endings=ENDINGS, option="--picture")
    workspace = Workspace(folder)
    run = Run(workspace, read_config(workspace.config_path), terminal)
    check_scores_are_made(run)
    clean, told = clean_labels(run)
    tools, found = _tools(run, clean), []
    for share in noise:
        parts = []
        for seed in range(n_seeds):
            lesson = _lesson(run, clean, share, seed, n_instances)
            title = f"{100 * share:g} % noise, seed {seed}"
            with terminal.step(title) as progress:
                points = measure_ways(lesson, tools, ways, shares, seed, progress)
            parts.append(points.assign(noise=share, seed=seed))
        found.append((f"{100 * share:g} % noise", pd.concat(parts, ignore_index=True)))
        tell_gain(found[-1][1], told, terminal)
    points = pd.concat([of_noise for _, of_noise in found], ignore_index=True)
    if out is not None:
        write_out_table(points, out)
        terminal.say(f"wrote {out}: {len(points):,} points")
    if picture is not None:
        draw_gain(found, picture)
        terminal.say(f"wrote {picture}")
    return points


def _lesson(run: Run, clean: LabelMatrix, noise: float, seed: int, n_instances: int) -> Lesson:
    ingested, features = run.workspace.artefact("ingest"), run.workspace.artefact("features")
    instances = ingested.table("instances", columns=["text", "split"])
    rng = np.random.default_rng(seed)
    train = _some(rows_of_split(instances, "train"), n_instances, rng)
    test = _some(rows_of_split(instances, "test"), n_instances // 3, rng)
    return make_lesson(
        features.matrix("X"),
        clean,
        train,
        test,
        noise=noise,
        seed=seed,
        labels=ingested.table("labels"),
        texts=instances["text"].tolist(),
    )


def _some(rows: NDArray[np.int64], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return np.sort(rng.permutation(rows)[:n])


def _tools(run: Run, clean: LabelMatrix) -> Tools:
    def make_model(seed: int) -> Model:
        return make_estimator(_seeded(run, seed).config)

    def score(X: csr_array, given: LabelMatrix, also: csr_array, seed: int) -> OutOfSample:
        return score_out_of_sample(_seeded(run, seed), given, X, also, lambda done, total: None)

    return Tools(
        make_model,
        score,
        tail_weight=run.config.issues.tail_weight,
    )


def _seeded(run: Run, seed: int) -> Run:
    """Return the run with another seed of the model in its configuration."""
    model = run.config.model.model_copy(update={"seed": seed})
    return replace(run, config=run.config.model_copy(update={"model": model}))
