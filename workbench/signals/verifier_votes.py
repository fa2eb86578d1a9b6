"""What the verifier says of pairs, as votes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.signals.value_evidence import Floats
from workbench.signals.verifier import Verifier
from workbench.signals.votes import AGAINST, concat_votes, make_votes, no_votes

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
    min_applies : float
        Least probability, for a vote for a pair, that the attribute applies to the text.
    new_telling : int
        A vote for a pair that no other source votes on needs so many telling phrases, unless the
        text is one word: one word among others is often meant otherwise than in the titles.
    new_items : int
        And so many items that carry the label and have the phrase that speaks most for it.

    Notes
    -----
    Chosen on generated shops with known truth, for the label model that hears all sources. On
    others 87 to 91, 93 to 94 and 97 % of the pairs at levels 1 to 3 are true and 2.5 % at level 0.
    On pieces of titles of real electronics products that it had not seen, 80 / 92 / 99 % of the
    values at these levels were the product's own. The least lift was chosen on one of the shops
    and on made-up queries to a real catalog of 230 attributes, whose queries mean only what they
    name: there it takes away 65,000 of 75,000 votes, of which one in a hundred was right; on the
    shop a fifth of the new pairs, nearly all of them wrong. Whether the attribute applies, and
    what new pairs need, was chosen on one shop and on queries of one to three words of such titles
    (3,000 items, 230 attributes; true is what all of 66,000 products with these words share). On
    three other shops and another such catalog (10,000 items, 600 attributes) 73 to 83 % of the
    pairs that it alone makes nearly certain (0.95) are true instead of 34 to 49 %, log loss falls
    by 0.002 to 0.006, and F stays; in worlds whose queries mean only what they name, where all it
    proposes is wrong, fewer such votes make it look better than it is: F .765 to .746 in one,
    .524 to .575 in another.
    """

    levels: tuple[float, ...] = (1.0, 2.0, 3.0)
    new_level: int = 2
    against: float = -5.0
    min_lift: float = 0.5
    min_applies: float = 0.5
    new_telling: int = 2
    new_items: int = 3


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
        Vote table. ``strength`` is the log-odds; ``count`` and ``detail`` tell of the phrase that
        speaks most for a label, or against it. The count of a vote for is that of the items with it
        in the title that carry the label, of one against that of all items with it.
    """
    return concat_votes(verifier_votes_by_block(verifier, instances, candidates, cuts=cuts))


def verifier_votes_by_block(
    verifier: Verifier,
    instances: pd.DataFrame,
    candidates: pd.DataFrame,
    *,
    cuts: VerifierCuts | None = None,
) -> Iterator[pd.DataFrame]:
    """Yield what `verifier_votes` returns in parts of some thousand instances."""
    pairs = candidates[["instance_id", "label_id"]].drop_duplicates()
    cuts = cuts or VerifierCuts()
    may_vote = partial(_may_vote, cuts)
    for judged in verifier.judge_blocks(instances, pairs, worth_telling=may_vote):
        yield _votes_of(judged, cuts)


def _may_vote(
    cuts: VerifierCuts, log_odds: Floats, is_given: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether the log-odds of pairs reach a level at which it could vote on them."""
    level = np.searchsorted(np.array(cuts.levels), log_odds, side="right")
    against = log_odds < cuts.against
    return np.where(is_given, (level > 0) | against, level >= cuts.new_level)


def _votes_of(judged: pd.DataFrame, cuts: VerifierCuts) -> pd.DataFrame:
    """Return the votes on judged pairs."""
    odds = judged["log_odds"].to_numpy()
    level = np.searchsorted(np.array(cuts.levels), odds, side="right")
    telling = (
        (level > 0) & (judged["lift"] >= cuts.min_lift) & (judged["applies"] >= cuts.min_applies)
    )
    agreed = (judged["n_telling"] >= cuts.new_telling) | (judged["n_words"] == 1)
    proposed = (level >= cuts.new_level) & agreed & (judged["best_carrying"] >= cuts.new_items)
    speaks_for = telling & (judged["is_given"] | proposed)
    speaks_against = judged["is_given"] & (odds < cuts.against)
    voted = speaks_for | speaks_against
    told = judged[voted]
    if told.empty:
        return no_votes()
    level = np.where(speaks_against, AGAINST, level)[voted]
    phrase, n_with, n_carrying = (
        np.where(level > AGAINST, told[f"best{part}"], told[f"worst{part}"])
        for part in ("", "_with", "_carrying")
    )
    return make_votes(
        told["instance_id"],
        told["label_id"],
        source=SOURCE,
        level=level,
        strength=told["log_odds"],
        count=np.where(level > AGAINST, n_carrying, n_with),
        detail=[
            f"{n_of} of {n} items with “{words}” in the title"
            for n_of, n, words in zip(n_carrying, n_with, phrase, strict=True)
        ],
    )
