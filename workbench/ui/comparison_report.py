"""A comparison as one page of HTML that can be mailed: no network, no script, prints well."""

from __future__ import annotations

import json
from pathlib import Path

from workbench.ui import markup
from workbench.ui.comparison import name_of
from workbench.ui.comparison_basis import (
    NOT_RECORDED,
    basis_facts,
    model_table,
    version_table,
    when,
)
from workbench.ui.comparison_tables import (
    NOTES,
    UNITS,
    figures_of,
    headline_html,
    instance_table,
    label_table,
    overall_table,
    segment_table,
    told_of_instances,
    told_of_labels,
    value_table,
)
from workbench.ui.forest import draw_svg
from workbench.workspace.comparisons import ATTRIBUTE, BRANCH, SUPPORT, Comparison

STYLE = Path(__file__).with_name("comparison_report.css")
MAX_LABELS, MAX_INSTANCES = 15, 25
# Nothing is loaded and nothing runs, whatever the names of labels hold.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_HEADINGS = {SUPPORT: "By support", ATTRIBUTE: "By attribute", BRANCH: "By branch of the taxonomy"}


def comparison_page(comparison: Comparison) -> str:
    """Return the whole page."""
    name = str(comparison.manifest.get("workspace", ""))
    title = f"{comparison.baseline} and {', '.join(comparison.others)}"
    told = " · ".join(filter(None, [name, when(comparison.manifest.get("created_at"))]))
    parts = [
        f'<header><p class="wb-soft">{markup.escape(told)}</p>',
        markup.title(f"Comparison of models: {title}"),
        "".join(
            headline_html(comparison, model) + figures_of(comparison, model)
            for model in comparison.others
        ),
        "</header>",
        _section("What was compared", markup.facts(basis_facts(comparison))),
        _section("Models", model_table(comparison)),
        _section("Versions of the labels, and their decisions", version_table(comparison)),
        *(_held_against(comparison, model) for model in comparison.others),
        _section(
            "Every model by itself",
            f"<details><summary>Every measure, by support</summary>{_values(comparison)}</details>",
        ),
        _section("How to read this", "".join(f"<p>{markup.escape(note)}</p>" for note in NOTES)),
        _section("Made with", markup.facts(_made_with(comparison))),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{markup.escape(title)}</title><style>{STYLE.read_text(encoding='utf-8')}</style>"
        f"</head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _held_against(comparison: Comparison, model: str) -> str:
    """Return all about one model against the baseline."""
    metric, k = comparison.main_measure
    several = f": {model} against {comparison.baseline}" if len(comparison.others) > 1 else ""
    measure = name_of(metric, k)
    parts = [
        _section(
            f"All labels{several}", markup.soft(UNITS) + overall_table(comparison, model, draw_svg)
        )
    ]
    for kind in comparison.kinds:
        heading = f"{_HEADINGS[kind]}, {measure}{several}"
        parts.append(_section(heading, segment_table(comparison, model, kind, metric, k, draw_svg)))
    if not comparison.records_changes:
        note = markup.soft("This comparison is an older one, in which changes were not recorded.")
        return "".join([*parts, _section(f"What changed{several}", note)])
    sides = [
        f"<h3>{word}</h3>" + label_table(comparison, model, k, gained=gained, n=MAX_LABELS)
        for word, gained in (("Gained", True), ("Lost", False))
    ]
    told = markup.soft(told_of_labels(comparison, model, k))
    parts.append(_section(f"Labels that gained and lost most{several}", told + "".join(sides)))
    told = markup.soft(told_of_instances(comparison, model, k, MAX_INSTANCES))
    table = instance_table(comparison, model, k, MAX_INSTANCES)
    parts.append(_section(f"Instances that changed{several}", told + table))
    return "".join(parts)


def _values(comparison: Comparison) -> str:
    metrics = list(dict.fromkeys(metric for metric, _ in comparison.measures))
    return value_table(comparison, metrics)


def _section(heading: str, inner: str) -> str:
    return f"<section>{markup.heading(heading)}{inner}</section>" if inner else ""


def _made_with(comparison: Comparison) -> list[tuple[str, str]]:
    manifest = comparison.manifest
    facts = [
        ("Label workbench", str(manifest.get("code", NOT_RECORDED))),
        ("Comparison", str(manifest.get("fingerprint", NOT_RECORDED))),
        ("Inputs", str(manifest.get("inputs", NOT_RECORDED))),
        ("Test labels", str(manifest.get("test_labels_fingerprint", NOT_RECORDED))[:16]),
        ("Resamples", str(manifest.get("n_bootstrap", NOT_RECORDED))),
    ]
    for name, about in dict(manifest.get("model_facts", {})).items():
        facts.append((f"Settings of {name}", _settings(about.get("parameters"))))
        facts.append((f"Features of {name}", str(about.get("features", NOT_RECORDED))))
    for name, about in dict(manifest.get("versions", {})).items():
        facts.append((f"Labels {name}", str(about.get("fingerprint", NOT_RECORDED))))
    return facts


def _settings(parameters: object) -> str:
    if not isinstance(parameters, dict):
        return NOT_RECORDED
    return ", ".join(f"{key} {json.dumps(value)}" for key, value in sorted(parameters.items()))
