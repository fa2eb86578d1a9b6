"""The pictures of the overview as tables of links, for keyboards and screen readers."""

from __future__ import annotations

import pandas as pd

from workbench.ui import markup
from workbench.ui.links import link


def noise_links(noise: pd.DataFrame) -> str:
    """Return attributes against sources: each share leads to its likely wrong pairs.

    Parameters
    ----------
    noise : pd.DataFrame
        As of `figures.noise_by_source`.
    """
    sources = sorted(noise["source"].unique())
    cells = {(row["attribute"], row["source"]): row for row in noise.to_dict("records")}
    rows = []
    for attribute in sorted(noise["attribute"].unique()):
        shares = []
        for source in sources:
            row = cells.get((attribute, source))
            shares.append("" if row is None else _share(attribute, source, row["share"]))
        rows.append([markup.escape(attribute), *shares])
    return markup.table(["Attribute", *sources], rows, numbers=range(1, len(sources) + 1))


def issue_links(counted: pd.DataFrame) -> str:
    """Return how many pairs of each attribute are likely wrong and missing, as links to them.

    Parameters
    ----------
    counted : pd.DataFrame
        As of `figures.issues_by_attribute`.
    """
    counts = counted.pivot_table(index="attribute", columns="kind", values="n", aggfunc="sum")
    counts = counts.reindex(columns=["wrong", "missing"]).fillna(0).astype("int64")
    rows = [
        [markup.escape(attribute), *(_count(attribute, kind, n) for kind, n in row.items())]
        for attribute, row in counts.sort_values("wrong", ascending=False).iterrows()
    ]
    return markup.table(["Attribute", "Likely wrong", "Likely missing"], rows, numbers=[1, 2])


def branch_links(branches: pd.DataFrame) -> str:
    """Return the share of wrong pairs of each branch, as links to the likely ones.

    Parameters
    ----------
    branches : pd.DataFrame
        As of `figures.noise_by_branch`.
    """
    rows = [
        [
            link(row["branch"], "review", queue="wrong", branch=row["label_id"]),
            f"{row['share']:.1%} ({row['low']:.1%} to {row['high']:.1%})",
        ]
        for row in branches.to_dict("records")
    ]
    return markup.table(["Branch", "Estimated wrong"], rows, numbers=[1])


def _share(attribute: str, source: str, share: float) -> str:
    told = f"{share:.0%}: review the likely wrong pairs of {attribute} that {source} speaks for"
    where = {"queue": "wrong", "attribute": attribute, "source": source}
    return link(f"{share:.0%}", "review", told=told, **where)


def _count(attribute: object, kind: object, n: int) -> str:
    if not n:
        return "0"
    told = f"Review {n:,} likely {kind} pairs of {attribute}"
    where = {"queue": str(kind), "attribute": str(attribute)}
    return link(markup.count(n), "review", told=told, **where)
