"""The checks of one table against its contract, as Ibis expressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.datatypes as dt

from workbench.tables.contracts import Column, Contract
from workbench.tables.times import EXPECTED_TIME, typed_time

_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
_EXPECTED = {
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "time": EXPECTED_TIME,
    "boolean": "true or false",
    "list": "a list of texts",
}


@dataclass(frozen=True)
class Check:
    """One thing that can be wrong with a cell of a column.

    Parameters
    ----------
    column : Column
    theirs : str
        The user's name of the column.
    expected : str
        What the cell must be, for the message.
    shows_value : bool
        Whether examples show the offending value (an empty cell has none).
    bad : ibis boolean column
        True where the cell offends.
    text : ibis string column
        The cell as it was read.
    """

    column: Column
    theirs: str
    expected: str
    shows_value: bool
    bad: Any
    text: Any

    @property
    def requirement(self) -> str:
        """The rule in words: "'pos' (position) must be 1 or more"."""
        ours = "" if self.theirs == self.column.name else f" ({self.column.name})"
        return f"'{self.theirs}'{ours} must {self.expected}"

    def complaint(self, n: int, examples: Sequence[str]) -> str:
        """Return the whole sentence with counts, examples and what to do."""
        kind = "other" if self.shows_value else "empty"
        hint = f"; {self.column.hint}" if self.column.hint else ""
        return (
            f"{self.requirement}, found {n:,} {kind} {'value' if n == 1 else 'values'} "
            f"({', '.join(examples)}){hint}"
        )


def find_column(raw: ibis.Table, theirs: str) -> Any | None:
    """Return a column by name, or by dotted path into nested fields; None if it is not there."""
    if theirs in raw.columns:
        return _unwrapped(raw[theirs])
    first, *fields = theirs.split(".")
    if not fields or first not in raw.columns:
        return None
    found = raw[first]
    for name in fields:
        kind = found.type()
        # Fields that differ from row to row come as JSON; whether one is there shows cell by cell.
        if not kind.is_json() and not (isinstance(kind, dt.Struct) and name in kind.names):
            return None
        found = found[name]
    return _unwrapped(found)


def _unwrapped(cells: Any) -> Any:
    """Return JSON of mixed kinds (a field with texts and numbers) as text."""
    if not cells.type().is_json():
        return cells
    return ibis.coalesce(cells.unwrap_as("string"), cells.cast("string"))


def missing_columns(raw: ibis.Table, contract: Contract, columns: Mapping[str, str]) -> list[str]:
    """Return one complaint a required column, or column named in the mapping, that is not there."""
    complaints = []
    for column in contract.columns:
        theirs = columns.get(column.name, column.name)
        if find_column(raw, theirs) is not None:
            continue
        if not column.required and column.name not in columns:
            continue
        found = ", ".join(raw.columns)
        way_out = (
            "rename it in the file"
            if column.setting is None
            else f"set {column.setting or f'columns.{column.name}'} to that name"
        )
        complaints.append(
            f"column '{theirs}' is missing (found: {found}); if it goes by another name, {way_out}"
        )
    return complaints


def typed_columns(
    raw: ibis.Table, contract: Contract, columns: Mapping[str, str]
) -> Iterator[tuple[Column, str, Any, Any]]:
    """Yield each column that is there: its contract, their name, the raw cells, the typed cells."""
    for column in contract.columns:
        theirs = columns.get(column.name, column.name)
        cells = find_column(raw, theirs)
        if cells is not None:
            yield column, theirs, cells, _typed(cells, column)


def cell_checks(raw: ibis.Table, contract: Contract, columns: Mapping[str, str]) -> list[Check]:
    """Return every check that a cell of this table can fail."""
    checks = []
    for column, theirs, cells, typed in typed_columns(raw, contract, columns):
        text = _as_text(cells)
        filled = (_without_blanks(text) if cells.type().is_string() else cells).notnull()
        if not column.nullable:
            checks.append(Check(column, theirs, "not be empty", False, ~filled, text))
        fits = typed.notnull()
        if not _always_fits(cells, column):
            wrong = filled & ~fits
            expected = f"be {_EXPECTED[column.kind]}"
            checks.append(Check(column, theirs, expected, True, wrong, text))
        for bound, outside in _outside(typed, column):
            bad = (fits & outside).fill_null(False)
            checks.append(Check(column, theirs, f"be {bound}", True, bad, text))
        if column.choices:
            other = fits & ~typed.isin(column.choices)
            expected = f"be one of {', '.join(column.choices)}"
            checks.append(Check(column, theirs, expected, True, other.fill_null(False), text))
    return checks


def _outside(typed: Any, column: Column) -> Iterator[tuple[str, Any]]:
    """Yield each bound of a column of numbers in words, and where it is not kept."""
    if column.minimum is not None:
        yield f"{column.minimum:,g} or more", typed < column.minimum
    if column.maximum is not None:
        yield f"{column.maximum:,.12g} or less", typed > column.maximum
    if column.above is not None:
        yield f"above {column.above:g}", typed <= column.above


def _always_fits(cells: Any, column: Column) -> bool:
    """Whether the type of the cells says already that they are of their kind: nothing to count."""
    kind = cells.type()
    if column.kind == "text":
        return bool(kind.is_string() or kind.is_integer() or kind.is_boolean() or kind.is_uuid())
    return column.kind == "integer" and bool(kind.is_signed_integer())


def _as_text(cells: Any) -> Any:
    return cells if cells.type().is_string() else cells.cast("string")


def _typed(cells: Any, column: Column) -> Any:
    """Return the cells in the type of the contract, null where they do not fit."""
    kind = cells.type()
    if column.kind == "text":
        return _typed_text(cells)
    if column.kind == "time":
        return typed_time(cells, column.time_zone)
    if column.kind == "list":
        return _typed_list(cells, column.separator)
    if column.kind == "boolean":
        if kind.is_boolean():
            return cells
        word = _as_text(cells).strip().lower()
        return ibis.cases((word.isin(_TRUE), True), (word.isin(_FALSE), False), else_=None)
    if not (kind.is_numeric() or kind.is_string()) or kind.is_boolean():
        return _nothing(cells, "int64" if column.kind == "integer" else "float64")
    return _typed_integer(cells) if column.kind == "integer" else _typed_number(cells)


def _without_blanks(text: Any) -> Any:
    """Return the texts, null for those of nothing but white space."""
    stripped = ibis.ifelse(text.strip() == "", None, text)
    # Stripping each text of a long table costs more than all other checks together; only one
    # that starts with a space, a control sign or nothing can be blank.
    return ibis.ifelse(text < "!", stripped, text)


def _typed_text(cells: Any) -> Any:
    kind = cells.type()
    if kind.is_string():
        return _without_blanks(cells)
    if kind.is_integer() or kind.is_boolean() or kind.is_uuid():
        return cells.cast("string")
    return _nothing(cells, "string")


def _typed_list(cells: Any, separator: str) -> Any:
    kind = cells.type()
    if kind.is_string():
        return _without_blanks(cells).split(separator)
    if kind.is_array() and (kind.value_type.is_string() or kind.value_type.is_integer()):
        return cells.cast("array<string>")
    return _nothing(cells, "array<string>")


def _typed_number(cells: Any) -> Any:
    number = (
        cells.strip().try_cast("float64") if cells.type().is_string() else cells.cast("float64")
    )
    return ibis.ifelse(number.isnan() | number.isinf(), None, number)


def _typed_integer(cells: Any) -> Any:
    if cells.type().is_integer():
        # Unsigned numbers may be too large.
        signed = cells.type().is_signed_integer()
        return cells.cast("int64") if signed else cells.try_cast("int64")
    number = _typed_number(cells)
    number = ibis.ifelse(number.abs() < 2.0**63, number, None)
    whole = number == number.floor()
    if not cells.type().is_string():
        return ibis.ifelse(whole, number.try_cast("int64"), None)
    # Not by way of the float alone: it holds whole numbers only up to 2**53.
    exact = cells.strip().try_cast("int64")
    return ibis.ifelse(whole, ibis.coalesce(exact, number.try_cast("int64")), None)


def _nothing(cells: Any, kind: str) -> Any:
    """Return nulls, for a column whose type cannot hold what is expected."""
    return ibis.ifelse(cells.isnull(), None, None).cast(kind)
