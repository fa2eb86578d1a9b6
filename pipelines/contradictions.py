"""What the labels of a workspace say against each other, put beside the ranked issues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from pipelines.config import Config
from workbench.issues.consistency import ConsistencyRules, find_inconsistencies
from workbench.issues.lines import fit_lines
from workbench.issues.merging import merge_issues, rank_by_quality
from workbench.issues.ranking import RankedIssues
from workbench.issues.suggestions import weigh_suggestions
from workbench.issues.thresholds import LabelThresholds
from workbench.matrices import LabelMatrix, PairScores, pairs_in
from workbench.report import Report
from workbench.signals.taxonomy import Taxonomy
from workbench.workspace import Artefact

_UNDECIDED = 0.5


@dataclass(frozen=True, eq=False)
class Contradicted:
    """The ranked issues with what contradicts another pair.

    Parameters
    ----------
    issues : pd.DataFrame
    errors : csr_array of float32, shape (n_instances, n_labels)
        Probability of being an error, of the pairs that contradict another one.
    report : Report
        How often each rule broke.
    """

    issues: pd.DataFrame
    errors: csr_array
    report: Report


def with_contradictions(
    found: RankedIssues,
    given: LabelMatrix,
    scores: PairScores,
    texts: Sequence[str],
    ingested: Artefact,
    thresholds: LabelThresholds,
    config: Config,
) -> Contradicted:
    """Return the ranked issues with what contradicts another pair.

    Suggestions that would contradict a given value go further back, and no label is likelier than
    one above it that is an issue too.
    """
    section = config.issues
    rules = ConsistencyRules(
        exclusive=exclusive_attributes(config),
        most_lift=section.exclusive_lift,
        least_similar=section.duplicate_similarity,
    )
    labels, applicability = ingested.table("labels"), _applicability(ingested)
    inconsistent = find_inconsistencies(
        given,
        labels=labels,
        taxonomy=_taxonomy(ingested),
        applicability=applicability,
        texts=texts,
        neighbours=found.neighbours,
        presence=_without_sure_suspects(found.presence, given, scores, labels, applicability),
        rules=rules,
    )
    merged = merge_issues(found.frame, inconsistent.frame, scores, thresholds)
    weighed = weigh_suggestions(merged, given, labels, presence=found.presence, rules=rules)
    fitted = fit_lines(weighed, labels)
    report = inconsistent.report
    report.count("issues that contradict another pair", len(inconsistent.frame))
    kept = rank_by_quality(fitted, section.max_issues)
    report.count("issues beyond [issues] max_issues, left out", len(fitted) - len(kept))
    return Contradicted(kept, _errors(inconsistent.frame, given), report)


def _errors(inconsistent: pd.DataFrame, given: LabelMatrix) -> csr_array:
    rows = given.instance_ids.get_indexer(pd.Index(inconsistent["instance_id"]))
    columns = given.label_ids.get_indexer(pd.Index(inconsistent["label_id"]))
    error = 1 - inconsistent["label_quality"].to_numpy(np.float32)
    errors = csr_array((error, (rows, columns)), shape=given.values.shape)
    errors.sort_indices()
    return errors


def _without_sure_suspects(
    presence: PairScores,
    given: LabelMatrix,
    scores: PairScores,
    labels: pd.DataFrame,
    applicability: pd.DataFrame | None,
) -> PairScores:
    """Return the presence, undecided at most where the score contradicts what a rule is about.

    Where few pairs are wrong, all are estimated to be right, whatever their scores; a conflict of
    two sure pairs would then be taken for an exception to what the taxonomy says. Labels that it
    says nothing of keep their presence, for the other rules are learnt from the data. Where labels
    come from votes, presence comes from the votes first, and stays as it is.
    """
    if given.confidence is not None:
        return presence
    named = labels["parent_id"].notna() | labels["label_id"].isin(labels["parent_id"])
    if applicability is not None:
        named |= labels["attribute"].isin(applicability["attribute"])
    rows, columns = scores.rows_of_pairs(), scores.values.indices
    asked = given.label_ids.isin(labels.loc[named, "label_id"])[columns]
    rows, columns, score = rows[asked], columns[asked], scores.values.data[asked]
    is_given = pairs_in(given.values, rows, columns) >= 0
    at = pairs_in(presence.values, rows, columns)
    values, says = presence.values.copy(), score > _UNDECIDED
    for suspects, bound in ((is_given & ~says, np.minimum), (~is_given & says, np.maximum)):
        place = at[suspects & (at >= 0)]
        values.data[place] = bound(values.data[place], np.float32(_UNDECIDED))
    return PairScores(values, presence.instance_ids, presence.label_ids)


def exclusive_attributes(config: Config) -> list[str]:
    """Return the attributes that the configuration says have one value, by name."""
    catalog = config.inputs.catalog
    of_catalog = [] if catalog is None else catalog.exclusive
    return sorted({*of_catalog, *config.issues.exclusive})


def _taxonomy(ingested: Artefact) -> Taxonomy | None:
    if not ingested.holds("categories.parquet"):
        return None
    names = pd.DataFrame({name: [] for name in ("label_id", "alias", "locale")}, dtype="str")
    return Taxonomy(ingested.table("categories"), names)


def _applicability(ingested: Artefact) -> pd.DataFrame | None:
    held = ingested.holds("applicability.parquet")
    return ingested.table("applicability") if held else None
