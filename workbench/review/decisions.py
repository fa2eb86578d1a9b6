"""Decisions of reviewers: their log, what of it stands, and one verdict a pair."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np
import pandas as pd

from workbench.errors import InputError

PAIR = ["instance_id", "label_id"]
_DTYPES = {"decided_at": "datetime64[us, UTC]", "shown_ms": "Int64"}
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class Verdict(StrEnum):
    """What a person says about the world, whatever the labels say today."""

    PRESENT = "present"
    ABSENT = "absent"
    UNSURE = "unsure"


class Role(StrEnum):
    """As what a person decides.

    An adjudicator settles what annotators disagree about. What somebody says of the audit sample
    measures: it stands in the log, and decides nothing about the labels.
    """

    ANNOTATOR = "annotator"
    ADJUDICATOR = "adjudicator"
    AUDITOR = "auditor"


@dataclass(frozen=True)
class Decision:
    """One recorded verdict, or the event that takes an earlier one back.

    Parameters
    ----------
    event_uid : str
        A UUID in lower case with hyphens. The same decision sent twice has the same uid.
    decided_at : datetime
        With a time zone; kept in UTC.
    reviewer, instance_id, label_id : str
        Not empty.
    verdict : Verdict
        An event that undoes another repeats the verdict it takes back.
    note : str
    batch_id : str, optional
        Shared by the decisions that were made in one go.
    undoes : str, optional
        ``event_uid`` of the decision that this event takes back.
    shown_ms : int, optional
        How long the reviewer saw the pair, 0 or more.
    label_version, model_id : str
        The labels and the model whose evidence the reviewer saw; empty if unknown.
    role : Role

    Raises
    ------
    InputError
        If a value does not fit; all complaints at once.

    Examples
    --------
    >>> decision = Decision(
    ...     "5f0c1f2e-8c64-4d0a-9f3e-0d9b2f6f1c11", datetime(2026, 1, 5, tzinfo=UTC),
    ...     "mika", "red shoe", "Color: Red", "present")
    >>> decision.verdict
    <Verdict.PRESENT: 'present'>
    """

    event_uid: str
    decided_at: datetime
    reviewer: str
    instance_id: str
    label_id: str
    verdict: Verdict
    note: str = ""
    batch_id: str | None = None
    undoes: str | None = None
    shown_ms: int | None = None
    label_version: str = ""
    model_id: str = ""
    role: Role = Role.ANNOTATOR

    def __post_init__(self) -> None:
        complaints = _complaints(self)
        if complaints:
            raise InputError(f"decision {self.event_uid!r}: " + "; ".join(complaints))
        object.__setattr__(self, "verdict", Verdict(self.verdict))
        object.__setattr__(self, "role", Role(self.role))
        object.__setattr__(self, "decided_at", self.decided_at.astimezone(UTC))

    @property
    def pair(self) -> tuple[str, str]:
        """The instance and the label that the verdict is about."""
        return self.instance_id, self.label_id


LOG_COLUMNS = [field.name for field in fields(Decision)]


def undo_of(decision: Decision, *, event_uid: str, reviewer: str, decided_at: datetime) -> Decision:
    """Return the event that takes a decision back.

    Raises
    ------
    InputError
        If ``decision`` is itself an undo: decide anew instead.
    """
    if decision.undoes is not None:
        raise InputError(
            f"event {decision.event_uid} is an undo and cannot be undone; record a new decision"
        )
    return Decision(
        event_uid,
        decided_at,
        reviewer,
        decision.instance_id,
        decision.label_id,
        decision.verdict,
        undoes=decision.event_uid,
        label_version=decision.label_version,
        model_id=decision.model_id,
        role=decision.role,
    )


def log_frame(decisions: Iterable[Decision]) -> pd.DataFrame:
    """Return the decision log of these decisions, in their order, one row an event."""
    rows = [tuple(getattr(decision, name) for name in LOG_COLUMNS) for decision in decisions]
    return typed_log(pd.DataFrame(rows, columns=LOG_COLUMNS))


def typed_log(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the columns and types of a decision log."""
    return frame[LOG_COLUMNS].astype({name: _DTYPES.get(name, "str") for name in LOG_COLUMNS})


