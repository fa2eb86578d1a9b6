"""The first stage: read and check every input, publish the tables that the others start from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pipelines.console import ProgressCallback
from pipelines.ingest_clicks import log_parts
from pipelines.ingest_labels import ingest_existing_labels
from pipelines.ingest_shop import ingest_shop
from pipelines.label_doubts import doubts_about_labels
from pipelines.stages import Run, Stage
from workbench.signals.votes import DTYPES as VOTE_DTYPES
from workbench.tables import connect, table_parts, telling_memory
from workbench.workspace import Artefact
from workbench.workspace.arrays import write_json, write_table

# Every workspace has every table, so that readers need not ask where it came from.
_COLUMNS = {
    "items": {"item_id": "str", "title": "str"},
    "item_labels": {"item_id": "str", "label_id": "str"},
    "rare_labels": {"label_id": "str", "attribute": "str", "value": "str", "n_items": "int64"},
    "aliases": {"label_id": "str", "alias": "str", "locale": "str"},
    "applicability": {"attribute": "str", "category_id": "str"},
    "categories": {
        "category_id": "str",
        "label_id": "str",
        "name": "str",
        "path": "str",
        "parent_id": "str",
    },
    "clicks": {
        "instance_id": "str",
        "item_id": "str",
        "impressions": "int64",
        "clicks": "int64",
        "weight": "float64",
        "expected_clicks": "float64",
        "score": "float64",
        "sessions": "int64",
    },
    "given_pairs": {"instance_id": "str", "label_id": "str"},
    "given_votes": dict(VOTE_DTYPES),
}


def ingest(run: Run) -> Artefact:
    """Return the artefact with the tables of all inputs and the report of what was counted.

    Raises
    ------
    InputError
        If an input is missing or breaks its contract.
    """

    def write(folder: Path, progress: ProgressCallback) -> None:
        read = ingest_existing_labels if run.config.inputs.labels is not None else ingest_shop
        with telling_memory():
            tables, report = read(run)
        progress(1, 2)
        for name, columns in _COLUMNS.items():
            empty = pd.DataFrame({c: pd.Series(dtype=kind) for c, kind in columns.items()})
            write_table(folder, name, tables.get(name, empty))
        for name in ("instances", "labels"):
            write_table(folder, name, tables[name])
        write_json(folder, "report", report.to_dict())
        progress(2, 2)

    # How much memory reading may take, and what is warned of, decides nothing that comes out.
    whole = dict.fromkeys(("truth", "reviewed", "memory_limit"), True)
    inputs = run.config.inputs.model_dump(exclude={**whole, "clicks": {"not_counts"}})
    files = {text: run.workspace.hashes_of(table_parts(run.path(text))) for text in _paths(inputs)}
    depends_on: dict[str, object] = {
        "inputs": inputs,
        "files": files,
        "split": run.config.split.model_dump(),
    }
    clicks = run.config.inputs.clicks
    if clicks is not None and clicks.path is None:
        with telling_memory():
            depends_on["log"] = [part.fingerprint for part in log_parts(run, clicks, connect())]
    ingested = run.stage(Stage("ingest", 6, "read and check the inputs", write, depends_on))
    if run.config.inputs.labels is not None:
        # At every run: rows that were lost once are so still.
        for doubt in doubts_about_labels(run.config.inputs.labels, ingested):
            run.terminal.warn(doubt)
    return ingested


def _paths(inputs: dict[str, object]) -> list[str]:
    keys = ("path", "queries_path", "attributes_path", "texts", "pairs", "label_names")
    named = [part for section in inputs.values() for part in _as_list(section)]
    sections = [part for part in named if isinstance(part, dict)]
    translated = (section.get("translations") for section in sections)
    others = [
        str(path) for named in translated if isinstance(named, dict) for path in named.values()
    ]
    found = [str(section[key]) for section in sections for key in keys if section.get(key)]
    return sorted({*found, *others})


def _as_list(section: object) -> list[object]:
    return section if isinstance(section, list) else [section]
