"""Count the parts of the search log that are new, and sum all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from ibis.backends import BaseBackend

from pipelines.config_inputs import ClicksInput
from pipelines.stages import Run, Stage, now
from workbench.report import Report
from workbench.signals.click_counts import ClickCounts, ClickRules
from workbench.signals.click_days import (
    LogDay,
    connect_database,
    log_days,
    open_database_table,
)
from workbench.signals.click_formats import ClickFormat
from workbench.signals.click_reading import click_log_of
from workbench.signals.click_scores import UNSEEN
from workbench.signals.click_sum import ClickLog, sum_counts
from workbench.signals.clicks import count_log, read_counts
from workbench.tables import BadRows, count_left_out, table_parts
from workbench.workspace import Artefact
from workbench.workspace.arrays import write_arrow, write_json

_TABLES = ("queries", "objects", "places", "shown", "clicked")
# What the report calls a log in several parts.
_WHOLE_LOG = "log"


def ingest_clicks(
    run: Run, source: ClicksInput, connection: BaseBackend, items: pd.DataFrame, *, report: Report
) -> ClickLog:
    """Return the click log; a part that was counted before, as it is now, is not read again.

    Raises
    ------
    InputError
        If a part breaks its contract, or no click is left.
    """
    parts = list(log_parts(run, source, connection))
    known = [part for part in parts if run.workspace.find_artefact("clicks", part.fingerprint)]
    told = Report()
    log = sum_counts((_counts(run, part, len(parts)) for part in parts), items, report=told)
    _note_left_out(told, parts[0].name if len(parts) == 1 else _WHOLE_LOG)
    report.merge(told)
    if len(parts) > 1:
        report.note(
            f"{len(parts) - len(known):,} of {len(parts):,} parts of the log were read, the others "
            "were known"
        )
    return log


def _note_left_out(report: Report, name: str) -> None:
    """Say that clicks may seem to have no impression because its row was left out."""
    n_rows, n_unseen = count_left_out(report, name), report.counted(UNSEEN)
    if n_rows and n_unseen:
        report.note(
            f"clicks without an impression ({n_unseen:,}) may have lost it with the rows of the "
            f'log that bad_rows = "skip" left out ({n_rows:,})'
        )


@dataclass(frozen=True)
class LogPart:
    """One part of the log: what decides its counts, and how to count it."""

    name: str
    depends_on: Mapping[str, Any]
    count: Callable[[Report], ClickCounts]

    @property
    def fingerprint(self) -> str:
        """A hash of all that decides the counts."""
        return Stage("clicks", 4, "", lambda folder, progress: None, self.depends_on).fingerprint


def log_parts(run: Run, source: ClicksInput, connection: BaseBackend) -> Iterator[LogPart]:
    """Return the parts: files, or the days of a table.

    Raises
    ------
    InputError
        If a file, the database or a table is not there.
    """
    fmt, rules = click_format(source), click_rules(source)
    bad_rows = run.config.inputs.bad_rows
    how = {"format": asdict(fmt), "rules": asdict(rules), "bad_rows": bad_rows}
    if source.path is not None:
        yield from _files(run, source, connection, how)
    else:
        yield from _days(run, source, how, bad_rows)


def _files(
    run: Run, source: ClicksInput, connection: BaseBackend, how: Mapping[str, Any]
) -> Iterator[LogPart]:
    assert source.path is not None
    path = run.path(source.path)
    queries = run.path(source.queries_path) if source.queries_path else None
    parts = _file_parts(path, queries)
    files = sorted(
        {file for part in parts for named in part if named for file in table_parts(named)}
    )
    known = dict(zip(files, run.workspace.hashes_of(files), strict=True))
    for events, searches in parts:
        hashes = {
            name: [known[file] for file in table_parts(part)] if part else None
            for name, part in {"file": events, "queries": searches}.items()
        }
        count = partial(_count_file, run, source, connection, events, searches)
        yield LogPart(events.name, {**how, **hashes, "name": events.name}, count)


def _file_parts(path: Path, queries: Path | None) -> list[tuple[Path, Path | None]]:
    """Return the files of events, each with its searches.

    Searches that are not parted alike, in files of the same names, belong to events of any part:
    the log is then one part.
    """
    parts = table_parts(path)
    if queries is None:
        return [(part, None) for part in parts]
    if path.is_dir() and queries.is_dir():
        names = [part.relative_to(path) for part in parts]
        if names == [part.relative_to(queries) for part in table_parts(queries)]:
            return [(path / name, queries / name) for name in names]
    return [(path, queries)]


def _count_file(
    run: Run,
    source: ClicksInput,
    connection: BaseBackend,
    path: Path,
    queries_path: Path | None,
    found: Report,
) -> ClickCounts:
    return read_counts(
        connection,
        path,
        click_format(source),
        queries_path=queries_path,
        rules=click_rules(source),
        bad_rows=run.config.inputs.bad_rows,
        report=found,
    )


def _days(
    run: Run, source: ClicksInput, how: Mapping[str, Any], bad_rows: BadRows
) -> Iterator[LogPart]:
    assert source.database is not None
    assert source.table is not None
    fmt, rules = click_format(source), click_rules(source)
    database = connect_database(source.database, run.workspace.root)
    log = open_database_table(database, source.table)
    searches = None
    if source.queries_table == source.table:
        searches = log
    elif source.queries_table is not None:
        searches = open_database_table(database, source.queries_table)
    where = {"database": source.database, "tables": [source.table, source.queries_table]}
    for day in log_days(log, searches, fmt):
        told = {**how, **where, "day": day.name, "state": day.state}
        yield LogPart(day.name, told, partial(_count_day, day, fmt, rules, bad_rows))


def _count_day(
    day: LogDay, fmt: ClickFormat, rules: ClickRules, bad_rows: BadRows, found: Report
) -> ClickCounts:
    table = click_log_of(day.log, fmt, searches=day.searches, bad_rows=bad_rows, report=found)
    return count_log(table, rules)


def click_format(source: ClicksInput) -> ClickFormat:
    """Return how the log of a configuration is written."""
    return ClickFormat(
        columns=source.columns,
        query_columns=source.query_columns,
        first_position=source.first_position,
        time_zone=source.time_zone,
        delimiter=source.delimiter,
        hits_separator=source.hits_separator,
        impressions=tuple(source.impressions),
        counted_actions=tuple(source.weights),
    )


def click_rules(source: ClicksInput) -> ClickRules:
    """Return which events of a configuration's log count."""
    return ClickRules(
        weights=source.weights,
        impressions=tuple(source.impressions),
        max_client_clicks_per_hour=source.max_client_clicks_per_hour,
    )


