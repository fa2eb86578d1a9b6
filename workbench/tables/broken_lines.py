"""A tally of the lines of a text file that cannot be split into cells."""

from __future__ import annotations

from dataclasses import dataclass, field

from workbench.report import MAX_EXAMPLES


@dataclass
class BrokenLines:
    """Lines that cannot be split into cells, by what is wrong with them.

    ``skippable`` says whether the other lines can be read without them.
    """

    skippable: bool = True
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, what: str, line: int, shown: str) -> None:
        """Count one line."""
        self.counts[what] = self.counts.get(what, 0) + 1
        kept = self.examples.setdefault(what, [])
        if len(kept) < MAX_EXAMPLES:
            kept.append(f"line {line}: {shown}")

    @property
    def total(self) -> int:
        """Number of broken lines."""
        return sum(self.counts.values())

    def complaints(self) -> list[str]:
        """Return one sentence a kind."""
        return [
            f"{what}, found {n:,} other {'line' if n == 1 else 'lines'} "
            f"({', '.join(self.examples[what])})"
            for what, n in self.counts.items()
        ]
