"""The estimated noise of the labels: its table, and a line about it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipelines.console import Terminal
from workbench.issues.hierarchy import parents_of
from workbench.issues.noise_estimates import COLUMNS, SAMPLE, JudgedPairs, Scope, estimate_noise
from workbench.matrices import LabelMatrix, pairs_in
from workbench.workspace import Workspace

# Behind an estimate on another basis than that of all pairs.
_MARK = "*"


def noise_table(
    given: LabelMatrix, judged: JudgedPairs, labels: pd.DataFrame, votes: pd.DataFrame
) -> pd.DataFrame:
    """Return the noise of all pairs, of each label, attribute, source and taxonomy branch.

    Parameters
    ----------
    given : LabelMatrix
    judged : JudgedPairs
    labels : pd.DataFrame
        ``label_id, attribute`` and, where a label has one, ``parent_id``.
    votes : pd.DataFrame
        ``instance_id, label_id, source, level``, texts as they are or as categories. Pairs of a
        source are those that it votes for.
    """
    return estimate_noise(judged, _scopes(given, judged, labels, votes))


def _scopes(
    given: LabelMatrix, judged: JudgedPairs, labels: pd.DataFrame, votes: pd.DataFrame
) -> Iterator[Scope]:
    label_ids = given.label_ids
    attributes = labels.set_index("label_id")["attribute"].reindex(label_ids)
    every, everything = np.arange(len(label_ids)), np.zeros(len(label_ids), np.int64)
    for scope, names, members, parts in (
        ("all", ["all"], every, everything),
        ("attribute", *_parts(attributes.to_numpy(object))),
        ("branch", *_branches(labels, label_ids)),
        ("label", label_ids.tolist(), every, every),
    ):
        if names:
            yield _scope_of_labels(given, judged, scope, names, members, parts)
    if not votes.empty:
        yield _scope_of_sources(given, judged, votes)


def noise_line(workspace: Workspace) -> str:
    """Return a sentence about the newest estimates, empty where there are none.

    Where an earlier version made them it says how to make them anew.
    """
    if not workspace.has("flag"):
        return ""
    artefact = workspace.artefact("flag")
    if not artefact.holds("noise.parquet"):
        return ""
    whole = artefact.table("noise", where=[("scope", "==", "all")]).iloc[0]
    if not set(COLUMNS) <= set(whole.index):
        return workspace.made_earlier("the noise estimates")
    voted = workspace.artefact("label").holds("label_model.json")
    wrong, missing = (_basis(whole[f"{kind}_basis"], voted) for kind in ("wrong", "missing"))
    if voted and whole["missing_basis"] == SAMPLE:
        missing += " where signals vote, elsewhere by the model alone"
    told = f"{_told(whole, 'missing')} pairs missing{'' if missing == wrong else f' ({missing})'}"
    none_judged = not artefact.json("coverage")["n_candidates"]
    if none_judged or (not whole["missing_high"] and whole["missing_basis"] != SAMPLE):
        told = "missing pairs not estimated, for no judged pair looks like one"
    return (
        f"estimated noise of all pairs, worth a look or not, {wrong}: {_told(whole, 'wrong')} of "
        f"{whole['n_judged']:,} given pairs wrong, {told}; "
        f"{whole['n_unjudged']:,} given pairs could not be judged"
    )


def _basis(basis: str, voted: bool) -> str:
    if basis == SAMPLE:
        return "corrected by the random sample of reviewed pairs"
    return "by the model alone" + ("" if voted else ", too few if the likeliest were mended before")


def tell_noise(workspace: Workspace, terminal: Terminal, *, show: int = 5) -> None:
    """Print the sentence, and the attributes with the most wrong pairs.

    An estimate on another basis than that of all pairs is marked.
    """
    line = noise_line(workspace)
    if not line:
        return
    terminal.say(f"\n{line}")
    noise = workspace.artefact("flag").table("noise", where=[("scope", "in", ["all", "attribute"])])
    whole = noise[noise["scope"] == "all"].iloc[0]
    worst = noise[noise["scope"] == "attribute"].nlargest(show, "estimated_wrong")
    rows = [
        [
            *(str(one["name"]), f"{one['n_judged']:,}"),
            *(told_estimate(one, kind, beside=whole) for kind in ("wrong", "missing")),
        ]
        for _, one in worst.iterrows()
    ]
    if rows:
        terminal.table("", ["attribute", "given", "wrong", "missing"], rows)
    if any(cell.endswith(_MARK) for row in rows for cell in row[2:]):
        terminal.say(
            f"{_MARK} not corrected by the random sample, which has too few pairs of the "
            "attribute: by the model alone, so that the attributes do not add up to all pairs"
        )


def told_estimate(row: pd.Series, kind: str, *, beside: pd.Series | None = None) -> str:
    """Return how many pairs of a row are ``wrong`` or ``missing``, with bounds.

    Marked where the model speaks alone, while the sample corrects the row that it stands beside.
    """
    basis = f"{kind}_basis"
    is_other = beside is not None and beside[basis] == SAMPLE != row[basis]
    return f"{_told(row, kind)}{_MARK if is_other else ''}"


def _told(row: pd.Series, kind: str) -> str:
    estimate, low, high = (
        row[name] for name in (f"estimated_{kind}", f"{kind}_low", f"{kind}_high")
    )
    return f"{estimate:,.0f} ({low:,.0f} to {high:,.0f})"


def _parts(names: NDArray[np.object_]) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct names, and the labels that have one with its code."""
    codes, distinct = pd.factorize(names)
    named = np.flatnonzero(codes >= 0)
    return [str(name) for name in distinct], named, codes[named].astype(np.int64)


