"""Counts with their nouns."""

from __future__ import annotations


def plural(n: int, one: str, many: str | None = None) -> str:
    """Return the count with its noun.

    Examples
    --------
    >>> plural(1, "click"), plural(2000, "click"), plural(2, "query", "queries")
    ('1 click', '2,000 clicks', '2 queries')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"
