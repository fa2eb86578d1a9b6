"""What ``workbench apply`` says of the decisions that it applies."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.rare_labels import rare_labels
from pipelines.rests_on import RestsOn
from pipelines.reviewed import verdicts_by_run
from pipelines.stages import Run
from workbench.plurals import plural
from workbench.review.apply import AppliedDecisions, is_torn
from workbench.review.rests_on import SettledBy
from workbench.workspace import LabelVersion
from workbench.workspace.version_decisions import AGAIN, CAME_ROUND, TURNED

_MAX_EXAMPLES = 5


def tell_applied(run: Run, applied: AppliedDecisions, resolved: pd.DataFrame, parent: str) -> None:
    """Print what becomes of the decided pairs."""
    terminal = run.terminal
    conflicts = int(is_torn(resolved).sum())
    terminal.say(
        f"{plural(len(resolved), 'pair')} decided: {applied.confirmed:,} so in {parent} already, "
        f"{applied.added:,} to add, {applied.removed:,} to remove, {applied.unsure:,} left as they "
        "are (unsure, or undecided between reviewers)"
    )
    if conflicts:
        terminal.say(f"reviewers disagree on {conflicts} of them; these stay as given")
    if len(applied.unknown_pairs):
        shown = ", ".join(map(repr, _names(applied.unknown_pairs)))
        be = "is" if len(applied.unknown_pairs) == 1 else "are"
        terminal.say(
            f"{plural(len(applied.unknown_pairs), 'decided pair')} {be} not in these labels (kept "
            f"in the log), such as {shown}"
        )
    if by_run := verdicts_by_run(run):
        terminal.say(by_run)
    _tell_rare(run, applied.unknown_pairs)


def tell_rests_on(run: Run, found: RestsOn, parent: LabelVersion) -> None:
    """Print what the signals say against verdicts, and what followed from them."""
    for line in signal_lines(found.about["signals"], parent.base):
        run.terminal.say(line)
    for by, what in (
        (SettledBy.WITHDRAWN, "went back to what the inputs say: their verdicts no longer stand"),
        (SettledBy.CLOSURE, "followed by the taxonomy from what people decided"),
    ):
        if n := found.about["changed_by"].get(by.value, 0):
            rows = found.table.filter(pc.equal(found.table["settled_by"], by.value))
            run.terminal.say(f"{plural(n, 'pair')} {what}, such as {_examples(rows)}")
    if n := found.about["n_contradictions"]:
        rows = found.table.filter(pc.is_valid(found.table["contradicts"]))
        run.terminal.say(
            f"{plural(n, 'pair')} decided present while a label above was decided absent; both "
            f"stay as people decided them: {_examples(rows)}"
        )


def signal_lines(signals: dict[str, int], base: str) -> list[str]:
    """Return what labels made anew from the inputs say against verdicts, in words."""
    lines = []
    again, turned = signals.get(AGAIN, 0), signals.get(TURNED, 0)
    if again or turned:
        lines.append(
            f"labels {base}, made from the inputs after the verdicts, say otherwise on "
            f"{plural(again + turned, 'decided pair')}: on {again:,} as before, on {turned:,} they "
            "had said the same; the verdicts hold"
        )
    if n := signals.get(CAME_ROUND, 0):
        lines.append(f"on {plural(n, 'decided pair')} labels {base} now say what people said")
    return lines


def _tell_rare(run: Run, unknown: pd.DataFrame) -> None:
    """Say which of the pairs that are not in these labels would be with a lower min_support."""
    if unknown.empty:
        return
    rare = rare_labels(run.workspace.artefact("ingest"))
    found = [rare.find(label_id) for label_id in unknown["label_id"]]
    few = [label_id for label_id in found if label_id is not None]
    if few:
        shown = ", ".join(rare.told(label_id) for label_id in list(dict.fromkeys(few))[:5])
        be = "is" if len(few) == 1 else "are"
        run.terminal.say(f"{len(few):,} of them {be} of values {rare.why} (such as {shown})")


def _names(pairs: pd.DataFrame) -> list[str]:
    first = pairs.head(_MAX_EXAMPLES)
    return (first["instance_id"] + " / " + first["label_id"]).tolist()


def _examples(rows: pa.Table) -> str:
    return ", ".join(map(repr, _names(rows.slice(0, _MAX_EXAMPLES).to_pandas())))
