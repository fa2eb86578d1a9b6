"""Decisions as a browser sends them, checked and recorded under the name of who sent them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from workbench.errors import InputError
from workbench.review.decisions import Decision, Role
from workbench.review.store import DecisionStore
from workbench.review.team import Member, NotAllowedError

MAX_NOTE = 500
MAX_SHOWN_MS = 24 * 3600 * 1000


@dataclass(frozen=True)
class Refused:
    """A decision that was not recorded, and why."""

    event_uid: str
    reason: str


@dataclass(frozen=True)
class Recorder:
    """Records what one reviewer decides; nobody decides under another name or role.

    Parameters
    ----------
    store : DecisionStore
    member : Member
    role : Role
        As what the member decides here; to decide as an adjudicator one has to be one.
    label_version, model_id : str
        The labels and the model whose evidence is shown.
    is_known : callable
        Says whether there are such an instance and such a label.
    """

    store: DecisionStore
    member: Member
    role: Role
    label_version: str
    model_id: str
    is_known: Callable[[str, str], bool] = lambda _instance, _label: True

    def record(self, events: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[Refused]]:
        """Record decisions and return the uids that are in the store now, and what is refused.

        What was recorded before is in the store too, so that a browser may send again what it
        heard nothing of. One that does not fit keeps no other one out.

        Parameters
        ----------
        events : sequence of mapping
            ``event_uid, instance_id, label_id, verdict`` and perhaps ``note, shown_ms, undoes``, as
            text and numbers from a browser. To a batch nobody adds but who decides it.

        Raises
        ------
        NotAllowedError
            If the member is no adjudicator and decides as one.
        WorkbenchError
            If the store does not answer; then none is acknowledged.
        """
        if self.role is Role.ADJUDICATOR:
            self.member.check_adjudicator("settle what others disagree about")
        now, decisions, refused = datetime.now(UTC), [], []
        for event in events:
            try:
                decisions.append(self._decision(event, now))
            except (InputError, NotAllowedError) as error:
                refused.append(Refused(str(event.get("event_uid", "")), str(error)))
        try:
            self.store.record_many(decisions)
        except InputError:
            return self._one_by_one(decisions, refused)
        return [decision.event_uid for decision in decisions], refused

    def _one_by_one(
        self, decisions: Sequence[Decision], refused: list[Refused]
    ) -> tuple[list[str], list[Refused]]:
        saved = []
        for decision in decisions:
            try:
                self.store.record(decision)
                saved.append(decision.event_uid)
            except InputError as error:
                refused.append(Refused(decision.event_uid, str(error)))
        return saved, refused

    def _decision(self, event: Mapping[str, Any], now: datetime) -> Decision:
        undoes = event.get("undoes")
        note = str(event.get("note") or "").replace("\0", "").strip()[:MAX_NOTE]
        decision = Decision(
            event_uid=str(event.get("event_uid", "")),
            decided_at=now,
            reviewer=self.member.name,
            instance_id=str(event.get("instance_id", "")),
            label_id=str(event.get("label_id", "")),
            verdict=event.get("verdict", ""),
            note=note,
            undoes=None if undoes is None else str(undoes),
            shown_ms=_milliseconds(event.get("shown_ms")),
            label_version=self.label_version,
            model_id=self.model_id,
            role=self.role,
        )
        if not self.is_known(*decision.pair):
            raise InputError(
                f"there is no instance {decision.instance_id!r} with a label "
                f"{decision.label_id!r} here; load the page again"
            )
        return decision if decision.undoes is None else self._undo(decision)

    def _undo(self, decision: Decision) -> Decision:
        """Return the undo; an annotator takes back nobody else's decision."""
        target = self.store.find(str(decision.undoes))
        if target is None:
            # Sent in the same message: the store checks it against what it records with it.
            return decision
        if target.reviewer != self.member.name:
            self.member.check_adjudicator(f"take back a decision of {target.reviewer}")
        return replace(decision, verdict=target.verdict, role=target.role)


def _milliseconds(shown: object) -> int | None:
    """Return a time as it may be recorded; None for what is no number."""
    if isinstance(shown, bool) or not isinstance(shown, (int, float)):
        return None
    return int(min(max(shown, 0), MAX_SHOWN_MS))
