"""The last stage: which pairs look wrong or missing, ranked, with reasons."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import logit

from pipelines.candidates import (
    drawn_among_judged,
    scores_among,
    scores_of_candidates,
    with_further,
)
from pipelines.config import Config
from pipelines.console import ProgressCallback
from pipelines.contradictions import exclusive_attributes, with_contradictions
from pipelines.issue_patterns import note_patterns, patterns_of_issues
from pipelines.learning import note_learnt, reviewed_to_learn_from
from pipelines.noise import noise_table
from pipelines.stages import Run, Stage
from pipelines.without_verdicts import free_posterior, labels_without_verdicts
from workbench.evaluate.propensity import propensities
from workbench.issues.gain import gain_ranks
from workbench.issues.noise_estimates import JudgedPairs
from workbench.issues.pairs import judged_pairs, lowest_candidate
from workbench.issues.ranking import RankedIssues, rank_issues
from workbench.issues.thresholds import label_thresholds
from workbench.matrices import LabelMatrix, PairScores
from workbench.report import Report
from workbench.review.automatic import LEAST_PROBABILITY
from workbench.workspace import Artefact, LabelVersion, fingerprint_of
from workbench.workspace.arrays import write_json, write_table

# A posterior of 0 or 1 in float32 is a very sure one, not an infinitely sure one.
_SUREST = 1e-6
_PAIR = ["instance_id", "label_id"]


def flag(
    run: Run,
    version: LabelVersion,
    ingested: Artefact,
    labelled: Artefact,
    features: Artefact,
    scored: Artefact,
) -> Artefact:
    """Return the artefact with the ranked issues, the estimated noise and what is not judged."""
    report = Report()
    reviewed = reviewed_to_learn_from(run, version.labels(), ingested, report)

    def write(folder: Path, progress: ProgressCallback) -> None:
        given, scores = version.labels(), _scores(scored, reviewed)
        labels = ingested.table("labels")
        without = labels_without_verdicts(run, version, labelled, labels)
        texts = ingested.table("instances", columns=["text"])["text"].tolist()
        lowest = _last_candidates(given, scored.scores())
        votes = votes_log_odds(free_posterior(labelled, labels), given)
        # What was decided in a batch repeats the flag: it settles a pair and teaches nothing.
        learnt = None if reviewed is None else reviewed[reviewed["seen"]]
        if learnt is not None and votes is not None:
            learnt = drawn_among_judged(learnt, scores, lowest, votes, without, report)
        found = rank_issues(
            given,
            scores,
            np.asarray(scored.array("column_sums")),
            lowest=lowest,
            comparison=PairScores(scored.matrix("comparison"), given.instance_ids, given.label_ids),
            features=features.matrix("X"),
            neighbours=labelled.matrix("nearest") if labelled.holds("nearest.shape.npy") else None,
            labels=labels,
            texts=texts,
            votes_log_odds=votes,
            reviewed=learnt,
            without=without,
            below_quality=run.config.issues.below_quality,
            progress=progress,
        )
        contradicted = with_contradictions(
            found,
            given,
            scores,
            texts,
            ingested,
            label_thresholds(given, scores, np.asarray(scored.array("column_sums"))),
            run.config,
        )
        report.merge(found.coverage.to_report())
        report.merge(contradicted.report)
        if reviewed is not None:
            note_learnt(found, given, report)
        ranked = _open_issues(contradicted.issues, reviewed)
        patterns = patterns_of_issues(
            ranked, given, scores, texts, ingested, labelled, run.config.issues
        )
        note_patterns(patterns.frame, report)
        gain_rank = _gain_ranks(ranked, given, ingested, run.config)
        issues = ranked.assign(pattern_id=patterns.ids_of_issues(), gain_rank=gain_rank)
        write_table(folder, "issues", issues)
        write_table(folder, "patterns", patterns.frame)
        judged = found.judged.at_least(contradicted.errors)
        _write_estimates(folder, found, judged, given, ingested, labelled)
        write_json(folder, "report", report.to_dict())

    depends_on = {
        "score": scored.fingerprint,
        "labels": version.artefact.fingerprint,
        "label_version": version.name,
        "label": labelled.fingerprint,
        "issues": run.config.issues.model_dump(exclude={"auto_precision", "auto_audit"}),
        "exclusive": exclusive_attributes(run.config),
    }
    if reviewed is not None:
        depends_on["reviewed"] = fingerprint_of({"pairs": reviewed.to_numpy().tolist()})
    return run.stage(Stage("flag", 12, "rank the issues", write, depends_on))


def _scores(scored: Artefact, reviewed: pd.DataFrame | None) -> PairScores:
    """Return the scores of all candidates, settled pairs that are no longer given among them."""
    scores = scores_of_candidates(scored)
    if reviewed is None:
        return scores
    once = PairScores(scored.matrix("withdrawn"), scores.instance_ids, scores.label_ids)
    return with_further(scores, scores_among(once, _settled(reviewed)))


def _last_candidates(given: LabelMatrix, best: PairScores) -> NDArray[np.float32]:
    """Return each instance's lowest score among the model's own candidates."""
    return lowest_candidate(judged_pairs(given, best), best)


def _gain_ranks(
    ranked: pd.DataFrame, given: LabelMatrix, ingested: Artefact, config: Config
) -> NDArray[np.int64]:
    instances = ingested.table("instances", columns=["instance_id", "split"])
    return gain_ranks(
        ranked,
        pd.Series(propensities(given.values), given.label_ids),
        tail_weight=config.issues.tail_weight,
        test_instances=pd.Index(instances["instance_id"][instances["split"] == "test"]),
    )


def _write_estimates(
    folder: Path,
    found: RankedIssues,
    judged: JudgedPairs,
    given: LabelMatrix,
    ingested: Artefact,
    labelled: Artefact,
) -> None:
    """Write what is said of all pairs, flagged or not."""
    labels = ingested.table("labels")
    texts = [*_PAIR, "source"]
    votes = labelled.table("votes", [*texts, "level"], coded=texts)
    write_table(folder, "suspects", _suspects(found, given, labels))
    write_table(folder, "noise", noise_table(given, judged, labels, votes))
    coverage = asdict(found.coverage)
    write_table(folder, "unjudged", coverage.pop("unjudged"))
    write_json(folder, "coverage", coverage)


def _open_issues(issues: pd.DataFrame, reviewed: pd.DataFrame | None) -> pd.DataFrame:
    """Return the issues without the pairs that a verdict settled."""
    if reviewed is None:
        return issues
    settled = pd.MultiIndex.from_frame(_settled(reviewed))
    left = issues[~pd.MultiIndex.from_frame(issues[_PAIR]).isin(settled)]
    ranks = left.groupby("kind").cumcount() + 1
    return left.assign(rank=ranks.astype("int64")).reset_index(drop=True)


def _settled(reviewed: pd.DataFrame) -> pd.DataFrame:
    return reviewed.loc[reviewed["verdict"].isin(["present", "absent"]), _PAIR]


def _suspects(found: RankedIssues, given: LabelMatrix, labels: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs that may be corrected without a reviewer, and settled ones like them.

    Settled pairs, by their state without a verdict, show how often such corrections are right.
    """
    sure = np.flatnonzero(found.judged.error >= LEAST_PROBABILITY)
    pairs = found.judged.pairs.take(sure)
    attributes = labels.set_index("label_id")["attribute"].reindex(given.label_ids).fillna("")
    return pd.DataFrame(
        {
            "instance_id": given.instance_ids.take(pairs.rows),
            "label_id": given.label_ids.take(pairs.columns),
            "kind": pd.Series(np.where(pairs.given, "wrong", "missing"), dtype="str"),
            "attribute": pd.Series(attributes.to_numpy()[pairs.columns], dtype="str"),
            "probability": found.judged.error[sure],
            "suspicion": found.suspicion[sure],
        }
    )


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