def _counts(run: Run, part: LogPart, n_parts: int) -> ClickCounts:
    """Return the counts of a part from its artefact, which is made now if there is none."""
    artefact = run.workspace.find_artefact("clicks", part.fingerprint)
    if artefact is not None:
        return _told(_read(artefact), part, n_parts)
    found = Report()
    counts = part.count(found)
    found.merge(counts.report)
    about = {"depends_on": dict(part.depends_on), "created_at": now()}
    with run.workspace.publish("clicks", part.fingerprint, about) as folder:
        for name in _TABLES:
            write_arrow(folder, name, getattr(counts, name))
        write_json(folder, "report", found.to_dict())
    return _told(replace(counts, report=found), part, n_parts)


def _told(counts: ClickCounts, part: LogPart, n_parts: int) -> ClickCounts:
    """Return the counts with a report that adds up with those of other parts."""
    if n_parts == 1:
        return counts
    return replace(counts, report=_of_the_whole_log(counts.report, part.name))


def _read(artefact: Artefact) -> ClickCounts:
    tables = {name: artefact.arrow(name) for name in _TABLES}
    return ClickCounts(**tables, report=Report.from_dict(artefact.json("report")))


def _of_the_whole_log(report: Report, name: str) -> Report:
    """Return the report of a part in words that are the same for all, so that counts add up."""
    found = Report()
    for what, counted in report.to_dict()["counts"].items():
        whose = what.startswith(f"{name}: ")
        examples = counted["examples"]
        found.count(
            f"{_WHOLE_LOG}: {what.removeprefix(f'{name}: ')}" if whose else what,
            counted["n"],
            [f"{name} {example}" for example in examples] if whose else examples,
        )
    for note in report.notes:
        found.note(note)
    return found
