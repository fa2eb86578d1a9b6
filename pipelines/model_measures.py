"""How good a model is on the test split, kept beside it with the labels it was held against."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipelines.compared_models import find_model, find_test_instances, predict_on
from pipelines.console import Terminal
from pipelines.stages import Run, now
from pipelines.test_labels import choose_test_labels, fingerprint_of_labels
from workbench.errors import WorkbenchError
from workbench.evaluate import precision_at_k
from workbench.evaluate.compare import on_union_of_labels
from workbench.workspace import Artefact, Workspace
from workbench.workspace.artefacts import replace_file

KS = (1, 3, 5)


def measure_model(run: Run, model: Artefact, test_labels: str | None = None) -> dict[str, Any]:
    """Return P@1, P@3 and P@5 of a model on the test split; they are measured once and kept.

    Parameters
    ----------
    test_labels : str, optional
        ``truth`` or a label version; by default the truth where there is one, else the newest.

    Returns
    -------
    dict
        ``P@1``, ``P@3``, ``P@5``, the ``test_labels`` they were measured against, whose
        ``fingerprint``, ``n_test`` instances and when, ``measured_at``.

    Raises
    ------
    InputError
        If there is nothing to measure on.
    """
    model_id = model.folder.name
    quiet = Run(run.workspace, run.config, Terminal(quiet=True))
    found = find_model(run.workspace, model_id)
    tested = find_test_instances(run.workspace, {model_id: found})
    against = choose_test_labels(quiet, run.workspace, test_labels, tested.instance_ids)
    fingerprint = fingerprint_of_labels(run, against)
    kept = read_measures(run.workspace, model_id)
    for one in kept:
        if (one["fingerprint"], one["inputs"]) == (fingerprint, found.ingested.fingerprint):
            return one
    scores = {model_id: predict_on(found, tested.instance_ids, max(KS))}
    union, truth = on_union_of_labels(scores, against.labels)
    measured = {
        "test_labels": against.origin,
        "fingerprint": fingerprint,
        "inputs": found.ingested.fingerprint,
        "n_test": len(tested.instance_ids),
        "measured_at": now(),
        **{f"P@{k}": precision_at_k(union[model_id].values, truth.values, k) for k in KS},
    }
    path = run.workspace.measures_path(model_id)
    path.parent.mkdir(exist_ok=True)
    replace_file(path, json.dumps([*kept, measured], indent=1))
    return measured


def measure_after_training(run: Run, model: Artefact) -> None:
    """Measure a model that was trained just now; what hinders it is told and ends nothing."""
    try:
        measure_model(run, model)
    except WorkbenchError as error:
        run.terminal.say(f"model {model.folder.name} was not measured: {error}")


def read_measures(workspace: Workspace, model_id: str) -> list[dict[str, Any]]:
    """Return what was measured of a model, oldest first; none where nothing can be read."""
    try:
        found = json.loads(workspace.measures_path(model_id).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # a measure is cheap to take again
        return []
    return [one for one in found if _is_measure(one)] if isinstance(found, list) else []


def _is_measure(one: object) -> bool:
    names = {"test_labels", "fingerprint", "inputs", "n_test", *(f"P@{k}" for k in KS)}
    return isinstance(one, Mapping) and names <= one.keys()
