"""``workbench models``: the trained models, what they were made of, and how good they are."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.model_measures import KS, measure_model, read_measures
from pipelines.reused_trees import grown_by
from pipelines.stages import Run
from workbench.errors import WorkbenchError
from workbench.plurals import plural
from workbench.workspace import Artefact, Workspace

_NOT_RECORDED = "not recorded"


def show_models(
    folder: Path,
    *,
    measure: bool = False,
    test_labels: str | None = None,
    as_json: bool = False,
    terminal: Terminal,
) -> list[dict[str, Any]]:
    """Print the trained models, oldest first; return what is known of them.

    Parameters
    ----------
    folder : Path
    measure : bool
        Measure every model on the same test labels first.
    test_labels : str, optional
        Those labels: ``truth`` or a label version. Only what was measured against them is shown;
        without them, of each model what was measured last against the truth, where one is
        configured and it was measured so, else what was measured last.
    as_json : bool
        Print one JSON document instead.

    Raises
    ------
    InputError
    MissingArtefactError
        If there is no such label version.
    """
    workspace = Workspace(folder)
    config = read_config(workspace.config_path)
    if test_labels not in (None, "truth"):
        workspace.label_version(str(test_labels))
    models, damaged = _read_models(workspace)
    failed: dict[str, str] = {}
    if measure or test_labels is not None:
        run = Run(workspace, config, terminal)
        with workspace.lock():
            for model in models:
                try:
                    measure_model(run, model, test_labels)
                except WorkbenchError as error:
                    failed[model.folder.name] = str(error)
    told = [_about(workspace, model, test_labels) for model in models]
    if as_json:
        terminal.document(json.dumps(told, indent=2, ensure_ascii=False))
    elif told:
        _print(told, terminal, knows_truth=config.inputs.truth is not None)
    elif not damaged:
        terminal.say(f"no models yet; make one with: workbench run {workspace.quoted}")
    for name, why in {**failed, **damaged}.items():
        terminal.warn(f"model {name}: {why}")
    return told


def _read_models(workspace: Workspace) -> tuple[list[Artefact], dict[str, str]]:
    """Return the models, oldest first, and what is the matter with those that cannot be read."""
    found, damaged = [], {}
    for path in workspace.model_folders():
        try:
            found.append(workspace.model(path.name))
        except WorkbenchError as error:
            damaged[path.name] = str(error)
    return sorted(found, key=lambda one: (str(one.manifest.get("created_at")), one.folder.name)), (
        damaged
    )


def _about(workspace: Workspace, model: Artefact, test_labels: str | None) -> dict[str, Any]:
    manifest, model_id = model.manifest, model.folder.name
    blocks = dict(manifest.get("blocks") or {})
    measures = [
        one
        for one in read_measures(workspace, model_id)
        if test_labels in (None, one["test_labels"])
    ]
    version = str(manifest.get("label_version"))
    return {
        "model": model_id,
        "is_current": workspace.current().get(f"model {version}") == model_id,
        "labels": version,
        "estimator": manifest.get("estimator"),
        "parameters": manifest.get("parameters"),
        "trees_of": grown_by(model),
        "blocks_trained": blocks.get("trained"),
        "blocks": blocks.get("of"),
        "blocks_taken_from": blocks.get("taken_from"),
        "n_train": manifest.get("n_train"),
        "n_given": manifest.get("n_given"),
        "features": manifest.get("features"),
        "seconds": manifest.get("duration_seconds"),
        "created_at": manifest.get("created_at"),
        "code": manifest.get("code"),
        "measures": measures,
    }


def _print(told: list[dict[str, Any]], terminal: Terminal, *, knows_truth: bool) -> None:
    """Print what the models are and how good, then how they were made."""
    measured = [f"P@{k}" for k in KS]
    shown = [_shown_measure(one["measures"], knows_truth=knows_truth) for one in told]
    others = _of_other_labels(shown)
    rows = []
    for one, found, is_other in zip(told, shown, others, strict=True):
        rows.append(
            [
                _name(one),
                one["labels"],
                "its own" if one["trees_of"] == one["model"] else one["trees_of"],
                *(f"{100 * found[name]:.1f}" if found else "–" for name in measured),
                f"{found['test_labels']}, {found['n_test']:,}{' †' * is_other}"
                if found
                else "not measured",
            ]
        )
    terminal.table("models", ["model", "labels", "trees of", *measured, "measured on"], rows)
    terminal.say("* the current model of its labels")
    _tell_of_measures(shown, any(others), terminal)
    apart = _differing(told)
    rows = [
        [
            _name(one),
            str(one["estimator"]),
            *(_setting(one, name) for name in apart),
            f"{one['n_train']:,}" if one["n_train"] else _NOT_RECORDED,
            _blocks(one),
            f"{one['seconds']:.1f} s" if one["seconds"] is not None else _NOT_RECORDED,
            str(one["created_at"])[:10],
        ]
        for one in told
    ]
    header = ["model", "estimator", *apart, "instances", "blocks trained", "took", "made"]
    terminal.table("\ntraining", header, rows)


def _name(one: dict[str, Any]) -> str:
    return f"{one['model']} *" if one["is_current"] else str(one["model"])


def _shown_measure(measures: list[dict[str, Any]], *, knows_truth: bool) -> dict[str, Any] | None:
    """Return the newest measure, of those against the truth if it is known and there are any."""
    true = [one for one in measures if knows_truth and one["test_labels"] == "truth"]
    chosen = true or measures
    return chosen[-1] if chosen else None


def _of_other_labels(shown: list[dict[str, Any] | None]) -> list[bool]:
    """Return which measures are against other test labels than most."""
    of = [None if one is None else (one["fingerprint"], one["n_test"]) for one in shown]
    known = Counter(one for one in of if one is not None)
    usual = known.most_common(1)[0][0] if known else None
    return [one not in (None, usual) for one in of]


def _tell_of_measures(
    shown: list[dict[str, Any] | None], is_mixed: bool, terminal: Terminal
) -> None:
    """Say what the measures hold for, and what cannot be held against what."""
    found = [one for one in shown if one is not None]
    n_without = len(shown) - len(found)
    if any(one["test_labels"] != "truth" for one in found):
        terminal.say(
            "P@k in percent on the test split; a label version may hold errors itself: to agree "
            "with it is not yet to be right"
        )
    elif found:
        terminal.say("P@k in percent on the test split, against the known truth")
    if n_without:
        terminal.say(f"{plural(n_without, 'model')} not measured; do it with: --measure")
    if is_mixed:
        terminal.say(
            "† measured against other test labels: different ones cannot be compared by these "
            "figures; --measure takes all against the same"
        )


def _differing(told: list[dict[str, Any]]) -> list[str]:
    """Return the parameters in which the models differ."""
    every = [one["parameters"] or {} for one in told]
    names = dict.fromkeys(name for parameters in every for name in parameters)
    return [
        name
        for name in names
        if name not in ("n_jobs", "estimator")
        and len({str(parameters.get(name)) for parameters in every}) > 1
    ]


def _setting(one: dict[str, Any], name: str) -> str:
    return str((one["parameters"] or {}).get(name, "–"))


def _blocks(one: dict[str, Any]) -> str:
    if one["blocks"] is None:
        return _NOT_RECORDED
    return f"{one['blocks_trained']:,} of {one['blocks']:,}"