def check_log(log: pd.DataFrame) -> None:
    """Raise unless the frame is a decision log whose undos name earlier decisions.

    Raises
    ------
    InputError
        With all complaints at once.
    """
    absent = [name for name in LOG_COLUMNS if name not in log.columns]
    if absent:
        raise InputError(
            f"decision log: columns {absent} are missing, found {log.columns.tolist()}; "
            "read it with DecisionStore.log()"
        )
    known = log["verdict"].isin(list(Verdict))
    complaints = [
        _told(log.loc[~known, "verdict"], "verdicts are not one of present, absent, unsure"),
        _told(
            log.loc[log["event_uid"].duplicated(), "event_uid"],
            "events appear more than once (keep one row an event_uid)",
        ),
        _told(
            log.loc[log[["reviewer", *PAIR]].isna().any(axis=1), "event_uid"], "events lack a key"
        ),
        *_undo_complaints(log),
    ]
    if not isinstance(log["decided_at"].dtype, pd.DatetimeTZDtype):
        complaints.append(f"decided_at needs a time zone, found {log['decided_at'].dtype}")
    if any(complaints):
        raise InputError("decision log: " + "; ".join(filter(None, complaints)))


def effective_decisions(log: pd.DataFrame) -> pd.DataFrame:
    """Return the decisions that stand: one row a reviewer and pair, the earliest first.

    Verdicts on the audit sample are not among them: what measures the labels must not change them.
    A decision that was undone is gone, and what the same reviewer said before it stands again. Of
    several decisions of one reviewer on one pair the latest stands; of two made at the same moment,
    the one further down in the log.

    Raises
    ------
    InputError
        If the log is not one, or an undo names an unknown event, another undo, or another pair.
    """
    check_log(log)
    undone = log["event_uid"].isin(log["undoes"].dropna())
    standing = log[log["undoes"].isna() & ~undone & (log["role"] != Role.AUDITOR)]
    standing = standing.sort_values("decided_at", kind="stable", ignore_index=True)
    return standing.drop_duplicates(["reviewer", *PAIR], keep="last", ignore_index=True)


