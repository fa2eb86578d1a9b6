"""How good the labels and the issues of a run are, against what the queries mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.matrices import LabelMatrix
from workbench.workspace import Workspace

TOPS = (100, 1000, 10_000)


def measure_quality(folder: Path, truth: Path) -> dict[str, float]:
    """Return the precision and recall of the given labels, and that of the first issues.

    Queries of whose words nothing is known count as well; true pairs whose label no item carries
    do not.
    """
    workspace = Workspace(folder)
    given = workspace.latest_labels().labels()
    true = np.sort(_keys(given, pd.read_parquet(truth)))
    rows = np.repeat(np.arange(given.values.shape[0], dtype=np.int64), np.diff(given.values.indptr))
    own = rows * given.values.shape[1] + given.values.indices
    right = _among(own, true)
    found = {
        "n_instances": given.values.shape[0],
        "n_labels": given.values.shape[1],
        "n_given": given.n_given,
        "n_true": len(true),
        "precision": float(right.mean()),
        "recall": float(right.sum() / len(true)),
    }
    issues = workspace.artefact("flag").table("issues")
    for kind in ("wrong", "missing"):
        of_kind = issues[issues["kind"] == kind].sort_values("rank")
        present = _among(_keys(given, of_kind), true)
        is_error = present if kind == "missing" else ~present
        found[f"n_{kind}"] = len(of_kind)
        for top in TOPS:
            if len(is_error) >= top:
                found[f"{kind} at {top}"] = float(is_error[:top].mean())
    return found


def _keys(given: LabelMatrix, pairs: pd.DataFrame) -> NDArray[np.int64]:
    rows = given.instance_ids.get_indexer(pd.Index(pairs["instance_id"]))
    columns = given.label_ids.get_indexer(pd.Index(pairs["label_id"]))
    known = (rows >= 0) & (columns >= 0)
    keys: NDArray[np.int64] = rows[known].astype(np.int64) * len(given.label_ids) + columns[known]
    return keys


def _among(keys: NDArray[np.int64], ordered: NDArray[np.int64]) -> NDArray[np.bool_]:
    at = np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)
    found: NDArray[np.bool_] = ordered[at] == keys
    return found
