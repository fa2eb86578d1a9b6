"""All tables about the sources: what a page shows and what two runs are compared by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import pandas as pd

from workbench.label_model.accuracy import (
    accuracy_by_attribute,
    accuracy_of_sources,
    posterior_of_votes,
    source_levels,
)
from workbench.signals.source_agreement import source_agreement, source_agreement_by_attribute
from workbench.signals.source_statistics import (
    count_levels,
    source_summary,
    source_summary_by_attribute,
)
from workbench.signals.vote_codes import VoteCodes


@dataclass(frozen=True, eq=False)
class SourceTables:
    """The sources in figures. No table grows with the pairs.

    Parameters
    ----------
    sources : DataFrame
        `source_summary` with ``group`` and the learnt accuracy, a row a source.
    source_attributes : DataFrame
        The same by attribute, without ``group``.
    source_pairs, source_pair_attributes : DataFrame
        `source_agreement`, over all and by attribute.
    source_levels : DataFrame
        The mean posterior at each level of each source.
    source_level_counts : DataFrame
        Votes by source, attribute and level.
    """

    sources: pd.DataFrame
    source_attributes: pd.DataFrame
    source_pairs: pd.DataFrame
    source_pair_attributes: pd.DataFrame
    source_levels: pd.DataFrame
    source_level_counts: pd.DataFrame

    def by_name(self) -> dict[str, pd.DataFrame]:
        """Return every table by its name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def read(cls, table: Callable[[str], pd.DataFrame]) -> SourceTables:
        """Return the tables as ``table`` gives them by name, such as that of an artefact."""
        return cls(**{name: table(name) for name in cls.names()})

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the tables."""
        return tuple(field.name for field in fields(cls))


def make_source_tables(
    votes: pd.DataFrame,
    posterior: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    n_instances: int,
    groups: Mapping[str, str] | None = None,
) -> SourceTables:
    """Return the figures of all sources.

    Parameters
    ----------
    votes : DataFrame
        A checked vote table.
    posterior : DataFrame
        Holds every pair with a vote.
    labels : DataFrame
        ``label_id, attribute``.
    n_instances : int
        All instances, with and without votes.
    groups : mapping from source to group, optional
        A source it does not name belongs to the group of its own name.

    Raises
    ------
    InputError
        If there are votes on pairs that the posterior, or on labels that ``labels`` does not hold.
    """
    codes = VoteCodes.from_votes(votes, labels)
    belief = posterior_of_votes(votes, posterior)
    learnt = accuracy_of_sources(codes, belief).drop(columns="n_votes")
    sources = source_summary(codes, n_instances=n_instances).merge(learnt, on="source")
    named = dict(groups or {})
    group = [named.get(source, source) for source in sources["source"]]
    sources.insert(1, "group", pd.Series(group, dtype="str", index=sources.index))
    learnt = accuracy_by_attribute(codes, belief).drop(columns="n_votes")
    by_attribute = source_summary_by_attribute(codes, n_instances=n_instances)
    return SourceTables(
        sources=sources,
        source_attributes=by_attribute.merge(learnt, on=["source", "attribute"]),
        source_pairs=source_agreement(codes),
        source_pair_attributes=source_agreement_by_attribute(codes),
        source_levels=source_levels(codes, belief),
        source_level_counts=count_levels(codes),
    )
