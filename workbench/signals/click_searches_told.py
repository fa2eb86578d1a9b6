"""How often the queries of logs of counts were searched, told by what was shown and clicked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from workbench.signals.click_counts import ClickCounts
from workbench.signals.click_numbers import Numbering
from workbench.signals.running_sums import RunningSum


class SearchesTold:
    """Sums over the parts that do not say how often their queries were searched.

    A search shows an item at most once, so a query was searched at least as often as its most
    shown item was shown; where impressions are unknown its clicks stand for its searches. The
    larger of the two is taken of the sums over all parts: maxima of parts do not add up.
    """

    def __init__(self) -> None:
        self._objects = Numbering()
        self._pairs = RunningSum("instance_index", "object_index")

    def add(self, part: ClickCounts, instance_of: NDArray[np.int32]) -> None:
        """Add what the part says of the queries whose searches are unknown.

        Parameters
        ----------
        part : ClickCounts
        instance_of : array of int32, (n_numbers,)
            The instance of each number of a query of the part.
        """
        unsaid = part.queries.filter(part.queries["searches"].is_null())
        numbers = unsaid["query"].drop_null().to_numpy()
        if not len(numbers):
            return
        is_unsaid = np.zeros(len(instance_of), bool)
        is_unsaid[numbers] = True
        object_of = self._objects.by_number(part.objects["object"], part.objects["object_id"])
        for rows, name, other in (
            (part.shown, "impressions", "clicks"),
            (part.clicked, "clicks", "impressions"),
        ):
            rows = rows.filter(pa.array(is_unsaid[rows["query"].to_numpy()]))
            self._pairs.add(
                pa.table(
                    {
                        "instance_index": pa.array(instance_of[rows["query"].to_numpy()]),
                        "object_index": pa.array(object_of[rows["object"].to_numpy()]),
                        name: rows[name],
                        other: pa.array(np.zeros(len(rows), np.int64)),
                    }
                ).select(["instance_index", "object_index", "impressions", "clicks"])
            )

    def total(self) -> pd.Series:
        """Return the searches by the number of the instance; none for queries that say theirs."""
        if not self._pairs:
            return pd.Series(dtype="int64")
        by_query = self._pairs.total().to_pandas().groupby("instance_index")
        found: pd.Series = by_query["impressions"].max().combine(by_query["clicks"].sum(), max)
        return found
