"""The last stage: which pairs look wrong or missing, ranked, with reasons."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import logit

from pipelines.console import ProgressCallback
from pipelines.stages import Run, Stage
from workbench.issues.ranking import rank_issues
from workbench.matrices import LabelMatrix, PairScores
from workbench.workspace import Artefact, LabelVersion
from workbench.workspace.arrays import write_json, write_table

# A posterior of 0 or 1 in float32 is a very sure one, not an infinitely sure one.
_SUREST = 1e-6


def flag(
    run: Run,
    version: LabelVersion,
    ingested: Artefact,
    labelled: Artefact,
    features: Artefact,
    scored: Artefact,
) -> Artefact:
    """Return the artefact with the ranked issues and what could not be judged."""

    def write(folder: Path, progress: ProgressCallback) -> None:
        given = version.labels()
        found = rank_issues(
            given,
            scored.scores(),
            np.asarray(scored.array("column_sums")),
            comparison=PairScores(scored.matrix("comparison"), given.instance_ids, given.label_ids),
            features=features.matrix("X"),
            labels=ingested.table("labels"),
            texts=ingested.table("instances", columns=["text"])["text"].tolist(),
            votes_log_odds=votes_log_odds(labelled.table("posterior"), given),
            max_issues=run.config.issues.max_issues,
            progress=progress,
        )
        write_table(folder, "issues", found.frame)
        coverage = asdict(found.coverage)
        write_table(folder, "unjudged", coverage.pop("unjudged"))
        write_json(folder, "coverage", coverage)

    depends_on = {
        "score": scored.fingerprint,
        "labels": version.artefact.fingerprint,
        "label_version": version.name,
        "label": labelled.fingerprint,
        "issues": run.config.issues.model_dump(),
    }
    return run.stage(Stage("flag", 2, "rank the issues", write, depends_on))


def votes_log_odds(posterior: pd.DataFrame, given: LabelMatrix) -> csr_array | None:
    """Return the posterior log-odds on the axes of the labels; None where nothing was voted."""
    if posterior.empty:
        return None
    rows = given.instance_ids.get_indexer(pd.Index(posterior["instance_id"]))
    columns = given.label_ids.get_indexer(pd.Index(posterior["label_id"]))
    known = (rows >= 0) & (columns >= 0)
    belief = np.clip(posterior["posterior"].to_numpy(np.float64), _SUREST, 1 - _SUREST)
    matrix = csr_array(
        (logit(belief[known]).astype(np.float32), (rows[known], columns[known])),
        shape=given.values.shape,
    )
    matrix.sort_indices()
    return matrix
