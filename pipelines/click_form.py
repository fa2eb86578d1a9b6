"""Tell by its first rows how a search log is written, in a file or in a table of a database."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import ibis

from pipelines.column_names import map_columns
from pipelines.first_position import FirstPosition
from workbench.errors import InputError
from workbench.tables import RawTable
from workbench.tables.files import TableFile, backend_errors
from workbench.tables.scanning import why_unreadable

ROWS_LOOKED_AT = 1000
# Names of columns in logs that many have at hand: ours, theirs.
EVENT_NAMES: Mapping[str, tuple[str, ...]] = {
    "user_query": (
        "query",
        "search_query",
        "searchstring.tokens",
        "search_term",
        "search_phrase",
        "query_text",
        "keyword",
        "keywords",
    ),
    "object_id": ("sku", "itemId", "item_id", "product_id", "productId"),
    "action_name": ("action", "event_type", "event_name"),
    "query_id": ("queryId", "search_id"),
    "session_id": ("sessionId",),
    "client_id": ("userId", "user_id", "user"),
    "timestamp": ("click_time", "eventdate", "event_time"),
}
SEARCH_NAMES: Mapping[str, tuple[str, ...]] = {
    **{
        ours: theirs
        for ours, theirs in EVENT_NAMES.items()
        if ours not in ("object_id", "action_name")
    },
    "query_response_hit_ids": ("items", "urls", "results"),
}
NESTED_ITEM = "event_attributes.object.object_id"
NESTED_POSITION = "event_attributes.position.ordinal"
_DELIMITERS = (";", "\t", "|", ",")


@dataclass(frozen=True)
class LogSample:
    """The first rows of a log.

    Parameters
    ----------
    name : str
        What messages call the log.
    rows : sequence of mapping
        Of JSON lines each has the fields that it has.
    delimiter : str, optional
        What parts the cells of a CSV, if that is not what its suffix says.
    """

    name: str
    rows: Sequence[Mapping[str, Any]]
    delimiter: str | None = None

    @property
    def fields(self) -> list[str]:
        """The names of all fields, and the nested ones that a log of events has."""
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        nested = [name for name in (NESTED_ITEM, NESTED_POSITION) if _values(self.rows, name)]
        return names + nested


def sample_file(
    path: Path, *, delimiter: str | None = None, n_rows: int = ROWS_LOOKED_AT
) -> LogSample:
    """Return the first rows of a file.

    Parameters
    ----------
    path : Path
    delimiter : str, optional
        What parts the cells of a CSV; told by its first line if left out.
    n_rows : int

    Raises
    ------
    InputError
        If the file is missing or cannot be read.
    """
    delimiter = delimiter or find_delimiter(path)
    file = TableFile(path, delimiter)
    file.check_exists()
    connection = ibis.duckdb.connect()
    try:
        if file.is_json:
            return LogSample(path.name, _json_rows(file, n_rows))
        scanned = file.scan(connection).limit(n_rows)
        rows: list[Mapping[str, Any]] = scanned.to_pyarrow().to_pylist()
    except backend_errors(connection) as error:
        raise InputError(why_unreadable(file, error)) from error
    return LogSample(path.name, rows or [dict.fromkeys(scanned.columns)], delimiter)


def sample_table(table: RawTable) -> LogSample:
    """Return the first rows of a table of a database.

    Raises
    ------
    InputError
        If the table cannot be read.
    """
    first = table.cells.limit(ROWS_LOOKED_AT)
    try:
        rows: list[Mapping[str, Any]] = first.to_pyarrow().to_pylist()
    except backend_errors(table.connection) as error:
        raise InputError(f"table '{table.name}' cannot be read: {error}") from error
    return LogSample(f"table {table.name}", rows or [dict.fromkeys(first.columns)])


def find_click_form(clicks: LogSample, queries: LogSample | None) -> dict[str, Any]:
    """Return the settings of ``[inputs.clicks]`` that fit a log, its place left out.

    Parameters
    ----------
    clicks : LogSample
    queries : LogSample, optional
        Of the table of searches.

    Returns
    -------
    dict
        ``columns, query_columns, first_position, position_lines, delimiter, is_mixed``;
        ``position_lines`` says how the first position was told, ``is_mixed`` whether searches
        stand between the events.
    """
    fields = clicks.fields
    has_action = "action_name" in fields
    is_mixed = queries is None and any(
        has_action and not row.get("action_name") and row.get("query_id") for row in clicks.rows
    )
    searches = fields if is_mixed else [] if queries is None else queries.fields
    columns = map_columns(fields, EVENT_NAMES)
    first = _first_position(clicks.rows, columns.get("query_id", "query_id"))
    return {
        "columns": columns,
        "query_columns": map_columns(searches, SEARCH_NAMES),
        "first_position": first.number,
        "position_lines": first.told(),
        "delimiter": clicks.delimiter,
        "is_mixed": is_mixed,
    }


def _json_rows(file: TableFile, n_rows: int) -> list[Mapping[str, Any]]:
    lines = islice(file.text.lines(), n_rows)
    texts = (line.content for line in lines if line.content.strip() and not line.is_too_long)
    try:
        found = [json.loads(text) for text in texts]
    except ValueError as error:
        raise InputError(why_unreadable(file, error)) from error
    return [row for row in found if isinstance(row, dict)]


def find_delimiter(path: Path) -> str | None:
    """Return what parts the cells of a CSV, if that is not what its suffix says."""
    file = TableFile(path)
    if not file.is_delimited or not path.is_file():
        return None
    try:
        first = next(file.text.lines(), None)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(file.unreadable(error)) from error
    if first is None or first.content.decode("utf-8", "replace").count(file.text.delimiter or ","):
        return None
    counts = {sign: first.content.count(sign.encode()) for sign in _DELIMITERS}
    best = max(counts, key=lambda sign: counts[sign])
    return best if counts[best] else None


def _values(rows: Iterable[Mapping[str, Any]], dotted: str) -> list[Any]:
    return [value for value in _cells(rows, dotted) if value is not None]


def _cells(rows: Iterable[Mapping[str, Any]], dotted: str) -> Iterator[Any]:
    """Give the value of each row, None where it has none."""
    for row in rows:
        value: Any = row
        for name in dotted.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        yield value


def _first_position(rows: Sequence[Mapping[str, Any]], query_id: str) -> FirstPosition:
    name = "position" if _values(rows, "position") else NESTED_POSITION
    searches = [None if value is None else str(value) for value in _cells(rows, query_id)]
    return FirstPosition.of(searches, list(_cells(rows, name)))
