"""What a table has to look like: its columns, their kinds and its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from workbench.errors import ConfigError

Kind = Literal["text", "integer", "number", "time", "boolean", "list"]


@dataclass(frozen=True)
class Column:
    """One column of a contract.

    Parameters
    ----------
    name : str
        Our name of the column.
    kind : str
        "text"; "integer" (whole numbers, `3` or `3.0`); "number"; "time" (ISO 8601, slashes for
        hyphens too, or seconds to microseconds since 1970; comes out in UTC, offsets applied);
        "boolean" (true/false, yes/no, 1/0); "list" (of texts or whole numbers, or one text with
        separators).
    required : bool
        Whether the table must have the column.
    nullable : bool
        Whether cells may be empty. An empty or blank text is an empty cell.
    minimum : float, optional
        The smallest allowed integer or number.
    maximum : float, optional
        The largest allowed one.
    above : float, optional
        All numbers must be larger than this.
    choices : tuple of str
        The allowed texts; empty means any.
    hint : str
        What to do if values do not fit; ends the message.
    setting : str, optional
        The configuration key that names the column; ``columns.<name>`` if empty, None where no
        configuration can.
    time_zone : str
        The zone of times that say none themselves.
    separator : str
        What parts the entries of a list that is one text.
    """

    name: str
    kind: Kind
    required: bool = True
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
    hint: str = ""
    setting: str | None = ""
    time_zone: str = "UTC"
    separator: str = ","

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind must be one of {get_args(Kind)}, got {self.kind!r}")
        bounds = {"minimum": self.minimum, "maximum": self.maximum, "above": self.above}
        for bound, value in bounds.items():
            if value is not None and self.kind not in ("integer", "number"):
                raise ValueError(
                    f"'{bound}' needs a column of numbers, {self.name!r} is {self.kind}"
                )
        if self.choices and self.kind != "text":
            raise ValueError(f"choices need a column of texts, {self.name!r} is {self.kind}")


@dataclass(frozen=True)
class Contract:
    """The columns of a table and the columns that are unique together.

    Parameters
    ----------
    name : str
        What the table is called in messages, such as "catalog".
    columns : tuple of Column
    key : tuple of str
        Names of required columns; no two rows share their values. Empty means no key.

    Examples
    --------
    >>> catalog = Contract(
    ...     "catalog", (Column("id", "text"), Column("title", "text", nullable=True)), key=("id",))
    >>> [column.name for column in catalog.columns]
    ['id', 'title']
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError(f"contract {self.name!r} names a column twice: {names}")
        required = {column.name for column in self.columns if column.required}
        if not required.issuperset(self.key):
            raise ValueError(f"key {self.key} of contract {self.name!r} must be required columns")


def check_mapping(contract: Contract, columns: Mapping[str, str]) -> None:
    """Raise if the mapping (our name to theirs) names a column that the contract does not have.

    Raises
    ------
    ConfigError
    """
    known = [column.name for column in contract.columns]
    unknown = [name for name in columns if name not in known]
    if unknown:
        raise ConfigError(
            f"columns: {contract.name} has no column {', '.join(map(repr, unknown))}; "
            f"it has {', '.join(known)}"
        )
