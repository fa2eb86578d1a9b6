"""Turn text into features and train models on label versions."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.config import Config
from pipelines.console import ProgressCallback
from pipelines.reused_trees import (
    find_reusable,
    find_trained,
    fingerprint_of_model,
    model_id_of,
)
from pipelines.stages import Run, Stage, now
from workbench import __version__
from workbench.errors import AxisMismatchError, DamagedArtefactError, InputError
from workbench.features import TextFeatures
from workbench.matrices import LabelMatrix
from workbench.model import ClusteredOVR, OneVsRest
from workbench.workspace import Artefact, LabelVersion
from workbench.workspace.arrays import write_matrix
from workbench.workspace.artefacts import publish
from workbench.workspace.trained_models import Model


def make_features(run: Run, ingested: Artefact) -> Artefact:
    """Return the artefact with X, one row an instance, and the fitted vectoriser."""

    def write(folder: Path, progress: ProgressCallback) -> None:
        instances = ingested.table("instances", columns=["text", "split"])
        rows_of_split(instances, "train")
        section = run.config.features
        vectoriser = TextFeatures(
            word_ngrams=section.word_ngrams,
            char_ngrams=section.char_ngrams,
            min_df=section.min_df,
            max_features=section.max_features,
        )
        # The words of the test texts stay unknown, as those of tomorrow's texts are.
        vectoriser.fit(instances["text"][instances["split"] == "train"].tolist())
        progress(1, 2)
        write_matrix(folder, "X", vectoriser.transform(instances["text"].tolist()))
        vectoriser.save(folder / "vectoriser")
        progress(2, 2)

    depends_on = {"ingest": ingested.fingerprint, "features": run.config.features.model_dump()}
    return run.stage(Stage("features", 1, "text to features", write, depends_on))


def make_estimator(config: Config) -> Model:
    """Return the unfitted model that the configuration asks for."""
    section = config.model
    if section.estimator == "one_vs_rest":
        return OneVsRest(
            C=section.C,
            weight_threshold=section.weight_threshold,
            n_jobs=section.n_jobs,
            random_state=section.seed,
        )
    return ClusteredOVR(
        branching=section.branching,
        leaf_size=section.leaf_size,
        n_trees=section.n_trees,
        C=section.C,
        beam=section.beam,
        weight_threshold=section.weight_threshold,
        n_jobs=section.n_jobs,
        random_state=section.seed,
    )


def weighted_labels(labels: LabelMatrix) -> Any:
    """Return Y with the confidence of each given pair as its value."""
    values = labels.values.astype(np.float32)
    if labels.confidence is not None:
        values.data = np.maximum(labels.confidence, np.float32(0.01)).astype(np.float32)
    return values


def rows_of_split(instances: pd.DataFrame, split: str) -> NDArray[np.int64]:
    """Return the positions of the instances on one side of the split.

    Raises
    ------
    InputError
        If there are none.
    """
    rows = np.flatnonzero((instances["split"] == split).to_numpy())
    if len(rows) == 0:
        raise InputError(
            f"no instance is in the {split} split; change [split] test_share, or the split "
            "column of the texts"
        )
    return rows.astype(np.int64)


def made_from(run: Run, version: LabelVersion, features: Artefact) -> dict[str, Any]:
    """Return what the configuration of today makes the model of a label version from."""
    return {
        "labels": version.artefact.fingerprint,
        "features": features.fingerprint,
        "model": run.config.model.model_dump(exclude={"n_jobs"}),
    }


def train_model(
    run: Run,
    version: LabelVersion,
    ingested: Artefact,
    features: Artefact,
    *,
    fresh: bool = False,
) -> Artefact:
    """Return the model of a label version, trained now if there is none like it.

    It stands on the trees of the model that the lineage has of the same features and parameters,
    and takes its blocks, so that only what the labels changed is trained: the result is that of a
    full training on these trees, number by number in the leaves, within the solver's tolerance
    above them, where it starts from what it found before. Without such a model it grows trees of
    its own.

    A current model that is damaged is removed, with a warning, and made again as one that was
    deleted is: on the trees that it had, else those of the versions before, not on those of another
    model of its labels.

    The caller holds the lock of the workspace: once the model is published, the finished blocks of
    every training are removed, also of those that were given up for another configuration.

    Parameters
    ----------
    fresh : bool
        Grow new trees in any case.
    """
    origin = made_from(run, version, features)
    lost = _lost_model(run, version)
    known = None if fresh or lost else find_trained(run.workspace, version, origin)
    if known is not None:
        run.pointers[f"model {version.name}"] = known.folder.name
        run.costs.skipped("train")
        return known
    given = version.labels()
    reused = (
        None
        if fresh or lost == model_id_of(version, origin)  # it had grown its own
        else find_reusable(run.workspace, version, given, origin, run.terminal, lost=lost)
    )
    depends_on = origin if reused is None else origin | {"trees": reused.fingerprint}
    model_id = model_id_of(version, depends_on)
    run.pointers[f"model {version.name}"] = model_id
    if run.workspace.model_folder(model_id).exists():
        run.costs.skipped("train")
        return run.workspace.model(model_id)
    with run.measured("train", f"train on labels {version.name}") as progress:
        instances = ingested.table("instances", columns=["instance_id", "split"])
        rows = rows_of_split(instances, "train")
        progress(0, 1)
        started = time.perf_counter()
        check_instances_of(version, given, instances)
        labels = given.take_instances(rows)
        model = make_estimator(run.config)
        unfinished = run.workspace.unfinished_folder(model_id)
        X, Y = features.matrix("X")[rows], weighted_labels(labels)
        old = None if reused is None else reused.model
        # Both are of one kind: their parameters are the same.
        model.fit(X, Y, reuse=old, checkpoint=unfinished, warm_start=True)
        about = {
            "fingerprint": fingerprint_of_model(depends_on),
            "depends_on": depends_on,
            "created_at": now(),
            "label_version": version.name,
            "estimator": run.config.model.estimator,
            "parameters": run.config.model.model_dump(),
            "n_train": len(rows),
            "n_given": labels.n_given,
            "duration_seconds": round(time.perf_counter() - started, 3),
            "features": features.fingerprint,
            "code": __version__,
            "trees": {
                "of": model_id if reused is None else reused.grown_by,
                "fingerprint": model.trees_fingerprint(),
            },
            "blocks": {
                "trained": model.n_blocks_trained_,
                "of": model.n_blocks,
                "taken_from": None if reused is None else reused.model_id,
            },
        }
        with publish(run.workspace.model_folder(model_id), about) as folder:
            model.save(folder / "model")
    _remove_unfinished(run, model_id)
    return run.workspace.model(model_id)


def _lost_model(run: Run, version: LabelVersion) -> str | None:
    """Return the id of a version's current model if it is gone; a damaged one is removed."""
    model_id = run.workspace.current().get(f"model {version.name}")
    if model_id is None:
        return None
    folder = run.workspace.model_folder(model_id)
    if folder.exists():
        try:
            run.workspace.model(model_id).check()
        except DamagedArtefactError:
            run.terminal.warn(f"{folder} is damaged: it is removed and the model trained again")
            shutil.rmtree(folder)
    return None if folder.exists() else model_id


def _remove_unfinished(run: Run, model_id: str) -> None:
    """Remove the finished blocks of all trainings, and say which others had some."""
    folders = run.workspace.unfinished_folders()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)  # what cannot be removed costs only space
    others = [f.name for f in folders if f.name != model_id and not f.exists()]
    if others:
        run.terminal.say(
            f"removed the finished blocks of other interrupted trainings, {len(others)}: "
            + ", ".join(others[:5])
        )


def check_instances_of(version: LabelVersion, given: LabelMatrix, instances: pd.DataFrame) -> None:
    """Raise unless a label version speaks of the instances that the inputs hold today.

    Raises
    ------
    AxisMismatchError
    """
    if given.instance_ids.equals(pd.Index(instances["instance_id"])):
        return
    raise AxisMismatchError(
        f"labels {version.name} were made from other inputs: they speak of "
        f"{len(given.instance_ids):,} instances, the inputs of today of {len(instances):,}; use "
        "labels made from these inputs, or bring the old inputs back and run: workbench run"
    )
