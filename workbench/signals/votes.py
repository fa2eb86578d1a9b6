"""The vote table: what each source says about each pair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError

MAX_LEVEL = 127
# The level that speaks against a pair, whatever the source.
AGAINST = 0

DTYPES: Mapping[str, str] = {
    "instance_id": "str",
    "label_id": "str",
    "source": "str",
    "level": "int8",
    "strength": "float32",
    "count": "int64",
    "detail": "str",
}
KEY = ["instance_id", "label_id", "source"]


def make_votes(
    instance_ids: Sequence[str] | pd.Series,
    label_ids: Sequence[str] | pd.Series,
    *,
    source: str,
    level: Sequence[int] | pd.Series | NDArray[Any] | int,
    strength: Sequence[float] | pd.Series | NDArray[Any] | float = float("nan"),
    count: Sequence[int] | pd.Series | NDArray[Any] | int = 1,
    detail: Sequence[str | None] | pd.Series | NDArray[Any] | None = None,
) -> pd.DataFrame:
    """Return the vote table of one source; a scalar holds for all rows.

    Parameters
    ----------
    instance_ids, label_ids : sequence of str, length n_votes
    source : str
    level : int in [0, 127]
        Above 0 the source speaks for the pair, the higher the stronger; 0 speaks against it.
    strength : float
        The number that the level was cut from; NaN if there is none.
    count : int
        Number of evidence rows behind the vote.
    detail : str, optional
        Something to show a person, such as the matched word.
    """
    frame = pd.DataFrame(
        {
            "instance_id": _values(instance_ids),
            "label_id": _values(label_ids),
            "source": source,
            "level": _values(level),
            "strength": _values(strength),
            "count": _values(count),
            "detail": _values(detail),
        }
    )
    return frame.astype(dict(DTYPES))


def _values(column: Any) -> Any:
    """Return a series without its index, so that rows are put together by position."""
    return column.array if isinstance(column, pd.Series) else column


def no_votes() -> pd.DataFrame:
    """Return a vote table without rows."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in DTYPES.items()})


def check_votes(votes: pd.DataFrame) -> None:
    """Raise unless the frame is a vote table.

    Raises
    ------
    InputError
        If columns or types differ, an id is missing, a level is outside [0, 127], or a source
        votes twice on a pair.
    """
    missing = [name for name in DTYPES if name not in votes.columns]
    if missing:
        raise InputError(
            f"votes: columns {', '.join(missing)} are missing (found: {', '.join(votes.columns)})"
        )
    kinds = {n: votes[n].dtype for n in DTYPES}
    wrong = [f"{n} is {kinds[n]}, not {k}" for n, k in DTYPES.items() if not _is_of(kinds[n], k)]
    if wrong:
        raise InputError(f"votes: wrong types: {'; '.join(wrong)}")
    n_empty = int(votes[KEY].isna().any(axis=1).sum())
    if n_empty:
        raise InputError(f"votes: {n_empty} rows lack an instance, a label or a source")
    below = votes["level"] < 0
    if below.any():
        raise InputError(
            f"votes: levels must be 0 to {MAX_LEVEL}, found {int(below.sum())} below 0: "
            f"{votes.loc[below, 'level'].unique()[:5].tolist()}"
        )
    twice = votes.duplicated(KEY)
    if twice.any():
        examples = votes.loc[twice, KEY].head(5).to_numpy().tolist()
        raise InputError(
            f"votes: a source votes once on a pair, found {int(twice.sum())} further votes: "
            f"{examples}; keep the strongest"
        )


def _is_of(found: object, kind: str) -> bool:
    """Whether a column has the type; text may be categories, see `coded_votes`."""
    return found == kind or (kind == "str" and isinstance(found, pd.CategoricalDtype))


def concat_votes(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the votes of several sources as one checked table, in the given order."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return no_votes()
    votes = pd.concat(filled, ignore_index=True)[list(DTYPES)]
    check_votes(votes)
    return votes
