"""A label tree whose classifiers are trained."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.model.label_tree import LabelTree
from workbench.model.levels import Level


@dataclass(frozen=True)
class TrainedTree:
    """A label tree with the classifiers of its levels, the root's first."""

    tree: LabelTree
    levels: tuple[Level, ...]