def unseen_pairs(standing: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs that nobody looked at: all that stands on them was said in batches.

    Such verdicts repeat the flag, so they settle a pair but are no evidence of how good flags are.

    Parameters
    ----------
    standing : pd.DataFrame
        As of :func:`effective_decisions`.

    Returns
    -------
    pd.DataFrame
        ``instance_id, label_id``, each pair once.
    """
    in_batch = standing["batch_id"].notna()
    seen = pd.MultiIndex.from_frame(standing.loc[~in_batch, PAIR])
    pairs = standing.loc[in_batch, PAIR].drop_duplicates(ignore_index=True)
    return pairs[~pd.MultiIndex.from_frame(pairs).isin(seen)].reset_index(drop=True)


def resolve(log: pd.DataFrame) -> pd.DataFrame:
    """Return one verdict a pair: an adjudicator's, or the majority of present and absent votes.

    Of several adjudicators the latest stands. Without a majority (a tie, or nobody but the unsure)
    the verdict is ``unsure`` and ``conflict`` is True.

    Parameters
    ----------
    log : pd.DataFrame
        The decision log; each reviewer has one vote a pair, the one that stands.

    Returns
    -------
    pd.DataFrame
        Columns instance_id, label_id, verdict, conflict, n_present, n_absent, n_unsure and
        decided_at (the latest vote), in the order of the pair.
    """
    return settled(effective_decisions(log))


def settled(standing: pd.DataFrame) -> pd.DataFrame:
    """Return one verdict a pair, as :func:`resolve`, of the verdicts that stand.

    Parameters
    ----------
    standing : pd.DataFrame
        ``reviewer, instance_id, label_id, verdict, role, decided_at``, one row a reviewer and pair,
        the earliest first.
    """
    votes = standing[[*PAIR, "decided_at"]].copy()
    for verdict in Verdict:
        votes[f"n_{verdict}"] = (standing["verdict"] == verdict).astype("int64")
    counts = {f"n_{verdict}": "sum" for verdict in Verdict}
    pairs = votes.groupby(PAIR, as_index=False).agg({**counts, "decided_at": "max"})
    ahead = np.sign((pairs["n_present"] - pairs["n_absent"]).to_numpy())
    verdicts = np.array([Verdict.ABSENT, Verdict.UNSURE, Verdict.PRESENT], dtype=object)
    pairs.insert(2, "verdict", pd.Series(verdicts[ahead + 1], dtype="str"))
    pairs.insert(3, "conflict", ahead == 0)
    ruled = standing[standing["role"] == Role.ADJUDICATOR].drop_duplicates(PAIR, keep="last")
    if ruled.empty:
        return pairs
    said = pairs[PAIR].merge(ruled[[*PAIR, "verdict"]], how="left", on=PAIR)["verdict"]
    return pairs.assign(
        verdict=said.fillna(pairs["verdict"]).astype("str"),
        conflict=pairs["conflict"] & said.isna(),
    )


def _complaints(decision: Decision) -> list[str]:
    complaints = [
        f"{name} must be a UUID such as '5f0c1f2e-8c64-4d0a-9f3e-0d9b2f6f1c11', found {uid!r}"
        for name, uid in (("event_uid", decision.event_uid), ("undoes", decision.undoes))
        if uid is not None and not _is_uuid(uid)
    ]
    complaints += [
        f"{name} must not be empty"
        for name in ("reviewer", "instance_id", "label_id")
        if not getattr(decision, name).strip()
    ]
    complaints += [
        f"{name} holds a NUL or half a surrogate pair; remove it"
        for name in ("reviewer", "instance_id", "label_id", "note", "batch_id")
        if not _is_storable(getattr(decision, name) or "")
    ]
    if decision.verdict not in list(Verdict):
        complaints.append(
            f"verdict must be present, absent or unsure, found {str(decision.verdict)!r}"
        )
    if decision.role not in list(Role):
        roles = ", ".join(Role)
        complaints.append(f"role must be one of {roles}, found {str(decision.role)!r}")
    if decision.decided_at.tzinfo is None:
        complaints.append(f"decided_at needs a time zone, found {decision.decided_at}")
    if decision.shown_ms is not None and decision.shown_ms < 0:
        complaints.append(f"shown_ms must be 0 or more, found {decision.shown_ms}")
    if decision.undoes == decision.event_uid:
        complaints.append("an event cannot undo itself")
    return complaints


def _is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def _is_storable(text: str) -> bool:
    """Neither PostgreSQL nor UTF-8 has a place for these characters."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def _told(values: pd.Series, what: str) -> str:
    return f"{len(values)} {what}: {values[:5].tolist()}" if len(values) else ""


def _undo_complaints(log: pd.DataFrame) -> list[str]:
    undos = log[log["undoes"].notna()]
    targets = log.drop_duplicates("event_uid").set_index("event_uid")
    targets = targets.reindex(undos["undoes"])[["undoes", *PAIR]].set_axis(undos.index)
    known = undos["undoes"].isin(log["event_uid"])
    same_pair = (targets[PAIR] == undos[PAIR]).all(axis=1)
    return [
        _told(undos.loc[~known, "undoes"], "undone events are not in the log"),
        _told(undos.loc[targets["undoes"].notna(), "event_uid"], "events undo an undo"),
        _told(undos.loc[known & ~same_pair, "event_uid"], "events undo one of another pair"),
    ]
