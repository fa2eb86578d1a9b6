"""``workbench compare``: any number of models on the same test labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.compare_told import check_shown, print_comparison
from pipelines.compared_models import (
    ComparedModel,
    TestInstances,
    find_models,
    find_test_instances,
    predict_on,
    training_labels,
)
from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.out_files import check_out_file
from pipelines.reused_trees import grown_by
from pipelines.stages import Run, now
from pipelines.test_labels import TestLabels, choose_test_labels, fingerprint_of_labels
from workbench import __version__
from workbench.evaluate.changes import changed_pairs, label_changes, ranks_of_true_pairs
from workbench.evaluate.compare import compare_models as compare_predictions
from workbench.evaluate.compare import on_union_of_labels
from workbench.evaluate.compare_segments import compare_segments
from workbench.evaluate.segments import Segmentation, segment_by_attribute, segment_by_branch
from workbench.matrices import LabelMatrix, PairScores
from workbench.ui.comparison_report import comparison_page
from workbench.workspace import Artefact, Workspace, fingerprint_of
from workbench.workspace.arrays import write_table
from workbench.workspace.artefacts import open_artefact, publish, replace_file
from workbench.workspace.comparisons import read_comparison

# Predicted labels an instance; more than k, so that the tail has something to rank.
_DEPTH = 50
_MAX_NAMES = 3


def compare_models(
    folder: Path,
    names: Sequence[str],
    test_labels: str | None,
    *,
    by: str | None = None,
    measure: str | None = None,
    report: Path | None = None,
    overwrite: bool = False,
    terminal: Terminal,
) -> Artefact:
    """Measure models on the same test labels, print and store the comparison.

    Parameters
    ----------
    names : sequence of str
        Label versions, whose newest model is meant, or ids of models.
    test_labels : str, optional
        ``truth`` or a label version.
    by : str, optional
        Which segments are printed too: support, attribute or branch.
    measure : str, optional
        Which measure of the segments is printed, such as ``nDCG@5``.
    report : Path, optional
        A file to write the comparison into, as one page of HTML.
    overwrite : bool
        Replace a report that lies there.

    Raises
    ------
    InputError
        If there are fewer than two models to compare, or nothing to compare them on, or the report
        cannot be written.
    MissingArtefactError
        If a version has no model yet.
    WorkbenchError
        If the comparison is a new one and the workspace may not be written to.
    """
    workspace = Workspace(folder)
    if report is not None:
        endings = (".html", ".htm")
        check_out_file(report, overwrite=overwrite, option="--report", endings=endings)
    run = Run(workspace, read_config(workspace.config_path), terminal)
    check_shown(by, measure, run.config.compare.k)
    models = find_models(workspace, names)
    tested = find_test_instances(workspace, models)
    against = choose_test_labels(run, workspace, test_labels, tested.instance_ids)
    fingerprint = fingerprint_of(
        {
            "revision": 3,
            "models": {name: model.artefact.fingerprint for name, model in models.items()},
            "inputs": workspace.artefact("ingest").fingerprint,
            "trained_on": [model.ingested.fingerprint for model in models.values()],
            "test_labels": fingerprint_of_labels(run, against),
            "compare": run.config.compare.model_dump(),
        }
    )
    shown = [*list(models)[:_MAX_NAMES], *(["others"] if len(models) > _MAX_NAMES else [])]
    name = "-".join([*shown, "on", against.origin, fingerprint[:8]])
    place = workspace.comparison_folder(name)
    is_there = place.exists()
    if not is_there:
        workspace.check_writable()
        about = _about(run, models, tested, against) | {"fingerprint": fingerprint}
        _make_comparison(run, place, about, models, tested, against)
    artefact = open_artefact(place)
    comparison = read_comparison(artefact)
    print_comparison(comparison, terminal, by=by, measure=measure)
    terminal.say(f"comparison {name} is there already" if is_there else f"wrote comparison {name}")
    if report is not None:
        replace_file(report.absolute(), comparison_page(comparison))
        terminal.say(f"wrote {report}")
    return artefact


def _make_comparison(
    run: Run,
    place: Path,
    about: dict[str, Any],
    models: Mapping[str, ComparedModel],
    tested: TestInstances,
    against: TestLabels,
) -> None:
    """Measure everything and publish it."""
    ks = run.config.compare.k
    settings: dict[str, Any] = {"ks": ks, "n_bootstrap": run.config.compare.n_bootstrap}
    with run.terminal.step("predict") as progress:
        predictions = {}
        for n, (name, model) in enumerate(models.items(), 1):
            predictions[name] = predict_on(model, tested.instance_ids, max(_DEPTH, *ks))
            progress(n, len(models))
    own = {name: scores.label_ids for name, scores in predictions.items()}
    union, truth = on_union_of_labels(predictions, against.labels)
    train = training_labels(next(iter(models.values())))
    with run.terminal.step("compare") as progress:
        found = compare_predictions(union, truth, train, progress=progress, **settings)
    parted = _segmentations(run.workspace, models, truth)
    segments = [segment for one in parted for segment in one.segments]
    with run.terminal.step("compare by attribute and branch") as progress:
        by_segment = compare_segments(union, truth, train, segments, progress=progress, **settings)
    labels, pairs = _changes(union, truth, ks, run.terminal)
    about |= {
        "segmentations": {one.by: _told(one) for one in parted},
        "labels": {
            "n_union": len(truth.label_ids),
            "unknown": {name: _unknown(truth, known) for name, known in own.items()},
        },
    }
    texts = tested.texts.loc[pairs["instance_id"].unique()].rename("text").reset_index()
    with run.workspace.lock(), publish(place, about) as draft:
        write_table(draft, "metrics", found.values)
        write_table(draft, "differences", found.differences)
        write_table(draft, "segments", by_segment)
        write_table(draft, "label_changes", labels)
        write_table(draft, "changed_pairs", pairs)
        write_table(draft, "instances", texts)


def _about(
    run: Run, models: Mapping[str, ComparedModel], tested: TestInstances, against: TestLabels
) -> dict[str, Any]:
    """Return what the manifest says of the models, the test labels and where both come from."""
    bare = int((np.diff(against.labels.values.indptr) == 0).sum())
    return {
        "created_at": now(),
        "code": __version__,
        "workspace": run.config.workspace.name or run.workspace.root.name,
        "models": {name: model.artefact.folder.name for name, model in models.items()},
        "model_facts": {name: _model_facts(model) for name, model in models.items()},
        "versions": _lineages(run.workspace, [*models.values()], against),
        "inputs": run.workspace.artefact("ingest").fingerprint,
        "test_labels": against.told,
        "test_labels_origin": against.origin,
        "test_labels_fingerprint": fingerprint_of_labels(run, against),
        "n_test_pairs": against.labels.n_given,
        "n_test": len(tested.instance_ids),
        "n_test_bare": bare,
        "n_test_of_inputs": tested.n_test,
        "left_out": tested.left_out,
        "ks": list(run.config.compare.k),
        "n_bootstrap": run.config.compare.n_bootstrap,
    }


def _model_facts(model: ComparedModel) -> dict[str, Any]:
    manifest = model.artefact.manifest
    kept = ("label_version", "created_at", "estimator", "n_train", "n_given", "features", "code")
    facts = {key: manifest[key] for key in kept if key in manifest}
    facts["trees"] = grown_by(model.artefact)
    return facts | {"inputs": model.ingested.fingerprint, "parameters": manifest.get("parameters")}


def _lineages(
    workspace: Workspace, models: Sequence[ComparedModel], against: TestLabels
) -> dict[str, dict[str, Any]]:
    """Return what is known of each label version that takes part, and of those it was made from."""
    waiting = [model.version.name for model in models]
    if against.origin != "truth":
        waiting.append(against.origin)
    found: dict[str, dict[str, Any]] = {}
    kept = ("created_at", "made_by", "n_given", "added", "removed", "confirmed", "n_decisions")
    while waiting:
        version = workspace.label_version(waiting.pop())
        if version.name in found:
            continue
        manifest = version.artefact.manifest
        facts = {key: manifest[key] for key in kept if key in manifest}
        found[version.name] = facts | {"fingerprint": version.artefact.fingerprint}
        found[version.name]["parent"] = version.parent
        if isinstance(manifest.get("reviewers"), list):
            found[version.name]["n_reviewers"] = len(manifest["reviewers"])
        if version.parent in workspace.label_names():
            waiting.append(version.parent)
    return dict(sorted(found.items(), key=lambda one: int(one[0][1:])))


def _segmentations(
    workspace: Workspace, models: Mapping[str, ComparedModel], truth: LabelMatrix
) -> list[Segmentation]:
    """Return the test data by attribute and by branch, as the inputs know the labels."""
    ingested = {one.ingested.fingerprint: one.ingested for one in models.values()}
    today = workspace.artefact("ingest")
    ingested = {today.fingerprint: today} | ingested
    tables = [
        one.table("labels", columns=["label_id", "attribute", "parent_id"])
        for one in ingested.values()
    ]
    known = pd.concat(tables).drop_duplicates("label_id").set_index("label_id")
    known = known.reindex(truth.label_ids)
    parents = truth.label_ids.get_indexer(pd.Index(known["parent_id"]))
    parents[known["parent_id"].isna().to_numpy()] = -1
    return [
        segment_by_attribute(truth, known["attribute"]),
        segment_by_branch(truth, parents.astype(np.int64)),
    ]


def _changes(
    predictions: Mapping[str, PairScores],
    truth: LabelMatrix,
    ks: Sequence[int],
    terminal: Terminal,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return which labels and which true pairs each model hits otherwise than the first."""
    labels, pairs = [], []
    with terminal.step("what changed") as progress:
        before: NDArray[np.int32] | None = None
        for n, (name, scores) in enumerate(predictions.items(), 1):
            ranks = ranks_of_true_pairs(scores, truth, max(ks))
            progress(n, len(predictions))
            if before is None:
                before = ranks
                continue
            pairs.append(changed_pairs(truth, before, ranks, list(ks)).assign(model=name))
            labels += [label_changes(truth, before, ranks, k).assign(model=name, k=k) for k in ks]
    return pd.concat(labels, ignore_index=True), pd.concat(pairs, ignore_index=True)


def _told(one: Segmentation) -> dict[str, int]:
    counts = {"n_segments": len(one.segments), "n_without": one.n_without, "n_small": one.n_small}
    return counts | {"n_pooled": sum(s.n_pooled for s in one.segments if not s.name)}


def _unknown(truth: LabelMatrix, known: pd.Index) -> dict[str, int]:
    """Return how many labels of the test a model does not have, and on how many pairs they are."""
    lacks = truth.support()[~truth.label_ids.isin(known)]
    return {"n_labels": int((lacks > 0).sum()), "n_pairs": int(lacks.sum())}