def _branches(
    labels: pd.DataFrame, label_ids: pd.Index
) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Return the labels that have others below them, and the labels of each branch."""
    parents = parents_of(labels, label_ids)
    below, branch = np.arange(len(label_ids)), np.arange(len(label_ids))
    positions, branches = [below], [branch]
    while len(below):
        above = parents[branch]
        below, branch = below[above >= 0], above[above >= 0]
        positions.append(below)
        branches.append(branch)
    position, of = np.concatenate(positions), np.concatenate(branches)
    inside = np.bincount(of, minlength=len(label_ids))[of] > 1
    codes, names = pd.factorize(of[inside], sort=True)
    return label_ids.take(names).tolist(), position[inside], codes.astype(np.int64)


def _scope_of_labels(
    given: LabelMatrix,
    judged: JudgedPairs,
    scope: str,
    names: list[str],
    labels: NDArray[np.int64],
    parts: NDArray[np.int64],
) -> Scope:
    """Return the scope of parts that labels belong to, a label to any number of them."""
    n_given = np.bincount(parts, given.support()[labels], len(names)).astype(np.int64)
    order = np.argsort(judged.pairs.columns, kind="stable")
    columns = judged.pairs.columns[order]
    first, last = (np.searchsorted(columns, labels, side) for side in ("left", "right"))
    length = last - first
    starts = np.repeat(first - np.concatenate([[0], np.cumsum(length)[:-1]]), length)
    positions = order[starts + np.arange(length.sum())]
    return Scope(scope, names, positions, np.repeat(parts, length), n_given)


def _scope_of_sources(given: LabelMatrix, judged: JudgedPairs, votes: pd.DataFrame) -> Scope:
    votes = votes[votes["level"] > 0]
    codes, names = pd.factorize(votes["source"], sort=True)
    rows = given.instance_ids.get_indexer(pd.Index(votes["instance_id"]))
    columns = given.label_ids.get_indexer(pd.Index(votes["label_id"]))
    known = (rows >= 0) & (columns >= 0)
    rows, columns, codes = rows[known], columns[known], codes[known].astype(np.int64)
    n_judged = len(judged.pairs.rows)
    positions = csr_array(
        (np.arange(n_judged), (judged.pairs.rows, judged.pairs.columns)), shape=given.values.shape
    )
    positions.sort_indices()
    place = pairs_in(positions, rows, columns)
    is_judged = place >= 0
    is_given = pairs_in(given.values, rows, columns) >= 0
    n_given = np.bincount(codes[is_given], minlength=len(names)).astype(np.int64)
    found = positions.data[place[is_judged]].astype(np.int64)
    return Scope("source", list(names), found, codes[is_judged], n_given)
