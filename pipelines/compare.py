"""``workbench compare``: the models of several label versions on the same test labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.config import read_config
from pipelines.console import ProgressCallback, Terminal
from pipelines.predict import newest_model
from pipelines.stages import Run, now
from pipelines.test_labels import TestLabels, choose_test_labels
from pipelines.training import check_instances_of, load_model, rows_of_split
from workbench.errors import InputError
from workbench.evaluate.compare import ModelComparison, on_union_of_labels
from workbench.evaluate.compare import compare_models as compare_predictions
from workbench.matrices import PairScores
from workbench.workspace import Artefact, Workspace, fingerprint_of, sha256_of_file
from workbench.workspace.arrays import write_table
from workbench.workspace.artefacts import open_artefact, publish

# Predicted labels an instance; more than k, so that the tail has something to rank.
_DEPTH = 50
_NAMES = {
    "precision": "P",
    "ndcg": "nDCG",
    "psp": "PSP",
    "psndcg": "PSnDCG",
    "recall": "recall",
}


def compare_models(
    folder: Path, versions: list[str], test_labels: str | None, *, terminal: Terminal
) -> Artefact:
    """Measure the newest model of each label version, print and store the comparison.

    Raises
    ------
    InputError
        If there are fewer than two versions to compare.
    MissingArtefactError
        If a version has no model yet.
    """
    workspace = Workspace(folder)
    run = Run(workspace, read_config(workspace.config_path), terminal)
    models = {name: newest_model(workspace, name) for name in _versions(workspace, versions)}
    instances = workspace.artefact("ingest").table("instances", columns=["instance_id", "split"])
    rows = rows_of_split(instances, "test")
    instance_ids = pd.Index(instances["instance_id"][rows])
    against = choose_test_labels(run, workspace, test_labels, rows, instance_ids)
    with terminal.step("compare") as progress:
        found = _compare(run, models, against, rows, instance_ids, instances, progress)
    truth = run.config.inputs.truth
    fingerprint = fingerprint_of(
        {
            "models": [m.fingerprint for m in models.values()],
            "test_labels": against.origin,
            "truth": None if truth is None else sha256_of_file(run.path(truth.path)),
            "compare": run.config.compare.model_dump(),
        }
    )
    about = {
        "fingerprint": fingerprint,
        "created_at": now(),
        "models": {name: model.folder.name for name, model in models.items()},
        "test_labels": against.told,
        "test_labels_origin": against.origin,
        "n_test": len(rows),
    }
    name = "-".join([*models, "on", against.origin, fingerprint[:8]])
    place = workspace.comparison_folder(name)
    print_comparison(found, against, len(rows), terminal)
    if place.exists():
        terminal.say(f"comparison {name} is there already")
        return open_artefact(place)
    with workspace.lock(), publish(place, about) as draft:
        write_table(draft, "metrics", found.values)
        write_table(draft, "differences", found.differences)
    terminal.say(f"wrote comparison {name}")
    return open_artefact(place)


def print_comparison(
    found: ModelComparison, against: TestLabels, n_test: int, terminal: Terminal
) -> None:
    """Print each measure of every model, the difference and its 95 % interval, in percent."""
    models = list(dict.fromkeys(found.values["model"]))
    bare = int((np.diff(against.labels.values.indptr) == 0).sum())
    terminal.say(
        f"{n_test:,} test instances, held against {against.told}; "
        "differences with 95 % intervals (paired bootstrap over instances), all in percent"
    )
    if bare:
        terminal.say(
            f"{bare:,} of them carry no label: P and nDCG count these 0, recall leaves them out"
        )
    values = found.values[found.values["segment"] == "all"]
    wide = values.pivot(index=["metric", "k"], columns="model", values="value")
    differences = found.differences[found.differences["segment"] == "all"]
    rows = []
    for metric, k in dict.fromkeys(zip(values["metric"], values["k"], strict=True)):
        row = [f"{_NAMES[metric]}@{k}", *(f"{100 * wide.loc[(metric, k), m]:.2f}" for m in models)]
        these = differences[(differences["metric"] == metric) & (differences["k"] == k)]
        for one in these.itertuples():
            row += [
                f"{100 * one.difference:+.2f}",
                f"{100 * one.low:+.2f} to {100 * one.high:+.2f}",
            ]
        rows.append(row)
    changes = [name for m in models[1:] for name in (f"{m} − {models[0]}", "interval")]
    terminal.table("", ["measure", *models, *changes], rows)


def _versions(workspace: Workspace, versions: list[str]) -> list[str]:
    if not versions:
        known = workspace.label_versions()
        newest = workspace.latest_labels()
        versions = list(dict.fromkeys([newest.base, newest.name]))
        if len(known) < 2 or len(versions) < 2:
            raise InputError(
                f"{workspace.root} has one label version only; review some issues "
                "(workbench app), then: workbench apply, workbench retrain, workbench compare"
            )
    if len(set(versions)) < 2:
        raise InputError(f"name two label versions or more to compare, found {versions}")
    return list(dict.fromkeys(versions))


def _compare(
    run: Run,
    models: dict[str, Artefact],
    against: TestLabels,
    rows: NDArray[np.int64],
    instance_ids: pd.Index,
    instances: pd.DataFrame,
    progress: ProgressCallback,
) -> ModelComparison:
    predictions = {}
    for name, artefact in models.items():
        features = run.workspace.find_artefact("features", artefact.manifest["features"])
        if features is None:
            raise InputError(
                f"the features of model {artefact.folder.name} are gone; train it again with: "
                f"workbench retrain --labels {name}"
            )
        version = run.workspace.label_version(name)
        given = version.labels()
        check_instances_of(version, given, instances)
        if features.fingerprint != run.workspace.artefact("features").fingerprint:
            raise InputError(
                f"model {artefact.folder.name} was trained on other features or another split; "
                f"train it again with: workbench retrain --labels {name}"
            )
        depth = max(_DEPTH, *run.config.compare.k)
        values = load_model(artefact).predict(features.matrix("X")[rows], k=depth)
        label_ids = given.label_ids
        predictions[name] = PairScores(values, instance_ids, label_ids)
    union, truth = on_union_of_labels(predictions, against.labels)
    baseline = run.workspace.label_version(next(iter(models))).labels()
    train = baseline.take_instances(rows_of_split(instances, "train"))
    return compare_predictions(
        union,
        truth,
        train,
        ks=run.config.compare.k,
        n_bootstrap=run.config.compare.n_bootstrap,
        progress=progress,
    )
