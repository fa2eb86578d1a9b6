"""The audit sample: pairs drawn at random from strata, and what reviewers said of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.review.decision_log import settled
from workbench.review.decisions import PAIR, Decision, Role
from workbench.review.store import DecisionStore

# So many of the queue, of each kind, are strata of their own: what is reviewed first.
FIRST = 500


@dataclass(frozen=True)
class Stratum:
    """Pairs that are alike for a sample.

    Parameters
    ----------
    state : str
        ``given``, or ``candidate`` for a missing one.
    queue : str
        ``first`` in the queue, ``later``, or ``not flagged``.
    support : str
        ``head``, ``torso`` or ``tail``: how often the label is given.
    n_pairs : int
    n_drawn : int
    """

    state: str
    queue: str
    support: str
    n_pairs: int
    n_drawn: int


@dataclass(frozen=True, eq=False)
class AuditSample:
    """Pairs that were drawn at random, and what from.

    Parameters
    ----------
    audit_id : str
    seed : int
    base : str
        The label version whose pairs they are.
    made_of : dict of str to str
        Fingerprints of the artefacts that say which pairs there are.
    strata : tuple of Stratum
    pairs : pd.DataFrame
        ``instance_id, label_id, stratum, place``: the place within the stratum, from 0, in an
        order that only chance settles; sorted in the order of asking, in which all strata advance
        alike.
    draws : tuple of (str, int)
        When how many were drawn.
    n_rest : int
        Pairs that are neither given nor candidates: nothing is drawn of them.
    """

    audit_id: str
    seed: int
    base: str
    made_of: dict[str, str]
    strata: tuple[Stratum, ...]
    pairs: pd.DataFrame
    draws: tuple[tuple[str, int], ...]
    n_rest: int

    def __len__(self) -> int:
        return len(self.pairs)

    def strata_frame(self) -> pd.DataFrame:
        """Return the strata as a table."""
        return pd.DataFrame([asdict(one) for one in self.strata])

    def to_json(self) -> str:
        """Return the sample as it is written."""
        content = vars(self) | {
            "strata": [asdict(one) for one in self.strata],
            "pairs": {name: self.pairs[name].tolist() for name in self.pairs},
            "draws": [list(one) for one in self.draws],
        }
        return json.dumps(content, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> AuditSample:
        """Return a sample from what was written.

        Raises
        ------
        ValueError, KeyError, TypeError
            If it is something else.
        """
        content: dict[str, Any] = json.loads(text)
        pairs = pd.DataFrame(content["pairs"]).astype(dict.fromkeys(PAIR, "str"))
        strata = tuple(Stratum(**one) for one in content["strata"])
        draws = tuple((str(when), int(n)) for when, n in content["draws"])
        return cls(**content | {"strata": strata, "pairs": pairs, "draws": draws})


def random_numbers(keys: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """Return a number for each pair that its key and the seed settle.

    Notes
    -----
    The permanent random numbers of survey sampling (Ohlsson, "Coordination of samples using
    permanent random numbers", 1995): the lowest of a stratum are drawn, so that drawing more keeps
    what is drawn. The mixing is SplitMix64's (Steele, Lea and Flood, OOPSLA 2014).
    """
    with np.errstate(over="ignore"):
        mixed = keys.astype(np.uint64) + np.uint64(seed % 2**32 + 1) * np.uint64(0x9E3779B97F4A7C15)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)


def draw_lowest(
    numbers: NDArray[np.uint64], stratum: NDArray[np.integer], n_drawn: Sequence[int]
) -> pd.DataFrame:
    """Return the rows with the lowest numbers of each stratum: ``row, stratum, place``.

    They come in the order of asking.
    """
    parts = []
    for at, n in enumerate(n_drawn):
        rows = np.flatnonzero(stratum == at)
        if n < len(rows):
            rows = rows[np.argpartition(numbers[rows], n)[:n]] if n else rows[:0]
        rows = rows[np.argsort(numbers[rows], kind="stable")]
        place = np.arange(len(rows))
        turn = (place + 0.5) / max(len(rows), 1)
        parts.append(
            pd.DataFrame({"row": rows, "stratum": at, "place": place, "turn": turn}).astype(
                {"row": "int64", "stratum": "int64", "place": "int64"}
            )
        )
    drawn = pd.concat(parts, ignore_index=True)
    return drawn.sort_values(["turn", "stratum"], ignore_index=True).drop(columns="turn")


def said_of_sample(store: DecisionStore, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return what is said of drawn pairs, in their order.

    Parameters
    ----------
    store : DecisionStore
    pairs : pd.DataFrame
        ``instance_id, label_id``.

    Returns
    -------
    pd.DataFrame
        ``audited``: what auditors say; ``looked``: what reviewers of the queues say who have looked
        at the pair itself, which a batch has not; both null without. ``by``: who said any of that,
        a tuple.
    """
    wanted = set(zip(pairs["instance_id"], pairs["label_id"], strict=True))
    events = [one for one in _events(store, pairs) if one.pair in wanted]
    undone = {one.undoes for one in events}
    standing = [
        one
        for one in events
        if one.undoes is None and one.event_uid not in undone and one.batch_id is None
    ]
    audits = [one for one in standing if one.role is Role.AUDITOR]
    others = [one for one in standing if one.role is not Role.AUDITOR]
    by: dict[tuple[str, str], list[str]] = {}
    for one in standing:
        by.setdefault(one.pair, []).append(one.reviewer)
    keys = list(zip(pairs["instance_id"], pairs["label_id"], strict=True))
    audited, looked = _settled(audits), _settled(others)
    return pd.DataFrame(
        {
            "audited": pd.Series([audited.get(key) for key in keys], dtype="object"),
            "looked": pd.Series([looked.get(key) for key in keys], dtype="object"),
            "by": pd.Series([tuple(by.get(key, ())) for key in keys], dtype="object"),
        }
    )


def said_by_auditor(
    store: DecisionStore, pairs: pd.DataFrame, reviewer: str
) -> dict[tuple[str, str], str]:
    """Return what one auditor says of pairs now."""
    events = _events(store, pairs)
    undone = {one.undoes for one in events}
    return {
        one.pair: str(one.verdict)
        for one in sorted(events, key=lambda one: one.decided_at)
        if one.undoes is None and one.event_uid not in undone
        if one.role is Role.AUDITOR and one.reviewer == reviewer
    }


def open_to(pairs: pd.DataFrame, said: pd.DataFrame, reviewer: str) -> NDArray[np.bool_]:
    """Return which drawn pairs are asked of a reviewer: those that no auditor has judged.

    Pairs that somebody has looked at in a queue count by that verdict; another one is asked all the
    same, so that the first can be measured, but nobody is asked about what they said themselves.
    """
    is_own = np.fromiter((reviewer in names for names in said["by"]), bool, len(said))
    return np.asarray(said["audited"].isna().to_numpy() & ~is_own, bool)


def _events(store: DecisionStore, pairs: pd.DataFrame) -> list[Decision]:
    instance_ids = pairs["instance_id"].unique().tolist()
    if len(instance_ids) == 0 or store.last_position() == 0:
        return []
    return store.events_on(instance_ids)


def _settled(decisions: Sequence[Decision]) -> dict[tuple[str, str], str]:
    if not decisions:
        return {}
    # Of each reviewer the latest.
    latest = {
        (*one.pair, one.reviewer): one for one in sorted(decisions, key=lambda one: one.decided_at)
    }
    frame = pd.DataFrame(
        [(*key, str(one.verdict), str(one.role), one.decided_at) for key, one in latest.items()],
        columns=[*PAIR, "reviewer", "verdict", "role", "decided_at"],
    )
    found = settled(frame.sort_values("decided_at", kind="stable", ignore_index=True))
    return {
        (str(a), str(b)): str(v)
        for a, b, v in zip(found["instance_id"], found["label_id"], found["verdict"], strict=True)
    }
