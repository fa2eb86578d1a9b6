"""What a person writes into ``workbench.toml``: checked, with all complaints at once."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from workbench.errors import ConfigError

Section = TypeVar("Section", bound=BaseModel)


def check_settings(
    section: type[Section], content: Any, origin: str, place: Sequence[str] = ()
) -> Section:
    """Return the settings that ``content`` describes.

    Parameters
    ----------
    section : type
        What may be said.
    content : Any
        As parsed from the file.
    origin : str
        Names the file in messages.
    place : sequence of str
        Where in the file ``content`` stands, such as ``("team",)``.

    Raises
    ------
    ConfigError
        One message for all that is wrong: unknown keys with those that exist, values that do
        not fit with what was expected.
    """
    try:
        return section.model_validate(content)
    except ValidationError as error:
        complaints = [_complaint(section, tuple(place), dict(entry)) for entry in error.errors()]
        raise ConfigError(f"{origin}: " + "; ".join(complaints)) from error


def _complaint(section: type[BaseModel], place: tuple[str, ...], entry: dict[str, Any]) -> str:
    below = tuple(str(part) for part in entry["loc"])
    where = ".".join([*place, *below])
    if entry["type"] == "extra_forbidden":
        return _unknown_key(_section_at(section, below[:-1]), (*place, *below))
    if entry["type"] == "missing":
        return f"'{where}' is missing"
    if entry["type"] in ("tuple_type", "list_type"):
        found = entry["input"]
        like = f", like {json.dumps([found], ensure_ascii=False)}" if isinstance(found, str) else ""
        return f"'{where}' = {found!r}: expected a list{like}"
    message = entry["msg"].removeprefix("Value error, ")
    if not where or isinstance(entry["input"], dict):
        return f"[{where}]: {message}" if where else message
    return f"'{where}' = {entry['input']!r}: {message[0].lower()}{message[1:]}"


def _unknown_key(section: type[BaseModel], location: tuple[str, ...]) -> str:
    known = sorted(section.model_fields)
    close = difflib.get_close_matches(location[-1], known, n=1)
    place = f"[{'.'.join(location[:-1])}]" if location[:-1] else "the file"
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"unknown key '{location[-1]}' in {place}: {hint}known keys are {', '.join(known)}"


def _section_at(section: type[BaseModel], location: tuple[str, ...]) -> type[BaseModel]:
    for name in location:
        if name.isdigit():  # a place in a list of sections, such as [[inputs.votes]]
            continue
        annotation = section.model_fields[name].annotation
        candidates = (annotation, *get_args(annotation))
        section = next(c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel))
    return section
