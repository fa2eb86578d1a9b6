"""What makes a search log look as if it were read wrongly though it is well-formed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pipelines.click_form import LogSample, sample_file, sample_table
from pipelines.config_inputs import ClicksInput
from pipelines.count_columns import is_named_like_clicks, looks_like_counts
from pipelines.stages import Run
from pipelines.toml_values import toml
from workbench.errors import InputError
from workbench.signals.click_days import connect_database, open_database_table
from workbench.signals.click_formats import CLICK_EVENTS
from workbench.tables import table_parts


def tell_doubts_about_log(run: Run) -> None:
    """Warn, at every run, of a log of counts that is read as a log of events."""
    source = run.config.inputs.clicks
    if source is None or {"clicks", "action_name"} & set(source.columns):
        return
    try:
        sample = _sample(run, source)
    except InputError:  # lines that were left out when the whole log was read
        return
    for doubt in doubts_about_log(sample, source.columns, source.not_counts):
        run.terminal.warn(doubt)


def doubts_about_log(
    log: LogSample, columns: Mapping[str, str], not_counts: Collection[str] = ()
) -> list[str]:
    """Return in words why the rows of a log may be no clicks, though each counts as one.

    Parameters
    ----------
    log : LogSample
    columns : mapping of str to str
        Ours to the log's, where they differ.
    not_counts : collection of str
        The log's columns that are known to count no clicks.
    """
    fields = log.fields
    if any(columns.get(name, name) in fields for name in ("clicks", "action_name")):
        return []
    known = {
        *not_counts,
        *(columns.get(column.name, column.name) for column in CLICK_EVENTS.columns),
    }
    query, item = (columns.get(name, name) for name in ("user_query", "object_id"))
    pairs = [(str(row[query]), str(row[item])) for row in log.rows if {query, item} <= row.keys()]
    unread = [
        name
        for name in fields
        if name not in known and looks_like_counts(name, [row.get(name) for row in log.rows], pairs)
    ]
    if not unread:
        return []
    likely = next(filter(is_named_like_clicks, unread), "their column")
    return [
        f"{log.name}: every row counts as a click, for no column says the action; "
        f"{', '.join(map(repr, unread[:5]))} hold{'s' * (len(unread) == 1)} whole numbers that "
        "nobody reads, such as counts. If the log holds counts, name the column of clicks in "
        f'[inputs.clicks]: columns = {{ clicks = "{likely}" }}, beside what stands there, and that '
        "of impressions. If each row is a click, say there: "
        f"not_counts = {toml(unread)}"
    ]


def _sample(run: Run, source: ClicksInput) -> LogSample:
    if source.path is not None:
        return sample_file(table_parts(run.path(source.path))[0], delimiter=source.delimiter)
    assert source.database is not None
    assert source.table is not None
    database = connect_database(source.database, run.workspace.root)
    return sample_table(open_database_table(database, source.table))
