"""Tell from the first rows of a log whether positions count from 0 or from 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# The first place of a list is shown and clicked at least as often as the second. A cut through a
# list, or clicks further down, hide some; zeros that only stand for "unknown" are far fewer.
_LEAST_SHARE = 0.5
_UNKNOWN = ("", "nan")


@dataclass(frozen=True)
class FirstPosition:
    """How many searches have something at place 0 and at place 1.

    Parameters
    ----------
    n_searches : int
        That say a position.
    n_zero, n_one : int
        Those of them with a 0 and with a 1.
    """

    n_searches: int
    n_zero: int
    n_one: int

    @classmethod
    def of(cls, searches: Sequence[str | None], positions: Sequence[Any]) -> FirstPosition:
        """Return the counts of rows.

        Parameters
        ----------
        searches : sequence of str or None
            The ``query_id`` of each row; a row without one is a search of its own.
        positions : sequence
            The position of each row as the log says it; None, "" or NaN where it says none.

        Examples
        --------
        >>> FirstPosition.of(["a", "a", "b"], [0, 1, "0"])
        FirstPosition(n_searches=2, n_zero=2, n_one=1)
        """
        found: dict[str | int, set[str]] = {}
        for row, (search, position) in enumerate(zip(searches, positions, strict=True)):
            place = "" if position is None else str(position).strip().removesuffix(".0")
            if place.casefold() not in _UNKNOWN:
                found.setdefault(row if search is None else search, set()).add(place)
        counts = (sum(place in places for places in found.values()) for place in ("0", "1"))
        return cls(len(found), *counts)

    @property
    def number(self) -> int:
        """The number of the first place.

        0 if more than half as many searches have a 0 as have a 1: a list that counts from 0 has its
        first place there, one that counts from 1 has at most some zeros that mean something else.
        """
        return 0 if self.n_zero > _LEAST_SHARE * self.n_one else 1

    def told(self) -> list[str]:
        """Return the line for the user; none if no position is 0."""
        if not self.n_zero:
            return []
        counts = (
            f"of {self.n_searches:,} searches looked at {self.n_zero:,} have a position 0 and "
            f"{self.n_one:,} a 1"
        )
        if self.number == 0:
            return [f"  first_position = 0: {counts}; set it to 1 if 0 does not mean the first"]
        return [
            f"  first_position = 1: {counts}; set it to 0 if that is the first place, else the "
            'run refuses these rows, and leaves them out with bad_rows = "skip"'
        ]
