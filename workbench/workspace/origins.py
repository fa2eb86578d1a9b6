"""Who said so: where each given pair of a label version comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.export import PairOrigins
from workbench.matrices import LabelMatrix
from workbench.review.decisions import PAIR
from workbench.workspace.automatic import AUTOMATIC
from workbench.workspace.label_versions import LabelVersion
from workbench.workspace.layout import Workspace
from workbench.workspace.version_decisions import DECISIONS, has_decisions

ORIGINS = (
    *("import", "signals", "closure", "file", "decision", "person", "adjudicator", "automatic"),
)
_IMPORT, _SIGNALS, _CLOSURE, _FILE, _DECISION = range(5)
_AUTOMATIC = ORIGINS.index("automatic")
# What became of a decision whose pair is given.
_SETTLED = ("added", "confirmed")
# So many pairs are searched for at a time.
_KEYS_AT_ONCE = 1 << 16


def find_origins(workspace: Workspace, version: LabelVersion) -> PairOrigins:
    """Return where the given pairs of a version come from.

    A pair comes from what settled it last: ``import`` (labels that existed), ``signals`` (the
    votes), ``closure`` (it follows from a label below it), ``file`` (a file of reviewed pairs),
    ``person`` and ``adjudicator`` (somebody decided) or ``automatic`` (a correction that nobody
    decided). A ``decision`` is by a person or a file: the version does not record which. A pair
    that was taken out and put back as the inputs have it comes from them again.
    """
    versions = workspace.lineage(version)[::-1]
    recorded = any(map(has_decisions, versions))
    stored = _Stored.of(versions[0].labels())
    newest = _Stored.of(version.labels()) if len(versions) > 1 else stored
    inputs = _IMPORT if versions[0].artefact.manifest.get("made_by") == "import" else _SIGNALS
    codes, posterior = _of_signals(workspace, versions[0], stored, newest, inputs)
    since = np.zeros(len(codes), np.int32)
    people = np.full(len(codes) if recorded else 0, None, object)
    for number, child in enumerate(versions[1:], start=1):
        parent, stored = stored, newest if child is versions[-1] else _Stored.of(child.labels())
        kept = parent.find(stored.keys)
        codes, since = _kept(codes, kept, _DECISION), _kept(since, kept, number)
        if recorded:
            people = _kept(people, kept, None)
        for places, by, names in _settled(child, stored, inputs):
            codes[places], since[places] = by, number
            if recorded:
                people[places] = names
    return PairOrigins(
        ORIGINS,
        codes,
        tuple(one.name for one in versions),
        since,
        posterior,
        people.tolist() if recorded else None,
    )


@dataclass(frozen=True, eq=False)
class _Stored:
    """The axes of a version and its given pairs as ascending numbers."""

    axes: dict[str, pd.Index]
    keys: NDArray[np.int64]

    @classmethod
    def of(cls, labels: LabelMatrix) -> _Stored:
        keys = labels.rows_of_pairs()
        keys *= len(labels.label_ids)
        keys += labels.values.indices
        return cls(dict(zip(PAIR, (labels.instance_ids, labels.label_ids), strict=True)), keys)

    def keys_of(self, rows: pd.DataFrame) -> NDArray[np.int64]:
        """Return the numbers of pairs by their positions; -1 where a position is."""
        instances, labels = (rows[name].to_numpy(np.int64) for name in PAIR)
        known = (instances >= 0) & (labels >= 0)
        return np.where(known, instances * len(self.axes["label_id"]) + labels, -1)

    def find(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where the pairs are stored, -1 for those that are not given."""
        found = np.full(len(keys), -1, np.int64)
        if not len(self.keys):
            return found
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            part = slice(start, start + _KEYS_AT_ONCE)
            places = np.searchsorted(self.keys, keys[part])
            places[places == len(self.keys)] = 0
            found[part] = np.where(self.keys[places] == keys[part], places, -1)
        return found


def _kept(values: NDArray[Any], places: NDArray[np.int64], new: object) -> NDArray[Any]:
    """Return the values at these places, and ``new`` where a place is -1."""
    found = np.full(len(places), new, values.dtype)
    found[places >= 0] = values[places[places >= 0]]
    return found


def _of_signals(
    workspace: Workspace, base: LabelVersion, first: _Stored, newest: _Stored, inputs: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return what the first version has its pairs from, and what the signals believed.

    The belief is of the newest pairs; NaN where no signal had a say, or their table is gone.
    """
    codes = np.full(len(first.keys), inputs, np.uint8)
    posterior = np.full(len(newest.keys), np.nan, np.float32)
    artefact = workspace.find_artefact("label", base.artefact.fingerprint)
    if artefact is None:
        return codes, posterior
    known = set(artefact.column_names("posterior"))
    columns = [name for name in ("implied_by", "reviewed", "posterior") if name in known]
    for rows in artefact.positions("posterior", first.axes, columns):
        keys = first.keys_of(rows)
        places = first.find(keys)
        if "implied_by" in rows:
            implied = (rows["implied_by"].notna() & (rows["implied_by"] != "")).to_numpy(bool)
            codes[places[implied & (places >= 0)]] = _CLOSURE
        if "reviewed" in rows:
            reviewed = rows["reviewed"].eq(True).to_numpy(bool)
            codes[places[reviewed & (places >= 0)]] = _FILE
        if "posterior" in rows:
            places = newest.find(keys)
            believed = (rows["posterior"] >= 0).to_numpy(bool) & (places >= 0)
            posterior[places[believed]] = rows["posterior"][believed]
    return codes, posterior


def _settled(
    version: LabelVersion, stored: _Stored, inputs: int
) -> Iterator[tuple[NDArray[np.int64], int, NDArray[np.object_] | None]]:
    """Yield where pairs are stored that a version settled, by what, and the people who did."""
    if version.artefact.holds(f"{AUTOMATIC}.parquet"):
        wanted = [("verdict", "==", "present")]
        for rows in version.artefact.positions(AUTOMATIC, stored.axes, [], wanted):
            places = stored.find(stored.keys_of(rows))
            yield places[places >= 0], _AUTOMATIC, None
    if has_decisions(version):
        columns, given = ["settled_by", "reviewers"], [("effect", "in", list(_SETTLED))]
        for rows in version.artefact.positions(DECISIONS, stored.axes, columns, given):
            places = stored.find(stored.keys_of(rows))
            settled_by = rows["settled_by"].to_numpy(object)
            for by in set(settled_by):
                mine = np.flatnonzero((settled_by == by) & (places >= 0))
                code = ORIGINS.index(by) if by in ORIGINS else inputs
                yield places[mine], code, rows["reviewers"].to_numpy(object)[mine]
