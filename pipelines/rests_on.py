"""What the next label version rests on: every decision and its effect, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines.stages import Run
from workbench.review.apply import AppliedDecisions, Effect
from workbench.review.rests_on import (
    SettledBy,
    contradicted_pairs,
    decision_table,
    people_of,
    reviewer_counts,
    settled_by_people,
    touched_since,
)
from workbench.workspace import LabelVersion
from workbench.workspace.version_decisions import last_applied, made_on_filled, signals_on


@dataclass(frozen=True, eq=False)
class Applied:
    """A step of ``apply``: what it made of which pairs, and who says so unless they tell."""

    made: AppliedDecisions
    pairs: pd.DataFrame
    settled_by: SettledBy

    def changed(self) -> pd.DataFrame:
        """Return the pairs that became given or ceased to be."""
        is_changed = np.isin(self.made.effects, [Effect.ADDED, Effect.REMOVED])
        rows = self.pairs.assign(effect=self.made.effects, settled_by=self.settled_by.value)
        return rows[is_changed]


@dataclass(frozen=True, eq=False)
class RestsOn:
    """What a label version rests on.

    Parameters
    ----------
    table : pa.Table
        As `workbench.review.rests_on.SCHEMA` has it: the pairs that people decided, and those that
        changed without a decision.
    about : dict
        What the manifest of the version says of it.
    """

    table: pa.Table
    about: dict[str, Any]

    @property
    def n_added(self) -> int:
        """Pairs that became given."""
        return int(self.about["added"])

    @property
    def n_removed(self) -> int:
        """Pairs that ceased to be given."""
        return int(self.about["removed"])


def rests_on(
    run: Run,
    parent: LabelVersion,
    *,
    log: pd.DataFrame,
    standing: pd.DataFrame,
    by_people: Applied,
    further: Sequence[Applied],
    contradictions: pd.DataFrame,
) -> RestsOn:
    """Return what labels rest on that were made of a parent in these steps.

    Parameters
    ----------
    run : Run
    parent : LabelVersion
    log, standing : pd.DataFrame
        The decision log, and what of it stands.
    by_people : Applied
        The first step, whose pairs people decided, in the app or in a file.
    further : sequence of Applied
        The steps that follow; no pair is changed by two.
    contradictions : pd.DataFrame
        ``instance_id, label_id, contradicts``.
    """
    said, at = people_of(by_people.pairs, standing)
    decided = settled_by_people(by_people.pairs, said, at)
    before = last_applied(run.workspace, parent)
    decided["made_on"] = made_on_filled(decided, parent, before)
    n_known = 0 if before is None else int(before.artefact.manifest.get("n_decisions", 0))
    decided = decided.assign(
        effect=by_people.made.effects,
        signals=signals_on(run.workspace, parent, decided),
        is_new=touched_since(decided, log, n_known),
        contradicts=contradicted_pairs(decided, contradictions),
    )
    rows = pd.concat([decided, *(step.changed() for step in further)], ignore_index=True)
    rows["is_new"] = rows["is_new"].fillna(True).astype(bool)
    counted = rows["effect"].value_counts()
    about = {
        "added": int(counted.get(Effect.ADDED, 0)),
        "removed": int(counted.get(Effect.REMOVED, 0)),
        "confirmed": by_people.made.confirmed,
        "effects": _counts(decided["effect"]),
        "settled_by": _counts(rows["settled_by"]),
        "changed_by": _counts(rows.loc[rows["effect"].isin(["added", "removed"]), "settled_by"]),
        "n_pairs": len(decided),
        "n_new": int(decided["is_new"].sum()),
        "new_since": None if before is None else before.name,
        "signals": _counts(decided["signals"].dropna()),
        "n_contradictions": int(decided["contradicts"].notna().sum()),
        "by_reviewer": reviewer_counts(decided, said, at),
        "rules": _rules(run),
    }
    return RestsOn(decision_table(rows, said, at), about)


def _counts(values: pd.Series) -> dict[str, int]:
    return {str(value): int(n) for value, n in values.value_counts().items()}


def _rules(run: Run) -> dict[str, Any]:
    """Return how several verdicts became one, as a sentence and as parameters."""
    config = run.config
    has_file = config.inputs.labels is not None and config.inputs.reviewed is not None
    told = (
        "of each reviewer the latest verdict that was not taken back counts; the latest of an "
        "adjudicator settles a pair, else the majority of present and absent; without one the "
        "pair stays as it is"
    )
    if has_file:
        told += "; the file of reviewed pairs counts more than all of them"
    if config.closes_decisions:
        told += "; by the taxonomy a present label brings those above it, an absent one takes those"
        told += " below it away, unless a person said otherwise of them"
    parameters = {
        "adjudicator": "latest",
        "others": "majority",
        "without_majority": "as before",
        "reviewed_file_first": has_file,
        "closure": "ancestors" if config.closes_decisions else "off",
        "auto_precision": config.issues.auto_precision,
    }
    return {"told": told, "parameters": parameters}
