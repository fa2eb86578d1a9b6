"""The votes as integers: what every statistic of sources counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.signals.label_attributes import attributes_of_labels

Codes = NDArray[np.int64]

# Of more votes those of some instances at a time are counted: 400 MB of tables.
VOTES_AT_ONCE = 4_000_000


@dataclass(frozen=True, eq=False)
class VoteCodes:
    """A vote table in which every name is a position.

    A candidate pair is a pair on which any source votes.

    Parameters
    ----------
    sources, attributes : tuple of str
        Sorted; labels without an attribute form the one named "".
    source, pair : ndarray of int64, shape (n_votes,)
    level : ndarray of int8, shape (n_votes,)
    instance_of_pair, attribute_of_pair : ndarray of int64, shape (n_pairs,)
    n_instances : int
        Instances with any vote.
    """

    sources: tuple[str, ...]
    attributes: tuple[str, ...]
    source: Codes
    pair: Codes
    level: NDArray[np.int8]
    instance_of_pair: Codes
    attribute_of_pair: Codes
    n_instances: int

    @classmethod
    def from_votes(cls, votes: pd.DataFrame, labels: pd.DataFrame) -> VoteCodes:
        """Return the codes of a vote table.

        Parameters
        ----------
        votes : pd.DataFrame
            A checked vote table, see `workbench.signals.votes.check_votes`.
        labels : pd.DataFrame
            ``label_id, attribute``, one row a label.

        Raises
        ------
        InputError
            If there are votes on labels that the label table does not have.
        """
        instance, instance_ids = pd.factorize(votes["instance_id"])
        label, label_ids = pd.factorize(votes["label_id"])
        source, sources = pd.factorize(votes["source"], sort=True)
        attribute, attributes = attributes_of_labels(pd.Index(label_ids), labels)
        n_labels = max(len(label_ids), 1)
        pair, keys = pd.factorize(instance.astype(np.int64) * n_labels + label)
        return cls(
            sources=tuple(map(str, sources)),
            attributes=attributes,
            source=source.astype(np.int64),
            pair=pair.astype(np.int64),
            level=votes["level"].to_numpy(np.int8),
            instance_of_pair=keys // n_labels,
            attribute_of_pair=attribute[keys % n_labels],
            n_instances=len(instance_ids),
        )

    @property
    def n_pairs(self) -> int:
        """Number of candidate pairs."""
        return len(self.instance_of_pair)

    @property
    def speaks_for(self) -> NDArray[np.bool_]:
        """Which votes speak for their pair."""
        found: NDArray[np.bool_] = self.level > 0
        return found

    @property
    def instance(self) -> Codes:
        """The instance of each vote."""
        return self.instance_of_pair[self.pair]

    @property
    def attribute(self) -> Codes:
        """The attribute of each vote."""
        return self.attribute_of_pair[self.pair]

    def parts(self) -> Iterator[tuple[VoteCodes, slice | NDArray[np.bool_]]]:
        """Yield the votes of some instances at a time, and which ones those are.

        Instances and pairs are numbered anew in each; what instances add up to is the sum over the
        parts. There is one part at least.
        """
        n_parts = len(self.pair) // VOTES_AT_ONCE + 1
        if n_parts == 1:
            yield self, slice(None)
            return
        width = self.n_instances // n_parts + 1
        part_of_pair = (self.instance_of_pair // width).astype(np.int32)
        part_of_vote = part_of_pair[self.pair]
        number = np.empty(self.n_pairs, np.int64)
        for part in range(-(-self.n_instances // width)):
            pairs, votes = np.flatnonzero(part_of_pair == part), part_of_vote == part
            number[pairs] = np.arange(len(pairs))
            part_codes = replace(
                self,
                source=self.source[votes],
                pair=number[self.pair[votes]],
                level=self.level[votes],
                instance_of_pair=self.instance_of_pair[pairs] - part * width,
                attribute_of_pair=self.attribute_of_pair[pairs],
                n_instances=min(width, self.n_instances - part * width),
            )
            yield part_codes, votes


def take_names(names: tuple[str, ...], positions: pd.Series) -> pd.Series:
    """Return the names at some positions, as text."""
    taken = pd.Index(names, dtype="str").take(positions.to_numpy(np.int64))
    return pd.Series(taken, dtype="str")
