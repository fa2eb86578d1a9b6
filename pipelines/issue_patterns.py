"""The patterns of a workspace's issues."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipelines.config import IssuesSection
from workbench.issues.causes import (
    Causes,
    branches_of_tree,
    clicked_items,
    lone_sources,
    suggested_instead,
    words_of_texts,
)
from workbench.issues.hierarchy import parents_of
from workbench.issues.label_facts import LabelFacts
from workbench.issues.pairs import Pairs, judged_pairs
from workbench.issues.patterns import PatternRules, Patterns, find_patterns
from workbench.matrices import LabelMatrix, PairScores
from workbench.report import MAX_EXAMPLES, Report
from workbench.workspace import Artefact

_COUNTED = ["instance_id", "label_id", "source"]


def patterns_of_issues(
    issues: pd.DataFrame,
    given: LabelMatrix,
    scores: PairScores,
    texts: Sequence[str],
    ingested: Artefact,
    labelled: Artefact,
    section: IssuesSection,
) -> Patterns:
    """Return the groups of issues that a word, an item, a branch, a source or a swap explains."""
    pairs = Pairs(
        given.instance_ids.get_indexer(pd.Index(issues["instance_id"])).astype(np.int64),
        given.label_ids.get_indexer(pd.Index(issues["label_id"])).astype(np.int64),
        issues["given"].to_numpy(bool),
    )
    return find_patterns(
        pairs,
        1 - issues["label_quality"].to_numpy(np.float64),
        _background(given, scores),
        _causes(pairs, given, texts, ingested, labelled, section.min_pattern),
        given.label_ids,
        rules=PatternRules(section.min_pattern, section.pattern_lift, section.false_cost),
    )


def note_patterns(patterns: pd.DataFrame, report: Report) -> None:
    """Count the issues inside patterns, and name the first ones."""
    shown = [
        f"{row.description}: {row.n_issues}" for row in patterns.head(MAX_EXAMPLES).itertuples()
    ]
    report.count("patterns of issues with one cause", len(patterns), shown)
    report.count("issues inside patterns", int(patterns["n_issues"].sum()))


def _background(given: LabelMatrix, scores: PairScores) -> Pairs:
    """Return what could have become an issue: all given pairs, and the judged others."""
    judged = judged_pairs(given, scores)
    absent = judged.take(~judged.given)
    return Pairs(
        np.concatenate([given.rows_of_pairs(), absent.rows]),
        np.concatenate([given.values.indices.astype(np.int64), absent.columns]),
        np.concatenate([np.ones(given.n_given, bool), absent.given]),
    )


def _causes(
    pairs: Pairs,
    given: LabelMatrix,
    texts: Sequence[str],
    ingested: Artefact,
    labelled: Artefact,
    fewest: int,
) -> list[Causes]:
    labels = ingested.table("labels")
    attributes = LabelFacts.of(labels, given.label_ids).attributes
    missing = pairs.take(~pairs.given)
    found = [suggested_instead(missing, given.values.shape, attributes, given.label_ids)]
    votes = labelled.table("votes", [*_COUNTED, "level"], coded=_COUNTED)
    if len(votes):
        found.append(lone_sources(votes, given.instance_ids, given.label_ids))
    if ingested.holds("clicks.parquet"):
        found.append(
            clicked_items(
                ingested.table("clicks", columns=["instance_id", "item_id", "clicks"]),
                ingested.table("items", columns=["item_id", "title"]),
                ingested.table("item_labels"),
                given.instance_ids,
                given.label_ids,
            )
        )
    found.append(branches_of_tree(given, parents_of(labels, given.label_ids)))
    found.append(words_of_texts(texts, np.unique(pairs.rows), fewest=fewest))
    return found
