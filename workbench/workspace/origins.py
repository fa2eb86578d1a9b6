"""Who said so: where each given pair of a label version comes from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.export import PairOrigins
from workbench.matrices import LabelMatrix, pairs_in
from workbench.review.decisions import PAIR
from workbench.workspace.automatic import AUTOMATIC
from workbench.workspace.label_versions import LabelVersion
from workbench.workspace.layout import Workspace

ORIGINS = (
    *("import", "signals", "closure", "file", "decision", "person", "adjudicator", "automatic"),
)
_IMPORT, _SIGNALS, _CLOSURE, _FILE, _DECISION = range(5)
_AUTOMATIC = ORIGINS.index("automatic")
# The table of a label version with what became of each decision that it rests on, which versions
# made earlier lack.
_DECISIONS = "decisions"
# What became of a decision whose pair is given.
_SETTLED = ("added", "confirmed")


def find_origins(workspace: Workspace, version: LabelVersion) -> PairOrigins:
    """Return where the given pairs of a version come from.

    A pair comes from what settled it last: ``import`` (labels that existed), ``signals`` (the
    votes), ``closure`` (it follows from a label below it), ``file`` (a file of reviewed pairs),
    ``person`` and ``adjudicator`` (somebody decided) or ``automatic`` (a correction that nobody
    decided). A ``decision`` is by a person or a file: the version does not record which. A pair
    that was taken out and put back as the inputs have it comes from them again.
    """
    versions = workspace.lineage(version)[::-1]
    recorded = any(one.artefact.holds(f"{_DECISIONS}.parquet") for one in versions)
    labels = versions[0].labels()
    inputs = _IMPORT if versions[0].artefact.manifest.get("made_by") == "import" else _SIGNALS
    codes = _of_base(workspace, versions[0], labels, inputs)
    since = np.zeros(labels.n_given, np.int32)
    people = np.full(labels.n_given if recorded else 0, None, object)
    for number, child in enumerate(versions[1:], start=1):
        parent, labels = labels, child.labels()
        kept = pairs_in(parent.values, labels.rows_of_pairs(), labels.values.indices)
        is_new = kept < 0
        codes = np.where(is_new, _DECISION, codes[kept]).astype(np.uint8)
        since = np.where(is_new, number, since[kept]).astype(np.int32)
        if recorded:
            people = people[kept]
            people[is_new] = None
        for places, by, names in _settled(child, labels, inputs):
            codes[places], since[places] = by, number
            if recorded:
                people[places] = names
    return PairOrigins(
        ORIGINS,
        codes,
        tuple(one.name for one in versions),
        since,
        _posterior(workspace, versions[0], labels),
        people.tolist() if recorded else None,
    )


def _of_base(
    workspace: Workspace, base: LabelVersion, labels: LabelMatrix, inputs: int
) -> NDArray[np.uint8]:
    codes = np.full(labels.n_given, inputs, np.uint8)
    for column, condition, code in (
        ("implied_by", ("implied_by", "!=", ""), _CLOSURE),
        ("reviewed", ("reviewed", "==", True), _FILE),
    ):
        for rows in _posterior_rows(workspace, base, [column], [condition]):
            places = _places(labels, rows)
            codes[places[places >= 0]] = code
    return codes


def _posterior(
    workspace: Workspace, base: LabelVersion, labels: LabelMatrix
) -> NDArray[np.float32]:
    """Return what the signals believed of each given pair; NaN where none had a say."""
    posterior = np.full(labels.n_given, np.nan, np.float32)
    for rows in _posterior_rows(workspace, base, ["posterior"], [("posterior", ">=", 0)]):
        places = _places(labels, rows)
        posterior[places[places >= 0]] = rows["posterior"][places >= 0]
    return posterior


def _posterior_rows(
    workspace: Workspace,
    base: LabelVersion,
    columns: list[str],
    where: list[tuple[str, str, object]],
) -> Iterator[pd.DataFrame]:
    """Yield rows of what the signals believed; none if that is gone or lacks a column."""
    artefact = workspace.find_artefact("label", base.artefact.fingerprint)
    if artefact is not None and set(columns) <= set(artefact.column_names("posterior")):
        yield from artefact.batches("posterior", [*PAIR, *columns], where)


def _settled(
    version: LabelVersion, labels: LabelMatrix, inputs: int
) -> Iterator[tuple[NDArray[np.int64], int, NDArray[np.object_] | None]]:
    """Yield where pairs are stored that a version settled, by what, and the people who did."""
    if version.artefact.holds(f"{AUTOMATIC}.parquet"):
        rows = version.artefact.table(AUTOMATIC)
        places = _places(labels, rows[rows["verdict"] == "present"])
        yield places[places >= 0], _AUTOMATIC, None
    if version.artefact.holds(f"{_DECISIONS}.parquet"):
        wanted = [("effect", "in", list(_SETTLED))]
        columns = [*PAIR, "settled_by", "reviewers"]
        for rows in version.artefact.batches(_DECISIONS, columns, wanted):
            places = _places(labels, rows)
            settled_by = rows["settled_by"].to_numpy(object)
            for by in set(settled_by):
                mine = np.flatnonzero((settled_by == by) & (places >= 0))
                code = ORIGINS.index(by) if by in ORIGINS else inputs
                yield places[mine], code, rows["reviewers"].to_numpy(object)[mine]


def _places(labels: LabelMatrix, rows: pd.DataFrame) -> NDArray[np.int64]:
    """Return where the pairs are stored, -1 for those that are not given."""
    instances = labels.instance_ids.get_indexer(pd.Index(rows["instance_id"]))
    columns = labels.label_ids.get_indexer(pd.Index(rows["label_id"]))
    known = (instances >= 0) & (columns >= 0)
    places = np.full(len(rows), -1, np.int64)
    places[known] = pairs_in(labels.values, instances[known], columns[known])
    return places
