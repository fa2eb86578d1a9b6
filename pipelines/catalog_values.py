"""What the first rows of a catalog say, attribute by attribute."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.signals.catalog_fields import CatalogFields, ValuesRead, named_values
from workbench.signals.free_text import is_free_text
from workbench.signals.item_codes import why_no_labels
from workbench.tables import RawTable

ROWS_LOOKED_AT = 1000
FREE_TEXT = "free text"
_CENTIMETRES = re.compile(r"\d ?(cm|ｃｍ|㎝)", re.IGNORECASE)


@dataclass
class FirstValues:
    """The contents of the cells of some attributes, and how often each was met.

    Parameters
    ----------
    by_name : dict of str to Counter
        By column, or by attribute.
    fields : dict of str to str
        Attribute to the first field that makes it, of fields that a pattern takes.
    """

    by_name: dict[str, Counter[str]] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    _read: ValuesRead = field(default_factory=ValuesRead, init=False, repr=False)

    def add(self, name: str, value: object) -> None:
        """Add what a cell says; an empty one says nothing, but its attribute is there."""
        self.by_name.setdefault(name, Counter()).update(self._read.texts(value, name))

    def why_left_out(self, names: Iterable[str]) -> dict[str, list[str]]:
        """Return why to those of the names that hold free text, or codes of single items."""
        found: dict[str, list[str]] = {}
        for name in names:
            counts = self.by_name.get(name, Counter())
            free = is_free_text(counts.total(), counts)
            why = FREE_TEXT if free else why_no_labels(counts)
            if why is not None:
                found.setdefault(why, []).append(name)
        return found

    def in_centimetres(self, name: str) -> bool:
        """Whether some cells say that their number is in centimetres."""
        return any(_CENTIMETRES.search(text) for text in self.by_name.get(name, ()))


def values_of_columns(raw: RawTable, names: Sequence[str]) -> FirstValues:
    """Return the first values of plain columns, by column."""
    found = FirstValues({name: Counter() for name in names})
    for name, cells in _first_rows(raw, names).items():
        for cell in cells:
            found.add(name, cell)
    return found


def values_of_patterns(
    raw: RawTable, fields: CatalogFields, columns: Sequence[str], nested: Sequence[str]
) -> FirstValues:
    """Return the first values of the fields that patterns take, by attribute.

    Parameters
    ----------
    raw : RawTable
    fields : CatalogFields
    columns : sequence of str
        Plain columns that a pattern may take.
    nested : sequence of str
        Objects, and lists of names and values.
    """
    found = FirstValues()
    taken = fields.by_pattern(columns)
    rows = _first_rows(raw, [*taken, *nested])
    for name, attribute in taken.items():
        found.fields.setdefault(attribute, name)
        found.by_name.setdefault(attribute, Counter())
        for cell in rows[name]:
            found.add(attribute, cell)
    for name in nested:
        for cell in rows[name]:
            for inner, value in named_values(cell):
                # An object has all the fields that some record of the file has.
                if value is not None:
                    whole = f"{name}.{inner}"
                    for attribute in fields.by_pattern([whole]).values():
                        found.fields.setdefault(attribute, whole)
                        found.add(attribute, value)
    return found


def values_of_long_table(raw: RawTable) -> FirstValues:
    """Return the first values of a table ``attribute, value``, by attribute."""
    first = raw.cells.select("attribute", "value").limit(ROWS_LOOKED_AT).to_pyarrow()
    found = FirstValues()
    for row in first.to_pylist():
        attribute = str(row["attribute"] or "").strip()
        if attribute:
            found.add(attribute, row["value"])
    return found


def _first_rows(raw: RawTable, names: Sequence[str]) -> Mapping[str, list[object]]:
    """Return the filled cells of the first rows, by column."""
    if not names:
        return {}
    rows = raw.cells.select(*names).limit(ROWS_LOOKED_AT).to_pyarrow()
    return {name: rows[name].drop_null().to_pylist() for name in names}
