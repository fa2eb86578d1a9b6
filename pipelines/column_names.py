"""The common other names of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def map_columns(columns: Sequence[str], synonyms: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return ours → theirs for the columns that go by a common other name."""
    found: dict[str, str] = {}
    for ours, theirs in synonyms.items():
        if ours not in columns:
            known = next((name for name in theirs if name in columns), None)
            if known is not None:
                found[ours] = known
    return found
