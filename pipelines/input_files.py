"""Tell by columns and formats whether input files are what they were named as."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import ibis

from pipelines.click_form import EVENT_NAMES, NESTED_ITEM, SEARCH_NAMES, sample_file
from workbench.errors import InputError
from workbench.formats.npz import check_is_npz
from workbench.signals.keyed_lines import has_keyed_lines
from workbench.tables import find_columns

INSTANCE_IDS = ("id", "query_id", "doc_id")
TEXTS = ("query", "title", "content")
LABEL_IDS = ("label", "tag")
ITEM_IDS = ("item_id", "sku", "product_id", "article_id", "product_no", "item_no", "asin")
TITLES = ("name", "product_name", "product_title", "item_name")

# The columns that an input must have, each with its other common names; one of several forms.
_FORMS: dict[str, tuple[tuple[tuple[str, ...], ...], ...]] = {
    "clicks": (
        (
            ("user_query", *EVENT_NAMES["user_query"]),
            ("object_id", *EVENT_NAMES["object_id"], NESTED_ITEM),
        ),
        (
            ("query_id", *EVENT_NAMES["query_id"]),
            ("object_id", *EVENT_NAMES["object_id"], NESTED_ITEM),
        ),
    ),
    "queries": (
        (
            ("query_id", *SEARCH_NAMES["query_id"]),
            ("user_query", *SEARCH_NAMES["user_query"]),
        ),
    ),
    "catalog": (
        (("id", *ITEM_IDS), ("title", *TITLES)),
        (("item_id",), ("attribute",), ("value",)),
    ),
    "taxonomy": ((("category_id",), ("parent_id",), ("name",)), (("path",),)),
    "aliases": ((("attribute",), ("value",), ("alias",)),),
    "texts": ((("instance_id", *INSTANCE_IDS), ("text", *TEXTS)),),
    "labels": ((("instance_id", *INSTANCE_IDS), ("label_id", *LABEL_IDS)),),
}
# The keys that map the columns of an input, where they are not its `columns`.
_MAPPED_BY = {
    "queries": "`query_columns` of [inputs.clicks]",
    "texts": "`text_columns` of [inputs.labels]",
    "labels": "`pair_columns` of [inputs.labels]",
}
# What lines of keys and texts hold, as columns.
_KEYED: dict[str, Sequence[str]] = {
    "taxonomy": ("path",),
    "aliases": ("attribute", "value", "alias"),
}
# Only inputs that are named together can be mixed up; a catalog may look like texts.
_TOGETHER = (
    ("clicks", "queries", "catalog", "taxonomy", "aliases"),
    ("texts", "labels", "taxonomy"),
)


def check_formats(named: Mapping[str, Path]) -> None:
    """Raise if a matrix was named as a table or a list of names, or is none.

    Raises
    ------
    InputError
    """
    for option, path in named.items():
        if path.suffix == ".npz" and option != "labels":
            raise InputError(
                f"{_flag(option)} {path} is a matrix (.npz), which only --labels takes; are the "
                "files swapped?"
            )
        if path.suffix == ".npz" and path.exists():
            check_is_npz(path)


def check_columns(named: Mapping[str, Path]) -> dict[str, str]:
    """Return by option what to say of files whose columns have other names than expected.

    Parameters
    ----------
    named : mapping of str to Path
        Option (``clicks``, ``texts``, ...) to the table that it names.

    Raises
    ------
    InputError
        If a file cannot be read, or has the columns of another option that lacks them.
    """
    columns = {option: _quick_header(option, path) for option, path in named.items()}
    strange = [option for option in named if not _fits(option, columns[option])]
    likely = {option: _likely_option(option, columns[option], named) for option in strange}
    for option, other in likely.items():
        # A file may have names of its own that happen to be another's, unless that one is astray.
        if other is not None and (other not in named or likely.get(other)):
            raise InputError(
                f"{_flag(option)} {named[option]}: expected the columns {_told(option)}, found "
                f"{', '.join(columns[option][:8])}, as of {_flag(other)}; are the files swapped? "
                "If not, rename the columns"
            )
    return {
        option: f"{named[option].name}: not found: {_missing(option, columns[option])}; found "
        f"{', '.join(columns[option][:8])}: name the column to take with "
        f"{_MAPPED_BY.get(option, f'`columns` of [inputs.{option}]')} in workbench.toml"
        for option in strange
    }


def read_header(path: Path) -> list[str]:
    """Return the column names of a table file.

    Raises
    ------
    InputError
        If the file is missing, empty, unreadable or of another kind.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist")
    return list(find_columns(ibis.duckdb.connect(), path))


def find_translations(path: Path) -> dict[str, Path]:
    """Return locale → file of the files beside one of lines of keys: ``ja_categories.txt``."""
    if not has_keyed_lines(path):
        return {}
    others = sorted(path.parent.glob(f"*_{path.name}"))
    found = {other.name.removesuffix(f"_{path.name}"): other for other in others}
    return {
        locale: other
        for locale, other in found.items()
        if re.fullmatch("[a-z]{2}([-_][A-Za-z]{2,4})?", locale) and has_keyed_lines(other)
    }


def _quick_header(option: str, path: Path) -> Sequence[str]:
    """Return the columns; of a log, which may be long, those of its first rows.

    Events of different kinds have different columns.
    """
    if option in _KEYED and has_keyed_lines(path):
        return _KEYED[option]
    if option not in ("clicks", "queries"):
        return read_header(path)
    return sample_file(path).fields


def _likely_option(option: str, columns: Sequence[str], named: Mapping[str, Path]) -> str | None:
    """Return the other option that a file has the columns of; a single column proves nothing."""
    others = (other for other in _together_with(option, named) if other != option)
    return next((other for other in others if _fits(other, columns, at_least=2)), None)


def _together_with(option: str, named: Mapping[str, Path]) -> Sequence[str]:
    """Return the options of the way in that most of the named ones belong to."""
    groups = [group for group in _TOGETHER if option in group]
    return max(groups, key=lambda group: len(set(group) & set(named)))


def _fits(option: str, columns: Sequence[str], *, at_least: int = 1) -> bool:
    forms = [form for form in _FORMS[option] if len(form) >= at_least]
    return any(all(not set(names).isdisjoint(columns) for names in form) for form in forms)


def _told(option: str) -> str:
    return " or ".join(", ".join(names[0] for names in form) for form in _FORMS[option])


def _missing(option: str, columns: Sequence[str]) -> str:
    """Return what a file lacks of each form, by our names: what goes by another is found."""
    lacks = [
        [names[0] for names in form if set(names).isdisjoint(columns)] for form in _FORMS[option]
    ]
    return " or ".join(", ".join(names) for names in lacks)


def _flag(option: str) -> str:
    return "--" + option.replace("_", "-")
