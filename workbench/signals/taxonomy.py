"""The tree of categories: read, checked, and asked which labels go together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
from ibis.backends import BaseBackend

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.keyed_lines import has_keyed_lines, read_keyed_lines, short_key
from workbench.signals.taxonomy_checks import (
    SEPARATOR,
    find_circles,
    find_names_with_separator,
    find_orphans,
    find_twins,
    path_key,
)
from workbench.tables import BadRows, Column, Contract, find_columns, read_table, to_frame
from workbench.tables.scanning import message
from workbench.text import normalise

CATEGORY = "Category"
NAME_LOCALE = "name_"
PATHS = Contract("category paths", (Column("path", "text"),), key=("path",))
KEYED_PATHS = Contract(
    "category paths",
    (Column("category_id", "text"), Column("path", "text")),
    key=("category_id",),
)


@dataclass(frozen=True, eq=False)
class Taxonomy:
    """A checked tree (or several) of categories.

    Parameters
    ----------
    categories : pd.DataFrame
        One row a category: ``category_id`` (the shop's key), ``label_id``, ``name``, ``path``
        (names from the root, joined by " > "), ``parent_id`` (label_id, null for a root).
    names : pd.DataFrame
        ``label_id, alias, locale``: the name, and its translations.

    Examples
    --------
    >>> taxonomy = taxonomy_from_paths(["Shoes > Boots"])
    >>> taxonomy.categories["label_id"].tolist()
    ['Category: Shoes', 'Category: Shoes > Boots']
    >>> taxonomy.find("shoes>BOOTS")
    'Category: Shoes > Boots'
    """

    categories: pd.DataFrame
    names: pd.DataFrame

    @cached_property
    def ancestors(self) -> pd.DataFrame:
        """One row a category and each of its ancestors: ``label_id, ancestor_id``."""
        parents = dict(zip(self.categories["label_id"], self.categories["parent_id"], strict=True))
        rows = []
        for label_id in parents:
            above = parents[label_id]
            while isinstance(above, str):
                rows.append((label_id, above))
                above = parents[above]
        return pd.DataFrame(rows, columns=["label_id", "ancestor_id"], dtype="str")

    @cached_property
    def lineages(self) -> pd.DataFrame:
        """The ancestors, and each category with itself: ``label_id, ancestor_id``."""
        own = self.categories[["label_id"]].assign(ancestor_id=self.categories["label_id"])
        return pd.concat([own, self.ancestors], ignore_index=True)

    @cached_property
    def _keys(self) -> dict[str, str]:
        names = Counter(map(normalise, self.categories["name"]))
        keys: dict[str, str] = {}
        columns = self.categories[["category_id", "label_id", "path", "name"]]
        for category_id, label_id, path, name in columns.itertuples(index=False):
            keys[category_id] = label_id
            keys.setdefault(path_key(path), label_id)
            if names[normalise(name)] == 1:
                keys.setdefault(normalise(name), label_id)
        return keys

    def find(self, text: str) -> str | None:
        """Return the label of a category given by its key, its path or its name.

        Case, width and white space of a path do not matter. A name that several categories
        share finds none.
        """
        return self._keys.get(short_key(text)) or self._keys.get(path_key(text))


def category_label(path: str) -> str:
    """Return the label of the category at a path."""
    return f"{CATEGORY}: {path}"


def read_taxonomy(
    connection: BaseBackend,
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    bad_rows: BadRows = "error",
    report: Report,
) -> Taxonomy:
    """Return the taxonomy of a file.

    The file has ``category_id, parent_id, name`` (``parent_id`` empty for a root) and, if known,
    translations ``name_<locale>``; or one column ``path`` such as "Shoes > Sneakers", if known
    beside ``category_id``; or it is a ``.txt`` of lines ``key : path``.

    Raises
    ------
    InputError
        If the file breaks its contract, a parent is not there, or the tree runs in a circle.
    """
    columns = dict(columns or {})
    if has_keyed_lines(path):
        lines = read_keyed_lines(path, bad_rows=bad_rows, report=report)
        return taxonomy_from_keyed_paths(lines["key"], lines["text"], name=path.name)
    found = find_columns(connection, path)
    theirs = columns.get("path", "path")
    has_keys = columns.get("category_id", "category_id") in found
    if theirs in found and has_keys and columns.get("parent_id", "parent_id") not in found:
        table = read_table(
            connection, path, KEYED_PATHS, columns=columns, bad_rows=bad_rows, report=report
        )
        frame = to_frame(table)
        return taxonomy_from_keyed_paths(frame["category_id"], frame["path"], name=path.name)
    if theirs in found and not has_keys:
        mapping = {"path": theirs}
        table = read_table(
            connection, path, PATHS, columns=mapping, bad_rows=bad_rows, report=report
        )
        return taxonomy_from_paths(to_frame(table)["path"])
    contract = _tree_contract(name for name in (*found, *columns) if _names_a_locale(name))
    table = read_table(
        connection, path, contract, columns=columns, bad_rows=bad_rows, report=report
    )
    return make_taxonomy(to_frame(table), name=path.name)


def _names_a_locale(column: str) -> bool:
    return column.startswith(NAME_LOCALE) and column != NAME_LOCALE


def _tree_contract(translations: Iterable[str]) -> Contract:
    columns = (
        Column("category_id", "text"),
        Column("parent_id", "text", nullable=True),
        Column("name", "text"),
    )
    names = dict.fromkeys(translations)
    named = (Column(name, "text", required=False, nullable=True) for name in names)
    return Contract("the taxonomy", (*columns, *named), key=("category_id",))


def taxonomy_from_paths(paths: Iterable[str]) -> Taxonomy:
    """Return the taxonomy of paths such as "Shoes > Sneakers"; ancestors are added.

    Of spellings that differ in case, width or white space, the most frequent one names the
    category.
    """
    spellings: dict[str, Counter[str]] = {}
    for path in paths:
        names = [" ".join(name.split()) for name in path.split(">")]
        for depth in range(1, len(names) + 1):
            key = path_key(">".join(names[:depth]))
            spellings.setdefault(key, Counter())[names[depth - 1]] += 1
    rows = [
        # Ties go to the first in the alphabet, so that the order of paths does not matter.
        (key, key.rpartition(SEPARATOR)[0] or None, min(seen, key=lambda name: (-seen[name], name)))
        for key, seen in sorted(spellings.items())
    ]
    frame = pd.DataFrame(rows, columns=["category_id", "parent_id", "name"], dtype="str")
    return make_taxonomy(frame, name="category paths")


def taxonomy_from_keyed_paths(keys: Iterable[str], paths: Iterable[str], *, name: str) -> Taxonomy:
    """Return the taxonomy of categories with a key and a path each, ancestors among them.

    Raises
    ------
    InputError
        If the path above one is not there, or two have one path.
    """
    frame = pd.DataFrame({"category_id": list(keys), "path": list(paths)}, dtype="str")
    key_of = {
        path_key(path): key for key, path in zip(frame["category_id"], frame["path"], strict=True)
    }
    above = frame["path"].str.rpartition(">")
    # A path that nobody has stands for itself: the complaint about orphans names it.
    parents = [key_of.get(path_key(path), path.strip()) or None for path in above[0]]
    rows = pd.DataFrame(
        {"category_id": frame["category_id"], "parent_id": parents, "name": above[2]}, dtype="str"
    )
    return make_taxonomy(rows, name=name)


def make_taxonomy(rows: pd.DataFrame, *, name: str) -> Taxonomy:
    """Return the taxonomy of rows ``category_id, parent_id, name`` and ``name_<locale>``.

    ``name`` is what messages call the table; ``category_id`` is unique.

    Raises
    ------
    InputError
        One message for parents that are not there, circles, names with ">", and categories that
        share a path.
    """
    rows = rows.assign(name=[" ".join(text.split()) for text in rows["name"]])
    parents = _parents(rows)
    complaints = [
        *find_orphans(parents),
        *find_circles(parents),
        *find_names_with_separator(rows["name"]),
    ]
    if complaints:
        raise InputError(message(name, complaints))
    paths = _paths(rows, parents)
    if twins := find_twins(paths):
        raise InputError(f"{name}: {twins[0]}")
    label_of = {category_id: category_label(path) for category_id, path in paths.items()}
    categories = pd.DataFrame(
        {
            "category_id": rows["category_id"].astype("str"),
            "label_id": pd.Series([label_of[i] for i in rows["category_id"]], dtype="str"),
            "name": rows["name"].astype("str"),
            "path": pd.Series([paths[i] for i in rows["category_id"]], dtype="str"),
            "parent_id": pd.Series(
                [label_of.get(parents[i] or "") for i in rows["category_id"]], dtype="str"
            ),
        }
    )
    return Taxonomy(categories, _names(rows, categories["label_id"]))


def _parents(rows: pd.DataFrame) -> dict[str, str | None]:
    return {
        category_id: parent if isinstance(parent, str) and parent.strip() else None
        for category_id, parent in rows[["category_id", "parent_id"]].itertuples(index=False)
    }


def _paths(rows: pd.DataFrame, parents: Mapping[str, str | None]) -> dict[str, str]:
    names = dict(zip(rows["category_id"], rows["name"], strict=True))
    paths: dict[str, str] = {}
    for category_id in names:
        lineage = []
        here: str | None = category_id
        while here is not None:
            lineage.append(names[here])
            here = parents[here]
        paths[category_id] = SEPARATOR.join(reversed(lineage))
    return paths


def _names(rows: pd.DataFrame, label_ids: pd.Series) -> pd.DataFrame:
    parts = [pd.DataFrame({"label_id": label_ids, "alias": rows["name"], "locale": None})]
    for column in rows.columns:
        if _names_a_locale(column):
            locale = column.removeprefix(NAME_LOCALE)
            parts.append(
                pd.DataFrame({"label_id": label_ids, "alias": rows[column], "locale": locale})
            )
    names = pd.concat([part.astype("str") for part in parts], ignore_index=True)
    return names.dropna(subset=["alias"]).reset_index(drop=True)
