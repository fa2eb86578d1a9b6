"""Why a pair is believed: the log-odds that each source adds, and what it saw."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.errors import InputError


@dataclass(frozen=True)
class SourceSaid:
    """What one source says of a pair.

    Parameters
    ----------
    source : str
    log_odds : float
        What it adds; NaN if the posterior does not tell.
    level : int or None
        The level of its vote, 0 against; None if it abstains. Then the rest is unknown.
    count : int or None
        Evidence rows behind the vote.
    strength : float
        The number that the level was cut from; NaN if there is none.
    detail : str
        Something to show a person, such as "7 of 9 clicks"; may be empty.
    """

    source: str
    log_odds: float
    level: int | None = None
    count: int | None = None
    strength: float = math.nan
    detail: str = ""

    @property
    def words(self) -> str:
        """The vote in words, such as "level 3, 7 of 9 clicks".

        Examples
        --------
        >>> SourceSaid("click", 2.1, 3, 7, 0.8, "7 of 9 clicks").words
        'level 3, 7 of 9 clicks'
        >>> SourceSaid("rules", -1.0, 0, 2).words, SourceSaid("click", 0.1).words
        ('against, count 2', 'abstains')
        """
        if self.level is None:
            return "abstains"
        said = [f"level {self.level}" if self.level else "against"]
        told = self.detail.split()[:1] == [str(self.count)]
        plain = bool(self.detail) and self.count in (0, 1)
        if self.count is not None and not told and not plain:
            said.append(f"count {self.count:,}")
        return ", ".join([*said, self.detail] if self.detail else said)


@dataclass(frozen=True)
class PairExplanation:
    """The posterior of a pair as a sum of log-odds.

    Parameters
    ----------
    instance_id, label_id : str
    prior : float
        Log-odds before any source is heard; NaN if unknown.
    said : tuple of SourceSaid
        All sources of the label model by name, those that abstain too.
    posterior : float in [0, 1]
    implied_by : str or None
        The label below from which the posterior comes instead of the sum, if it is higher.
    reviewed : bool
        The posterior is a person's verdict instead of the sum.
    overturned : bool
        No vote contradicts another, and the posterior says the opposite.
    """

    instance_id: str
    label_id: str
    prior: float
    said: tuple[SourceSaid, ...]
    posterior: float
    implied_by: str | None = None
    reviewed: bool = False
    overturned: bool = False

    @property
    def total(self) -> float:
        """The prior and what the sources add, as far as known."""
        parts = [self.prior, *(one.log_odds for one in self.said)]
        return math.fsum(part for part in parts if math.isfinite(part))

    @property
    def probability(self) -> float:
        """What the sum alone makes of the pair."""
        return 1 / (1 + math.exp(-max(min(self.total, 700.0), -700.0)))


def explain_pair(
    votes: pd.DataFrame, posterior: pd.DataFrame, instance_id: str, label_id: str
) -> PairExplanation:
    """Return what each source adds to the posterior of a pair, with the counts behind it.

    Parameters
    ----------
    votes : DataFrame
        Vote table, or its rows of the instance.
    posterior : DataFrame
        What a label model predicts, or its rows of the instance.

    Raises
    ------
    InputError
        If the pair has no posterior, since no source voted on it.

    Examples
    --------
    >>> from workbench.label_model import MajorityVote
    >>> from workbench.signals.votes import make_votes
    >>> votes = make_votes(
    ...     ["q"], ["red"], source="click", level=3, count=7, detail=["7 of 9 clicks"])
    >>> labels = pd.DataFrame({"label_id": ["red"], "attribute": ["Color"]})
    >>> told = explain_pair(votes, MajorityVote().fit_predict(votes, labels), "q", "red")
    >>> [(one.source, one.log_odds, one.words) for one in told.said]
    [('click', 1.0, 'level 3, 7 of 9 clicks')]
    >>> round(told.prior + told.said[0].log_odds, 2), round(told.posterior, 2)
    (1.0, 0.73)
    """
    rows = posterior[
        (posterior["instance_id"] == instance_id) & (posterior["label_id"] == label_id)
    ]
    if rows.empty:
        raise InputError(
            f"no source votes on '{instance_id}' / '{label_id}', so it has no posterior"
        )
    belief = {str(name): value for name, value in rows.to_dict("records")[0].items()}
    cast = votes[(votes["instance_id"] == instance_id) & (votes["label_id"] == label_id)]
    told = [name.removeprefix("evidence_") for name in belief if name.startswith("evidence_")]
    implied = belief.get("implied_by")
    share = float(belief["posterior"])
    found = PairExplanation(
        instance_id=instance_id,
        label_id=label_id,
        prior=float(belief.get("prior", math.nan)),
        said=sources_said(cast.to_dict("records"), told, belief),
        posterior=share,
        implied_by=implied if isinstance(implied, str) else None,
        overturned=bool(belief.get("overturned", False)),
    )
    certain = share in (0.0, 1.0) and abs(found.probability - share) > 1e-3
    reviewed = bool(belief.get("reviewed", certain and found.implied_by is None))
    return PairExplanation(**{**vars(found), "reviewed": reviewed})


def sources_said(
    cast: Sequence[Mapping[Hashable, Any]], sources: Sequence[str], belief: Mapping[str, object]
) -> tuple[SourceSaid, ...]:
    """Return what every source says of one pair.

    Parameters
    ----------
    cast : sequence of mapping
        The votes on the pair, rows of the vote table.
    sources : sequence of str
        All sources; one that is not in ``cast`` abstains.
    belief : mapping
        The pair's row of the posterior; may be empty.
    """
    by_source = {str(vote["source"]): vote for vote in cast}
    said = []
    for name in sources:
        log_odds = float(str(belief.get(f"evidence_{name}", "nan")))
        vote = by_source.get(name)
        if vote is None:
            said.append(SourceSaid(name, log_odds))
            continue
        detail = vote.get("detail")
        count = vote.get("count")
        said.append(
            SourceSaid(
                name,
                log_odds,
                level=int(vote["level"]),
                count=None if count is None else int(count),
                strength=float(vote.get("strength", math.nan)),
                detail=detail if isinstance(detail, str) else "",
            )
        )
    return tuple(said)
