"""Every number the generated shop rests on, by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def _number(value: Any, meaning: str) -> Any:
    return field(default=value, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Assumptions:
    """The parameters of the shop; each field's metadata says what it means."""

    n_items: int = _number(3000, "items in the catalog")
    n_lines: int = _number(280, "product lines (models); each has one brand and one category")
    max_lines_per_brand: int = _number(11, "product lines of one brand at most")
    line_item_share: float = _number(0.82, "share of items that belong to a product line")
    line_kana_listed_share: float = _number(
        0.5, "share of product lines whose Japanese spelling is in the alias table"
    )
    brand_kana_listed_share: float = _number(
        0.8, "share of brands whose Japanese spellings are in the alias table"
    )
    two_colour_share: float = _number(0.12, "share of items with two colours")
    missing_shares: tuple[tuple[str, float], ...] = _number(
        (
            ("brand", 0.05),
            ("model", 0.12),
            ("color", 0.06),
            ("size", 0.08),
            ("material", 0.14),
            ("gender", 0.15),
            ("season", 0.12),
            ("pattern", 0.12),
            ("feature", 0.12),
            ("device", 0.05),
            ("gtin", 0.15),
        ),
        "share of values that the supplier left out, by column",
    )
    single_error_share: float = _number(
        0.005, "share of items with one wrong cell (colour, brand, size, category, moved cell)"
    )
    unlisted_value_share: float = _number(
        0.015, "share of values typed in a spelling that the alias table does not know"
    )
    n_mistyped_lines: int = _number(4, "product lines whose items all carry one wrong value")

    n_queries: int = _number(8000, "distinct queries after normalisation")
    min_support: int = _number(4, "queries that mean a label, at least")
    n_draws: int = _number(30000, "queries drawn; how often one recurs gives its rank")
    n_searches: int = _number(19000, "searches, bots included")
    query_zipf_exponent: float = _number(0.85, "searches of the query at rank r fall as 1/r^this")
    garbled_share: float = _number(0.12, "share of queries drawn with a misspelling")
    unlisted_share: float = _number(
        0.14, "share of words written in a way the alias table does not know"
    )
    extra_word_share: float = _number(0.12, "share of queries with a word that names no label")
    adjective_share: float = _number(0.3, "share of leading Japanese colours put as an adjective")
    fused_share: float = _number(0.05, "share of Japanese queries without a space")
    odd_spelling_share: float = _number(
        0.2, "share of searches typed in another case, width or spacing"
    )

    understood_listed: float = _number(0.9, "the engine understands a listed spelling")
    understood_unlisted: float = _number(0.55, "the engine understands an unlisted spelling")
    understood_garbled: float = _number(0.5, "the engine understands a misspelling")
    n_confused_lines: int = _number(
        18, "product lines that the engine takes for another brand's line of a similar name"
    )
    engine_noise: float = _number(0.7, "spread of the ranking noise of one search")
    page_sizes: tuple[int, ...] = _number((5, 5, 5, 6, 6, 7, 8), "items shown on a result page")

    examination_exponent: float = _number(0.7, "rank k is looked at with chance 1/k^this")
    attraction: float = _number(0.62, "a wanted item that is looked at is clicked with this chance")
    trust: float = _number(0.08, "added to the chance at rank k, divided by k, whatever the item")
    fickle_client_share: float = _number(0.10, "share of clients who click whatever they look at")
    fickle_attraction: float = _number(0.3, "their chance of clicking an item they look at")
    bot_search_share: float = _number(0.03, "share of searches made by bots, who click everything")
    n_bots: int = _number(9, "clients that are bots")
    n_clients: int = _number(3600, "clients that are people")
    repeat_click_share: float = _number(0.06, "share of clicks repeated in the same session")
    cart_share: float = _number(0.08, "share of clicks on wanted items that end in the cart")
    n_days: int = _number(61, "days covered, from 2025-04-01 in Japan")

    n_discontinued_events: int = _number(60, "events on items that are not in the catalog")
    n_blank_searches: int = _number(24, "searches without any text")


# How much the wish for an item drops when it lacks what the shopper means, by attribute.
DROP_WITHOUT: dict[str, float] = {
    "Category": 0.05,
    "Model": 0.3,
    "Brand": 0.25,
    "Device": 0.1,
    "Gender": 0.2,
    "Color": 0.25,
    "Pattern": 0.3,
    "Size": 0.35,
    "Material": 0.4,
    "Feature": 0.45,
    "Season": 0.6,
}

# How much the search engine cares that an item matches a word, by attribute.
ENGINE_WEIGHT: dict[str, float] = {
    "Category": 2.2,
    "Model": 3.0,
    "Brand": 2.0,
    "Device": 2.5,
    "Gender": 1.0,
    "Color": 1.2,
    "Pattern": 1.2,
    "Size": 1.0,
    "Material": 1.0,
    "Feature": 0.9,
    "Season": 0.6,
}
