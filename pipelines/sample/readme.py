"""The description that lies beside the generated files."""

from __future__ import annotations

import textwrap
from dataclasses import fields
from typing import Any

from pipelines.sample.assumptions import DROP_WITHOUT, ENGINE_WEIGHT, Assumptions
from pipelines.sample.facts import HEAD_SUPPORT, TORSO_SUPPORT, Facts
from pipelines.sample.shop import Shop
from pipelines.sample.weak_rule import N_PSEUDO_CLICKS, Outcome

WIDTH = 100


def describe(shop: Shop, facts: Facts, assumptions: Assumptions, seed: int) -> str:
    """Return the description as Markdown."""
    parts = [
        _introduction(shop, seed),
        _files(),
        _truth_rules(),
        _noise(shop, assumptions, facts),
        _measured(shop, facts),
        _parameters(assumptions),
    ]
    return _rewrap("\n\n".join(parts)) + "\n"


def _introduction(shop: Shop, seed: int) -> str:
    return f"""# Sample data: a small generated shop

A shop with {len(shop.items):,} items, {len(shop.queries):,} distinct queries in English and
Japanese, a log of {len(shop.log):,} search events, and the truth behind every query. All of it is
drawn from a seed by a simulator: **results on it are results on a simulation**, good for trying
the workbench out and for tests, not for claims about real shops. Nobody's real behaviour is in
it. A few brands bear real names for readability; their items and all product lines are invented.

Rebuild it (the same seed gives the same files, byte for byte):

    python -m pipelines.make_sample --seed {seed} --out sample_data

This file is written by the same command. Parquet files name the version of pyarrow that wrote
them, so another version may give other bytes for the same rows. Another version of numpy may draw
other numbers from a seed; then all files change."""


def _files() -> str:
    return """## Files

| file | a row | columns |
|---|---|---|
| `items.csv` | an item as its supplier typed it | `id, title, brand, model, color, size, \
material, gender, season, pattern, feature, device, product_type, gtin, price` |
| `taxonomy.csv` | a category; departments have no parent | \
`category_id, parent_id, name, name_ja` |
| `category_attributes.csv` | an attribute that applies at a category and below it | \
`category_id, attribute` |
| `aliases.csv` | a known spelling of a value; an alias may stand for several values | \
`attribute, value, alias, locale` |
| `events.parquet` | an item shown (`impression`), clicked (`click`) or put in the cart \
(`add_to_cart`) | `action_name, client_id, session_id, query_id, user_query, object_id, position, \
timestamp, device`, named as in User Behavior Insights; times in UTC, positions from 1 |
| `truth.parquet` | a label that a query means | `instance_id, label_id` |
| `catalog_errors.csv` | a cell of `items.csv` that says something wrong | \
`item_id, column, typed, correct, kind` |

`instance_id` is the query after `workbench.text.normalise`. A `label_id` is `Attribute: value`
(`Color: Blue`, `Size: 26.0cm`, `Size: M`), for a category `Category: ` and its path of names
(`Category: Shoes > Sneakers`). In `items.csv` several values stand in one cell, separated by `/`,
`,` or `;`; sizes of shoes are typed `26`, `26.0`, `26cm`, `26.0 cm`. `truth.parquet` and
`catalog_errors.csv` are for measuring only."""


def _truth_rules() -> str:
    return """## What counts as true

A query means what its words name, however they are spelt, and what that implies always:

* a category implies its ancestors and what all of its items are (rain boots: waterproof; sandals:
  summer; jeans: denim; pumps: women);
* a product line implies its brand, its category and what all of its items are;
* a brand that sells in one category only implies that category;
* a size in centimetres implies shoes, a letter size implies clothing;
* a device implies the category of the accessories made for it.

Two spellings with the same normal form share their truth. A text that could mean two things means
the one that shoppers mean more often."""


def _noise(shop: Shop, assumptions: Assumptions, facts: Facts) -> str:
    confused = ", ".join(
        f"{label.partition(': ')[2]} → {other.partition(': ')[2]}"
        for label, other in list(shop.confused.items())[:4]
    )
    mistyped = dict.fromkeys(
        f"{error.typed} instead of {error.correct} ({error.column})"
        for error in shop.catalog.errors
        if error.kind == "whole product line"
    )
    return f"""## What is wrong with it, on purpose

* *Ambiguous aliases*: "gold" and "silver" are colours and materials, "rose" and "orange" colours
  and brands, "columbia blue" holds a brand, デニム is a material and a garment, コート a coat and
  part of a line's name, "olive" and "mint" begin names of lines, "l" is a size.
* *Words inside words*: 赤ちゃん is not red, 金運 not gold, お茶 not brown, 面白い not white,
  合成皮革 not leather.
* *Spellings the aliases do not know*: slips of the finger, romaji ("kuro"), hiragana,
  abbreviations, Japanese names of half of the product lines.
* *The search engine* overlooks words, follows the catalog's errors, and takes {len(shop.confused)}
  product lines for another brand's of a similar name ({confused}, ...).
* *The catalog* has gaps and {facts.n_catalog_errors} wrong cells. Some lines are typed wrongly
  throughout: {"; ".join(mistyped)}.
* *The clicks*: people look at the first positions most and trust them, some click whatever they
  see, bots click everything in order one second apart, clicks are repeated.
* *Blemishes to be counted, not to fail on*: {assumptions.n_discontinued_events} events on items
  that are not in the catalog (ids from P9001 to P9012), {assumptions.n_blank_searches} searches
  without text, values of items in spellings that the alias table does not know."""


