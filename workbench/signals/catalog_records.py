"""Records of a catalog, nested or with thousands of fields, read one by one into cells."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends import BaseBackend

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.catalog_fields import (
    SAY_FALSE,
    CatalogFields,
    ValuesRead,
    count_taken_out,
    find_field,
    named_values,
)
from workbench.tables import BadRows, lines_left_out, table_parts
from workbench.tables.files import TableFile
from workbench.tables.scanning import message

_BATCH = 200_000
_CELLS = pa.schema([("row", pa.int64()), ("attribute", pa.string()), ("raw", pa.string())])
_MANY = 20


def read_records(
    connection: BaseBackend,
    path: Path,
    fields: CatalogFields,
    own: Sequence[str],
    *,
    bad_rows: BadRows,
    report: Report,
) -> tuple[ibis.Table, ibis.Table]:
    """Return the records of a file as two tables that the backend holds.

    One record at a time is in memory, and some 200,000 cells: what thousands of fields take as
    columns, a minute and gigabytes, they do not take as rows.

    Parameters
    ----------
    connection : ibis backend
    path : Path
        JSON lines or Parquet.
    fields : CatalogFields
    own : sequence of str
        The fields that come as columns: those of the item's key and title.
    bad_rows : {"error", "skip"}
        What happens to lines that are no JSON objects.
    report : Report

    Returns
    -------
    rows : ibis.Table
        ``row`` and the fields of ``own``, as texts.
    cells : ibis.Table
        ``row, attribute, raw``; no row for an empty value.

    Raises
    ------
    InputError
        If the file cannot be read, or a field or pattern is in no record.
    """
    own = list(dict.fromkeys(own))
    reader = _Reader(fields, tuple(own))
    schema = pa.schema([("row", pa.int64()), *((name, pa.string()) for name in own)])
    rows, cells = _Sink(connection, "items", schema), _Sink(connection, "cells", _CELLS)
    for row, record in enumerate(_records(path, bad_rows, report)):
        texts, found = reader.read(record)
        rows.add((row, *texts))
        for attribute, raw in found:
            cells.add((row, attribute, raw))
    reader.check(path.name)
    reader.count(report)
    return rows.table(), cells.table()


def _records(path: Path, bad_rows: BadRows, report: Report) -> Iterator[Mapping[str, Any]]:
    file = TableFile(path)
    file.check_exists()
    file.check_unpacks()
    if not file.is_json:
        try:
            for part in table_parts(path):
                for batch in pq.ParquetFile(part).iter_batches(batch_size=2000):
                    yield from batch.to_pylist()
        except (OSError, pa.ArrowException) as error:
            raise InputError(file.unreadable(error)) from error
        return
    n_broken = 0
    for line in file.text.lines():
        if not line.content.strip():
            continue
        record = None if line.is_too_long else _parsed(line.content)
        if record is not None:
            yield record
            continue
        n_broken += 1
        if bad_rows == "error":
            break
    if n_broken:
        broken = file.find_broken_lines()
        if bad_rows == "error":
            raise InputError(message(path.name, broken.complaints()))
        for what, n in broken.counts.items():
            report.count(lines_left_out(path.name, what), n, broken.examples[what])


def _parsed(content: bytes) -> Mapping[str, Any] | None:
    try:
        record = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


@dataclass
class _Reader:
    """Turns records into texts and cells, and remembers which fields there were."""

    fields: CatalogFields
    own: tuple[str, ...]
    values: ValuesRead = field(default_factory=ValuesRead)
    seen: set[str] = field(default_factory=set)
    fields_of: dict[str, dict[str, None]] = field(default_factory=dict)
    _known: dict[str, str | None] = field(default_factory=dict)

    def read(self, record: Mapping[str, Any]) -> tuple[list[str | None], list[tuple[str, str]]]:
        self.seen.update(record)
        texts = [self._own_text(record, name) for name in self.own]
        cells: dict[tuple[str, str], None] = {}
        for attribute, name in self.fields.named.items():
            is_there, value = find_field(record, name)
            if is_there:
                self.seen.add(name)
                cells.update(((attribute, raw), None) for raw in self.values.texts(value, name))
        for name, value in self._candidates(record):
            matched = self._attribute(name)
            if matched is not None:
                cells.update(((matched, raw), None) for raw in self.values.texts(value, name))
        return texts, list(cells)

    def _own_text(self, record: Mapping[str, Any], name: str) -> str | None:
        is_there, value = find_field(record, name)
        if is_there:
            self.seen.add(name)
        return next(self.values.texts(value, name), None)

    def _candidates(self, record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield dotted name and value of all fields that a pattern may be about."""
        parents = {pattern.parents for pattern in self.fields.patterns}
        for path in parents:
            if not path:
                yield from record.items()
                continue
            is_there, inner = find_field(record, ".".join(path))
            if is_there:
                prefix = ".".join(path) + "."
                yield from ((prefix + name, value) for name, value in named_values(inner))

    def _attribute(self, name: str) -> str | None:
        if name not in self._known:
            matched = self.fields.by_pattern([name])
            self._known[name] = matched.get(name)
            for attribute in matched.values():
                self.fields_of.setdefault(attribute, {})[name] = None
        return self._known[name]

    def check(self, file: str) -> None:
        """Raise if a field or a pattern is in no record.

        Raises
        ------
        InputError
        """
        if not self.seen:
            raise InputError(f"{file}: the table has no rows; expected the rows of the catalog")
        names = sorted(self.seen)
        more = f" and {len(names) - _MANY:,} more" if len(names) > _MANY else ""
        found = ", ".join(names[:_MANY]) + more
        named = {f"attributes.{attribute}": name for attribute, name in self.fields.named.items()}
        settings = {**dict(zip(("columns.id", "columns.title"), self.own, strict=False)), **named}
        complaints = [
            f"column '{name}' is missing (found: {found}); if it goes by another name, "
            f"set {setting.replace('attributes.Category', 'category')} to that name"
            for setting, name in settings.items()
            if name not in self.seen
        ]
        taken = [name for name, attribute in self._known.items() if attribute is not None]
        complaints += [
            f"the pattern '{pattern.text}' fits no field (found: {found}); correct it in patterns"
            for pattern in self.fields.patterns
            if not any(pattern.stem(name) for name in taken)
        ]
        if complaints:
            raise InputError(message(file, complaints))

    def count(self, report: Report) -> None:
        report.count("attributes taken by pattern", len(self.fields_of), list(self.fields_of))
        shared = {
            attribute: list(names) for attribute, names in self.fields_of.items() if len(names) > 1
        }
        report.count(
            "attributes that are read from several fields",
            len(shared),
            [f"{attribute}: {', '.join(names)}" for attribute, names in shared.items()],
        )
        count_taken_out(self.fields.taken_out(self._known), self._known, report=report)
        report.count(SAY_FALSE, self.values.n_false)
        report.count(
            "objects where a text, a number or a list of them was expected",
            self.values.n_objects,
            self.values.objects,
        )


class _Sink:
    """Rows on their way into a table of the backend, a batch at a time."""

    def __init__(self, connection: BaseBackend, name: str, schema: pa.Schema) -> None:
        self._connection = connection
        self._schema = schema
        self._name = ibis.util.gen_name(name)
        self._rows: list[tuple[object, ...]] = []
        connection.create_table(self._name, schema=ibis.schema(schema), temp=True)

    def add(self, row: tuple[object, ...]) -> None:
        self._rows.append(row)
        if len(self._rows) >= _BATCH:
            self._flush()

    def table(self) -> ibis.Table:
        self._flush()
        return self._connection.table(self._name)

    def _flush(self) -> None:
        if self._rows:
            typed = zip(zip(*self._rows, strict=True), self._schema.types, strict=True)
            arrays = [pa.array(column, kind) for column, kind in typed]
            self._connection.insert(self._name, pa.Table.from_arrays(arrays, schema=self._schema))
            self._rows = []
