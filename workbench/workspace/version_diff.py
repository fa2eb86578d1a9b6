"""Which pairs differ between two label versions, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from workbench.matrices import LabelMatrix
from workbench.review.decisions import PAIR
from workbench.review.rests_on import SettledBy
from workbench.workspace.automatic import AUTOMATIC
from workbench.workspace.label_versions import LabelVersion
from workbench.workspace.layout import Workspace
from workbench.workspace.version_decisions import DECISIONS, has_decisions

# Why pairs differ of which no decision tells.
SIGNALS = "inputs"
UNTOLD = "decision, by whom is not recorded"
NOT_TAKEN_OVER = "not taken over"
_INSTANCE = ("instance came", "instance went")
_LABEL = ("label came", "label went")
_DECISION = ["verdict", "settled_by", "reviewers", "event_uids", "follows_from"]


@dataclass(frozen=True, eq=False)
class VersionDiff:
    """What differs between two label versions.

    Parameters
    ----------
    older, newer : LabelVersion
    pairs : pd.DataFrame
        ``instance_id, label_id, change`` (added or removed), ``cause, made_in`` and, of a decision,
        ``verdict, reviewers, event_uids, follows_from``, one row a pair that one of both gives. The
        cause is what a decision was settled by (:class:`SettledBy`); ``inputs``, from which the
        labels were made anew; ``instance came``, ``label went``, ... where only one version knows
        it; or ``not taken over``: decided in the lineage of the older version, and the newer does
        not hold it.
    n_came, n_went : dict of str to int
        How many ``instances`` and ``labels`` only the newer, or only the older, version knows.
    """

    older: LabelVersion
    newer: LabelVersion
    pairs: pd.DataFrame
    n_came: dict[str, int]
    n_went: dict[str, int]


@dataclass(frozen=True, eq=False)
class _Axes:
    """The instances and labels of both versions: those of the newer first."""

    instance_ids: pd.Index
    label_ids: pd.Index

    def keys(self, labels: LabelMatrix) -> NDArray[np.int64]:
        """Return one number for each given pair, ascending."""
        rows = self._places(self.instance_ids, labels.instance_ids)
        columns = self._places(self.label_ids, labels.label_ids)
        keys = rows[labels.rows_of_pairs()] * len(self.label_ids) + columns[labels.values.indices]
        return keys if (keys[1:] > keys[:-1]).all() else np.sort(keys)

    def keys_of(self, pairs: pd.DataFrame) -> NDArray[np.int64]:
        """Return the number of each pair, -1 for those that neither version knows."""
        rows = self.instance_ids.get_indexer(pd.Index(pairs["instance_id"])).astype(np.int64)
        columns = self.label_ids.get_indexer(pd.Index(pairs["label_id"])).astype(np.int64)
        keys = rows * len(self.label_ids) + columns
        return np.where((rows >= 0) & (columns >= 0), keys, -1)

    @staticmethod
    def _places(joint: pd.Index, own: pd.Index) -> NDArray[np.int64]:
        if joint is own or joint.equals(own):
            return np.arange(len(own))
        return joint.get_indexer(own).astype(np.int64)


def diff_versions(workspace: Workspace, older: LabelVersion, newer: LabelVersion) -> VersionDiff:
    """Return which pairs differ between two versions of any lineage, and why."""
    then, now = older.labels(), newer.labels()
    axes = _Axes(
        _joined(now.instance_ids, then.instance_ids), _joined(now.label_ids, then.label_ids)
    )
    keys_then, keys_now = axes.keys(then), axes.keys(now)
    added = np.setdiff1d(keys_now, keys_then, assume_unique=True)
    removed = np.setdiff1d(keys_then, keys_now, assume_unique=True)
    keys = np.concatenate([added, removed])
    rows, columns = keys // len(axes.label_ids), keys % len(axes.label_ids)
    pairs = pd.DataFrame(
        {
            "instance_id": axes.instance_ids.take(rows),
            "label_id": axes.label_ids.take(columns),
            "change": np.repeat(["added", "removed"], [len(added), len(removed)]),
        }
    )
    causes = _Causes(len(keys))
    mine, theirs = _steps(workspace, older, newer)
    for version in mine:
        made = _changes(workspace, version)
        causes.settle(_find(keys, axes.keys_of(made)), made, version.name)
    for place, joint, ids_now, ids_then, came, went in (
        (rows, axes.instance_ids, now.instance_ids, then.instance_ids, *_INSTANCE),
        (columns, axes.label_ids, now.label_ids, then.label_ids, *_LABEL),
    ):
        is_gone = np.arange(len(joint)) >= len(ids_now)
        causes.say(is_gone[place], went, newer.base)
        if len(ids_then) < len(joint):
            causes.say((ids_then.get_indexer(joint) < 0)[place], came, newer.base)
    for version in theirs:
        made = _changes(workspace, version).assign(settled_by=NOT_TAKEN_OVER)
        causes.settle(_find(keys, axes.keys_of(made)), made, version.name)
    causes.say(np.ones(len(keys), bool), SIGNALS, newer.base)
    n_instances, n_labels = len(axes.instance_ids), len(axes.label_ids)
    n_came = {
        "instances": n_instances - len(then.instance_ids),
        "labels": n_labels - len(then.label_ids),
    }
    n_went = {
        "instances": n_instances - len(now.instance_ids),
        "labels": n_labels - len(now.label_ids),
    }
    return VersionDiff(older, newer, pairs.assign(**causes.columns()), n_came, n_went)


class _Causes:
    """Why each pair differs; who says so first is right."""

    def __init__(self, n_pairs: int) -> None:
        self._is_open = np.ones(n_pairs, bool)
        names = ("cause", "made_in", *_DECISION)
        self._columns = {name: np.full(n_pairs, None, object) for name in names}

    def settle(self, at: NDArray[np.int64], made: pd.DataFrame, name: str) -> None:
        """Let the changes of a version say it, each of the pair at its place, -1 for none."""
        found = at >= 0
        found[found] = self._is_open[at[found]]
        for column in _DECISION:
            self._columns[column][at[found]] = made[column].to_numpy(object)[found]
        self._columns["cause"][at[found]] = made["settled_by"].to_numpy(object)[found]
        self._columns["made_in"][at[found]] = name
        self._is_open[at[found]] = False

    def say(self, where: NDArray[np.bool_], cause: str, made_in: str) -> None:
        """Let pairs have a cause that is no decision."""
        where = where & self._is_open
        self._columns["cause"][where], self._columns["made_in"][where] = cause, made_in
        self._is_open[where] = False

    def columns(self) -> dict[str, pd.Series]:
        """Return the cause of each pair, and its decision."""
        told = {name: pd.Series(values, dtype="str") for name, values in self._columns.items()}
        del told["settled_by"]
        return told


def _steps(
    workspace: Workspace, older: LabelVersion, newer: LabelVersion
) -> tuple[list[LabelVersion], list[LabelVersion]]:
    """Return the versions that decisions made and only the newer, or only the older, rests on.

    The newest come first.
    """
    mine, theirs = workspace.lineage(newer), workspace.lineage(older)
    shared = {version.name for version in mine} & {version.name for version in theirs}

    def own(lineage: list[LabelVersion]) -> list[LabelVersion]:
        return [v for v in lineage if v.name not in shared and v.parent is not None]

    return own(mine), own(theirs)


def _changes(workspace: Workspace, version: LabelVersion) -> pd.DataFrame:
    """Return the pairs that a version changed against its parent, with their decisions."""
    if has_decisions(version):
        table = version.artefact.arrow(DECISIONS).select([*PAIR, "effect", *_DECISION])
        table = table.filter(pc.is_in(table["effect"], pa.array(["added", "removed"])))
        for name, between in (("reviewers", ", "), ("event_uids", " ")):
            joined = pc.binary_join(table[name].combine_chunks(), between)
            told = pc.if_else(pc.equal(joined, ""), None, joined)
            table = table.set_column(table.schema.get_field_index(name), name, told)
        made: pd.DataFrame = table.to_pandas()
        return made
    return _changes_untold(workspace.label_version(str(version.parent)), version)


def _changes_untold(parent: LabelVersion, version: LabelVersion) -> pd.DataFrame:
    """Return the changes of a version that was made before they were recorded."""
    then, now = parent.labels(), version.labels()
    axes = _Axes(now.instance_ids, now.label_ids)
    keys = np.setxor1d(axes.keys(then), axes.keys(now), assume_unique=True)
    made = pd.DataFrame(
        {
            "instance_id": now.instance_ids.take(keys // len(now.label_ids)),
            "label_id": now.label_ids.take(keys % len(now.label_ids)),
        }
    ).assign(**dict.fromkeys(_DECISION) | {"settled_by": UNTOLD})
    if version.artefact.holds(f"{AUTOMATIC}.parquet"):
        at = _find(keys, axes.keys_of(version.artefact.table(AUTOMATIC, PAIR)))
        made.loc[at[at >= 0], "settled_by"] = SettledBy.AUTOMATIC.value
    return made


def _find(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each wanted key stands among others, -1 where it does not."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int64)
    order = np.argsort(keys, kind="stable")
    ascending = keys[order]
    at = np.minimum(np.searchsorted(ascending, wanted), len(keys) - 1)
    return np.where(ascending[at] == wanted, order[at], -1)


def _joined(first: pd.Index, second: pd.Index) -> pd.Index:
    if first.equals(second):
        return first
    # Not isin, which asks for each text of an Arrow array in Python.
    return first.append(second[first.get_indexer(second) < 0])
