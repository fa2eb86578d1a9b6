"""Scores that the user brings, from a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipelines.reading import read_configured
from pipelines.stages import Run
from workbench.errors import AxisMismatchError, InputError
from workbench.matrices import LabelMatrix, PairScores, pairs_in
from workbench.report import Report
from workbench.score_sums import ScoreSums
from workbench.tables import Column, Contract, rows_left_out
from workbench.workspace import sha256_of_file

SCORES = Contract(
    "scores",
    (
        Column("instance_id", "text"),
        Column("label_id", "text"),
        Column("score", "number", minimum=0, maximum=1),
    ),
    key=("instance_id", "label_id"),
)
SUMS = Contract(
    "column sums",
    (Column("label_id", "text"), Column("column_sum", "number", minimum=0)),
    key=("label_id",),
)


def fingerprint_of_brought(run: Run) -> list[str]:
    """Return the checksums of the tables of brought scores, of none for other methods."""
    section = run.config.scores
    named = [path for path in (section.path, section.sums_path) if path is not None]
    return [sha256_of_file(run.path(path)) for path in named]


def read_brought_scores(
    run: Run, given: LabelMatrix, report: Report
) -> tuple[PairScores, ScoreSums | None]:
    """Return the scores on the axes of the given labels, and their sums if these are brought too.

    Rows that ``bad_rows = "skip"`` leaves out are counted in the report, those of instances and
    labels that there are not too.

    Raises
    ------
    AxisMismatchError
        If a table names instances or labels that there are not and ``bad_rows`` is not "skip", or
        leaves out labels' sums.
    InputError
        If a table breaks its contract, a sum is above the number of instances, sums are brought
        beside scores of instances that are left out, or no given pair has a score.
    """
    section = run.config.scores
    assert section.path is not None  # the configuration was checked
    frame = read_configured(run, section.path, SCORES, section.columns, report)
    rows = _positions(frame["instance_id"], given.instance_ids, run, section.path, report)
    if section.sums_path is not None:
        _check_sums_of_same(frame["instance_id"][rows < 0], given, section.path, section.sums_path)
    # A row without either is one row that was left out, not two.
    frame, rows = frame[rows >= 0], rows[rows >= 0]
    columns = _positions(frame["label_id"], given.label_ids, run, section.path, report)
    known = columns >= 0
    rows, columns, data = rows[known], columns[known], frame["score"].to_numpy(np.float32)[known]
    values = csr_array((data, (rows, columns)), shape=given.values.shape)
    values.sort_indices()
    scores = PairScores(values, given.instance_ids, given.label_ids)
    _check_about_given(given, scores, section.path)
    if section.sums_path is None:
        return scores, None
    return scores, _read_sums(run, section.sums_path, given, report)


def _read_sums(run: Run, path: str, given: LabelMatrix, report: Report) -> ScoreSums:
    frame = read_configured(run, path, SUMS, {}, report)
    positions = _positions(frame["label_id"], given.label_ids, run, path, report)
    known = positions[positions >= 0]
    if len(known) < len(given.label_ids):
        lacking = np.setdiff1d(np.arange(len(given.label_ids)), known)
        raise AxisMismatchError(
            f"{path}: {len(lacking)} labels have no column sum, such as "
            f"{given.label_ids[lacking[:5]].tolist()}; give one for each"
        )
    column_sums = np.empty(len(known))
    column_sums[known] = frame["column_sum"].to_numpy(np.float64)[positions >= 0]
    try:
        return ScoreSums(len(given.instance_ids), column_sums)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _positions(
    ids: pd.Series, axis: pd.Index, run: Run, path: str, report: Report
) -> NDArray[np.int64]:
    """Return where the ids of a column stand on an axis, -1 for rows that are to be left out."""
    positions, what = axis.get_indexer(pd.Index(ids)), str(ids.name).removesuffix("_id")
    lost = ids[positions < 0]
    unknown = lost.drop_duplicates()
    if len(unknown) and run.config.inputs.bad_rows == "error":
        raise AxisMismatchError(
            f"{path}: {len(unknown):,} {what} ids are not those of the workspace, such as "
            f"{', '.join(map(repr, unknown.head()))}; score the same {what}s under the same names, "
            'or leave their rows out with bad_rows = "skip" in [inputs]'
        )
    report.count(
        rows_left_out(Path(path).name, f"of {what}s that the workspace does not have"),
        len(lost),
        unknown.head().tolist(),
    )
    return np.asarray(positions, np.int64)


def _check_sums_of_same(lost: pd.Series, given: LabelMatrix, path: str, sums_path: str) -> None:
    """Raise if scores were left out that the sums beside them may hold."""
    unknown = lost.drop_duplicates()
    if len(unknown):
        raise InputError(
            f"{sums_path}: expected sums over the {len(given.instance_ids):,} instances of the "
            f"workspace, but {path} beside it scores {len(unknown):,} others in {len(lost):,} "
            f"rows, such as {', '.join(map(repr, unknown.head()))}: these rows are left out, and "
            f"nobody can take them out of sums. Take them out of {path} and add up without them, "
            "or leave sums_path out"
        )


def _check_about_given(given: LabelMatrix, scores: PairScores, path: str) -> None:
    if given.n_given and not (pairs_in(scores.values, *given.values.nonzero()) >= 0).any():
        raise InputError(
            f"{path}: none of the {given.n_given:,} given pairs has a score, by which "
            "wrong labels are found; score these first"
        )
