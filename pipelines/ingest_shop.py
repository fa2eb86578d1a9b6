"""Read the weak signals of a shop into the tables of a workspace."""

from __future__ import annotations

from typing import Any

import pandas as pd
from ibis.backends import BaseBackend

from pipelines.config_inputs import CatalogInput
from pipelines.ingest_clicks import ingest_clicks
from pipelines.ingest_labels import splits
from pipelines.ingest_taxonomy import configured_applicability, configured_taxonomy
from pipelines.stages import Run
from workbench.errors import ConfigError
from workbench.report import MAX_EXAMPLES, Report
from workbench.signals.aliases import (
    Aliases,
    add_spellings,
    aliases_of_values,
    label_aliases,
    no_aliases,
    read_aliases,
)
from workbench.signals.catalog import read_catalog, read_long_catalog
from workbench.signals.catalog_labels import Catalog
from workbench.signals.given_votes import ScoreCuts, read_given_votes
from workbench.signals.keyed_lines import has_keyed_lines
from workbench.signals.label_names import LabelNames
from workbench.signals.near_names import with_near_name
from workbench.signals.rare_labels import RareLabels
from workbench.signals.taxonomy import Taxonomy
from workbench.signals.translations import read_value_lines
from workbench.signals.units import number_spellings
from workbench.signals.values import ValueRules
from workbench.signals.votes import concat_votes
from workbench.tables import connect


def ingest_shop(run: Run) -> tuple[dict[str, pd.DataFrame], Report]:
    """Return the tables of a click log, a catalog and a taxonomy, and what was counted.

    Raises
    ------
    InputError
        If a file breaks its contract.
    """
    report = Report()
    inputs = run.config.inputs
    connection = connect(memory_limit=inputs.memory_limit)
    with run.costs.part("catalog"):
        aliases = _aliases(run, connection, report)
        taxonomy = configured_taxonomy(run, connection, report)
        catalog = _catalog(run, connection, aliases, taxonomy, report)
    applicability = configured_applicability(
        run, connection, catalog.taxonomy, catalog.attributes, report
    )
    assert inputs.clicks is not None
    with run.costs.part("clicks"):
        log = ingest_clicks(run, inputs.clicks, connection, catalog.items, report=report)
    instances = log.queries.assign(split=splits(log.queries["instance_id"], run.config))
    clicks = log.clicks.sort_values(["instance_id", "item_id"], ignore_index=True)
    # Sums of floats come in no fixed order; without their last digits every run is the same.
    clicks = clicks.round({"weight": 9, "expected_clicks": 9, "score": 9})
    names = label_aliases(
        catalog.labels,
        aliases,
        catalog.taxonomy,
        rare=catalog.rare,
        item_codes=catalog.item_codes,
        report=report,
    )
    assert inputs.catalog is not None
    numbers = number_spellings(catalog.labels, inputs.catalog.units)
    names = add_spellings(names, numbers)
    silent = _of_free_text(catalog, inputs.catalog, report)
    tables = {
        "instances": instances[["instance_id", "text", "split", "weight"]],
        "labels": catalog.labels,
        "rare_labels": catalog.rare.rows,
        "items": catalog.items.sort_values("item_id", ignore_index=True),
        "item_labels": catalog.item_labels.sort_values(["item_id", "label_id"], ignore_index=True),
        "aliases": names[~names["label_id"].isin(silent)],
        "applicability": applicability,
        "clicks": clicks.astype({"instance_id": "str", "item_id": "str"}),
        "given_votes": _given_votes(
            run,
            connection,
            pd.Index(instances["instance_id"]),
            LabelNames(catalog.labels, names),
            catalog.rare,
            report,
        ),
    }
    if catalog.taxonomy is not None:
        tables["categories"] = catalog.taxonomy.categories
    return tables, report


