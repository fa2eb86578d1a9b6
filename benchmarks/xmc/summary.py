"""The raw records, asked by data set, setting and figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.xmc.plan import Setting

Record = dict[str, Any]
RANKS = (1, 3, 5)


@dataclass(frozen=True)
class Results:
    """All records of one machine."""

    records: Sequence[Record]

    def of(self, data_set: str, setting: Setting, threads: int = 1) -> list[Record]:
        """Return the records of all seeds."""
        asked = {"data_set": data_set, "setting": setting.name, "threads": threads}
        return [record for record in self.records if asked.items() <= record.items()]

    def values(self, data_set: str, setting: Setting, field: str, threads: int = 1) -> list[float]:
        """Return a figure of all seeds that have it."""
        found = self.of(data_set, setting, threads)
        return [record[field] for record in found if field in record]

    def median(self, data_set: str, setting: Setting, field: str, threads: int = 1) -> float | None:
        """Return the median over the seeds, None if nothing was measured."""
        values = self.values(data_set, setting, field, threads)
        return median(values) if values else None

    def cell(self, data_set: str, setting: Setting, field: str, threads: int = 1) -> str:
        """Return the median with the least and the most, or why there is none."""
        values = self.values(data_set, setting, field, threads)
        if values:
            return spread(values)
        failures = [r["failure"] for r in self.of(data_set, setting, threads) if "failure" in r]
        return failures[0].split(":")[0] if failures else "-"


def spread(values: Sequence[float]) -> str:
    """Return the median, and the least and the most where they look different."""
    middle, least, most = (short(value) for value in (median(values), min(values), max(values)))
    return middle if least == most else f"{middle} ({least} to {most})"


def short(value: float) -> str:
    """Return the number with two decimals, three below 0.1, none from 100 on."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if 0 < abs(value) < 0.1:
        return f"{value:.3f}"
    return f"{value:.2f}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table, numbers to the right."""
    lines = ["| " + " | ".join(header) + " |"]
    lines.append("|---|" + "---:|" * (len(header) - 1))
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return lines
