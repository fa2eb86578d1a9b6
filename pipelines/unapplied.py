"""What the newest labels lack of the decisions, told by the commands that use those labels."""

from __future__ import annotations

from pipelines.apply import verdicts_to_apply
from pipelines.stages import Run
from workbench.errors import WorkbenchError
from workbench.plurals import plural
from workbench.workspace import Unapplied, find_unapplied


def unapplied_lines(run: Run) -> list[str]:
    """Return what the newest labels lack of the decisions, and what to do; empty if nothing."""
    found = _find(run)
    return [line for line in (_line(run, found), _note(run, found)) if line]


def tell_unapplied(run: Run, *, warn: bool = False) -> None:
    """Print :func:`unapplied_lines`; decided pairs that labels made anew lack as a warning.

    Parameters
    ----------
    run : Run
    warn : bool
        Warn of decided pairs too that wait for their first ``apply``.
    """
    found = _find(run)
    line, note = _line(run, found), _note(run, found)
    if line and (warn or isinstance(found, str) or found.left_behind):
        run.terminal.warn(line)
    elif line:
        run.terminal.say(line)
    if note:
        run.terminal.say(note)


def _find(run: Run) -> Unapplied | str:
    """Return what the newest labels lack, or why that cannot be told."""
    try:
        return find_unapplied(run.workspace, verdicts_to_apply(run))
    except WorkbenchError as error:  # what came before is done, and stays so
        return f"whether the newest labels hold all verdicts cannot be told: {error}"


def _line(run: Run, found: Unapplied | str) -> str:
    if isinstance(found, str):
        return found
    told = found.told()
    return told and f"{told}; put them in with: workbench apply {run.workspace.quoted}"


def _note(run: Run, found: Unapplied | str) -> str:
    """Return which corrections an ``apply`` may make again: a note, for it may leave them out."""
    bound = run.config.issues.auto_precision
    if bound is None or isinstance(found, str) or not found.n_automatic:
        return ""
    return (
        f"labels {found.newest} do not hold {plural(found.n_automatic, 'automatic correction')} of "
        f"{found.left_behind}; workbench apply makes those again that reviewed pairs verify at "
        f"[issues] auto_precision = {bound:g}"
    )
