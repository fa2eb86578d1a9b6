"""Rows of a table that share their key with another row."""

from __future__ import annotations

from dataclasses import dataclass

import ibis

from workbench.report import MAX_EXAMPLES
from workbench.tables.contracts import Contract
from workbench.tables.frames import to_frame, to_row

_ROW = "row_of_table"


@dataclass(frozen=True)
class Duplicates:
    """Rows that share the key of another row."""

    key: tuple[str, ...]
    n_keys: int
    n_rows: int
    examples: list[str]

    @property
    def requirement(self) -> str:
        """The rule in words."""
        return f"{' + '.join(map(repr, self.key))} must be unique"

    def complaint(self) -> str:
        """Return the whole sentence."""
        values = "value" if self.n_keys == 1 else "values"
        return (
            f"{self.requirement}, found {self.n_keys:,} {values} on more than one row "
            f"({', '.join(self.examples)}); keep one row of each"
        )


def find_duplicates(typed: ibis.Table, contract: Contract) -> Duplicates | None:
    """Return the rows that share the key of the contract, None if there are none."""
    if not contract.key:
        return None
    filled = typed.drop_null(contract.key)
    groups = filled.group_by(contract.key).aggregate(n=filled.count())
    repeated = groups.filter(groups["n"] > 1)
    total = to_row(repeated.aggregate(n_keys=repeated.count(), n_rows=repeated["n"].sum()))
    n_keys = int(total["n_keys"])
    if not n_keys:
        return None
    found = to_frame(repeated.order_by(contract.key).limit(MAX_EXAMPLES))
    shown = [
        f"{' + '.join(repr(value) for value in row[:-1])} {row[-1]} times"
        for row in found.itertuples(index=False, name=None)
    ]
    return Duplicates(contract.key, n_keys, int(total["n_rows"]), shown)


def first_of_each_key(typed: ibis.Table, contract: Contract) -> ibis.Table:
    """Return the first row of each key, with the columns of the contract."""
    numbered = typed.mutate(ibis.row_number().name(_ROW))
    first = numbered[_ROW].min().over(group_by=contract.key)
    return numbered.mutate(first=first).filter(lambda t: t[_ROW] == t["first"]).drop(_ROW, "first")
