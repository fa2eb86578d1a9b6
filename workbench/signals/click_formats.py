"""How a search log is written, and the contracts that it has to keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.tables import Column, Contract

CLICK = "click"
# No list of results is as long; what is larger is a mistake, such as an id.
MAX_POSITION = 1_000_000
_HINT_FROM_1 = "count positions from 1 (set first_position = 0 if the log counts them from 0)"
_HINT_FROM_0 = "first_position = 0 says that the log counts positions from 0"
_HINT_UNKNOWN = ", or leave the column out if they are unknown"
_POSITION = Column(
    "position",
    "integer",
    required=False,
    nullable=True,
    minimum=1,
    maximum=MAX_POSITION,
    hint=_HINT_FROM_1 + _HINT_UNKNOWN,
)
_DEVICE = Column("device", "text", required=False, nullable=True)
CLICK_EVENTS = Contract(
    "click events",
    (
        Column("user_query", "text", nullable=True),
        Column("object_id", "text", nullable=True),
        Column(
            "action_name",
            "text",
            hint="if searches stand between the events, set queries_path to the same file",
        ),
        Column("query_id", "text", required=False, nullable=True),
        Column("session_id", "text", required=False, nullable=True),
        Column("client_id", "text", required=False, nullable=True),
        Column("timestamp", "time", required=False, nullable=True),
        _POSITION,
        _DEVICE,
    ),
)
CLICK_COUNTS = Contract(
    "click counts",
    (
        Column("user_query", "text", nullable=True),
        Column("object_id", "text", nullable=True),
        Column("clicks", "integer", minimum=0),
        Column(
            "impressions",
            "integer",
            required=False,
            minimum=0,
            hint="leave the column out if impressions are unknown",
        ),
        _POSITION,
        _DEVICE,
        Column("date", "time", required=False, nullable=True),
    ),
)


@dataclass(frozen=True)
class ClickFormat:
    """How a search log is written.

    Parameters
    ----------
    columns : mapping of str to str
        Our name of a column to the log's; a dotted name reaches into nested fields.
    query_columns : mapping of str to str
        The same for the table of searches.
    first_position : int
        The number of the first place in a list of results, 0 or 1.
    time_zone : str
        The zone of timestamps that say none, such as "Asia/Tokyo".
    delimiter : str, optional
        What parts the cells of a text file, if it is not what its suffix says.
    hits_separator : str
        What parts the items in a list that is written as text.
    impressions : tuple of str
        Actions that show an item; hits of searches become the first.
    counted_actions : tuple of str
        Further columns of counts, beside clicks and impressions.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    query_columns: Mapping[str, str] = field(default_factory=dict)
    first_position: int = 1
    time_zone: str = "UTC"
    delimiter: str | None = None
    hits_separator: str = ","
    impressions: tuple[str, ...] = ("impression",)
    counted_actions: tuple[str, ...] = ("add_to_cart", "purchase")


def events_contract(fmt: ClickFormat, *, has_searches: bool) -> Contract:
    """Return `CLICK_EVENTS` as a log of this format has to keep it."""
    columns = {column.name: column for column in _columns_of(CLICK_EVENTS, fmt)}
    columns["action_name"] = replace(columns["action_name"], required=False)
    if has_searches:
        columns["user_query"] = replace(columns["user_query"], required=False)
        columns["query_id"] = replace(columns["query_id"], required=True)
    return Contract(CLICK_EVENTS.name, tuple(columns.values()))


def counts_contract(fmt: ClickFormat) -> Contract:
    """Return `CLICK_COUNTS` as a log of this format has to keep it."""
    further = (
        Column(name, "integer", required=False, minimum=0)
        for name in fmt.counted_actions
        if name not in (CLICK, *fmt.impressions)
    )
    return Contract(CLICK_COUNTS.name, (*_columns_of(CLICK_COUNTS, fmt), *further))


def _columns_of(contract: Contract, fmt: ClickFormat) -> list[Column]:
    """Return the columns with the time zone and the first position of the format."""
    changes: dict[str, dict[str, Any]] = {
        "position": {
            "minimum": fmt.first_position,
            "hint": (_HINT_FROM_1 if fmt.first_position else _HINT_FROM_0) + _HINT_UNKNOWN,
        },
        "timestamp": {"time_zone": fmt.time_zone},
    }
    return [replace(column, **changes.get(column.name, {})) for column in contract.columns]
