"""What ``workbench estimate`` prints: the sample, its figures, and how many more to review."""

from __future__ import annotations

import numpy as np

from pipelines.console import Terminal
from workbench.evaluate.stratified import Estimate
from workbench.plurals import plural
from workbench.review.audit_sample import AuditSample
from workbench.workspace import Workspace
from workbench.workspace.audit_frame import name_of_queue
from workbench.workspace.audited import Audited


def tell_drawn(workspace: Workspace, sample: AuditSample, n: int, terminal: Terminal) -> None:
    """Print that ``n`` pairs were drawn just now, of what, and what to do with the sample."""
    strata = sample.strata_frame()
    terminal.say(
        f"drew {n:,} pairs at random, {len(sample):,} in all, of {strata['n_pairs'].sum():,} given "
        f"pairs of {sample.base} and candidates for missing ones:"
    )
    for (state, queue), part in strata.groupby(["state", "queue"], sort=False):
        if part["n_pairs"].sum():
            n_drawn, n_pairs = part["n_drawn"].sum(), part["n_pairs"].sum()
            terminal.say(
                f"  {state}, {name_of_queue(str(queue)):22} {n_drawn:>6,} of {n_pairs:>10,}"
            )
    terminal.say(
        f"review them blind in the app, queue 'Random pairs' (workbench app {workspace.quoted}), "
        f"or in a file: workbench estimate {workspace.quoted} --out audit.csv. These verdicts "
        "measure: apply leaves them out"
    )


def tell_estimates(workspace: Workspace, told: Audited, terminal: Terminal) -> None:
    """Print what was reviewed, the figures with their intervals, and what they do not cover."""
    _tell_reviewed(workspace, told, terminal)
    _tell_figures(told, terminal)
    _tell_changes(told, terminal)
    _tell_not_covered(told, terminal)


def tell_needed(workspace: Workspace, told: Audited, width: float, terminal: Terminal) -> None:
    """Print how many more reviews make the intervals at most so wide, stratum by stratum."""
    terminal.say(f"for intervals of {width:.1%} from end to end, by what was found so far:")
    for name, wanted in told.needed(width).items():
        figure = told.figure(name)
        if figure is None:
            continue
        if wanted is None:
            terminal.say(f"  {figure.told:44} not even with all pairs")
            continue
        if not wanted.sum():
            terminal.say(f"  {figure.told:44} enough")
            continue
        terminal.say(f"  {figure.told:44} {wanted.sum():,} more")
        strata = told.strata.assign(more=wanted)
        for row in strata[strata["more"] > 0].to_dict("records"):
            terminal.say(
                f"    {row['state']}, {name_of_queue(row['queue'])}, {row['support']}: "
                f"{row['more']:,}"
            )
    terminal.say(
        f"those not drawn yet: workbench estimate {workspace.quoted} --more N; {told.n_open:,} are "
        "drawn and to come"
    )


def _tell_reviewed(workspace: Workspace, told: Audited, terminal: Terminal) -> None:
    sample = told.sample
    terminal.say(
        f"audit sample: {len(sample):,} pairs of {told.before}, drawn "
        f"{', '.join(f'{n:,} on {when[:10]}' for when, n in sample.draws)}; {told.n_audited:,} "
        f"judged blind, {told.n_looked:,} by their verdict in a queue, {told.n_open:,} to come"
    )
    if told.n_unsure or told.n_passed:
        terminal.say(
            f"  {told.n_unsure:,} unsure and {told.n_passed:,} passed over: the intervals have "
            "them both ways"
        )
    if told.n_open:
        terminal.say(f"  go on in the app, queue 'Random pairs': workbench app {workspace.quoted}")


def _tell_figures(told: Audited, terminal: Terminal) -> None:
    terminal.say("share, with its 95 % interval:")
    for one in told.figures:
        is_less = one.name.endswith("less")
        line = f"  {one.told:44} {_shown(one.estimate, signed=is_less):32}"
        if not is_less and not np.isnan(one.estimate.value):
            numbers = (one.estimate.value, one.estimate.low, one.estimate.high)
            count, low, high = (f"{round(n * one.n_pairs):,}" for n in numbers)
            line += f" {count} ({low} to {high}) of {one.n_pairs:,}"
        terminal.say(line.rstrip())
    if told.after == told.before:
        terminal.say(f"  nothing is cleaned yet: {told.before} is the newest of its labels")


def _tell_changes(told: Audited, terminal: Terminal) -> None:
    if told.changes.empty:
        return
    terminal.say(f"right of what was changed up to {told.after}, by blind verdicts:")
    for one in told.changes.to_dict("records"):
        head = f"  by {one['cause']:24} {one['n_pairs']:>8,} pairs, {one['n_drawn']:>4,} judged: "
        if one["n_drawn"]:
            share = Estimate(one["share"], one["low"], one["high"], one["n_drawn"])
            terminal.say(head + _shown(share))
        else:
            terminal.say(head + "not known")


def _tell_not_covered(told: Audited, terminal: Terminal) -> None:
    n_rest = told.sample.n_rest
    terminal.say(
        f"not covered: {n_rest:,} pairs that are neither given nor candidates. Of 300 drawn among "
        f"them without a missing one still up to 1.2 % could be missing, "
        f"{told.most_missing_of_rest:,} pairs"
        + (f"; and {plural(told.n_outside, 'pair')} added among them" if told.n_outside else "")
    )


def _shown(estimate: Estimate, *, signed: bool = False) -> str:
    """Return a share with its interval in percent."""
    sign = "+" if signed else ""
    value = "not known yet" if np.isnan(estimate.value) else f"{estimate.value:{sign}.1%}"
    return f"{value} ({estimate.low:{sign}.1%} to {estimate.high:{sign}.1%})".replace("-", "\u2212")
