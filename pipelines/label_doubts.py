"""What makes labels that exist look wrong though they are well-formed."""

from __future__ import annotations

import pandas as pd

from pipelines.config_inputs import LabelsInput
from pipelines.run_report import report_of
from workbench.report import MAX_EXAMPLES, Report
from workbench.text import normalise
from workbench.workspace import Artefact

WITHOUT_TEXT = "labels on instances that have no text (left out)"
TWICE = "pairs named more than once (kept once)"
# From this share of the rows on it is a mistake rather than a few texts that are gone.
_MANY_WITHOUT_TEXT = 0.05
_LIKE_EMPTY = frozenset({"nan", "null", "none", "nil", "na", "n/a", "#n/a", "undefined"})


def doubts_about_labels(source: LabelsInput, ingested: Artefact) -> list[str]:
    """Return in words what a user has to know at every run of the labels that were read."""
    report = report_of(ingested)
    lost = report.counted(WITHOUT_TEXT)
    if not lost:
        return []
    n = lost + report.counted(TWICE) + len(ingested.table("given_pairs", columns=["label_id"]))
    if lost < _MANY_WITHOUT_TEXT * n:
        return []
    shown = ", ".join(map(repr, report.to_dict()["counts"][WITHOUT_TEXT]["examples"]))
    return [
        f"{lost:,} of {n:,} rows of {source.pairs} ({lost / n:.0%}) are left out, for their "
        f"instance has no text in {source.texts} (such as {shown}); check that both name the "
        "instances alike"
    ]


def count_strange_labels(labels: pd.DataFrame, pairs: pd.DataFrame, report: Report) -> None:
    """Count the labels that may be another one misspelt, and those that may be no label.

    Parameters
    ----------
    labels : DataFrame with label_id, attribute, value
    pairs : DataFrame with label_id
    report : Report
    """
    plain = labels["attribute"].fillna("").map(normalise) + "\0" + labels["value"].map(normalise)
    alike = labels["label_id"][plain.duplicated(keep=False)]
    report.count(
        "labels that differ from another only in case, white space or Unicode form (kept apart)",
        len(alike),
        alike.groupby(plain, sort=False).agg(" / ".join).head(MAX_EXAMPLES).tolist(),
    )
    empty = labels["label_id"][labels["label_id"].map(normalise).isin(_LIKE_EMPTY)]
    n_carrying = pairs["label_id"][pairs["label_id"].isin(empty)].value_counts()
    report.count(
        "labels that read like an empty cell (kept as labels)",
        len(empty),
        [f"{label} on {n_carrying.get(label, 0):,}" for label in empty.head(MAX_EXAMPLES)],
    )
