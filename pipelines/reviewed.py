"""The reviewed pairs that the label models may learn from and are measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines.config_inputs import ReviewedInput
from pipelines.reading import read_configured
from pipelines.stages import Run
from workbench.errors import InputError
from workbench.export.writers import unescaped_cells
from workbench.plurals import plural
from workbench.report import Report
from workbench.review.decision_log import effective_decisions, settled, unseen_pairs
from workbench.review.store import DecisionStore
from workbench.signals.near_names import with_near_label
from workbench.signals.rare_labels import RareLabels, no_rare_labels
from workbench.tables import BadRows, Column, Contract
from workbench.workspace import sha256_of_file

_PAIR = ["instance_id", "label_id"]
_KINDS = {
    "instance_id": "str",
    "label_id": "str",
    "verdict": "str",
    "weight": "float64",
    "audit": "bool",
    "seen": "bool",
}
_HINT = "a pair weighs 1 if the cell is empty; to leave one out, remove its row or its verdict"
REVIEWED = Contract(
    "reviewed",
    (
        Column("instance_id", "text"),
        Column("label_id", "text"),
        Column("verdict", "text", nullable=True, choices=("present", "absent", "unsure")),
        Column("audit", "boolean", required=False, nullable=True),
        Column("weight", "number", required=False, nullable=True, above=0, hint=_HINT),
    ),
    key=("instance_id", "label_id"),
)


@dataclass(frozen=True, eq=False)
class Reviewed:
    """Pairs that people settled.

    Parameters
    ----------
    pairs : DataFrame
        instance_id, label_id, verdict, weight, audit (whether it was drawn at random) and seen
        (not only decided in a batch); each pair once.
    """

    pairs: pd.DataFrame

    @property
    def audit(self) -> pd.DataFrame:
        """The random sample."""
        return self.pairs[self.pairs["audit"]]

    @property
    def others(self) -> pd.DataFrame:
        """The pairs that were looked at for a reason."""
        return self.pairs[~self.pairs["audit"]]


def reviewed_fingerprint(run: Run) -> dict[str, Any]:
    """Return what the reviewed pairs depend on: the file, and the decisions if they count.

    A file without any verdict is as good as none.

    Raises
    ------
    InputError
        If the file breaks its contract.
    """
    source = run.config.inputs.reviewed
    found: dict[str, Any] = {}
    if source is not None and count_verdicts(run, source):
        found["reviewed"] = _fingerprint_of(run, source)
    if run.config.label.decisions:
        found["decisions"] = _decisions(run)[[*_PAIR, "verdict"]].to_numpy().tolist()
    return found


def no_verdict_line(run: Run) -> str:
    """Return a sentence if the file of reviewed pairs holds no verdict, else nothing.

    Raises
    ------
    InputError
        If the file breaks its contract.
    """
    source = run.config.inputs.reviewed
    return "" if source is None else _no_verdict(source, _verdicts_of_file(run, source))


def _no_verdict(source: ReviewedInput, verdicts: pd.Series) -> str:
    if verdicts.notna().any():
        return ""
    return (
        f"[inputs.reviewed]: of {plural(len(verdicts), 'row')} of {source.path} that can be read "
        "none has a verdict, so it counts as no file; fill in present, absent or unsure"
    )


def verdicts_by_run(run: Run) -> str:
    """Return what became of the verdicts of the file beside signals, where ``run`` takes them in.

    Empty where there is no such file, or where labels that exist already were imported, into which
    ``apply`` puts them.
    """
    source, workspace = run.config.inputs.reviewed, run.workspace
    if source is None or run.config.inputs.labels is not None or not workspace.has("label"):
        return ""
    try:
        verdicts = _verdicts_of_file(run, source)
    except InputError as error:
        return f"the verdicts of [inputs.reviewed] cannot be counted: {error}"
    if blank := _no_verdict(source, verdicts):
        return blank
    n_all, held = int(verdicts.notna().sum()), workspace.artefact("label").manifest
    n = plural(n_all, "verdict")
    if held["depends_on"].get("reviewed") == _fingerprint_of(run, source):
        n_left_out = n_all - _n_counted(run)
        if n_left_out:
            return (
                f"{n_all - n_left_out:,} of {n} in {source.path} count beside these: run has taken "
                f"them into the labels; {n_left_out:,} were left out, unsure or of an instance or "
                f"label that is not known (the run report says which)"
            )
        return f"{n} in {source.path} count beside these: run has taken them into the labels"
    return (
        f"{n} in {source.path} are not in these labels as they are now; take them in with: "
        f"workbench run {workspace.quoted}"
    )


def _n_counted(run: Run) -> int:
    """Return how many verdicts of the file are on pairs of the labels, and settle them."""
    ingested = run.workspace.artefact("ingest")
    instance_ids = pd.Index(ingested.table("instances", columns=["instance_id"])["instance_id"])
    labels = ingested.table("labels")
    return len(read_reviewed(run, instance_ids, labels, Report(), decisions=False).pairs)


def read_reviewed(
    run: Run,
    instance_ids: pd.Index,
    labels: pd.DataFrame,
    report: Report,
    *,
    rare: RareLabels | None = None,
    decisions: bool | None = None,
) -> Reviewed:
    """Return the reviewed pairs of the file and, with ``decisions``, of the review app.

    ``decisions`` is what ``[label] decisions`` says if it is left out.

    Of a pair that is in both, the verdict of the file counts. Pairs whose instance or label is
    not known, or whose label is one of the ``rare`` values, rows that are not filled in yet, and
    ``unsure`` ones are counted.

    Raises
    ------
    InputError
        If the file breaks its contract.
    """
    label_ids = pd.Index(labels["label_id"])
    parts = []
    source = run.config.inputs.reviewed
    if source is not None:
        found = read_reviewed_file(
            run, source, instance_ids, label_ids, run.config.inputs.bad_rows, report
        )
        blank = found["verdict"].isna()
        report.count("reviewed pairs that are not filled in yet", int(blank.sum()))
        parts.append(found[~blank])
    if run.config.label.decisions if decisions is None else decisions:
        parts.append(_decisions(run))
    pairs = pd.concat([_empty(), *parts], ignore_index=True)
    if pairs.empty:  # looking up nothing among millions of instances takes seconds
        return Reviewed(pairs)
    twice = pairs.duplicated(_PAIR)
    other = pairs[twice].merge(pairs[~twice], on=_PAIR, suffixes=("", "_of_file"))
    torn = other[other["verdict"] != other["verdict_of_file"]]
    report.count(
        "decisions that the file of reviewed pairs contradicts, which counts",
        len(torn),
        _names(torn),
    )
    pairs = pairs[~twice]
    known = pairs["instance_id"].isin(instance_ids) & pairs["label_id"].isin(label_ids)
    _count_unknown(pairs[~known], instance_ids, labels, rare or no_rare_labels(), report)
    unsure = known & (pairs["verdict"] == "unsure")
    report.count("reviewed pairs that are unsure", int(unsure.sum()), _names(pairs[unsure]))
    return Reviewed(pairs[known & ~unsure].astype(_KINDS).reset_index(drop=True))


def read_reviewed_file(
    run: Run,
    source: ReviewedInput,
    instance_ids: pd.Index,
    label_ids: pd.Index,
    bad_rows: BadRows,
    report: Report,
) -> pd.DataFrame:
    """Return all rows of a file of reviewed pairs; one that is not filled in has no verdict.

    Raises
    ------
    InputError
        If the file breaks its contract.
    """
    pairs = read_configured(run, source.path, REVIEWED, source.columns, report, bad_rows=bad_rows)
    pairs = pairs.reindex(columns=list(_KINDS))
    return pairs.assign(
        instance_id=unescaped_cells(pairs["instance_id"], instance_ids),
        label_id=unescaped_cells(pairs["label_id"], label_ids),
        weight=pairs["weight"].astype("float64").fillna(1.0),
        audit=pairs["audit"].astype("boolean").fillna(False).astype(bool),
        seen=True,
    )


def count_verdicts(run: Run, source: ReviewedInput) -> int:
    """Return how many rows of a file of reviewed pairs are filled in.

    Raises
    ------
    InputError
        If the file breaks its contract.
    """
    return int(_verdicts_of_file(run, source).notna().sum())


def _fingerprint_of(run: Run, source: ReviewedInput) -> list[Any]:
    return [source.model_dump(), sha256_of_file(run.path(source.path))]


def _verdicts_of_file(run: Run, source: ReviewedInput) -> pd.Series:
    return read_configured(run, source.path, REVIEWED, source.columns, Report())["verdict"]


def _count_unknown(
    pairs: pd.DataFrame,
    instance_ids: pd.Index,
    labels: pd.DataFrame,
    rare: RareLabels,
    report: Report,
) -> None:
    """Count the pairs that are left out: of an unknown instance, a rare value, an unknown label."""
    is_here = pairs["instance_id"].isin(instance_ids)
    report.count(
        "reviewed pairs of an unknown instance (left out)",
        int((~is_here).sum()),
        _names(pairs[~is_here]),
    )
    strange = pairs.loc[is_here, "label_id"]
    found = strange.map({name: rare.find(name) for name in strange.unique()})
    few, lost = found.dropna(), strange[found.isna()]
    examples = [rare.told(name) for name in few.drop_duplicates().head()]
    report.count(f"reviewed pairs of values {rare.why} (left out)", len(few), examples)
    examples = [with_near_label(name, labels) for name in lost.drop_duplicates().head()]
    report.count("reviewed pairs of an unknown label (left out)", len(lost), examples)


def _decisions(run: Run) -> pd.DataFrame:
    """Return the resolved verdicts of the review app, none of them a random sample."""
    if not run.workspace.has_decisions():
        return _empty()
    with DecisionStore(run.workspace.decisions_location()) as store:
        standing = effective_decisions(store.log())
    resolved = settled(standing)[[*_PAIR, "verdict"]]
    unseen = pd.MultiIndex.from_frame(unseen_pairs(standing))
    seen = ~pd.MultiIndex.from_frame(resolved[_PAIR]).isin(unseen)
    return resolved.assign(weight=1.0, audit=False, seen=seen)


def _empty() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _KINDS.items()})


def _names(pairs: pd.DataFrame) -> list[str]:
    return (pairs["instance_id"] + " / " + pairs["label_id"]).head().tolist()
