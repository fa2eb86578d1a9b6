"""Which fields of a catalog are attributes, and what their values say as texts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from workbench.errors import ConfigError
from workbench.report import MAX_EXAMPLES, Report
from workbench.signals.near_names import with_near_name

YES = "yes"
SAY_FALSE = "values 'false', which make no label"
TAKEN_OUT = "attributes that 'without' of [inputs.catalog] takes out"
_NAMES, _VALUES = ("name", "attribute", "key"), ("value", "values")


def attribute_name(name: str) -> str:
    """Return the name of an attribute for that of a field.

    Examples
    --------
    >>> attribute_name("printing_colours"), attribute_name("Screen size")
    ('Printing colours', 'Screen size')
    """
    text = " ".join(name.replace("_", " ").split())
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class FieldPattern:
    """Names of fields with one star, which stands for the attribute: ``attr_t_*``.

    A dotted pattern, ``attributes.*``, is about the fields of an object, or about a list of
    objects that have a name and a value each.
    """

    text: str

    def __post_init__(self) -> None:
        if self.text.count("*") != 1 or "*" not in self.last:
            raise ConfigError(
                f"patterns: {self.text!r} must have one '*', in its last part, for the name of the "
                "attribute, such as 'attr_*' or 'attributes.*'"
            )

    @property
    def last(self) -> str:
        """The part behind the last dot."""
        return self.text.rpartition(".")[2]

    @property
    def parents(self) -> tuple[str, ...]:
        """The parts before the last dot: the fields that lead to the object."""
        return tuple(self.text.split(".")[:-1])

    def stem(self, name: str) -> str | None:
        """Return what the star stands for in a whole name, None if it does not fit.

        Examples
        --------
        >>> FieldPattern("attr_*").stem("attr_type"), FieldPattern("attr_*").stem("price")
        ('type', None)
        """
        return _stem(self.text, name)


def _stem(pattern: str, name: str) -> str | None:
    before, _, after = pattern.partition("*")
    is_long_enough = len(name) > len(before) + len(after)
    if is_long_enough and name.startswith(before) and name.endswith(after):
        return name[len(before) : len(name) - len(after)]
    return None


@dataclass(frozen=True)
class CatalogFields:
    """Which fields of a record are attributes.

    Parameters
    ----------
    named : mapping of str to str
        Attribute to field, dotted for nested ones.
    patterns : tuple of FieldPattern
    without : tuple of str
        Fields, with a star also several, that patterns leave out.
    own : tuple of str
        Fields with another purpose (key, title), which patterns leave out too.
    """

    named: Mapping[str, str]
    patterns: tuple[FieldPattern, ...] = ()
    without: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    def by_pattern(self, names: Iterable[str]) -> dict[str, str]:
        """Return field → attribute for the names that a pattern takes."""
        found = {}
        for name in names:
            stems = [stem for p in self.patterns if (stem := p.stem(name))]
            if stems and not self._is_left_out(name):
                found[name] = attribute_name(stems[0])
        return found

    def taken_out(self, names: Iterable[str]) -> dict[str, list[str]]:
        """Return name of ``without`` → the names that a pattern would take but for it."""
        fit = [
            name
            for name in names
            if not self._is_used(name) and any(pattern.stem(name) for pattern in self.patterns)
        ]
        return {other: [n for n in fit if _is_meant(other, n)] for other in self.without}

    def _is_left_out(self, name: str) -> bool:
        return self._is_used(name) or any(_is_meant(other, name) for other in self.without)

    def _is_used(self, name: str) -> bool:
        return name in self.own or name in self.named.values()


def _is_meant(without: str, name: str) -> bool:
    return name == without or ("*" in without and _stem(without, name) is not None)


def count_taken_out(
    taken_out: Mapping[str, Sequence[str]], names: Iterable[str], *, report: Report
) -> None:
    """Count what the names of ``without`` take out, and those that take out nothing.

    Parameters
    ----------
    taken_out : mapping of str to sequence of str
        Name of ``without`` to the fields, or attributes, that it takes out.
    names : iterable of str
        All fields, or attributes, that there are.
    report : Report
    """
    gone = list(dict.fromkeys(name for found in taken_out.values() for name in found))
    report.count(TAKEN_OUT, len(gone), gone)
    unused = [other for other, found in taken_out.items() if not found]
    if unused:
        known = list(names)
        shown = [with_near_name(name, known) for name in unused[:MAX_EXAMPLES]]
        what = "names in 'without' of [inputs.catalog] that take nothing out"
        report.count(what, len(unused), shown)


@dataclass
class ValuesRead:
    """What was met in the values of records, to be reported."""

    n_false: int = 0
    n_objects: int = 0
    objects: list[str] = field(default_factory=list)

    def texts(self, value: Any, where: str) -> Iterator[str]:
        """Yield the texts of a value: a text, a number, true, a list of them, value with unit.

        ``true`` says "yes". ``false`` says nothing: that an item lacks something is no reason
        to search for it; it is counted.
        """
        if isinstance(value, str):
            if value.strip():
                yield value
        elif isinstance(value, bool):
            if value:
                yield YES
            else:
                self.n_false += 1
        elif isinstance(value, (int, float, Decimal, date)):
            text = number_text(value)
            if text is not None:
                yield text
        elif isinstance(value, (list, tuple)):
            for part in value:
                yield from self.texts(part, where)
        elif isinstance(value, Mapping) and (key := _first_of(_VALUES, value)) is not None:
            unit = value.get("unit")
            end = f" {unit}" if isinstance(unit, str) and unit.strip() else ""
            yield from (text + end for text in self.texts(value[key], where))
        elif value is not None:
            self.n_objects += 1
            if len(self.objects) < 5 and where not in self.objects:
                self.objects.append(where)


def number_text(value: float | Decimal | date) -> str | None:
    """Return a number as people write it, None if it is none.

    Examples
    --------
    >>> number_text(6.0), number_text(2.13), number_text(float("nan"))
    ('6', '2.13', None)
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    text = str(value)
    # A decimal keeps the zeros that its column has: 6.00.
    return re.sub(r"(\.\d*?)0+$", r"\1", text).rstrip(".") if isinstance(value, Decimal) else text


def named_values(inner: Any) -> Iterator[tuple[str, Any]]:
    """Yield name and value of an object's fields, or of a list of objects with name and value.

    Examples
    --------
    >>> list(named_values({"a": 1, "b": None}))
    [('a', 1), ('b', None)]
    >>> list(named_values([{"name": "Color", "value": "Red"}]))
    [('Color', {'name': 'Color', 'value': 'Red'})]
    """
    if isinstance(inner, Mapping):
        yield from ((str(name), value) for name, value in inner.items())
    elif isinstance(inner, Sequence) and not isinstance(inner, str):
        for part in inner:
            if isinstance(part, Mapping):
                name = part.get(_first_of(_NAMES, part) or "")
                # The object itself is the value: it may have a unit.
                yield from [(name, part)] if isinstance(name, str) else named_values(part)
            elif isinstance(part, tuple) and len(part) == 2:  # a map of Parquet
                yield str(part[0]), part[1]


def _first_of(names: Sequence[str], record: Mapping[str, Any]) -> str | None:
    return next((name for name in names if name in record), None)


def find_field(record: Mapping[str, Any], name: str) -> tuple[bool, Any]:
    """Return whether a record has a field, dotted for a nested one, and its value."""
    if name in record:
        return True, record[name]
    here: Any = record
    for part in name.split("."):
        if not isinstance(here, Mapping) or part not in here:
            return False, None
        here = here[part]
    return True, here
