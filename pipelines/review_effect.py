"""What reviewed pairs did to the labels, and whether there are enough of them."""

from __future__ import annotations

import math

import pandas as pd

from workbench.label_model.verdicts import PAIR, PairVerdicts
from workbench.report import Report
from workbench.signals.votes import AGAINST

# Of fewer pairs of a state a share is known to a fifth of itself at best: 1 / sqrt(30) = 0.18.
ENOUGH_OF_A_STATE = 30
_MAX_TOLD = 3


def note_rare_state(audit: PairVerdicts, n_pairs: int, report: Report) -> None:
    """Note it if few of the audited pairs are present, or absent, and how many more to draw.

    Parameters
    ----------
    audit : PairVerdicts
    n_pairs : int
        How many pairs have a vote.
    report : Report
    """
    n, n_present = len(audit.present), int(audit.present.sum())
    state, n_rare = min(("present", n_present), ("absent", n - n_present), key=lambda one: one[1])
    if not n or n_rare >= ENOUGH_OF_A_STATE:
        return
    told = (
        f"only {n_rare} of the {n:,} audited pairs are {state}, and what the label model learns of "
        "such pairs hangs on them"
    )
    n_left = n_pairs - n
    n_more = min(more_to_draw(n, n_rare), n_left)
    if not n_left:
        report.note(f"{told}; all pairs with a vote are audited already")
        return
    aim = f"would make it {ENOUGH_OF_A_STATE}" if n_more < n_left else "are all there are"
    report.note(
        f"{told}; about {n_more:,} more {aim}: draw them with workbench audit --more {n_more} "
        f"--out audit-{n + n_more}.csv, which takes over the rows of the file, and name it instead"
    )


def more_to_draw(n: int, n_rare: float) -> int:
    """Return how many pairs to draw on top of n so that enough are of the rare state, in fifties.

    Examples
    --------
    >>> more_to_draw(300, 15)
    300
    """
    return 50 * math.ceil(n * (ENOUGH_OF_A_STATE / max(n_rare, 1) - 1) / 50)


def note_effect(
    before: pd.DataFrame,
    after: pd.DataFrame,
    votes: pd.DataFrame,
    threshold: float,
    names: tuple[str, str],
    report: Report,
) -> None:
    """Note how the given pairs differ from those without any reviewed pair, and why.

    Parameters
    ----------
    before, after : DataFrame
        Posteriors without and with the reviewed pairs: ``instance_id, label_id, posterior``;
        ``after`` with ``reviewed`` too.
    votes : DataFrame
    threshold : float
        From which posterior on a pair is given.
    names : tuple of str
        Of the label model before and after.
    report : Report
    """
    both = before[[*PAIR, "posterior"]].merge(
        after[[*PAIR, "posterior", "reviewed"]], how="outer", on=PAIR, suffixes=("_before", "")
    )
    was, is_now = both["posterior_before"] >= threshold, both["posterior"] >= threshold
    n_settled = int(both.loc[was != is_now, "reviewed"].eq(True).sum())
    lost, new = both.loc[was & ~is_now, PAIR], both.loc[~was & is_now, PAIR]
    which = f"both by {names[0]}" if names[0] == names[1] else f"by {names[0]}, now by {names[1]}"
    told = [
        f"given pairs: {int(was.sum()):,} without the reviewed pairs, {int(is_now.sum()):,} with "
        f"them ({which}): {len(lost):,} lost and {len(new):,} new, {n_settled:,} of these settled "
        "by a reviewer, the others by what the label model learnt"
    ]
    told += _voters("most lost", lost, votes) + _voters("most new", new, votes)
    report.note("; ".join(told))


def _voters(what: str, pairs: pd.DataFrame, votes: pd.DataFrame) -> list[str]:
    """Return which sources voted for the pairs, the most frequent company first."""
    alike = pairs.astype(dict(votes[PAIR].dtypes))  # so that codes are compared
    voted = votes.loc[votes["level"] > AGAINST, [*PAIR, "source"]].merge(alike).astype("str")
    if voted.empty:
        return []
    company = voted.sort_values("source").groupby(PAIR)["source"].agg(" + ".join)
    counts = company.value_counts().head(_MAX_TOLD)
    return [f"{what}: " + ", ".join(f"{n:,} by {who}" for who, n in counts.items())]
