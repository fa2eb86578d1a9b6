"""What the newest labels lack of the decisions, told by the commands that use those labels."""

from __future__ import annotations

from pipelines.apply import verdicts_to_apply
from pipelines.stages import Run
from workbench.errors import InputError
from workbench.workspace import Unapplied, find_unapplied


def unapplied_line(run: Run) -> str:
    """Return what the newest labels lack of the decisions, and what to do; empty if nothing."""
    return _line(run, _find(run))


def tell_unapplied(run: Run, *, warn: bool = False) -> None:
    """Print :func:`unapplied_line`; as a warning too where labels were made anew without them."""
    unapplied = _find(run)
    line = _line(run, unapplied)
    if line and (warn or isinstance(unapplied, str) or unapplied.left_behind):
        run.terminal.warn(line)
    elif line:
        run.terminal.say(line)


def _find(run: Run) -> Unapplied | str:
    """Return what the newest labels lack, or why that cannot be told."""
    try:
        return find_unapplied(run.workspace, verdicts_to_apply(run))
    except InputError as error:  # a file of verdicts that apply would refuse
        return f"whether the newest labels hold all verdicts cannot be told: {error}"


def _line(run: Run, unapplied: Unapplied | str) -> str:
    if isinstance(unapplied, str):
        return unapplied
    told = unapplied.told()
    only = "; corrections only where reviewed pairs still verify them" * bool(unapplied.n_automatic)
    return told and f"{told}; put them in with: workbench apply {run.workspace.quoted}{only}"
