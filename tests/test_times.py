from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from workbench.errors import ConfigError
from workbench.tables import from_frame, to_frame
from workbench.tables.times import clock_changes, typed_time

NOON = pd.Timestamp("2025-01-31 12:00")


def read(values, time_zone="UTC"):
    cells = from_frame(pd.DataFrame({"cell": values}))
    return to_frame(cells.select(time=typed_time(cells["cell"], time_zone)))["time"].tolist()


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-31T12:00:00Z",
        " 2025-01-31 12:00 ",
        "2025-01-31T21:00:00+09:00",
        "2025-01-31T08:30:00.000-0330",
        "2025-01-31 21:00:00 +0900",
        "2025/01/31 12:00",
        "2025/1/31 21:00+09",
        "1738324800",
        "1738324800000",
        "1738324800000000",
        "1738324800.0",
    ],
)
def test_every_spelling_of_a_moment_is_the_same_in_utc(text):
    assert read([text]) == [NOON]


@pytest.mark.parametrize(
    "text",
    [
        *("01/02/2025", "31.01.2025", "01/02/25", "2025-01", "2025", "12:00", "2025-02-30"),
        *("epoch", "infinity", "now", "nan", "20250131", "20250131120000", "12"),
        *("1960-01-01", "2101-01-01"),
    ],
)
def test_what_could_be_another_moment_is_none(text):
    assert read([text])[0] is pd.NaT


def test_clocks_of_a_zone_are_meant_where_a_text_says_none():
    texts = ["2025-01-31 21:00", "2025/01/31 21:00", "2025-01-31T12:00Z", "1738324800"]
    assert read(texts, "Asia/Tokyo") == [NOON] * 4


def test_types_are_moments_too():
    assert read([1738324800, 1738324800000]) == [NOON, NOON]
    assert read([pd.Timestamp("2025-01-31 21:00")], "Asia/Tokyo") == [NOON]
    assert read([pd.Timestamp("2025-01-31 21:00", tz="Asia/Tokyo")], "Europe/Berlin") == [NOON]


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Africa/Casablanca"])
def test_summer_time_agrees_with_the_clocks_of_python(zone):
    clocks = [datetime(2025, 1, 1) + timedelta(minutes=30 * i) for i in range(0, 365 * 48, 7)]
    slow = [c.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None) for c in clocks]
    assert read([c.isoformat() for c in clocks], zone) == [pd.Timestamp(c) for c in slow]


def test_zone_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match="there is no zone 'Mars/Base'; use a name such as 'UTC'"):
        clock_changes("Mars/Base")


def test_column_of_another_type_holds_no_moments():
    assert read([True])[0] is pd.NaT
