"""Read the taxonomy that is configured, and which attributes apply where."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from ibis.backends import BaseBackend

from pipelines.stages import Run
from workbench.report import Report
from workbench.signals.taxonomy import Taxonomy, read_taxonomy
from workbench.signals.taxonomy_votes import no_applicability, read_applicability
from workbench.signals.translations import translate_categories


def configured_taxonomy(run: Run, connection: BaseBackend, report: Report) -> Taxonomy | None:
    """Return the taxonomy of ``[inputs.taxonomy]``, None if there is no such section.

    Raises
    ------
    InputError
        If its file breaks its contract.
    """
    source = run.config.inputs.taxonomy
    if source is None:
        return None
    bad_rows = run.config.inputs.bad_rows
    taxonomy = read_taxonomy(
        connection,
        run.path(source.path),
        columns=source.columns,
        bad_rows=bad_rows,
        report=report,
    )
    others = {locale: run.path(text) for locale, text in source.translations.items()}
    roots = taxonomy.categories.loc[taxonomy.categories["parent_id"].isna(), "path"]
    report.count(
        "categories without a parent, each the root of a tree", len(roots), roots.head().tolist()
    )
    return translate_categories(taxonomy, others, connection, bad_rows=bad_rows, report=report)


def configured_applicability(
    run: Run,
    connection: BaseBackend,
    taxonomy: Taxonomy | None,
    attributes: Iterable[str],
    report: Report,
) -> pd.DataFrame:
    """Return ``attribute, category_id`` (a label): where attributes apply; empty if not known.

    Raises
    ------
    InputError
        If the file breaks its contract.
    """
    source = run.config.inputs.taxonomy
    if source is None or not source.attributes_path or taxonomy is None:
        return no_applicability()
    return read_applicability(
        connection,
        run.path(source.attributes_path),
        taxonomy,
        attributes=attributes,
        columns=source.attributes_columns,
        bad_rows=run.config.inputs.bad_rows,
        report=report,
    )
