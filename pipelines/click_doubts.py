"""What makes a search log look as if it were read wrongly though it is well-formed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipelines.click_form import LogSample, sample_file, sample_table
from pipelines.config_inputs import ClicksInput
from pipelines.stages import Run
from workbench.errors import InputError
from workbench.signals.click_days import connect_database, open_database_table
from workbench.signals.click_formats import CLICK_EVENTS
from workbench.tables import table_parts

_LIKE_CLICKS = re.compile("[ck]li[ckq]", re.IGNORECASE)


def tell_doubts_about_log(run: Run) -> None:
    """Warn, at every run, of a log of counts that is read as a log of events."""
    source = run.config.inputs.clicks
    if source is None or {"clicks", "action_name"} & set(source.columns):
        return
    try:
        sample = _sample(run, source)
    except InputError:  # lines that were left out when the whole log was read
        return
    for doubt in doubts_about_log(sample, source.columns):
        run.terminal.warn(doubt)


def doubts_about_log(log: LogSample, columns: Mapping[str, str]) -> list[str]:
    """Return in words why the rows of a log may be no clicks, though each counts as one.

    Parameters
    ----------
    log : LogSample
    columns : mapping of str to str
        Ours to the log's, where they differ.
    """
    fields = log.fields
    if any(columns.get(name, name) in fields for name in ("clicks", "action_name")):
        return []
    read = {columns.get(column.name, column.name) for column in CLICK_EVENTS.columns}
    unread = [name for name in fields if name not in read and _holds_whole_numbers(log, name)]
    if not unread:
        return []
    likely = next((name for name in unread if _LIKE_CLICKS.search(name)), "their column")
    return [
        f"{log.name}: every row counts as a click, for no column says the action; "
        f"{', '.join(map(repr, unread[:5]))} hold{'s' * (len(unread) == 1)} whole numbers that "
        "nobody reads. If the log holds counts, name the column of clicks in [inputs.clicks]: "
        f'columns = {{ clicks = "{likely}" }}, beside what stands there, and that of impressions'
    ]


def _sample(run: Run, source: ClicksInput) -> LogSample:
    if source.path is not None:
        return sample_file(table_parts(run.path(source.path))[0])
    assert source.database is not None
    assert source.table is not None
    database = connect_database(source.database, run.workspace.root)
    return sample_table(open_database_table(database, source.table))


def _holds_whole_numbers(log: LogSample, name: str) -> bool:
    cells = [row[name] for row in log.rows if row.get(name) not in (None, "")]
    return bool(cells) and all(map(_is_whole, cells))


def _is_whole(cell: Any) -> bool:
    if isinstance(cell, str):
        return cell.strip().isdecimal()
    return not isinstance(cell, bool) and isinstance(cell, (int, float)) and cell % 1 == 0
