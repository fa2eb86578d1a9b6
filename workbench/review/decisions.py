"""Decisions of reviewers: one event each, and what makes it one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from workbench.errors import InputError

PAIR = ["instance_id", "label_id"]
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
