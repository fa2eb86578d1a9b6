"""What the labels of a workspace say against each other, put beside the ranked issues."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pipelines.config import Config
from workbench.issues.consistency import ConsistencyRules, find_inconsistencies
from workbench.issues.merging import merge_issues, rank_by_quality
from workbench.issues.ranking import RankedIssues
from workbench.issues.suggestions import weigh_suggestions
from workbench.issues.thresholds import LabelThresholds
from workbench.matrices import LabelMatrix, PairScores
from workbench.report import Report
from workbench.signals.taxonomy import Taxonomy
from workbench.workspace import Artefact


def with_contradictions(
    found: RankedIssues,
    given: LabelMatrix,
    scores: PairScores,
    texts: Sequence[str],
    ingested: Artefact,
    thresholds: LabelThresholds,
    config: Config,
) -> tuple[pd.DataFrame, Report]:
    """Return the ranked issues with what contradicts another pair, and how often each rule broke.

    Suggestions that would contradict a given value go further back.
    """
    section = config.issues
    rules = ConsistencyRules(
        exclusive=exclusive_attributes(config),
        most_lift=section.exclusive_lift,
        least_similar=section.duplicate_similarity,
    )
    labels = ingested.table("labels")
    inconsistent = find_inconsistencies(
        given,
        labels=labels,
        taxonomy=_taxonomy(ingested),
        applicability=_applicability(ingested),
        texts=texts,
        neighbours=found.neighbours,
        presence=found.presence,
        rules=rules,
    )
    merged = merge_issues(found.frame, inconsistent.frame, scores, thresholds)
    weighed = weigh_suggestions(merged, given, labels, presence=found.presence, rules=rules)
    report = inconsistent.report
    report.count("issues that contradict another pair", len(inconsistent.frame))
    kept = rank_by_quality(weighed, section.max_issues)
    report.count("issues beyond [issues] max_issues, left out", len(weighed) - len(kept))
    return kept, report


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
