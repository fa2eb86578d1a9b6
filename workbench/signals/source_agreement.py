"""How the sources get on with each other: where two of them meet, and agree."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from workbench.signals.vote_codes import VoteCodes, take_names

AGREEMENT: Mapping[str, str] = {
    "n_both": "int64",
    "n_both_for": "int64",
    "n_both_against": "int64",
    "n_conflict": "int64",
    "agreement": "float64",
}
_MEETINGS = ("n_both_for", "n_both_against", "n_conflict")


def source_agreement(codes: VoteCodes) -> pd.DataFrame:
    """Return one row for every two sources: on how many pairs they meet, and agree.

    Returns
    -------
    pd.DataFrame
        ``source_a`` before ``source_b`` by name; ``n_both``, the pairs both vote on;
        ``n_both_for``, ``n_both_against`` and ``n_conflict``, which add up to it; ``agreement``,
        the share without a conflict, NaN where they never meet.
    """
    cells = _meetings(codes, 1)
    first, second = np.triu_indices(len(codes.sources), k=1)
    known = pd.MultiIndex.from_arrays([first, second], names=["a", "b"])
    table = cells.set_index(["a", "b"]).reindex(known, fill_value=0).reset_index()
    return _named_meetings(table, codes).drop(columns="attribute")


def source_agreement_by_attribute(codes: VoteCodes) -> pd.DataFrame:
    """Return the same as `source_agreement` with ``attribute``; two that never meet are left out.

    Sorted by attribute, then by the sources.
    """
    cells = _meetings(codes, len(codes.attributes))
    return _named_meetings(cells.sort_values(["group", "a", "b"]), codes)


def _meetings(codes: VoteCodes, n_parts: int) -> pd.DataFrame:
    """Return per part and two sources how often both say yes, both no, and one each."""
    n_sources = max(len(codes.sources), 1)
    cells = pd.concat([_meetings_of(part, n_parts) for part, _ in codes.parts()])
    wide = cells.pivot_table(index=["row", "column"], columns="what", values="n", aggfunc="sum")
    wide = wide.reindex(columns=list(_MEETINGS)).fillna(0).astype("int64").reset_index()
    wide = wide.assign(
        group=wide["row"] // n_sources, a=wide["row"] % n_sources, b=wide["column"] % n_sources
    )
    return wide[["group", "a", "b", *_MEETINGS]]


def _meetings_of(codes: VoteCodes, n_parts: int) -> pd.DataFrame:
    """Return ``row, column, what, n``; rows and columns are part * n_sources + source."""
    n_sources = len(codes.sources)
    part = codes.attribute if n_parts > 1 else 0
    column = part * n_sources + codes.source
    shape = (codes.n_pairs, n_sources * n_parts)
    sides = [codes.speaks_for, ~codes.speaks_for]
    yes, no = (
        csr_array((np.ones(int(side.sum())), (codes.pair[side], column[side])), shape=shape)
        for side in sides
    )
    # Row and column stand for a source each, so the one yes, the other no, is there both ways.
    conflicts = yes.T @ no
    products = (yes.T @ yes, no.T @ no, conflicts + conflicts.T)
    parts = []
    for name, product in zip(_MEETINGS, products, strict=True):
        found = product.tocoo()
        kept = found.row < found.col
        cells = {"row": found.row[kept], "column": found.col[kept], "n": found.data[kept]}
        parts.append(pd.DataFrame(cells).assign(what=name))
    return pd.concat(parts).astype({"row": "int64", "column": "int64", "n": "int64"})


def _named_meetings(cells: pd.DataFrame, codes: VoteCodes) -> pd.DataFrame:
    counts = list(_MEETINGS)
    n_both = cells[counts].sum(axis=1).astype("int64")
    agreement = 1 - cells["n_conflict"] / n_both.where(n_both > 0)
    named = pd.DataFrame(
        {
            "attribute": take_names(codes.attributes, cells["group"]),
            "source_a": take_names(codes.sources, cells["a"]),
            "source_b": take_names(codes.sources, cells["b"]),
        }
    )
    figures = cells[counts].assign(n_both=n_both, agreement=agreement)[list(AGREEMENT)]
    return named.join(figures.reset_index(drop=True).astype(dict(AGREEMENT)))
