"""Out-of-sample scores of every pair that matters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipelines.console import ProgressCallback
from pipelines.stages import Run, Stage
from pipelines.training import make_estimator, weighted_labels
from workbench.issues.comparison import draw_comparison_pairs
from workbench.matrices import PairScores
from workbench.model import out_of_fold
from workbench.workspace import Artefact, LabelVersion
from workbench.workspace.arrays import write_array, write_json, write_matrix, write_scores


def score(run: Run, version: LabelVersion, ingested: Artefact, features: Artefact) -> Artefact:
    """Return the artefact with the scores, each from a model that did not see the instance.

    Besides the given pairs and each instance's best candidates it scores pairs such as a wrong
    label would be, for the ranking to tell the given ones from.
    """
    section = run.config.scores

    def write(folder: Path, progress: ProgressCallback) -> None:
        labels = version.labels()
        found = out_of_fold(
            make_estimator(run.config),
            features.matrix("X"),
            weighted_labels(labels),
            n_folds=section.n_folds,
            top_k=section.top_k,
            random_state=run.config.model.seed,
            progress=progress,
            also=draw_comparison_pairs(labels, ingested.table("labels")),
        )
        kept = judged(found.scores, found.unjudged_pairs)
        scores = PairScores(kept, labels.instance_ids, labels.label_ids)
        write_scores(folder, scores)
        write_matrix(folder, "comparison", judged(found.also, found.unjudged_also))
        write_array(folder, "column_sums", found.column_sums)
        write_array(folder, "histogram", found.histogram)
        unjudged = int(found.unjudged_pairs.sum())
        write_json(folder, "coverage", {"judged": scores.n_judged, "unjudged": unjudged})

    depends_on = {
        "labels": version.artefact.fingerprint,
        "label_version": version.name,
        "ingest": ingested.fingerprint,
        "features": features.fingerprint,
        "model": run.config.model.model_dump(exclude={"n_jobs"}),
        "scores": section.model_dump(),
    }
    title = f"score out of sample, {section.n_folds} folds"
    return run.stage(Stage("score", 3, title, write, depends_on))


def judged(scores: csr_array, unjudged: NDArray[np.bool_]) -> csr_array:
    """Return the scores without the pairs whose label the model had no example of.

    Their score of 0 would read as a verdict; absent, it reads as what it is: not judged.

    Parameters
    ----------
    scores : csr_array of float32, shape (n_instances, n_labels)
    unjudged : ndarray of bool, shape (n_stored,)
        In the order of ``scores.data``.
    """
    rows = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))[~unjudged]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=scores.shape[0]))])
    return csr_array(
        (scores.data[~unjudged], scores.indices[~unjudged], indptr), shape=scores.shape
    )