def _measured(shop: Shop, facts: Facts) -> str:
    events = ", ".join(f"{count:,} {action}" for action, count in facts.n_events.items())
    labels = ", ".join(f"{name} {count}" for name, count in facts.n_labels.items())
    rates = ", ".join(f"{rate:.3f}" for rate in facts.click_rates)
    segments = "; ".join(
        f"{name} {n_labels} labels with {share:.0%} of the pairs"
        for name, (n_labels, share) in facts.support.items()
    )
    return f"""## Measured

* Events: {events}.
* Searches: the most frequent query has {facts.most_searched}; {facts.n_searched_once:,} of
  {len(shop.queries):,} queries have one.
* Labels that queries mean: {sum(facts.n_labels.values())} ({labels}).
* True pairs: {facts.n_pairs:,}, {facts.n_pairs / len(shop.queries):.2f} a query. Head (support of
  {HEAD_SUPPORT} or more), torso ({TORSO_SUPPORT} or more) and tail: {segments}. The most frequent
  tenth of the labels holds {facts.top_decile_share:.0%} of the pairs.
* True pairs that stand literally in the query (a name or alias): {facts.literal_share:.0%}; with
  the ancestors of the categories found so: {facts.closed_share:.0%}. The rest is implied or spelt
  in a way the aliases do not know.
* Items that carry all that the query asks for: {facts.wanted_impression_share:.0%} of the
  impressions, {facts.wanted_click_share:.0%} of the clicks.
* Clicks an impression at positions 1 to {len(facts.click_rates)}: {rates}.

How hard it is to label the queries, all of them counted:

| rule (each with the ancestors of categories) | pairs given | wrong | missing |
|---|---|---|---|
| named in the query by an alias, the longest match | {_row(facts.one_source)} |
| or on more than half of the items clicked, {N_PSEUDO_CLICKS} clicks without label added \
| {_row(facts.two_sources)} |
| or on more than 0.3 of the items clicked, however few | {_row(facts.careless)} |

*Wrong* is the share of given pairs that are not true, *missing* the share of true pairs that are
not given."""


def _rewrap(markdown: str) -> str:
    """Return the text with its paragraphs and bullets filled to the width; tables stay."""
    filled: list[str] = []
    for line in markdown.split("\n"):
        starts_anew = not line or line.startswith(("|", "#", "* ", "    "))
        follows_text = bool(filled) and bool(filled[-1]) and not filled[-1].startswith(("|", "#"))
        if starts_anew or not follows_text:
            filled.append(line)
        else:
            filled[-1] += " " + line.strip()
    return "\n".join(line if line.startswith(("|", "    ")) else _fill(line) for line in filled)


def _fill(line: str) -> str:
    indent = "  " if line.startswith("* ") else ""
    return textwrap.fill(
        line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _row(outcome: Outcome) -> str:
    return f"{outcome.n_given:,} | {outcome.wrong_share:.1%} | {outcome.missing_share:.1%}"


def _parameters(assumptions: Assumptions) -> str:
    rows = [
        f"| `{field.name}` | {_value(getattr(assumptions, field.name))} | "
        f"{field.metadata['meaning']} |"
        for field in fields(assumptions)
    ]
    attributes = [
        f"| {name} | {drop} | {ENGINE_WEIGHT[name]} |" for name, drop in DROP_WITHOUT.items()
    ]
    return "\n".join(
        [
            "## Every assumption by name",
            "",
            "They are the fields of `pipelines.sample.assumptions.Assumptions`.",
            "",
            "| name | value | meaning |",
            "|---|---|---|",
            *rows,
            "",
            "A shopper's wish for an item is multiplied by the first number for every attribute of",
            "the query that the item does not meet; the engine adds the second for every word it",
            "understands and the item meets.",
            "",
            "| attribute | wish without it | weight in the engine |",
            "|---|---|---|",
            *attributes,
        ]
    )


def _value(value: Any) -> str:
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return ", ".join(f"{name} {number}" for name, number in value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)
