"""The pairs that an audit sample is drawn from, by stratum, and the sample as it lies on disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import DamagedArtefactError, MissingArtefactError
from workbench.evaluate.stratified import allocate, spread_of
from workbench.matrices import LabelMatrix, pairs_in
from workbench.review.audit_sample import (
    FIRST,
    AuditSample,
    Stratum,
    draw_lowest,
    random_numbers,
)
from workbench.workspace.artefacts import Artefact, fingerprint_of, replace_file
from workbench.workspace.layout import Workspace

STATES = ("given", "candidate")
QUEUES = ("first", "later", "not flagged")
SUPPORTS = ("head", "torso", "tail")
N_STRATA = len(STATES) * len(QUEUES) * len(SUPPORTS)
_OF_STATE = N_STRATA // len(STATES)
# Labels given to at most so many instances.
_TAIL, _TORSO = 5, 50
# The share of errors to plan with before anything is reviewed, by place in the queue.
_PLANNED = np.array([0.5, 0.25, 0.05])
# Of fewer pairs of a stratum its share is hardly known at all.
_LEAST = 8


def name_of_queue(queue: str) -> str:
    """Return in words where in the queue pairs are: one of ``QUEUES``."""
    return f"{queue} in the queue" if queue in ("first", "later") else queue


def audit_path(workspace: Workspace) -> Path:
    """Return where the audit sample lies."""
    return workspace.root / "audit.json"


def read_audit(workspace: Workspace) -> AuditSample | None:
    """Return the audit sample of a workspace; None if none was drawn.

    Raises
    ------
    DamagedArtefactError
        If the file holds something else.
    """
    path = audit_path(workspace)
    if not path.exists():
        return None
    try:
        return AuditSample.from_json(path.read_text("utf-8"))
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedArtefactError(
            f"{path} is no audit sample ({error}); restore it from a backup, or move it away and "
            f"draw anew with: workbench estimate {workspace.quoted} --draw 400"
        ) from error


def write_audit(workspace: Workspace, sample: AuditSample) -> None:
    """Write the sample where the app finds it."""
    replace_file(audit_path(workspace), sample.to_json())


@dataclass(frozen=True, eq=False)
class AuditFrame:
    """The given pairs of a label version and the candidates for missing ones.

    Parameters
    ----------
    base : str
    made_of : dict of str to str
        Fingerprints of what settles it.
    labels : LabelMatrix
        What is given.
    scored : Artefact
        With the candidates.
    issues : pd.DataFrame
        ``instance_id, label_id, kind, rank``.
    """

    base: str
    made_of: dict[str, str]
    labels: LabelMatrix
    scored: Artefact
    issues: pd.DataFrame

    @property
    def n_rest(self) -> int:
        """Pairs that are neither given nor candidates."""
        n_instances, n_labels = self.labels.values.shape
        return int(n_instances * n_labels - self.n_pairs)

    @property
    def n_pairs(self) -> int:
        """Given pairs and candidates."""
        return len(self.keys)

    @cached_property
    def keys(self) -> NDArray[np.int64]:
        """Return a number for each pair, ascending."""
        labels, n_labels = self.labels, self.labels.values.shape[1]
        found = [labels.rows_of_pairs().astype(np.int64) * n_labels + labels.values.indices]
        candidates = [self.scored.scores().values]
        # Scores that an earlier version made lack those that only the votes propose.
        if self.scored.holds("voted.shape.npy"):
            candidates.append(self.scored.matrix("voted"))
        for values in candidates:
            rows = np.repeat(np.arange(values.shape[0], dtype=np.int64), np.diff(values.indptr))
            found.append(rows * n_labels + values.indices)
        flagged = self._flagged
        found.append(flagged[flagged >= 0])
        return np.unique(np.concatenate(found))

    @cached_property
    def _flagged(self) -> NDArray[np.int64]:
        return self.keys_of(self.issues)

    def keys_of(self, pairs: pd.DataFrame) -> NDArray[np.int64]:
        """Return the number of each pair, -1 for those of other axes."""
        rows = self.labels.instance_ids.get_indexer(pd.Index(pairs["instance_id"]))
        columns = self.labels.label_ids.get_indexer(pd.Index(pairs["label_id"]))
        keys = rows.astype(np.int64) * self.labels.values.shape[1] + columns
        return np.where((rows >= 0) & (columns >= 0), keys, -1)

    def strata_of(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the stratum of each pair: state, then place in the queue, then support."""
        n_labels = self.labels.values.shape[1]
        rows, columns = keys // n_labels, keys % n_labels
        given = pairs_in(self.labels.values, rows, columns) >= 0
        support = np.bincount(self.labels.values.indices, minlength=n_labels)[columns]
        band = np.where(support <= _TAIL, 2, np.where(support <= _TORSO, 1, 0))
        flagged = self._flagged
        order = np.argsort(flagged)
        at = np.searchsorted(flagged[order], keys)
        found = order[np.minimum(at, len(order) - 1)] if len(order) else np.zeros_like(at)
        queue = np.full(len(keys), 2)
        if len(order):
            is_flagged = flagged[found] == keys
            rank = self.issues["rank"].to_numpy()[found]
            queue[is_flagged] = np.where(rank[is_flagged] <= FIRST, 0, 1)
        return np.asarray(np.where(given, 0, _OF_STATE) + 3 * queue + band, np.int64)


