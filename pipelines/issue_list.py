"""``workbench issues``: the ranked issues as a list to take away."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pipelines.console import Terminal
from pipelines.noise import told_estimate
from pipelines.out_files import check_out_file
from pipelines.out_tables import TABLE_ENDINGS, write_out_table
from workbench.errors import InputError, MissingArtefactError
from workbench.issues.noise_estimates import COLUMNS as NOISE_COLUMNS
from workbench.workspace import Artefact, Workspace

TABLES = ("issues", "patterns", "noise")
KINDS = ("wrong", "missing")
ORDERS = {"rank": "rank", "gain": "gain_rank"}
COLUMNS = (
    *("instance_id", "text", "label_id", "kind", "rank", "gain_rank"),
    *("label_quality", "reason", "pattern_id"),
)
_LONGEST_TEXT = 90


def list_issues(
    folder: Path,
    *,
    out: Path | None,
    table: str,
    kind: str | None,
    order: str,
    limit: int | None,
    overwrite: bool,
    terminal: Terminal,
) -> pd.DataFrame:
    """Write the issues, the patterns or the estimated noise as a file, or print the first ones.

    Parameters
    ----------
    folder : Path
    out : Path, optional
        Its ending says the format: .csv, .parquet or .jsonl. In a CSV, which is for spreadsheets,
        a text that would be a formula gets a quote before it. The first 20 are printed without it.
    table : str
        One of ``TABLES``.
    kind : str, optional
        Only issues or patterns of this kind.
    order : str
        ``rank``, kind after kind, or ``gain``, what improves the model most first.
    limit : int, optional
        At most so many rows; of issues by rank so many of each kind.
    overwrite : bool
    terminal : Terminal

    Raises
    ------
    InputError
        If an argument is none of those that there are, or the file exists.
    MissingArtefactError
        If there are no issues yet, or they have no order of gain.
    """
    _check_choice("--table", table, TABLES)
    _check_choice("--order", order, tuple(ORDERS))
    if kind is not None:
        _check_choice("--kind", kind, KINDS)
        if table == "noise":
            raise InputError(
                f"--kind {kind} is for issues and patterns; a row of --table noise tells of both "
                "kinds: leave --kind out"
            )
    if out is not None:
        check_out_file(out, overwrite=overwrite, endings=(*TABLE_ENDINGS, ".jsonl"))
    workspace = Workspace(folder)
    flagged = workspace.artefact("flag")
    if table == "issues":
        frame = _issues(workspace, flagged, kind, order, limit)
    else:
        frame = flagged.table(table)
        if kind is not None and table == "patterns":
            frame = frame[frame["kind"] == kind]
        frame = frame.head(limit) if limit is not None else frame
    about = flagged.manifest["depends_on"]["label_version"]
    if out is not None:
        write_out_table(frame, out)
        what = {"issues": "issues", "patterns": "patterns of issues", "noise": "rows of noise"}
        terminal.say(f"wrote {len(frame):,} {what[table]} of labels {about} to {out}")
    elif table == "issues":
        by_gain = order == "gain"
        shown = _first(frame, order, 20 if by_gain else 10)
        for one in (None,) if by_gain else KINDS if kind is None else (kind,):
            print_issues(shown, one, terminal)
        _tell_rest(len(frame) - len(shown), terminal)
    else:
        if table == "noise" and not set(NOISE_COLUMNS) <= set(frame):
            raise MissingArtefactError(workspace.made_earlier("the noise estimates"))
        _print_table(frame, table, terminal)
    if stale := stale_line(workspace):
        terminal.say(stale)
    return frame


def stale_line(workspace: Workspace) -> str:
    """Return a sentence if the issues are not those of the newest labels, else nothing."""
    if not workspace.has("flag"):
        return ""
    about = workspace.artefact("flag").manifest["depends_on"]["label_version"]
    newest = workspace.latest_labels().name
    if about == newest:
        return ""
    return (
        f"the issues are those of labels {about}, the newest labels are {newest}; bring them up to "
        f"date with: workbench run {workspace.quoted}"
    )


def print_issues(issues: pd.DataFrame, kind: str | None, terminal: Terminal) -> None:
    """Print issues of a kind, or of both by gain, with their reasons.

    Parameters
    ----------
    issues : DataFrame
        With ``text``.
    kind : str, optional
    terminal : Terminal
    """
    rank = "rank" if kind else "gain_rank"
    shown = issues if kind is None else issues[issues["kind"] == kind]
    heading = f"most likely {kind}:" if kind else "most worth to the model:"
    terminal.say(f"\n{heading}{' none' if shown.empty else ''}")
    for one in shown.sort_values(rank).to_dict("records"):
        text, of_kind = str(one["text"]), "" if kind else f"{one['kind']}: "
        text = text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
        terminal.say(f"  {one[rank]:>3}  {of_kind}{one['label_id']}  |  {text}")
        terminal.say(f"       {one['reason']}")


def with_texts(issues: pd.DataFrame, workspace: Workspace) -> pd.DataFrame:
    """Return the issues with the text of their instance."""
    instances = workspace.artefact("ingest").table("instances", columns=["instance_id", "text"])
    return issues.merge(instances, how="left", on="instance_id")


def _issues(
    workspace: Workspace, flagged: Artefact, kind: str | None, order: str, limit: int | None
) -> pd.DataFrame:
    issues = flagged.table("issues")
    if order == "gain" and "gain_rank" not in issues:
        raise MissingArtefactError(workspace.made_earlier("the issues"))
    if kind is not None:
        issues = issues[issues["kind"] == kind]
    if order == "gain":
        issues = issues.sort_values("gain_rank", kind="stable")
    issues = _first(issues, order, limit)
    told = with_texts(issues, workspace)
    return told[[name for name in COLUMNS if name in told]].reset_index(drop=True)


def _first(issues: pd.DataFrame, order: str, n: int | None) -> pd.DataFrame:
    """Return the first n issues, by rank of each kind."""
    if n is None:
        return issues
    return issues.head(n) if order == "gain" else issues.groupby("kind", sort=False).head(n)


def _print_table(frame: pd.DataFrame, table: str, terminal: Terminal) -> None:
    shown = frame.head(20)
    if table == "patterns":
        header = ["issues", "expected right", "pattern"]
        rows = [
            [f"{one['n_issues']:,}", f"{100 * one['expected_precision']:.0f} %", one["description"]]
            for _, one in shown.iterrows()
        ]
    else:
        header = ["scope", "name", "given", "wrong", "missing", "basis"]
        rows = [
            [
                *(one["scope"], one["name"], f"{one['n_judged']:,}"),
                *(told_estimate(one, kind) for kind in KINDS),
                ", ".join(dict.fromkeys(f"{one[f'{kind}_basis']}" for kind in KINDS)),
            ]
            for _, one in shown.iterrows()
        ]
    terminal.table("", header, rows)
    _tell_rest(len(frame) - len(shown), terminal)


def _tell_rest(n: int, terminal: Terminal) -> None:
    if n:
        terminal.say(f"\n{n:,} more; write all to a file with: --out issues.csv")


def _check_choice(what: str, found: str, known: tuple[str, ...]) -> None:
    if found not in known:
        raise InputError(f"{what} must be one of {', '.join(known)}, found {found!r}")
