"""Which sources copy each other: what they agree on beyond what the state of a pair explains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from workbench.label_model.dawid_skene import DawidSkene
from workbench.label_model.patterns import VotePatterns
from workbench.label_model.verdicts import NOT_REVIEWED

# A pair of sources is alarming when this share of their votes is likely copied at the least.
WARN_FROM = 0.25
# With one other group the states are hardly known; then the silence has to agree as well. A group
# counts if it votes on this share of the pairs that both vote on.
_WARN_FROM_WITH_SILENCE = 0.1
_WITNESS_FROM = 0.05
# Standard errors between the share that is seen and the one that is certain.
_STANDARD_ERRORS = 3.0
_MAX_OUTCOMES = 256
# Attributes with fewer pairs are taken for one: their own accuracies would be shrunk anyway.
_MIN_PAIRS_OF_ATTRIBUTE = 5000
_COLUMNS = {
    "source_a": "str",
    "source_b": "str",
    "n_pairs": "int64",
    "expected_agreement": "float64",
    "observed_agreement": "float64",
    "copied": "float64",
    "copied_at_least": "float64",
    "warned": "bool",
}


@dataclass(frozen=True)
class Agreement:
    """How often two sources say the same, and how often by chance if they were independent.

    Parameters
    ----------
    n_pairs, observed, expected : float
        Numbers of pairs.
    """

    n_pairs: float
    observed: float
    expected: float

    @property
    def copied(self) -> float:
        """Share of the pairs on which one repeats the other; below 0 they avoid each other."""
        room = self.n_pairs - self.expected
        return (self.observed - self.expected) / room if room > 1e-9 * self.n_pairs else 0.0

    @property
    def copied_at_least(self) -> float:
        """The share less three standard errors."""
        room = self.n_pairs - self.expected
        if room <= 1e-9 * self.n_pairs:
            return 0.0
        # One pair more of either kind: that all agree is no proof that they always would.
        share = (self.observed + 1) / (self.n_pairs + 2)
        error = np.sqrt(share * (1 - share) * self.n_pairs) / room
        return float(self.copied - _STANDARD_ERRORS * error)


def find_copies(patterns: VotePatterns, *, groups: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return every two sources of different groups, and whether one copies the other.

    Where two sources that copy each other are taken for independent ones, the label model believes
    them twice, and finds a state of the pairs that both explains and hides their agreement. So for
    every two groups the model is fitted again with both as one: then the other groups tell the
    state. Given that, the share of the votes that are copies is Cohen's kappa of the two sources,
    with the agreement by chance taken in each attribute and state. The two that stand out most are
    taken for one group from then on, and all others are looked at again, until nothing stands out:
    beside sources that copy each other, the rest seem to as well.

    Parameters
    ----------
    patterns : VotePatterns
    groups : mapping from source to group, optional
        As the label model is given them.

    Returns
    -------
    DataFrame
        ``source_a, source_b``; ``n_pairs``, those that both vote on; ``expected_agreement`` and
        ``observed_agreement``, the share of these on which they are both for or both against;
        ``copied`` and ``copied_at_least``, the share that one repeats from the other, and the
        same less three standard errors; ``warned``: the latter reaches .25. The most alarming
        first. Empty with fewer than three groups, where nobody else can tell the state.

    Notes
    -----
    Kappa: Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and Psychological
    Measurement 20, 1960; given the state it is the copy rate if one source repeats the other at
    random. Where only one other group votes on such pairs, the model is not identified (many
    tables of states explain the votes as well); then sources are warned of only if their silence
    agrees too. Two independent sources that are both nearly always right are warned of as well: the
    weaker others tell the state too badly to explain the agreement, and a model in which the two
    are independent explains the votes of either world alike. Only reviewed pairs tell.
    """
    patterns = patterns.with_rare_attributes_as_one(_MIN_PAIRS_OF_ATTRIBUTE)
    merged = dict(groups or {})
    # The last look at two sources stands, except that the look that warned is kept.
    latest: dict[tuple[str, str], dict[str, object]] = {}
    while len(_sources_of_groups(patterns, merged)) > 2:
        rows = {
            key: row for key, row in _look_at_all(patterns, merged) if key not in _warned(latest)
        }
        latest |= rows
        alarming = _warned(rows)
        if not alarming:
            break
        worst = max(alarming, key=lambda key: cast(float, rows[key]["copied_at_least"]))
        # The others may seem to copy only because these two do.
        latest |= {key: rows[key] | {"warned": False} for key in alarming if key != worst}
        a, b = (merged.get(source, source) for source in worst)
        merged |= {s: a for s in patterns.sources if merged.get(s, s) == b}
    table = pd.DataFrame(list(latest.values()), columns=list(_COLUMNS)).astype(_COLUMNS)
    order = ["warned", "copied_at_least", "source_a", "source_b"]
    return table.sort_values(order, ascending=[False, False, True, True], ignore_index=True)


