"""What a report calls the rows and lines of a table that reading left out, and how many it has."""

from __future__ import annotations

from workbench.report import Report


def rows_left_out(name: str, why: str) -> str:
    """Return what a report counts rows as that were left out of a table."""
    return f"{name}: rows left out, {why}"


def lines_left_out(name: str, why: str) -> str:
    """Return what a report counts lines as that could not be read as rows."""
    return f"{name}: lines left out, {why}"


def count_left_out(report: Report, name: str) -> int:
    """Return how many rows and lines of a table were left out, for whatever reason.

    Examples
    --------
    >>> report = Report()
    >>> report.count(rows_left_out("log.csv", "'position' must be 1 or more"), 3)
    >>> report.count(lines_left_out("log.csv", "not UTF-8"), 2)
    >>> report.count(rows_left_out("queries.csv", "'query_id' must not be empty"), 7)
    >>> count_left_out(report, "log.csv")
    5
    """
    told = (rows_left_out(name, ""), lines_left_out(name, ""))
    counts = report.to_dict()["counts"].items()
    return sum(counted["n"] for what, counted in counts if what.startswith(told))
