"""What a comparison of models rests on: test labels, models and label versions, as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.plurals import plural
from workbench.ui import markup
from workbench.ui.comparison import told_of_models
from workbench.workspace.comparisons import Comparison

NOT_RECORDED = "not recorded"


def basis_facts(comparison: Comparison) -> list[tuple[str, str]]:
    """Return what was compared on what: names with plain texts."""
    manifest = comparison.manifest
    n_test = int(manifest.get("n_test", 0))
    labels = str(manifest.get("test_labels", NOT_RECORDED))
    pairs = manifest.get("n_test_pairs")
    facts = [
        ("Models", told_of_models(comparison) or ", ".join(comparison.models)),
        ("Measured against", labels + ("" if pairs is None else f": {pairs:,} pairs")),
        ("Test instances", markup.count(n_test)),
    ]
    if n_bare := int(manifest.get("n_test_bare", 0)):
        told = f"{n_bare:,}: P and nDCG count these 0, recall leaves them out"
        facts.append(("Without a label", told))
    for why, n in dict(manifest.get("left_out", {})).items():
        facts.append(("Left out", f"{plural(int(n), 'test instance')} {why}"))
    for name, lacks in dict(dict(manifest.get("labels", {})).get("unknown", {})).items():
        if lacks["n_pairs"]:
            labels, pairs = plural(lacks["n_labels"], "label"), plural(lacks["n_pairs"], "pair")
            facts.append(
                (f"Unknown to {name}", f"{labels} of the test, true in {pairs}: all missed")
            )
    facts.append(("Made", when(manifest.get("created_at"))))
    return facts


def model_table(comparison: Comparison) -> str:
    """Return the models with what each was trained on."""
    of, rows = dict(comparison.manifest.get("model_facts", {})), []
    models = comparison.manifest.get("models", {})
    for name in comparison.models:
        facts = of.get(name, {})
        found = models.get(name, NOT_RECORDED) if isinstance(models, Mapping) else NOT_RECORDED
        counts = [_count(facts, key) for key in ("n_train", "n_given")]
        told = [found, facts.get("label_version", NOT_RECORDED), *counts]
        told += [facts.get("estimator", NOT_RECORDED), when(facts.get("created_at"))]
        rows.append([markup.escape(text) for text in (name, *told)])
    header = ["Name", "Model", "Labels", "Trained on", "Given pairs", "Kind", "Made"]
    return markup.table(header, rows, numbers=[3, 4])


def version_table(comparison: Comparison) -> str:
    """Return the label versions with the decisions that made them; empty if not recorded."""
    rows = []
    for name, facts in dict(comparison.manifest.get("versions", {})).items():
        made = str(facts.get("made_by", NOT_RECORDED))
        if facts.get("parent"):
            made += f", from {facts['parent']}"
        keys = ("n_given", "n_decisions", "n_reviewers", "added", "removed", "confirmed")
        counts = [_count(facts, key, otherwise="") for key in keys]
        cells = [name, made, *counts, when(facts.get("created_at"))]
        rows.append([markup.escape(cell) for cell in cells])
    if not rows:
        return ""
    header = ["Labels", "Made by", "Given pairs", "Decisions", "Reviewers"]
    header += ["Added", "Removed", "Confirmed", "Made"]
    return markup.table(header, rows, numbers=range(2, 8))


def when(time: object) -> str:
    """Return a time as it is read."""
    return str(time)[:16].replace("T", " ") if time else NOT_RECORDED


def _count(facts: Mapping[str, Any], key: str, otherwise: str = NOT_RECORDED) -> str:
    return markup.count(int(facts[key])) if facts.get(key) is not None else otherwise
