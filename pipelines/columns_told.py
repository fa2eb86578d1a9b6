"""What ``init`` says of the columns that it found: how each is read, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipelines.catalog_form import LIKE_KEYS, CatalogForm
from pipelines.catalog_values import FREE_TEXT
from pipelines.click_doubts import doubts_about_log
from pipelines.click_form import NESTED_ITEM, NESTED_POSITION, LogSample
from workbench.signals.click_counts import DEFAULT_WEIGHTS

# What a log may say beside query and item, with what is done without it.
_EVENT_COLUMNS = ("query_id", "session_id", "client_id", "timestamp", "position", "device")
_COUNT_COLUMNS = ("impressions", "position", "device", "date")
_NESTED = {"object_id": NESTED_ITEM, "position": NESTED_POSITION}
_MANY = 20


def tell_log(log: LogSample, columns: Mapping[str, str], *, has_searches: bool) -> list[str]:
    """Return how the columns of a log are read, and which key names those that were not found.

    Parameters
    ----------
    log : LogSample
    columns : mapping of str to str
        Ours to theirs, where they differ.
    has_searches : bool
        Whether queries come from searches, by ``query_id``.
    """
    are_counts = "clicks" in log.fields
    wanted = ["user_query", "object_id"]
    actions = [name for name in DEFAULT_WEIGHTS if name != "click"] if are_counts else []
    wanted += ["clicks", *_COUNT_COLUMNS, *actions] if are_counts else ["action_name"]
    wanted += [] if are_counts else _EVENT_COLUMNS
    found = {ours: _theirs(ours, columns, log.fields) for ours in wanted}
    read = {ours: theirs for ours, theirs in found.items() if theirs is not None}
    missing = [ours for ours in wanted if ours not in read]
    nested = [name for name in _NESTED.values() if name in read.values()]
    used = {*read.values(), *(name.split(".")[0] for name in nested)}
    unread = [name for name in log.fields if name not in used and name not in _NESTED.values()]
    needed = ["query_id" if has_searches else "user_query", "object_id"]
    return [
        f"{log.name} is read as a log of {'counts' if are_counts else 'events'}:",
        *_list("read", (_told(ours, theirs) for ours, theirs in read.items())),
        *_list("not read", map(repr, unread)),
        *_list("not found", (name for name in missing if name not in needed)),
        *(_call(name, "clicks", unread) for name in missing if name in needed),
        *(f"  {doubt}" for doubt in doubts_about_log(log, columns)),
    ]


def tell_searches(log: LogSample, columns: Mapping[str, str]) -> list[str]:
    """Return how the columns of a table of searches are read."""
    wanted = ["query_id", "user_query", "query_response_hit_ids", *_EVENT_COLUMNS[1:4]]
    found = {ours: _theirs(ours, columns, log.fields) for ours in wanted}
    read = {ours: theirs for ours, theirs in found.items() if theirs is not None}
    unread = [name for name in log.fields if name not in read.values()]
    lost = [name for name in ("query_id", "user_query") if name not in read]
    return [
        f"{log.name} is read as the table of searches:",
        *_list("read", (_told(ours, theirs) for ours, theirs in read.items())),
        *_list("not read", map(repr, unread)),
        *(_call(name, "clicks", unread, key="query_columns") for name in lost),
    ]


def tell_catalog(name: str, form: CatalogForm) -> list[str]:
    """Return how the columns of a catalog are read, and what is left out for which reason."""
    settings: Mapping[str, Any] = form.settings
    lines = _tell_long(name, form) if settings["form"] == "long" else _tell_wide(name, form)
    none = "category was not found: without it there are no votes of a taxonomy; name its column"
    return [
        *lines,
        *_left_out(form),
        *_guesses(form),
        *([] if settings["category"] else [f'  {none}: category = "..." in [inputs.catalog]']),
        *_lost(form),
    ]


def _tell_wide(name: str, form: CatalogForm) -> list[str]:
    settings: Mapping[str, Any] = form.settings
    own = {ours: _theirs(ours, settings["columns"], form.columns) for ours in ("id", "title")}
    own["category"] = settings["category"]
    read = [_told(ours, theirs) for ours, theirs in own.items() if theirs is not None]
    labels = [_told(label, theirs) for label, theirs in settings["attributes"].items()]
    return [
        f"{name} is read as a catalog of one row an item:",
        *_list("read", read),
        *_list("attributes", [*labels, *settings["patterns"]]),
    ]


def _tell_long(name: str, form: CatalogForm) -> list[str]:
    settings: Mapping[str, Any] = form.settings
    columns = settings["columns"]
    own = {"title": columns.get("title", "title"), "category": settings["category"]}
    is_there = {ours: theirs for ours, theirs in own.items() if theirs in form.columns}
    read = [_told("item_id", columns.get("item_id", "item_id"))]
    read += [f"{ours} from the attribute '{theirs}'" for ours, theirs in is_there.items()]
    dropped = {*own.values(), *(name for names in _all_left_out(form) for name in names)}
    others = [name for name in form.columns if name not in dropped]
    return [
        f"{name} is read as a catalog of one row a value:",
        *_list("read", read),
        *_list("attributes", map(repr, others)),
    ]


def _all_left_out(form: CatalogForm) -> list[list[str]]:
    return [*form.left_out.values(), *form.judged.values()]


def _left_out(form: CatalogForm) -> list[str]:
    """Return what is no attribute, by its name or its values, and how it becomes one."""
    settings: Mapping[str, Any] = form.settings
    lines = [
        line
        for why, names in form.left_out.items()
        for line in _list(f"left out, {why}", map(repr, names))
    ]
    if lines and settings["form"] == "long":
        lines.append(
            "  what is left out becomes labels if [inputs.catalog] without does not name it"
        )
    elif lines:
        lines.append(
            "  columns that are left out become labels if [inputs.catalog] attributes names them"
        )
    judged = [
        line
        for why, names in form.judged.items()
        for line in _list(f"left out by the run, {why}", map(repr, names))
    ]
    hint = "  the run judges all rows; [inputs.catalog] keep takes such attributes in"
    return [*lines, *judged, *([hint] if judged else [])]


def _guesses(form: CatalogForm) -> list[str]:
    """Return the settings that were guessed from names and numbers of attributes."""
    settings: Mapping[str, Any] = form.settings
    n, least = form.n_attributes, settings["min_support"]
    units = [f"{name} in {unit}" for name, unit in settings["units"].items()]
    why = "one item is enough for a label" if least == 1 else "values of fewer items make no label"
    return [
        *_list("one value an item (exclusive)", settings["exclusive"]),
        *_list("unit of plain numbers (units)", units),
        f"  min_support = {least}, for {n:,} {'attribute' if n == 1 else 'attributes'}: {why}",
    ]


def _lost(form: CatalogForm) -> list[str]:
    """Return the lines to write for what every catalog needs and this one seems not to have."""
    settings: Mapping[str, Any] = form.settings
    if settings["form"] == "long":
        title = settings["columns"].get("title", "title")
        return [] if title in form.columns else [_call("title", "catalog", form.columns)]
    likely = {
        "id": [name for why in LIKE_KEYS for name in form.left_out.get(why, [])],
        "title": form.left_out.get(FREE_TEXT, []),
    }
    return [
        _call(ours, "catalog", names or form.columns)
        for ours, names in likely.items()
        if _theirs(ours, settings["columns"], form.columns) is None
    ]


def _theirs(ours: str, columns: Mapping[str, str], fields: Sequence[str]) -> str | None:
    if ours in columns:
        return columns[ours]
    if ours in fields:
        return ours
    return _NESTED[ours] if _NESTED.get(ours) in fields else None


def _told(ours: str, theirs: str) -> str:
    return ours if ours == theirs else f"{ours} from '{theirs}'"


def _list(what: str, names: Iterable[str]) -> list[str]:
    named = list(names)
    more = f" and {len(named) - _MANY:,} more" if len(named) > _MANY else ""
    return [f"  {what}: {', '.join(named[:_MANY])}{more}"] if named else []


def _call(ours: str, section: str, likely: Sequence[str], *, key: str = "columns") -> str:
    """Return the line to write for a column that was not found."""
    examples = ", ".join(f"'{name}'" for name in likely[:5])
    perhaps = f" (one of {examples}?)" if examples else ""
    return (
        f'  {ours} was not found{perhaps}: add {ours} = "its column" to `{key}` of '
        f"[inputs.{section}] in workbench.toml"
    )