def _of_free_text(catalog: Catalog, source: CatalogInput, report: Report) -> pd.Series:
    """Return the labels that the dictionary does not look for: their attribute is free text."""
    silent = [name for name in catalog.free_text if name not in source.in_dictionary]
    report.count(
        "attributes of free text, whose values the dictionary does not look for; it looks for "
        "those of [inputs.catalog] in_dictionary",
        len(silent),
        silent,
    )
    return catalog.labels.loc[catalog.labels["attribute"].isin(silent), "label_id"]


def _given_votes(
    run: Run,
    connection: BaseBackend,
    instance_ids: pd.Index,
    names: LabelNames,
    rare: RareLabels,
    report: Report,
) -> pd.DataFrame:
    return concat_votes(
        read_given_votes(
            connection,
            run.path(table.path),
            source=table.source,
            instance_ids=instance_ids,
            names=names,
            columns=table.columns,
            cuts=ScoreCuts(tuple(table.cuts), table.against),
            rare=rare,
            bad_rows=run.config.inputs.bad_rows,
            report=report,
        )
        for table in run.config.inputs.votes
    )


def _aliases(run: Run, connection: BaseBackend, report: Report) -> Aliases:
    source = run.config.inputs.aliases
    if source is None:
        return no_aliases()
    path = run.path(source.path)
    if has_keyed_lines(path):
        others = {locale: run.path(text) for locale, text in source.translations.items()}
        bad_rows = run.config.inputs.bad_rows
        rows = read_value_lines(path, others, bad_rows=bad_rows, report=report)
        return aliases_of_values(rows, name=path.name, report=report)
    if source.translations:
        raise ConfigError(
            "[inputs.aliases]: 'translations' go with a file of lines 'key : value [Attribute]', "
            f"which {path.name} is not; a table names the locale of each row in 'locale'"
        )
    return read_aliases(
        connection,
        path,
        columns=source.columns,
        bad_rows=run.config.inputs.bad_rows,
        report=report,
    )


def _catalog(
    run: Run,
    connection: BaseBackend,
    aliases: Aliases,
    taxonomy: Taxonomy | None,
    report: Report,
) -> Catalog:
    source = run.config.inputs.catalog
    assert source is not None
    columns = dict(source.columns)
    same: dict[str, Any] = {
        "attributes": source.attributes,
        "without": source.without,
        "category": source.category,
        "rules": ValueRules(
            separators=tuple(source.separators),
            units=source.units,
            exclusive=tuple(source.exclusive),
            min_support=source.min_support,
            empty=tuple(source.empty),
            keep=tuple(source.keep),
        ),
        "aliases": aliases,
        "taxonomy": taxonomy,
        "repeats": source.repeats,
        "bad_rows": run.config.inputs.bad_rows,
        "report": report,
    }
    path = run.path(source.path)
    if source.form == "long":
        title = columns.pop("title", "title")
        catalog = read_long_catalog(connection, path, title=title, columns=columns, **same)
    else:
        catalog = read_catalog(connection, path, patterns=source.patterns, columns=columns, **same)
    _count_unused(source, catalog, report)
    return catalog


def _count_unused(source: CatalogInput, catalog: Catalog, report: Report) -> None:
    """Count the attributes that settings name and of which no item has a value."""
    known = set(catalog.labels["attribute"])
    rare = set(catalog.rare.rows["attribute"]) - known
    for key, names in (
        ("exclusive", source.exclusive),
        ("units", list(source.units)),
        ("in_dictionary", source.in_dictionary),
        ("keep", source.keep),
    ):
        few = [name for name in names if name in rare]
        report.count(f"attributes in '{key}' with values only {catalog.rare.why}", len(few), few)
        coded = [name for name in names if name in catalog.item_codes]
        what = f"attributes in '{key}' left out, for their values name single items"
        report.count(what, len(coded), coded)
        lost = [name for name in names if name not in known.union(rare, coded)]
        shown = [with_near_name(name, known) for name in lost[:MAX_EXAMPLES]]
        report.count(f"attributes in '{key}' of which no item has a value", len(lost), shown)
