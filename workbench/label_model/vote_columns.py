"""A votes table as columns of whole numbers: levels of sources."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.label_model.codes import sorted_codes

ABSTAINS = -1
_HIGHEST_LEVEL = 127


def check_columns(frame: pd.DataFrame, expected: tuple[str, ...], what: str) -> None:
    """Raise `InputError` unless the frame has these columns."""
    missing = [name for name in expected if name not in frame.columns]
    if missing:
        raise InputError(f"{what}: no column {missing}; found {frame.columns.tolist()}")


def check_levels(level: pd.Series) -> None:
    """Raise `InputError` unless all are levels of votes."""
    bad = level.isna() | (level < 0) | (level > _HIGHEST_LEVEL)
    if bad.any():
        raise InputError(
            f"votes: 'level' must be 0 (against) or 1 to {_HIGHEST_LEVEL} (for), found "
            f"{int(bad.sum())} other values: {level[bad].head(5).tolist()}; a source that abstains "
            "has no row"
        )


def stacked(columns: list[NDArray[np.uint8]], n_patterns: int) -> NDArray[np.int8]:
    """Return the levels, shape (n_patterns, n_sources), of columns that hold level + 1."""
    levels = np.empty((n_patterns, len(columns)), np.int8)
    for j, column in enumerate(columns):
        levels[:, j] = column.astype(np.int16) + ABSTAINS
    return levels


def levels_of_pairs(
    votes: pd.DataFrame, pair: NDArray[np.int64], n_pairs: int, sources: Sequence[str] | None
) -> tuple[tuple[str, ...], list[NDArray[np.uint8]]]:
    """Return the sources and for each the level + 1 of every pair, 0 where it abstains."""
    source, found = sorted_codes(votes["source"])
    names = tuple(found) if sources is None else tuple(sources)
    unknown = found.difference(pd.Index(names, dtype="str"))
    if len(unknown):
        raise InputError(
            f"votes: {len(unknown)} sources are unknown: {unknown[:5].tolist()}; the model was "
            f"fitted on {list(names)}; fit it again with their votes"
        )
    outcome = votes["level"].to_numpy().astype(np.uint8) + np.uint8(1)
    columns = []
    for name in names:
        column = np.zeros(n_pairs, np.uint8)
        if name in found:
            rows = np.flatnonzero(source == found.get_loc(name))
            column[pair[rows]] = outcome[rows]
            if np.count_nonzero(column) < len(rows):
                raise InputError(
                    f"votes: source '{name}' votes more than once on "
                    f"{len(rows) - np.count_nonzero(column)} pairs; merge its votes first"
                )
        columns.append(column)
    return names, columns
