"""What a step counted and noted on its way, to be shown to whoever ran it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_EXAMPLES = 5


@dataclass
class Count:
    """How often one thing happened, with a few examples."""

    n: int
    examples: list[str] = field(default_factory=list)

    def add(self, n: int, examples: Sequence[object]) -> None:
        """Add ``n`` more; new examples fill up what is left of the five places."""
        self.n += n
        for example in map(str, examples):
            if len(self.examples) == MAX_EXAMPLES:
                break
            if example not in self.examples:
                self.examples.append(example)


class Report:
    """Counts and notes of one run, in the order in which they came.

    Nothing is dropped in silence: a step that skips something counts it here. What was counted
    zero times does not show.

    Examples
    --------
    >>> report = Report()
    >>> report.count("clicks on items that are not in the catalog", 3, ["A-17", "B-2"])
    >>> report.count("unknown labels", 0)
    >>> report.note("no positions: click-through rate is used")
    >>> for line in report.lines():
    ...     print(line)
    clicks on items that are not in the catalog: 3 (such as 'A-17', 'B-2')
    no positions: click-through rate is used
    """

    def __init__(self) -> None:
        self._counts: dict[str, Count] = {}
        self._notes: list[str] = []

    def count(self, what: str, n: int, examples: Sequence[object] = ()) -> None:
        """Add ``n`` to the count of ``what``; at most five different examples are kept.

        Raises
        ------
        ValueError
            If ``n`` is negative.
        """
        if n < 0:
            raise ValueError(f"report: the count of {what!r} must be 0 or more, got {n}")
        if n:
            self._counts.setdefault(what, Count(0)).add(int(n), examples)

    def note(self, text: str) -> None:
        """Keep a sentence; the same sentence is kept once."""
        if text not in self._notes:
            self._notes.append(text)

    def merge(self, other: Report) -> None:
        """Add the counts and notes of another report to this one."""
        for what, counted in other._counts.items():
            self.count(what, counted.n, counted.examples)
        for text in other._notes:
            self.note(text)

    def counted(self, what: str) -> int:
        """Return how often ``what`` was counted, 0 if never."""
        found = self._counts.get(what)
        return found.n if found else 0

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes in the order in which they came."""
        return tuple(self._notes)

    def lines(self) -> list[str]:
        """Return one readable line a count, then one a note."""
        counts = [_count_line(what, counted) for what, counted in self._counts.items()]
        return counts + self._notes

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON; `from_dict` reads them back.

        ``order`` holds the order of the counts, which JSON with sorted keys loses.
        """
        counts = {
            what: {"n": counted.n, "examples": list(counted.examples)}
            for what, counted in self._counts.items()
        }
        return {"counts": counts, "order": list(counts), "notes": list(self._notes)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Report:
        """Return the report that `to_dict` wrote."""
        report = cls()
        for what in values.get("order", values["counts"]):
            counted = values["counts"][what]
            report.count(what, counted["n"], counted["examples"])
        for text in values["notes"]:
            report.note(text)
        return report

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Report):
            return NotImplemented
        return self._counts == other._counts and self._notes == other._notes

    __hash__ = None  # type: ignore[assignment]


def _count_line(what: str, counted: Count) -> str:
    line = f"{what}: {counted.n:,}"
    if counted.examples:
        line += " (such as " + ", ".join(repr(example) for example in counted.examples) + ")"
    return line