def current_frame(workspace: Workspace) -> AuditFrame:
    """Return what an audit of today's issues is drawn from.

    Raises
    ------
    MissingArtefactError
        If the workspace was not run to the end.
    """
    scored, flagged = workspace.artefact("score"), workspace.artefact("flag")
    base = workspace.label_version(workspace.latest_labels().base)
    return _frame(base.name, base.labels(), scored, flagged)


def frame_of(workspace: Workspace, sample: AuditSample) -> AuditFrame:
    """Return what a sample was drawn from.

    Raises
    ------
    MissingArtefactError
        If that is gone.
    """
    found = {
        stage: workspace.find_artefact(stage, sample.made_of[stage]) for stage in ("score", "flag")
    }
    gone = [stage for stage, artefact in found.items() if artefact is None]
    scored, flagged = found["score"], found["flag"]
    if scored is None or flagged is None:
        raise MissingArtefactError(
            f"what the audit sample was drawn from is gone: {', '.join(gone)}; start a new one "
            f"with workbench estimate {workspace.quoted} --new --draw 400"
        )
    labels = workspace.label_version(sample.base).labels()
    return _frame(sample.base, labels, scored, flagged)


def _frame(base: str, labels: LabelMatrix, scored: Artefact, flagged: Artefact) -> AuditFrame:
    issues = flagged.table("issues", ["instance_id", "label_id", "kind", "rank"])
    made_of = {"score": scored.fingerprint, "flag": flagged.fingerprint}
    return AuditFrame(base, made_of, labels, scored, issues)


def draw_sample(frame: AuditFrame, n: int, *, seed: int, drawn_at: str) -> AuditSample:
    """Return a first sample of so many pairs, half of them given as far as there are enough.

    Within both halves the allocation is Neyman's for planned shares of errors, at least eight of
    each stratum, and a quarter from what is first in the queue.
    """
    keys = frame.keys
    strata = frame.strata_of(keys)
    n_pairs = np.bincount(strata, minlength=N_STRATA)
    least = np.minimum(n_pairs, _LEAST)
    for state in (0, 1):
        first = _OF_STATE * state + np.arange(3)
        n_first = n_pairs[first].sum()
        if n_first:
            wanted = np.ceil(n / 8 * n_pairs[first] / n_first).astype(np.int64)
            least[first] = np.minimum(n_pairs[first], np.maximum(least[first], wanted))
    while least.sum() > n:
        least[np.argmax(least)] -= 1
    planned = np.tile(np.repeat(_PLANNED, 3), 2)
    n_drawn = _allocated(n_pairs, np.sqrt(planned * (1 - planned)), least, n)
    audit_id = fingerprint_of({"made_of": frame.made_of, "seed": seed, "drawn_at": drawn_at})
    empty = AuditSample(
        audit_id, seed, frame.base, frame.made_of, (), pd.DataFrame(), (), frame.n_rest
    )
    return _drawn(frame, empty, keys, strata, n_drawn, drawn_at)


def extend_sample(
    frame: AuditFrame, sample: AuditSample, n_drawn: NDArray[np.int64], *, drawn_at: str
) -> AuditSample:
    """Return the sample with so many of each stratum; what is drawn already stays drawn."""
    keys = frame.keys
    before = np.array([one.n_drawn for one in sample.strata])
    return _drawn(frame, sample, keys, frame.strata_of(keys), np.maximum(n_drawn, before), drawn_at)


def allocation_of(
    sample: AuditSample, n_present: NDArray[np.float64], n_absent: NDArray[np.float64], more: int
) -> NDArray[np.int64]:
    """Return how many of each stratum to have drawn with ``more`` pairs, by what was found."""
    strata = sample.strata_frame()
    drawn = strata["n_drawn"].to_numpy(np.int64)
    spread = spread_of(n_present, n_absent)
    return _allocated(strata["n_pairs"].to_numpy(np.int64), spread, drawn, int(drawn.sum()) + more)


def _allocated(
    n_pairs: NDArray[np.int64], spread: NDArray[np.float64], least: NDArray[np.int64], n: int
) -> NDArray[np.int64]:
    """Allocate so that the shares of wrong and of missing pairs are both as sharp as can be."""
    of_state = n_pairs.reshape(len(STATES), _OF_STATE).sum(axis=1).repeat(_OF_STATE)
    return allocate(n_pairs, spread / np.maximum(of_state, 1), least, n)


def _drawn(
    frame: AuditFrame,
    sample: AuditSample,
    keys: NDArray[np.int64],
    strata: NDArray[np.int64],
    n_drawn: NDArray[np.int64],
    drawn_at: str,
) -> AuditSample:
    drawn = draw_lowest(random_numbers(keys, sample.seed), strata, n_drawn.tolist())
    chosen, n_labels = keys[drawn["row"]], frame.labels.values.shape[1]
    pairs = pd.DataFrame(
        {
            "instance_id": frame.labels.instance_ids.take(chosen // n_labels),
            "label_id": frame.labels.label_ids.take(chosen % n_labels),
            "stratum": drawn["stratum"],
            "place": drawn["place"],
        }
    )
    n_pairs = np.bincount(strata, minlength=N_STRATA)
    told = tuple(
        Stratum(state, queue, support, int(n_pairs[at]), int(n_drawn[at]))
        for at, (state, queue, support) in enumerate(
            (a, b, c) for a in STATES for b in QUEUES for c in SUPPORTS
        )
    )
    draws = (*sample.draws, (drawn_at, len(pairs) - len(sample.pairs)))
    return replace(sample, strata=told, pairs=pairs, draws=draws)
