"""What follows from a label by the taxonomy: whatever is a sneaker is a shoe."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.label_model.patterns import overturned

_PAIR = ["instance_id", "label_id"]


def close_upwards(posterior: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return the posterior in which no ancestor is less likely than a label below it.

    A parent is no vote of its own: it is true whenever the child is, so counting it as evidence
    would count the child's evidence twice. It gets at least the child's posterior instead.

    Parameters
    ----------
    posterior : pd.DataFrame
        ``instance_id, label_id, posterior`` and the evidence, one row a pair.
    labels : pd.DataFrame
        ``label_id, parent_id``; ``parent_id`` is null for a root.

    Returns
    -------
    pd.DataFrame
        The same rows and those of ancestors that nobody voted on, with a column ``implied_by``:
        the label below from which a raised posterior comes, null where none was raised. In a row
        that is new the evidence is 0 and nobody voted. A reviewed pair keeps the posterior of
        its verdict; ``implied_by`` then names the label that contradicts it. ``overturned``
        follows the posterior.

    Raises
    ------
    InputError
        If the parents run in a circle.

    Examples
    --------
    >>> posterior = pd.DataFrame(
    ...     {"instance_id": ["q"], "label_id": ["Sneakers"], "posterior": [0.75]})
    >>> labels = pd.DataFrame({"label_id": ["Shoes", "Sneakers"], "parent_id": [None, "Shoes"]})
    >>> closed = close_upwards(posterior, labels)
    >>> closed[["label_id", "posterior", "implied_by"]].to_numpy().tolist()
    [['Sneakers', 0.75, nan], ['Shoes', 0.75, 'Sneakers']]
    """
    highest = _highest_below(posterior, labels)
    closed = posterior.merge(highest, how="outer", on=_PAIR)
    own = closed["posterior"].fillna(-1.0)
    raised = closed["below"].fillna(-1.0) > own
    kind = posterior["posterior"].dtype
    settled = closed["reviewed"].eq(True) if "reviewed" in closed else np.zeros(len(closed), bool)
    closed["posterior"] = own.where(~raised | settled, closed["below"]).astype(kind)
    # A label below that is unlikely itself does not contradict the verdict "absent".
    closed["implied_by"] = closed["implied_by"].where(raised & (~settled | (closed["below"] > 0.5)))
    order = _place(closed, posterior)
    closed = closed.drop(columns="below").iloc[order].reset_index(drop=True)
    return _with_types(closed, posterior)


def _highest_below(posterior: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return for each ancestor the most likely label below it: its posterior and its id."""
    parents = labels.loc[labels["parent_id"].notna(), ["label_id", "parent_id"]]
    here = posterior[[*_PAIR, "posterior"]].rename(columns={"posterior": "below"})
    here = here.assign(implied_by=here["label_id"])
    found = []
    for _ in range(len(parents) + 1):
        here = here.merge(parents, on="label_id")
        if here.empty:
            break
        here = here.assign(label_id=here["parent_id"]).drop(columns="parent_id")
        # Of the children of one parent only the most likely one matters further up.
        here = here.sort_values(
            [*_PAIR, "below", "implied_by"], ascending=[True, True, False, True]
        )
        here = here.drop_duplicates(_PAIR)
        found.append(here)
    else:
        raise InputError("labels: the parents run in a circle; correct one parent_id")
    if not found:
        return here[[*_PAIR, "below", "implied_by"]]
    every = pd.concat(found).sort_values(
        [*_PAIR, "below", "implied_by"], ascending=[True, True, False, True]
    )
    return every.drop_duplicates(_PAIR)


def _place(closed: pd.DataFrame, posterior: pd.DataFrame) -> NDArray[np.int64]:
    """Return positions that keep the rows of the posterior first and in their order."""
    known = pd.MultiIndex.from_frame(posterior[_PAIR]).get_indexer(
        pd.MultiIndex.from_frame(closed[_PAIR])
    )
    return np.argsort(np.where(known < 0, len(posterior), known), kind="stable")


def _with_types(closed: pd.DataFrame, posterior: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the columns' types back, new rows filled with "nothing was said"."""
    for name, kind in posterior.dtypes.items():
        if name not in _PAIR:
            closed[name] = closed[name].fillna(0).astype(kind)
    if "overturned" in closed:
        closed["overturned"] = overturned(
            closed["votes_for"].to_numpy(),
            closed["votes_against"].to_numpy(),
            closed["posterior"].to_numpy(),
        )
    return closed.astype({"implied_by": "str"})
