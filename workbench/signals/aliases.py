"""Other spellings of values: a table of them, and what each stands for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from ibis.backends import BaseBackend

from workbench.report import Report
from workbench.signals.near_names import with_near_name
from workbench.signals.rare_labels import RareLabels, no_rare_labels
from workbench.signals.taxonomy import CATEGORY, Taxonomy
from workbench.tables import BadRows, Column, Contract, read_table, to_frame
from workbench.text import normalise

ALIASES = Contract(
    "the aliases",
    (
        Column("attribute", "text"),
        Column("value", "text"),
        Column("alias", "text"),
        Column("locale", "text", required=False, nullable=True),
    ),
)


@dataclass(frozen=True, eq=False)
class Aliases:
    """The value that a spelling stands for, within one attribute.

    Parameters
    ----------
    rows : pd.DataFrame
        ``attribute, value, alias, locale``, as the shop wrote them; ``locale`` may be null.
    values : dict
        (attribute, spelling), both normalised → value. A value's own spelling stands for itself; a
        spelling that stands for several values of an attribute is not there.
    ambiguous : tuple of str
        Those spellings, in words.

    Examples
    --------
    >>> aliases = make_aliases(pd.DataFrame(
    ...     {"attribute": ["Color"], "value": ["Blue"], "alias": ["青"], "locale": ["ja"]}))
    >>> aliases.find("Color", "青"), aliases.find("Color", "BLUE"), aliases.find("Color", "赤")
    ('Blue', 'Blue', None)
    """

    rows: pd.DataFrame
    values: Mapping[tuple[str, str], str]
    ambiguous: tuple[str, ...]

    def find(self, attribute: str, text: str) -> str | None:
        """Return the value that a spelling stands for, None if it is unknown or ambiguous."""
        return self.values.get((normalise(attribute), normalise(text)))


def no_aliases() -> Aliases:
    """Return a table without aliases."""
    return make_aliases(pd.DataFrame(columns=["attribute", "value", "alias", "locale"]))


def make_aliases(rows: pd.DataFrame) -> Aliases:
    """Return the aliases of rows ``attribute, value, alias`` and, if known, ``locale``."""
    rows = rows.reset_index(drop=True)
    if "locale" not in rows.columns:
        rows["locale"] = None
    rows = rows[["attribute", "value", "alias", "locale"]].astype("str")
    for name in ("attribute", "value"):
        rows[name] = rows[name].str.strip()
    folded = {name: normalise(name) for name in rows["attribute"].unique()}
    told = {folded[name]: name for name in reversed(list(folded))}
    stands_for: dict[tuple[str, str], dict[str, None]] = {}
    own: dict[tuple[str, str], str] = {}
    for attribute, value, alias in rows[["attribute", "value", "alias"]].itertuples(index=False):
        one_spelling = own.setdefault((folded[attribute], normalise(value)), value)
        stands_for.setdefault((folded[attribute], normalise(alias)), {})[one_spelling] = None
    one = {key: next(iter(values)) for key, values in stands_for.items() if len(values) == 1}
    ambiguous = tuple(
        f"{told[key[0]]} {key[1]!r}: {', '.join(values)}"
        for key, values in stands_for.items()
        if len(values) > 1 and key not in own
    )
    return Aliases(rows, one | own, ambiguous)


def read_aliases(
    connection: BaseBackend,
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    bad_rows: BadRows = "error",
    report: Report,
) -> Aliases:
    """Return the aliases of a file ``attribute, value, alias`` and, if known, ``locale``.

    Spellings that stand for two values of an attribute are counted.
    """
    table = read_table(connection, path, ALIASES, columns=columns, bad_rows=bad_rows, report=report)
    return _counted(make_aliases(to_frame(table)), path.name, report)


def aliases_of_values(rows: pd.DataFrame, *, name: str, report: Report) -> Aliases:
    """Return the aliases of rows that were read elsewhere, ``name`` for the messages."""
    return _counted(make_aliases(rows), name, report)


def _counted(aliases: Aliases, name: str, report: Report) -> Aliases:
    report.count(
        f"{name}: spellings that stand for two values, and so for none",
        len(aliases.ambiguous),
        aliases.ambiguous,
    )
    return aliases


def label_aliases(
    labels: pd.DataFrame,
    aliases: Aliases,
    taxonomy: Taxonomy | None,
    *,
    rare: RareLabels | None = None,
    item_codes: Collection[str] = (),
    report: Report,
) -> pd.DataFrame:
    """Return all spellings of each label: ``label_id, alias, locale``.

    The value itself is one of them; a category is spelled as its name and the name's
    translations. A row of ``aliases`` names a category by key, path or name. Rows whose value is
    no label are counted, those of ``rare`` values apart, and those of ``item_codes``, attributes
    that make no labels.
    """
    is_category = labels["path"].notna()
    own = labels.loc[~is_category, ["label_id", "value"]].rename(columns={"value": "alias"})
    parts = [own.assign(locale=None)]
    if taxonomy is not None:
        parts.append(taxonomy.names[taxonomy.names["label_id"].isin(labels["label_id"])])
    rows = aliases.rows.assign(label_id=_labels_of(aliases.rows, labels, taxonomy))
    lost = rows[rows["label_id"].isna()]
    _count_unknown(lost, labels, rare or no_rare_labels(), item_codes, report)
    parts.append(rows.loc[rows["label_id"].notna(), ["label_id", "alias", "locale"]])
    spellings = pd.concat([part.astype("str") for part in parts], ignore_index=True)
    return spellings.drop_duplicates(["label_id", "alias"], ignore_index=True)


def _count_unknown(
    rows: pd.DataFrame,
    labels: pd.DataFrame,
    rare: RareLabels,
    item_codes: Collection[str],
    report: Report,
) -> None:
    """Count the aliases of values that are no label: of few items, or of none, or no attribute."""
    folded = rows["attribute"].map(normalise)
    is_code = folded.isin(set(map(normalise, item_codes)))
    report.count(
        "aliases of attributes left out, for their values name single items",
        int(is_code.sum()),
        rows.loc[is_code, "attribute"].unique().tolist(),
    )
    rows = rows[~is_code]
    names = rows["attribute"] + ": " + rows["value"]
    found = names.map({name: rare.find(name) for name in names.unique()})
    examples = [rare.told(name) for name in found.dropna().drop_duplicates().head(5)]
    report.count(f"aliases of values {rare.why}", int(found.notna().sum()), examples)
    rows, names = rows[found.isna()], names[found.isna()]
    known = pd.concat([labels["attribute"], rare.rows["attribute"]]).dropna().unique()
    is_known = rows["attribute"].map(normalise).isin(set(map(normalise, known)))
    report.count(
        "aliases of values that no item has",
        int(is_known.sum()),
        names[is_known].drop_duplicates().head(5).tolist(),
    )
    strange = rows.loc[~is_known, "attribute"]
    report.count(
        "aliases of attributes that no item has",
        len(strange),
        [with_near_name(name, known) for name in strange.drop_duplicates().head(5)],
    )


def add_spellings(spellings: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Return spellings ``label_id, alias, locale`` with further ``label_id, alias``, each once."""
    both = pd.concat([spellings, more.assign(locale=None).astype("str")], ignore_index=True)
    return both.drop_duplicates(["label_id", "alias"], ignore_index=True)


def _labels_of(rows: pd.DataFrame, labels: pd.DataFrame, taxonomy: Taxonomy | None) -> pd.Series:
    """Return the label of each row's value, null if there is none."""
    plain = labels[labels["path"].isna() & labels["attribute"].notna()]
    exact: dict[tuple[str, str], str] = {}
    by_value: dict[tuple[str, str], str] = {}
    names = plain[["attribute", "value", "label_id"]].itertuples(index=False, name=None)
    for attribute, value, label_id in names:
        exact[attribute, normalise(value)] = label_id
        by_value.setdefault((normalise(attribute), normalise(value)), label_id)
    known = set(labels["label_id"])

    def find(attribute: str, value: str) -> str | None:
        if normalise(attribute) == normalise(CATEGORY) and taxonomy is not None:
            label = taxonomy.find(value)
            return label if label in known else None
        value = normalise(value)
        return exact.get((attribute, value)) or by_value.get((normalise(attribute), value))

    found = [find(a, v) for a, v in rows[["attribute", "value"]].itertuples(index=False)]
    return pd.Series(found, index=rows.index, dtype="str")
