"""What can be measured about the generated shop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.sample.shop import Shop
from pipelines.sample.weak_rule import (
    N_PSEUDO_CLICKS,
    AliasMatcher,
    Outcome,
    click_shares,
    compare_with_truth,
    label_by_clicks,
)
from workbench.text import normalise

HEAD_SUPPORT = 100
TORSO_SUPPORT = 10


@dataclass(frozen=True)
class Facts:
    """Counts and shares of a shop.

    Parameters
    ----------
    n_events : dict
        Events by action.
    n_labels : dict
        Labels that queries mean, by attribute.
    n_pairs : int
        True pairs.
    support : dict
        For head, torso and tail: number of labels and their share of the true pairs.
    top_decile_share : float
        Share of the true pairs that the most frequent tenth of the labels holds.
    n_searched_once : int
        Queries with one search.
    most_searched : int
        Searches of the most frequent query.
    literal_share, closed_share : float
        Share of true pairs whose name or alias stands in the query; the same with the ancestors
        of the categories found so.
    wanted_impression_share, wanted_click_share : float
        Share of impressions and of clicks on items that carry all the query asks for.
    click_rates : list of float
        Clicks an impression at each position.
    n_catalog_errors : int
    one_source, two_sources : Outcome
        Aliases alone; aliases or items clicked, smoothed.
    careless : Outcome
        Aliases or any label on more than 0.3 of the clicks.
    """

    n_events: dict[str, int]
    n_labels: dict[str, int]
    n_pairs: int
    support: dict[str, tuple[int, float]]
    top_decile_share: float
    n_searched_once: int
    most_searched: int
    literal_share: float
    closed_share: float
    wanted_impression_share: float
    wanted_click_share: float
    click_rates: list[float]
    n_catalog_errors: int
    one_source: Outcome
    two_sources: Outcome
    careless: Outcome


def measure(shop: Shop) -> Facts:
    """Return the facts of a shop."""
    truth = {query.instance_id: query.truth for query in shop.queries}
    support = Counter(label for labels in truth.values() for label in labels)
    matcher = AliasMatcher(shop.aliases)
    literal = {text: matcher.find(text) for text in truth}
    closed = {text: _with_ancestors(shop, labels) for text, labels in literal.items()}
    recorded = {
        item.item_id: _with_ancestors(shop, labels)
        for item, labels in zip(shop.items, shop.catalog.recorded, strict=True)
    }
    clicks, totals = click_shares(shop.log, recorded)
    careless = label_by_clicks(clicks, totals, share=0.3)
    smoothed = label_by_clicks(clicks, totals, share=0.5, n_pseudo_clicks=N_PSEUDO_CLICKS)
    n_pairs = support.total()
    return Facts(
        n_events=dict(Counter(shop.log.action_name).most_common()),
        n_labels=dict(Counter(label.partition(": ")[0] for label in support).most_common()),
        n_pairs=n_pairs,
        support=_segments(support),
        top_decile_share=_top_share(support, len(support) // 10),
        n_searched_once=sum(query.n_searches == 1 for query in shop.queries),
        most_searched=max(query.n_searches for query in shop.queries),
        literal_share=sum(len(literal[text] & truth[text]) for text in truth) / n_pairs,
        closed_share=sum(len(closed[text] & truth[text]) for text in truth) / n_pairs,
        wanted_impression_share=_wanted_share(shop, "impression"),
        wanted_click_share=_wanted_share(shop, "click"),
        click_rates=_click_rates(shop),
        n_catalog_errors=len(shop.catalog.errors),
        one_source=compare_with_truth(closed, truth),
        two_sources=compare_with_truth(_either(closed, smoothed), truth),
        careless=compare_with_truth(_either(closed, careless), truth),
    )


def _with_ancestors(shop: Shop, labels: Iterable[str]) -> set[str]:
    closed: set[str] = set()
    for label in labels:
        attribute, _, path = label.partition(": ")
        parts = path.split(" > ") if attribute == "Category" else [path]
        closed.update(
            f"{attribute}: {' > '.join(parts[: depth + 1])}" for depth in range(len(parts))
        )
    return closed


def _either(first: dict[str, set[str]], second: dict[str, set[str]]) -> dict[str, set[str]]:
    return {text: labels | second.get(text, set()) for text, labels in first.items()}


def _segments(support: Counter[str]) -> dict[str, tuple[int, float]]:
    segments = {"head": [0, 0], "torso": [0, 0], "tail": [0, 0]}
    for count in support.values():
        name = "head" if count >= HEAD_SUPPORT else "torso" if count >= TORSO_SUPPORT else "tail"
        segments[name][0] += 1
        segments[name][1] += count
    return {name: (n, pairs / support.total()) for name, (n, pairs) in segments.items()}


def _top_share(support: Counter[str], n_labels: int) -> float:
    return sum(count for _, count in support.most_common(n_labels)) / support.total()


def _wanted_share(shop: Shop, action: str) -> float:
    log = shop.log
    wanted = [
        wanted
        for wanted, name, text in zip(log.wanted, log.action_name, log.user_query, strict=True)
        if name == action and normalise(text)
    ]
    return sum(wanted) / len(wanted)


def _click_rates(shop: Shop) -> list[float]:
    pairs = Counter(zip(shop.log.action_name, shop.log.position, strict=True))
    positions = sorted({position for _, position in pairs})
    return [pairs["click", k] / pairs["impression", k] for k in positions]
