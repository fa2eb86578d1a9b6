"""Votes as positions in lists of names: the same table in a fifth of the memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd
from pandas.api.types import union_categoricals

from workbench.signals.votes import DTYPES, check_votes

# What stands in the votes of all sources; each has its own details.
_SHARED = ("instance_id", "label_id", "source")


def vote_kinds(
    instance_ids: Iterable[str], label_ids: Iterable[str], sources: Iterable[str]
) -> dict[str, pd.CategoricalDtype]:
    """Return the names that votes may hold, as types of columns; sorted, so that codes sort alike.

    Parameters
    ----------
    instance_ids, label_ids, sources : iterable of str
        Each name once.
    """
    names = zip(_SHARED, (instance_ids, label_ids, sources), strict=True)
    return {
        column: pd.CategoricalDtype(pd.Index(list(found), dtype="str").sort_values())
        for column, found in names
    }


def with_codes(votes: pd.DataFrame, kinds: Mapping[str, pd.CategoricalDtype]) -> pd.DataFrame:
    """Return a vote table whose texts are categories.

    Parameters
    ----------
    votes : pd.DataFrame
        Vote table; a name that is not among those of ``kinds`` becomes null.
    kinds : mapping of str to CategoricalDtype
        From `vote_kinds`.

    Examples
    --------
    >>> from workbench.signals.votes import make_votes
    >>> votes = make_votes(["q", "q"], ["red", "blue"], source="click", level=1)
    >>> coded = with_codes(votes, vote_kinds(["q"], ["blue", "red"], ["click"]))
    >>> coded["label_id"].cat.codes.tolist()
    [1, 0]
    """
    codes = {
        name: kind.categories.get_indexer(pd.Index(votes[name])) for name, kind in kinds.items()
    }
    coded = {name: pd.Categorical.from_codes(codes[name], dtype=kinds[name]) for name in kinds}
    return votes.assign(**coded, detail=votes["detail"].astype("category"))


def add_votes(
    votes: pd.DataFrame, more: Iterable[pd.DataFrame], kinds: Mapping[str, pd.CategoricalDtype]
) -> pd.DataFrame:
    """Return coded votes and behind them further ones, coded alike.

    Parameters
    ----------
    votes : pd.DataFrame
        From `with_codes`.
    more : iterable of pd.DataFrame
        Vote tables of text, of sources that are not among ``votes``; one at a time is in memory.
    kinds : mapping of str to CategoricalDtype

    Raises
    ------
    InputError
        If the further votes are no vote tables, or a source votes twice on a pair.
    """
    parts = [with_codes(part, kinds) for part in more if len(part)]
    if not parts:
        return votes
    new = _joined(parts)
    check_votes(new)
    return _joined([votes, new])


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    details = union_categoricals([part["detail"] for part in parts])
    rest = pd.concat([part.drop(columns="detail") for part in parts], ignore_index=True)
    return rest.assign(detail=details)[list(DTYPES)]
