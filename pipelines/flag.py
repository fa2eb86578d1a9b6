"""The last stage: which pairs look wrong or missing, ranked, with reasons."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import logit

from pipelines.console import ProgressCallback
from pipelines.contradictions import exclusive_attributes, with_contradictions
from pipelines.issue_patterns import note_patterns, patterns_of_issues
from pipelines.stages import Run, Stage
from workbench.evaluate.propensity import propensities
from workbench.issues.gain import gain_ranks
from workbench.issues.ranking import rank_issues
from workbench.issues.thresholds import label_thresholds
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
        given, scores = version.labels(), scored.scores()
        column_sums = np.asarray(scored.array("column_sums"))
        texts = ingested.table("instances", columns=["text"])["text"].tolist()
        found = rank_issues(
            given,
            scores,
            column_sums,
            comparison=PairScores(scored.matrix("comparison"), given.instance_ids, given.label_ids),
            features=features.matrix("X"),
            labels=ingested.table("labels"),
            texts=texts,
            votes_log_odds=votes_log_odds(labelled.table("posterior"), given),
            max_issues=run.config.issues.max_issues,
            progress=progress,
        )
        ranked, report = with_contradictions(
            found,
            given,
            scores,
            texts,
            ingested,
            label_thresholds(given, scores, column_sums),
            run.config,
        )
        patterns = patterns_of_issues(
            ranked, given, scores, texts, ingested, labelled, run.config.issues
        )
        note_patterns(patterns.frame, report)
        propensity = pd.Series(propensities(given.values), given.label_ids)
        gain_rank = gain_ranks(ranked, propensity, tail_weight=run.config.issues.tail_weight)
        write_table(
            folder,
            "issues",
            ranked.assign(pattern_id=patterns.ids_of_issues(), gain_rank=gain_rank),
        )
        write_table(folder, "patterns", patterns.frame)
        coverage = asdict(found.coverage)
        write_table(folder, "unjudged", coverage.pop("unjudged"))
        write_json(folder, "coverage", coverage)
        write_json(folder, "report", report.to_dict())

    depends_on = {
        "score": scored.fingerprint,
        "labels": version.artefact.fingerprint,
        "label_version": version.name,
        "label": labelled.fingerprint,
        "issues": run.config.issues.model_dump(),
        "exclusive": exclusive_attributes(run.config),
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