def _warned(rows: Mapping[tuple[str, str], Mapping[str, object]]) -> list[tuple[str, str]]:
    return [key for key, row in rows.items() if row["warned"]]


def _sources_of_groups(patterns: VotePatterns, groups: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for source in patterns.sources:
        found.setdefault(groups.get(source, source), []).append(source)
    return found


def _look_at_all(
    patterns: VotePatterns, groups: Mapping[str, str]
) -> Iterator[tuple[tuple[str, str], dict[str, object]]]:
    """Yield every two sources of different groups with their row of the table."""
    members = _sources_of_groups(patterns, groups)
    for one, other in combinations(sorted(members), 2):
        together = dict(groups) | dict.fromkeys(members[one] + members[other], f"{one}+{other}")
        posterior = _posterior(patterns, together)
        for sources in product(members[one], members[other]):
            a, b = sorted(sources)
            others = [members[group] for group in members if group not in (one, other)]
            yield (a, b), _row(patterns, posterior, a, b, others)


def _posterior(patterns: VotePatterns, groups: Mapping[str, str]) -> NDArray[np.float64]:
    # Tempered, the states would be too unsure to explain what independent sources share.
    model = DawidSkene(groups=groups, max_outcomes=_MAX_OUTCOMES, temper=False)
    model.fit_patterns(patterns)
    prior, evidence = model.log_odds(patterns)
    posterior = expit(prior + evidence.sum(axis=1))
    return np.where(patterns.verdicts == NOT_REVIEWED, posterior, patterns.verdicts)


def _row(
    patterns: VotePatterns,
    posterior: NDArray[np.float64],
    a: str,
    b: str,
    others: Sequence[Sequence[str]],
) -> dict[str, object]:
    said = [np.minimum(patterns.levels[:, patterns.sources.index(s)], 1) for s in (a, b)]
    votes = agreement(patterns, posterior, *said, silence=False)
    silence = agreement(patterns, posterior, *said, silence=True)
    is_certain = (
        _n_witnesses(patterns, said, others) > 1
        or silence.copied_at_least >= _WARN_FROM_WITH_SILENCE
    )
    n_pairs = max(votes.n_pairs, 1.0)
    return {
        "source_a": a,
        "source_b": b,
        "n_pairs": round(votes.n_pairs),
        "expected_agreement": votes.expected / n_pairs,
        "observed_agreement": votes.observed / n_pairs,
        "copied": votes.copied,
        "copied_at_least": votes.copied_at_least,
        "warned": votes.copied_at_least >= WARN_FROM and is_certain,
    }


def _n_witnesses(
    patterns: VotePatterns, said: Sequence[NDArray[np.int8]], others: Sequence[Sequence[str]]
) -> int:
    """Return how many other groups vote on enough of the pairs that both sources vote on."""
    n_pairs = patterns.counts * ((said[0] >= 0) & (said[1] >= 0))
    votes = [
        (patterns.levels[:, [patterns.sources.index(s) for s in group]] >= 0).any(axis=1)
        for group in others
    ]
    return sum(bool(n_pairs @ one >= _WITNESS_FROM * max(n_pairs.sum(), 1)) for one in votes)


def agreement(
    patterns: VotePatterns,
    posterior: NDArray[np.float64],
    said_a: NDArray[np.int8],
    said_b: NDArray[np.int8],
    *,
    silence: bool,
) -> Agreement:
    """Return how two sources agree, given the state and the attribute.

    Parameters
    ----------
    patterns : VotePatterns
    posterior : ndarray of float64, shape (n_patterns,)
    said_a, said_b : ndarray of int8, shape (n_patterns,)
        1 for, 0 against, -1 silent.
    silence : bool
        Whether silence is something to agree on; otherwise only pairs that both vote on count.
    """
    first = -1 if silence else 0
    rows = np.flatnonzero((said_a >= first) & (said_b >= first))
    n_said = 2 - first
    cell = (patterns.attribute_index[rows] * n_said + said_a[rows] - first) * n_said
    cell += said_b[rows] - first
    tables = []
    for share in (posterior, 1 - posterior):
        weight = patterns.counts[rows] * share[rows]
        n_cells = len(patterns.attributes) * n_said**2
        tables.append(np.bincount(cell, weight, n_cells).reshape(-1, n_said, n_said))
    counts = np.concatenate(tables)
    n_pairs = counts.sum(axis=(1, 2))
    by_chance = (counts.sum(axis=2) * counts.sum(axis=1)).sum(axis=1)
    return Agreement(
        float(n_pairs.sum()),
        float(np.trace(counts, axis1=1, axis2=2).sum()),
        float((by_chance / np.maximum(n_pairs, 1e-300)).sum()),
    )
