"""Units of plain numbers: everywhere, or in some branches of the taxonomy only."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import pandas as pd

from workbench.errors import ConfigError
from workbench.report import Report
from workbench.signals.taxonomy import CATEGORY, Taxonomy
from workbench.signals.values import number_with_unit
from workbench.tables import from_frame, to_row
from workbench.text import normalise

# Stands, among branches, for items that are in none of them.
ELSEWHERE = "*"
Units = Mapping[str, "str | Mapping[str, str]"]


def branch_units(units: Units) -> dict[str, Mapping[str, str]]:
    """Return the attributes whose unit depends on the category: attribute → branch → unit."""
    return {name: unit for name, unit in units.items() if not isinstance(unit, str)}


def plain_units(units: Units) -> dict[str, str]:
    """Return the attributes that have one unit everywhere: attribute → unit."""
    return {name: unit for name, unit in units.items() if isinstance(unit, str)}


def with_units(
    cells: ibis.Table, units: Units, taxonomy: Taxonomy | None, *, report: Report
) -> ibis.Table:
    """Return the cells with ``unit``, that of a plain number there; empty if it has none.

    Parameters
    ----------
    cells : ibis.Table
        ``item_id, attribute, raw``, categories among them.
    units : mapping
        Attribute to unit, or to branch (a category's key, path or name) and unit. The nearest
        branch above the item's category counts; "*" is for all other items.
    taxonomy : Taxonomy, optional
    report : Report
        Gets the items in branches of different units, which have none.

    Raises
    ------
    ConfigError
        If a branch is not in the taxonomy, or there is no taxonomy.
    """
    everywhere = {
        name: unit if isinstance(unit, str) else unit.get(ELSEWHERE, "")
        for name, unit in units.items()
    }
    if not everywhere:
        return cells.mutate(unit=ibis.literal(""))
    general = from_frame(
        pd.DataFrame({"attribute": list(everywhere), "elsewhere": list(everywhere.values())})
    )
    cells = cells.left_join(general, "attribute")
    cells = cells.select("item_id", "attribute", "raw", unit=cells["elsewhere"].fill_null(""))
    branches = branch_units(units)
    if not branches:
        return cells
    of_category = _units_of_categories(branches, taxonomy)
    rows = cells.filter(cells["attribute"] == CATEGORY).select("item_id", "raw").distinct()
    found = rows.inner_join(_categories_in(rows, of_category, taxonomy), "raw")
    found = found.group_by("item_id", "attribute").aggregate(
        near=found["near"].min(), n_units=found["near"].nunique()
    )
    clash = found.filter(found["n_units"] > 1)
    total = to_row(clash.aggregate(n=clash.count(), example=clash["item_id"].min()))
    report.count(
        "items in branches with different units, whose numbers get none",
        total["n"],
        [total["example"]],
    )
    found = found.mutate(near=ibis.ifelse(found["n_units"] > 1, "", found["near"]))
    joined = cells.left_join(found, ["item_id", "attribute"])
    unit = ibis.coalesce(joined["near"], joined["unit"])
    return joined.select("item_id", "attribute", "raw", unit=unit)


def _units_of_categories(
    branches: Mapping[str, Mapping[str, str]], taxonomy: Taxonomy | None
) -> pd.DataFrame:
    """Return ``label_id, attribute, near``: the unit of each category in a branch."""
    if taxonomy is None:
        raise ConfigError(
            f"units: those of {', '.join(branches)} depend on the category, but the items have "
            "none; set category in [inputs.catalog]"
        )
    by_attribute = {
        attribute: {
            branch: (taxonomy.find(branch), unit)
            for branch, unit in named.items()
            if branch != ELSEWHERE
        }
        for attribute, named in branches.items()
    }
    unknown = [
        f"{attribute}: {branch!r}"
        for attribute, named in by_attribute.items()
        for branch, (label, _) in named.items()
        if label is None
    ]
    if unknown:
        raise ConfigError(
            f"units: every branch must be a category, by key, path or unique name; found "
            f"{len(unknown)} that {'is' if len(unknown) == 1 else 'are'} not "
            f"({', '.join(unknown[:5])})"
        )
    parents = dict(
        zip(taxonomy.categories["label_id"], taxonomy.categories["parent_id"], strict=True)
    )
    rows = []
    for attribute, named in by_attribute.items():
        unit_of = dict(named.values())
        for label_id in parents:
            here = label_id
            while isinstance(here, str) and here not in unit_of:
                here = parents[here]
            if isinstance(here, str):
                rows.append((label_id, attribute, unit_of[here]))
    return pd.DataFrame(rows, columns=["label_id", "attribute", "near"], dtype="str")


def _categories_in(
    rows: ibis.Table, of_category: pd.DataFrame, taxonomy: Taxonomy | None
) -> ibis.Table:
    """Return ``raw, attribute, near`` for the ways in which the items write their category."""
    assert taxonomy is not None
    raw = rows.select("raw").distinct().to_pyarrow()["raw"].to_pylist()
    labels = pd.DataFrame({"raw": raw, "label_id": [taxonomy.find(text) for text in raw]})
    known = labels.dropna().astype("str").merge(of_category, on="label_id")
    columns = ["raw", "attribute", "near"]
    return from_frame(known[columns], types=dict.fromkeys(columns, "string"))


def number_spellings(labels: pd.DataFrame, units: Units) -> pd.DataFrame:
    """Return how else a text may write numbers that have their unit from a branch.

    Returns
    -------
    pd.DataFrame
        ``label_id, alias``: 26, 26.0, 26cm, "26 cm", ... for the label of "26.0cm".
    """
    rows = []
    for attribute, named in branch_units(units).items():
        values = labels.loc[labels["attribute"] == attribute, ["label_id", "value"]]
        for label_id, value in values.itertuples(index=False):
            for unit in set(named.values()):
                if value != number_with_unit(value, unit) or not value.endswith(unit):
                    continue
                number = value.removesuffix(unit)
                ends = ("", normalise(unit), " " + normalise(unit))
                numbers = dict.fromkeys((number, number.removesuffix(".0")))
                rows += [(label_id, n + end) for n in numbers for end in ends]
    return pd.DataFrame(rows, columns=["label_id", "alias"], dtype="str")
