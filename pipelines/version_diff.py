"""``workbench diff``: what changed between two label versions, and why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.console import Terminal
from pipelines.out_files import check_out_file
from pipelines.out_tables import TABLE_ENDINGS, write_out_table
from workbench.errors import InputError
from workbench.plurals import plural
from workbench.workspace import Workspace
from workbench.workspace.version_diff import VersionDiff, diff_versions

BY = ("cause", "attribute", "label")
_SHORT = 10
_LONGEST_TEXT = 60


def show_diff(
    folder: Path,
    older: str,
    newer: str,
    *,
    by: str | None,
    show: int,
    out: Path | None,
    overwrite: bool,
    terminal: Terminal,
) -> VersionDiff:
    """Print what changed between two versions, or write every pair of it, and return it.

    Parameters
    ----------
    folder : Path
    older, newer : str
        Names of label versions, of any lineage.
    by : str, optional
        One of ``BY``, whole; the first rows of all if left out.
    show : int
        How many pairs to print with their text.
    out : Path, optional
        A .csv or .parquet with every pair, its cause and its decision.
    overwrite : bool
    terminal : Terminal

    Raises
    ------
    InputError
        If an argument is none of those that there are, or the file exists.
    MissingArtefactError
        If there is no such version.
    """
    if by is not None and by not in BY:
        raise InputError(f"--by must be one of {', '.join(BY)}, found {by!r}")
    if out is not None:
        check_out_file(out, overwrite=overwrite, endings=TABLE_ENDINGS)
    workspace = Workspace(folder)
    versions = [workspace.label_version(name) for name in (older, newer)]
    found = diff_versions(workspace, *versions)
    pairs = found.pairs.assign(attribute=_attributes(workspace, found))
    _tell_totals(found, terminal)
    if pairs.empty:
        return found
    for name in BY if by is None else (by,):
        _print_counts(pairs, name, terminal, n=_SHORT if by is None else None)
    if show:
        _print_pairs(pairs, workspace, found, show, terminal)
    if out is not None:
        write_out_table(_with_texts(pairs, workspace, found), out)
        terminal.say(f"wrote {plural(len(pairs), 'pair')} to {out}")
    return found


def _tell_totals(found: VersionDiff, terminal: Terminal) -> None:
    counts = found.pairs["change"].value_counts()
    n_added, n_removed = int(counts.get("added", 0)), int(counts.get("removed", 0))
    terminal.say(
        f"labels {found.older.name} → {found.newer.name}: {plural(n_added, 'pair')} added, "
        f"{n_removed:,} removed"
    )
    for what, n in found.n_came.items():
        gone = found.n_went[what]
        if n or gone:
            terminal.say(
                f"{what}: {n:,} only in {found.newer.name}, {gone:,} only in {found.older.name}; "
                "their pairs are counted as come or gone"
            )


def _print_counts(pairs: pd.DataFrame, by: str, terminal: Terminal, *, n: int | None) -> None:
    column = {"label": "label_id"}.get(by, by)
    keys = pairs[column].fillna("").replace("", "(none)")
    counts = pd.crosstab(keys, pairs["change"]).reindex(columns=["added", "removed"], fill_value=0)
    order = np.argsort(-counts.sum(axis=1).to_numpy(), kind="stable")
    counts = counts.iloc[order]
    rows = [
        [str(name), f"{added:,}", f"{removed:,}"]
        for name, added, removed in counts.head(len(counts) if n is None else n).itertuples()
    ]
    terminal.say()
    terminal.table("", [by, "added", "removed"], rows)
    if len(counts) > len(rows):
        terminal.say(f"{len(counts) - len(rows):,} more; all with: --by {by}")


def _print_pairs(
    pairs: pd.DataFrame, workspace: Workspace, found: VersionDiff, n: int, terminal: Terminal
) -> None:
    shown = _with_texts(pairs.head(n), workspace, found)
    terminal.say()
    for one in shown.to_dict("records"):
        text = str(one["text"] if pd.notna(one["text"]) else one["instance_id"])
        text = text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
        sign = "+" if one["change"] == "added" else "−"
        who = f" ({one['reviewers']})" if pd.notna(one["reviewers"]) else ""
        because = f", from {one['follows_from']}" if pd.notna(one["follows_from"]) else ""
        why = f"{one['cause']}{who}{because}, in {one['made_in']}"
        terminal.say(f"  {sign} {one['label_id']}  |  {text}  |  {why}")
    if len(pairs) > n:
        terminal.say(f"{len(pairs) - n:,} more; --out writes them all, to a .csv or .parquet")


def _attributes(workspace: Workspace, found: VersionDiff) -> pd.Series:
    """Return the attribute of each pair's label, as the newer version's inputs have it."""
    known: dict[str, str] = {}
    for version in (found.older, found.newer):
        ingested = workspace.ingested_for(version)
        if ingested is not None:
            table = ingested.table("labels", columns=["label_id", "attribute"])
            known |= dict(zip(table["label_id"], table["attribute"], strict=True))
    return found.pairs["label_id"].map(known).astype("str")


def _with_texts(pairs: pd.DataFrame, workspace: Workspace, found: VersionDiff) -> pd.DataFrame:
    """Return pairs with the text of their instance, null where it is not known any more."""
    wanted = pairs["instance_id"].unique().tolist()
    known: dict[str, str] = {}
    for version in (found.older, found.newer):
        ingested = workspace.ingested_for(version)
        if ingested is not None:
            columns, where = ["instance_id", "text"], [("instance_id", "in", wanted)]
            table = ingested.table("instances", columns=columns, where=where)
            known |= dict(zip(table["instance_id"], table["text"], strict=True))
    texts = pairs["instance_id"].map(known).astype("str")
    told = pairs.copy()
    told.insert(1, "text", texts)
    return told
