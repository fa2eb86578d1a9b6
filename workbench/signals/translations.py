"""Names in other languages, joined by id: of categories and of values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
from ibis.backends import BaseBackend

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.keyed_lines import has_keyed_lines, read_keyed_lines
from workbench.signals.taxonomy import Taxonomy
from workbench.tables import BadRows, Column, Contract, lines_left_out, read_table, to_frame

CATEGORY_NAMES = Contract(
    "the names of categories",
    (Column("category_id", "text"), Column("name", "text")),
    key=("category_id",),
)
_VALUE = re.compile(r"(.*\S)\s*\[([^\[\]]+)\]")


def translate_categories(
    taxonomy: Taxonomy,
    paths: Mapping[str, Path],
    connection: BaseBackend,
    *,
    bad_rows: BadRows = "error",
    report: Report,
) -> Taxonomy:
    """Return the taxonomy with further names of its categories.

    Parameters
    ----------
    taxonomy : Taxonomy
    paths : mapping of str to Path
        Locale to file: a table ``category_id, name``, or lines ``key : path`` whose last name
        counts.
    connection : ibis backend
    bad_rows : {"error", "skip"}
    report : Report
        Gets names of categories that are not there, and categories without a name.

    Raises
    ------
    InputError
        If a file breaks its contract, or names none of the categories.
    """
    parts = [taxonomy.names]
    for locale, path in paths.items():
        if has_keyed_lines(path):
            lines = read_keyed_lines(path, bad_rows=bad_rows, report=report)
            names = lines["text"].str.rpartition(">")[2].str.strip()
            keys = lines["key"]
        else:
            table = read_table(connection, path, CATEGORY_NAMES, bad_rows=bad_rows, report=report)
            frame = to_frame(table)
            keys, names = frame["category_id"], frame["name"].str.strip()
        label_ids = pd.Series([taxonomy.find(key) for key in keys], dtype="str")
        unknown = keys[label_ids.isna().to_numpy()]
        if len(unknown) == len(keys):
            raise InputError(
                f"{path.name}: none of its {len(keys):,} keys is a category of the taxonomy "
                f"(found {', '.join(map(repr, keys.head(5)))}); both must have the same ids"
            )
        what = f"{path.name}: names of categories that are not in the taxonomy"
        report.count(what, len(unknown), unknown.head(5).tolist())
        missing = taxonomy.categories.loc[
            ~taxonomy.categories["label_id"].isin(label_ids), "label_id"
        ]
        report.count(
            f"{path.name}: categories without a name", len(missing), missing.head(5).tolist()
        )
        rows = pd.DataFrame({"label_id": label_ids, "alias": names, "locale": locale})
        parts.append(rows.dropna(subset=["label_id"]).astype("str"))
    return replace(taxonomy, names=pd.concat(parts, ignore_index=True))


def read_value_lines(
    path: Path,
    translations: Mapping[str, Path],
    *,
    bad_rows: BadRows = "error",
    report: Report,
) -> pd.DataFrame:
    """Return ``attribute, value, alias, locale`` of lines ``key : value [Attribute]``.

    A value is an alias of itself; the value of the same key in another file is an alias in that
    locale.

    Raises
    ------
    InputError
        If a line is something else, or a translation shares no key.
    """
    own = _read_values(path, bad_rows, report)
    parts = [own.assign(alias=own["value"], locale=None)]
    for locale, other in translations.items():
        theirs = _read_values(other, bad_rows, report)[["key", "value"]]
        both = own.merge(theirs.rename(columns={"value": "alias"}), on="key", how="outer")
        lost = both.loc[both["value"].isna(), "key"]
        if len(lost) == len(theirs):
            raise InputError(
                f"{other.name}: shares no key with {path.name}; both must have the same ids"
            )
        what = f"{other.name}: values whose key {path.name} does not have"
        report.count(what, len(lost), lost.head(5).tolist())
        open_values = both.loc[both["alias"].isna(), "key"]
        what = f"{other.name}: values of {path.name} without a name"
        report.count(what, len(open_values), open_values.head(5).tolist())
        parts.append(both.dropna(subset=["value", "alias"]).assign(locale=locale))
    names = ["attribute", "value", "alias", "locale"]
    return pd.concat([part[names].astype("str") for part in parts], ignore_index=True)


def _read_values(path: Path, bad_rows: BadRows, report: Report) -> pd.DataFrame:
    """Return ``key, value, attribute``."""
    lines = read_keyed_lines(path, bad_rows=bad_rows, report=report)
    parts = lines["text"].str.extract(_VALUE.pattern)
    broken = lines.loc[parts[0].isna(), "text"]
    what = "every text must be 'value [Attribute]'"
    if len(broken) and bad_rows == "error":
        shown = ", ".join(map(repr, broken.head(5)))
        raise InputError(f"{path.name}: {what}, found {len(broken):,} other ({shown})")
    report.count(lines_left_out(path.name, what), len(broken), broken.head(5).tolist())
    return lines.assign(value=parts[0], attribute=parts[1]).dropna(subset=["value"])
