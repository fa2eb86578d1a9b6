"""Write the sample data: a small generated shop with a search log and known truth."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from pipelines.console import Terminal
from pipelines.sample.assumptions import Assumptions
from pipelines.sample.facts import measure
from pipelines.sample.readme import describe
from pipelines.sample.shop import Shop, make_shop
from pipelines.sample.suppliers import COLUMNS, CatalogError
from pipelines.sample.tables import EVENT_SCHEMA, TRUTH_SCHEMA, write_csv, write_parquet

ITEM_COLUMNS = ("id", "title", *COLUMNS.values(), "product_type", "gtin", "price")


def main(arguments: Sequence[str] | None = None) -> None:
    """Make a shop and write its files; the command line of ``python -m pipelines.make_sample``."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.make_sample", description=__doc__)
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same files")
    parser.add_argument("--out", type=Path, default=Path("sample_data"), help="folder to write to")
    options = parser.parse_args(arguments)
    terminal = Terminal()
    write_sample(options.out, seed=options.seed)
    size = sum(path.stat().st_size for path in options.out.iterdir() if path.is_file())
    terminal.say(f"{options.out}: {size / 1e6:.1f} MB")


def write_sample(folder: Path, *, seed: int, assumptions: Assumptions | None = None) -> Shop:
    """Write the files of a shop into a folder, made if need be, and return the shop."""
    assumptions = assumptions or Assumptions()
    shop = make_shop(assumptions, seed)
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "items.csv", ITEM_COLUMNS, shop.catalog.rows)
    _write_taxonomy(folder, shop)
    write_csv(folder / "aliases.csv", ("attribute", "value", "alias", "locale"), shop.aliases)
    errors = [asdict(error) for error in shop.catalog.errors]
    write_csv(folder / "catalog_errors.csv", [field.name for field in fields(CatalogError)], errors)
    _write_events(folder, shop)
    _write_truth(folder, shop)
    text = describe(shop, measure(shop), assumptions, seed)
    (folder / "README.md").write_text(text, encoding="utf-8", newline="\n")
    return shop


def _write_taxonomy(folder: Path, shop: Shop) -> None:
    categories = [
        {
            "category_id": category.category_id,
            "parent_id": category.parent_id,
            "name": category.name,
            "name_ja": category.name_ja,
        }
        for category in shop.vocabulary.categories.values()
    ]
    write_csv(folder / "taxonomy.csv", ("category_id", "parent_id", "name", "name_ja"), categories)
    applies = [
        {"category_id": category_id, "attribute": attribute}
        for category_id, attributes in shop.vocabulary.applies.items()
        for attribute in attributes
    ]
    write_csv(folder / "category_attributes.csv", ("category_id", "attribute"), applies)


def _write_events(folder: Path, shop: Shop) -> None:
    columns = {field.name: getattr(shop.log, field.name) for field in EVENT_SCHEMA}
    columns["timestamp"] = [seconds * 1_000_000 for seconds in shop.log.timestamp]
    write_parquet(folder / "events.parquet", columns, EVENT_SCHEMA)


def _write_truth(folder: Path, shop: Shop) -> None:
    pairs = sorted((query.instance_id, label) for query in shop.queries for label in query.truth)
    columns = {"instance_id": [text for text, _ in pairs], "label_id": [name for _, name in pairs]}
    write_parquet(folder / "truth.parquet", columns, TRUTH_SCHEMA)


if __name__ == "__main__":
    main()
