"""Pairs whose given label looks wrong or missing, ranked, with the reason in words."""

from workbench.issues.compacting import CompactScores, compact_scores
from workbench.issues.confident import find_label_issues
from workbench.issues.instances import rank_instances

__all__ = ["CompactScores", "compact_scores", "find_label_issues", "rank_instances"]
