"""Dates and times of many spellings, as moments in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.datatypes as dt

from workbench.errors import ConfigError

FIRST_YEAR, LAST_YEAR = 1990, 2100
EXPECTED_TIME = (
    f"a date and time of {FIRST_YEAR} to {LAST_YEAR} like 2025-01-31T12:00:00+09:00 or "
    "2025/01/31 12:00, or seconds, milliseconds or microseconds since 1970"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
_END = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
# Microseconds in what a number may count since 1970. Between these years no number of one unit
# can be taken for one of another, nor for a date written as 20250131.
_UNITS = (1_000_000, 1_000, 1)
_NO_SECONDS = r"^(.*[T ][0-9]{1,2}:[0-9]{2})([-+Z].*)$"
_SHORTEST_DATE = len("2025-1-1")
# Clocks are not changed twice within so many days.
_STEP = timedelta(days=7)


def typed_time(cells: Any, time_zone: str) -> Any:
    """Return cells as moments in UTC without a zone, null where they are not of this kind.

    Parameters
    ----------
    cells : ibis column
        Texts (ISO 8601, slashes for hyphens too), numbers since 1970, dates or timestamps.
    time_zone : str
        The zone of clocks where neither the cell nor its type says one, such as "Asia/Tokyo".
        Of an hour that a clock shows twice it is the first, one that it leaps over is an hour
        later.

    Raises
    ------
    ConfigError
        If there is no such zone.
    """
    kind = cells.type()
    if kind.is_timestamp() or kind.is_date():
        moment = cells.cast("timestamp")
        in_utc = kind.is_timestamp() and kind.timezone is not None
        return _in_range(moment if in_utc else _to_utc(moment, time_zone))
    if kind.is_numeric() and not kind.is_boolean():
        return _since_1970(cells.cast("float64"))
    if not kind.is_string():
        return ibis.ifelse(cells.isnull(), None, None).cast("timestamp")
    text = cells.strip()
    # Years first, so that nobody has to guess which of 01/02/2025 is the month; and no short forms
    # (2025-01, 12:00), which backends fill up each in its own way.
    is_date = text[4:5].isin(["-", "/"]) & (text.length() >= _SHORTEST_DATE)
    dated = _in_range(_written(text, time_zone))
    return ibis.ifelse(is_date, dated, _since_1970(text.try_cast("float64")))


def _written(text: Any, time_zone: str) -> Any:
    """Return the moments of texts like 2025-01-31T12:00:00+09:00."""
    # This zone is of the type: without an offset the clock is read as if it showed UTC.
    # A blank before the offset is more than some backends take.
    plain = text.replace("/", "-").replace(" +", "+").replace(" -", "-")
    # Nor do all take an offset behind a time without seconds.
    clock, offset = (plain.re_extract(_NO_SECONDS, part) for part in (1, 2))
    moment = ibis.coalesce(
        plain.try_cast(dt.Timestamp("UTC")), (clock + ":00" + offset).try_cast(dt.Timestamp("UTC"))
    ).cast("timestamp")
    if time_zone == "UTC":
        return moment
    # Behind the date a sign or a letter is an offset or a zone; the T stands before.
    has_offset = text.substr(11, 40).re_search("[-+A-Za-z]")
    return ibis.ifelse(has_offset, moment, _to_utc(moment, time_zone))


def _since_1970(number: Any) -> Any:
    """Return the moments of numbers since 1970, in the unit in which they make sense."""
    seconds = [int((bound - _EPOCH).total_seconds()) for bound in (_FIRST, _END)]
    branches = []
    for unit in _UNITS:
        low, high = (bound * 1_000_000 // unit for bound in seconds)
        fits = (number >= low) & (number < high)
        branches.append((fits, (number * unit).round().cast("int64")))
    microseconds = ibis.cases(*branches, else_=ibis.null("int64"))
    return ibis.literal("1970-01-01").cast("timestamp") + microseconds.as_interval("us")


def _in_range(moment: Any) -> Any:
    first = ibis.literal(_FIRST.date().isoformat()).cast("timestamp")
    last = ibis.literal(f"{LAST_YEAR}-12-31 23:59:59.999999").cast("timestamp")
    return ibis.ifelse(moment.between(first, last), moment, None)


def _to_utc(clock: Any, time_zone: str) -> Any:
    """Return what clocks of a zone show as moments in UTC."""
    changes = clock_changes(time_zone)
    if len(changes) == 1:
        seconds = changes[0][1]
        return clock - ibis.interval(seconds=seconds) if seconds else clock
    # Looked up by year: a tree of all changes of a century is more than some planners take.
    table = _by_year(changes)
    row = clock.year() - FIRST_YEAR
    offset = _column(table, 0)[row]
    for i in range(1, len(table[0]), 2):
        start, later = _column(table, i)[row], _column(table, i + 1)[row]
        offset = ibis.ifelse(clock.epoch_seconds() < start, offset, later)
    return clock - offset.as_interval("s")


def _column(table: Sequence[Sequence[int]], i: int) -> Any:
    return ibis.array([row[i] for row in table])


def _by_year(changes: Sequence[tuple[datetime, int]]) -> list[list[int]]:
    """Return a row a year: the offset at its start, then each change of it and the new offset.

    Times are in seconds of the clock since 1970. Years with fewer changes are filled up with one
    that never comes.
    """
    rows: list[list[int]] = []
    offset = changes[0][1]
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        row = [offset]
        for start, later in changes[1:]:
            if start.year == year:
                row += [int((start.replace(tzinfo=UTC) - _EPOCH).total_seconds()), later]
                offset = later
        rows.append(row)
    width = max(map(len, rows))
    never = int((_END - _EPOCH).total_seconds()) * 2
    return [row + [never, row[-1]] * ((width - len(row)) // 2) for row in rows]


@lru_cache(maxsize=8)
def clock_changes(time_zone: str) -> tuple[tuple[datetime, int], ...]:
    """Return from which time on its clocks a zone is how many seconds ahead of UTC.

    Raises
    ------
    ConfigError
        If there is no such zone.

    Examples
    --------
    >>> clock_changes("Asia/Tokyo")
    ((datetime.datetime(1990, 1, 1, 0, 0), 32400),)
    """
    try:
        zone = ZoneInfo(time_zone)
    except (OSError, KeyError, ValueError) as error:
        raise ConfigError(
            f"time_zone: there is no zone {time_zone!r}; use a name such as 'UTC', 'Asia/Tokyo' or "
            "'Europe/Berlin'"
        ) from error
    moment, offset = _FIRST, _FIRST.astimezone(zone).utcoffset()
    changes = [(_FIRST.replace(tzinfo=None), _seconds(offset))]
    while moment < _END:
        later = moment + _STEP
        new = later.astimezone(zone).utcoffset()
        if new != offset:
            at = _moment_of_change(zone, moment, later)
            # Put back, clocks show an hour twice: the first counts. Put forward, they skip one.
            shown = at + timedelta(seconds=max(_seconds(new), _seconds(offset)))
            changes.append((shown.replace(tzinfo=None), _seconds(new)))
        moment, offset = later, new
    return tuple(changes)


def _moment_of_change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def _seconds(offset: timedelta | None) -> int:
    assert offset is not None
    return int(offset.total_seconds())
