"""Out-of-sample scores of every pair that matters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipelines.brought_checks import doubts_about_scores
from pipelines.brought_scores import fingerprint_of_brought, read_brought_scores
from pipelines.candidates import scores_at, voted_pairs, withdrawn_pairs
from pipelines.console import ProgressCallback
from pipelines.run_report import report_of
from pipelines.stages import Run, Stage
from pipelines.training import make_estimator, weighted_labels
from pipelines.without_verdicts import free_posterior, labels_without_verdicts
from workbench.issues.comparison import draw_comparison_pairs
from workbench.matrices import LabelMatrix, PairScores, pairs_in
from workbench.model import OutOfSample, as_out_of_sample, leave_one_out, out_of_fold
from workbench.report import Report
from workbench.sparse import rows_of
from workbench.workspace import Artefact, LabelVersion
from workbench.workspace.arrays import write_array, write_json, write_matrix, write_scores

_TITLES = {
    "k_fold": "{n_folds} folds",
    "leave_one_out": "leave one out",
    "brought": "scores brought along",
}


def score(
    run: Run, version: LabelVersion, ingested: Artefact, labelled: Artefact, features: Artefact
) -> Artefact:
    """Return the artefact with the scores, each as from a model that did not see the instance.

    Besides the given pairs and each instance's best candidates it scores those that the weak
    signals do not think unlikely, pairs such as a wrong label would be, for the ranking to tell the
    given ones from, and those that would be given had nobody decided, for the ranking to learn from
    the decisions.
    """
    section = run.config.scores

    def write(folder: Path, progress: ProgressCallback) -> None:
        labels = version.labels()
        table = ingested.table("labels")
        drawn = draw_comparison_pairs(labels, table)
        withdrawn = withdrawn_pairs(labels, labels_without_verdicts(run, version, labelled, table))
        voted = voted_pairs(labels, free_posterior(labelled, table))
        also = csr_array(drawn + withdrawn + voted)
        also.sort_indices()
        if section.method == "brought":
            report = Report()
            own, sums = read_brought_scores(run, labels, report)
            assert section.path is not None
            for doubt in doubts_about_scores(labels, own, Path(section.path).name):
                report.note(doubt)
            found = as_out_of_sample(own, sums=sums, also=also)
            write_json(folder, "report", report.to_dict())
        else:
            found = score_out_of_sample(run, labels, features.matrix("X"), also, progress)
        kept = judged(found.scores, found.unjudged_pairs)
        scores = PairScores(kept, labels.instance_ids, labels.label_ids)
        write_scores(folder, scores)
        further = judged(found.also, found.unjudged_also)
        for name, pairs in (("comparison", drawn), ("withdrawn", withdrawn), ("voted", voted)):
            write_matrix(folder, name, scores_at(further, rows_of(pairs), pairs.indices))
        write_array(folder, "column_sums", found.sums.sums)
        if found.sums.histogram is not None:
            write_array(folder, "histogram", found.sums.histogram)
        given = labels.values.nonzero()
        unjudged = int(found.unjudged_pairs.sum() + (pairs_in(found.scores, *given) < 0).sum())
        write_json(folder, "coverage", {"judged": scores.n_judged, "unjudged": unjudged})

    depends_on = {
        "labels": version.artefact.fingerprint,
        "label_version": version.name,
        "ingest": ingested.fingerprint,
        "features": features.fingerprint,
        "model": run.config.model.model_dump(exclude={"n_jobs"}),
        "scores": section.model_dump(),
        "brought": fingerprint_of_brought(run),
    }
    title = f"score out of sample, {_TITLES[section.method].format(n_folds=section.n_folds)}"
    scored = run.stage(Stage("score", 8, title, write, depends_on))
    if section.method == "brought":
        # At every run: scores that were doubtful once are so still.
        for doubt in report_of(scored).notes:
            run.terminal.warn(doubt)
    return scored


def score_out_of_sample(
    run: Run, given: LabelMatrix, X: csr_array, also: csr_array, progress: ProgressCallback
) -> OutOfSample:
    """Return the scores that a model gives, without the row in the way that is configured.

    Parameters
    ----------
    given : LabelMatrix
    X : csr_array of float32, shape (n_instances, n_features)
    also : csr_array, shape (n_instances, n_labels)
        Pairs to score besides.
    """
    section = run.config.scores
    assert section.method != "brought"  # there is no model to ask
    model, labels = make_estimator(run.config), weighted_labels(given)
    if section.method == "leave_one_out":
        return leave_one_out(model, X, labels, top_k=section.top_k, progress=progress, also=also)
    return out_of_fold(
        model,
        X,
        labels,
        n_folds=section.n_folds,
        top_k=section.top_k,
        random_state=run.config.model.seed,
        progress=progress,
        also=also,
    )


def judged(scores: csr_array, unjudged: NDArray[np.bool_]) -> csr_array:
    """Return the scores without the pairs whose label the model had no example of.

    Their score of 0 would read as a verdict; absent, it reads as what it is: not judged.

    Parameters
    ----------
    scores : csr_array of float32, shape (n_instances, n_labels)
    unjudged : ndarray of bool, shape (n_stored,)
        In the order of ``scores.data``.
    """
    rows = rows_of(scores)[~unjudged]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=scores.shape[0]))])
    return csr_array(
        (scores.data[~unjudged], scores.indices[~unjudged], indptr), shape=scores.shape
    )
