"""What the verifier says of pairs, as votes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.signals.verifier import Verifier
from workbench.signals.votes import AGAINST, make_votes, no_votes

SOURCE = "verifier"


@dataclass(frozen=True)
class VerifierCuts:
    """Where log-odds are cut into levels.

    Parameters
    ----------
    levels : tuple of float
        Lowest log-odds of level 1, 2, ...
    new_level : int
        From this level on it votes for pairs on which no other source votes.
    against : float
        Below these log-odds it speaks against a pair of another source (level 0).
    min_lift : float
        Least lift of a vote for a pair. In a catalog of many attributes most do not apply to a
        text, and of many nearly all items that have them carry one value ("Manual: True").

    Notes
    -----
    Chosen on generated shops with known truth, for the label model that hears all sources. On
    others 87 to 91, 93 to 94 and 97 % of the pairs at levels 1 to 3 are true and 2.5 % at level 0.
    On pieces of titles of real electronics products that it had not seen, 80 / 92 / 99 % of the
    values at these levels were the product's own. The least lift was chosen on one of the shops
    and on made-up queries to a real catalog of 230 attributes, whose queries mean only what they
    name: there it takes away 65,000 of 75,000 votes, of which one in a hundred was right; on the
    shop a fifth of the new pairs, nearly all of them wrong.
    """

    levels: tuple[float, ...] = (1.0, 2.0, 3.0)
    new_level: int = 2
    against: float = -5.0
    min_lift: float = 0.5


def verifier_votes(
    verifier: Verifier,
    instances: pd.DataFrame,
    candidates: pd.DataFrame,
    *,
    cuts: VerifierCuts | None = None,
) -> pd.DataFrame:
    """Return the votes of the source "verifier".

    Parameters
    ----------
    verifier : Verifier
        Fitted.
    instances : pd.DataFrame
        ``instance_id, text``.
    candidates : pd.DataFrame
        ``instance_id, label_id`` of the pairs that other sources vote on.
    cuts : VerifierCuts, optional

    Returns
    -------
    pd.DataFrame
        Vote table. ``strength`` is the log-odds, ``count`` the number of the text's words and
        pairs of words that titles know.
    """
    cuts = cuts or VerifierCuts()
    judged = verifier.judge(instances, candidates[["instance_id", "label_id"]].drop_duplicates())
    odds = judged["log_odds"].to_numpy()
    level = np.searchsorted(np.array(cuts.levels), odds, side="right")
    telling = (level > 0) & (judged["lift"].to_numpy() >= cuts.min_lift)
    speaks_for = telling & (judged["is_given"].to_numpy() | (level >= cuts.new_level))
    speaks_against = judged["is_given"].to_numpy() & (odds < cuts.against)
    told = judged[speaks_for | speaks_against]
    if told.empty:
        return no_votes()
    level = np.where(speaks_against, AGAINST, level)[speaks_for | speaks_against]
    return make_votes(
        told["instance_id"],
        told["label_id"],
        source=SOURCE,
        level=level,
        strength=told["log_odds"],
        count=told["n_known"],
        detail=np.where(level > 0, "titles like this", "never in titles like this"),
    )
