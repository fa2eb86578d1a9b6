"""The random sample of a pattern: which pairs it is, and what reviewers said of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.review.bounds import least_right, least_share_of_rest
from workbench.review.decisions import PAIR, Verdict

N_SAMPLE = 20
# What a reviewer says of a pair whose flag is right.
RIGHT = {"wrong": Verdict.ABSENT, "missing": Verdict.PRESENT}


def draw(seed: str, pairs: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return ``n`` random pairs, in random order; all if there are no more.

    Each pair gets a random number that the seed and the pair itself settle, and the lowest are
    taken. So the sample is the same whatever the order of the pairs, and a pair that comes or goes
    moves at most one other in or out.
    """
    key = hashlib.blake2b(seed.encode(), digest_size=16).digest()
    numbers = [
        hashlib.blake2b(f"{a}\0{b}".encode(), digest_size=8, key=key).digest()
        for a, b in zip(pairs["instance_id"], pairs["label_id"], strict=True)
    ]
    return pairs.iloc[np.argsort(np.array(numbers, dtype="S8"), kind="stable")[:n]]


def sample_of(pattern_id: str, pairs: pd.DataFrame, n: int = N_SAMPLE) -> pd.DataFrame:
    """Return the rows of a pattern's sample, in the order in which they are judged.

    Parameters
    ----------
    pattern_id : str
        Seeds the draw: everybody who reviews the pattern gets the same rows, on every day.
    pairs : pd.DataFrame
        ``instance_id, label_id`` and more, one row an issue of the pattern: all of them, decided
        or not, as those that are decided first are no random ones.
    n : int
    """
    return draw(pattern_id, pairs, n)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What is said of a sample.

    Parameters
    ----------
    n_sample : int
    n_right, n_wrong, n_unsure : int
        Rows of the sample by what is said about their flag.
    """

    n_sample: int
    n_right: int
    n_wrong: int
    n_unsure: int

    @property
    def n_unjudged(self) -> int:
        """Rows of the sample that nobody has judged."""
        return self.n_sample - self.n_right - self.n_wrong - self.n_unsure

    def expected_errors(self, n_pairs: int) -> float | None:
        """Return how many of so many flags are right as in the sample; None until it is judged.

        Those that the reviewers are unsure of count as not right.
        """
        if self.n_unjudged or not self.n_sample:
            return None
        return n_pairs * self.n_right / self.n_sample


@dataclass(frozen=True, kw_only=True)
class Promise(Tally):
    """What the sample of a pattern says, and what it promises about the open pairs.

    Parameters
    ----------
    n_pairs : int
        Of the pattern.
    n_open : int
        Pairs without any verdict, which a batch would decide.
    n_open_right : int
        At least so many of them are right, with a confidence of 95 %; those that the reviewers are
        unsure of count as wrong.
    """

    n_pairs: int
    n_open: int
    n_open_right: int

    @property
    def share(self) -> float:
        """The promise as a share of the open pairs; 1 if there are none."""
        return self.n_open_right / self.n_open if self.n_open else 1.0

    @property
    def best_share(self) -> float:
        """The share that would be promised if the rest of the sample were right."""
        n_right = self.n_sample - self.n_wrong - self.n_unsure
        return least_share_of_rest(n_right, self.n_sample, self.n_pairs)


def said_of(pairs: pd.DataFrame, verdicts: pd.DataFrame) -> pd.Series:
    """Return what is said about the flag of each pair: right, wrong, unsure, or null.

    Parameters
    ----------
    pairs : pd.DataFrame
        ``instance_id, label_id, kind``.
    verdicts : pd.DataFrame
        ``instance_id, label_id, verdict``, one row a pair; those of other pairs are not used.
    """
    said = pairs[PAIR].merge(verdicts[[*PAIR, "verdict"]], how="left", on=PAIR)["verdict"]
    told = pd.Series("wrong", index=said.index, dtype="str")
    told[(said == pairs["kind"].map(RIGHT).to_numpy()).to_numpy(bool, na_value=False)] = "right"
    told[(said == Verdict.UNSURE).to_numpy(bool, na_value=False)] = "unsure"
    return told.mask(said.isna()).set_axis(pairs.index)


def tally_of(said: NDArray[np.object_]) -> Tally:
    """Return how often each is said, as of `said_of`."""
    n_right, n_wrong, n_unsure = (int((said == one).sum()) for one in ("right", "wrong", "unsure"))
    return Tally(n_sample=len(said), n_right=n_right, n_wrong=n_wrong, n_unsure=n_unsure)


def promise_of(pairs: pd.DataFrame, sample: pd.DataFrame) -> Promise:
    """Return what the verdicts on a pattern's sample promise about its open pairs.

    The wrong pairs that the bound allows for may all be among the open ones, but for those that
    verdicts have found already, inside the sample and outside.

    Parameters
    ----------
    pairs : pd.DataFrame
        All issues of the pattern; ``said`` as `said_of` tells it.
    sample : pd.DataFrame
        Those of the sample; ``said`` is null where nobody has looked at the pair itself.
    """
    tally = tally_of(sample["said"].to_numpy(object))
    most_wrong = len(pairs) - least_right(tally.n_right, tally.n_sample, len(pairs))
    n_open = int(pairs["said"].isna().sum())
    found_wrong = int(pairs["said"].isin(["wrong", "unsure"]).sum())
    return Promise(
        **vars(tally),
        n_pairs=len(pairs),
        n_open=n_open,
        n_open_right=n_open - min(max(most_wrong - found_wrong, 0), n_open),
    )
