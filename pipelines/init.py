"""Start a workspace: look at the input files, write a configuration that fits them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.catalog_form import find_catalog_form
from pipelines.click_form import find_click_form, sample_file
from pipelines.column_names import map_columns
from pipelines.columns_told import tell_catalog, tell_log, tell_searches
from pipelines.console import Terminal
from pipelines.ingest_labels import read_label_names
from pipelines.init_log import LogPlace
from pipelines.input_files import (
    INSTANCE_IDS,
    LABEL_IDS,
    TEXTS,
    check_columns,
    check_formats,
    find_translations,
    read_header,
)
from pipelines.label_form import find_label_form
from pipelines.resources import sample_data_folder
from pipelines.template import config_text
from workbench.errors import InputError
from workbench.workspace import Workspace

# Files beside a taxonomy that say which attributes its categories have.
_APPLICABILITY = ("category_attributes.csv", "categories_with_attributes.jsonl")
_PAIRS_LOOKED_AT = 20_000
# Inputs of which every column is told.
_TOLD = ("clicks", "queries", "catalog")


@dataclass(frozen=True)
class InitRequest:
    """What the user named on the command line; every input may be missing.

    ``clicks`` is a path or, with ``clicks_table``, the URL of a database.
    """

    sample: bool = False
    clicks: Path | str | None = None
    clicks_table: str | None = None
    queries: Path | None = None
    queries_table: str | None = None
    catalog: Path | None = None
    taxonomy: Path | None = None
    aliases: Path | None = None
    texts: Path | None = None
    labels: Path | None = None
    label_names: Path | None = None
    separator: str = ""

    @property
    def log(self) -> LogPlace:
        """Where the search log lies."""
        assert self.clicks is not None
        return LogPlace(str(self.clicks), self.queries, self.clicks_table, self.queries_table)

    @property
    def files(self) -> dict[str, Path]:
        """The files by option; a log in a database is none."""
        names = ("queries", "catalog", "taxonomy", "aliases", "texts", "labels", "label_names")
        named: dict[str, Path | None] = {}
        if self.clicks is not None and not self.log.is_database:
            named["clicks"] = Path(self.clicks)
        named |= {name: getattr(self, name) for name in names}
        return {name: path for name, path in named.items() if path is not None}


def init_workspace(folder: Path, request: InitRequest, terminal: Terminal) -> Workspace:
    """Make a workspace from what the user named and return it.

    Raises
    ------
    InputError
        If the inputs do not make one way in, a file is missing or cannot be read, or files look
        swapped.
    """
    _check_options(request)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; name another folder for the workspace")
    told: list[str] = []
    if request.sample:
        text = _sample_config(folder)
    elif request.labels is not None or request.texts is not None:
        text = _labels_config(folder, request, told)
    elif request.clicks is not None:
        text = _signals_config(folder, request, told)
    else:
        raise InputError(
            "name the inputs: --clicks with --catalog for weak signals, --texts with --labels "
            "for labels that exist, or --sample for the sample shop"
        )
    workspace = Workspace.create(folder, text)
    # Said when it is written: whoever stops listening, as head does, has a workspace all the same.
    for line in told:
        terminal.say(line)
    terminal.say(
        f"wrote {workspace.config_path}; look it over, then: workbench run {workspace.quoted}"
    )
    return workspace


def _check_options(request: InitRequest) -> None:
    """Raise if options were named that do not go together, rather than ignore some."""
    signals = ("clicks", "clicks_table", "queries", "queries_table", "catalog", "aliases")
    existing = ("texts", "labels", "label_names", "separator")
    of_signals, of_labels = (_named(request, names) for names in (signals, existing))
    if request.sample and (others := of_signals + of_labels + _named(request, ("taxonomy",))):
        raise InputError(f"{others} cannot be used together with --sample, which has its own")
    if of_signals and of_labels:
        raise InputError(
            f"{of_labels} cannot be used together with {of_signals}: a workspace starts from weak "
            "signals (--clicks, --catalog, --taxonomy, --aliases) or from labels that exist "
            "(--texts, --labels, --taxonomy)"
        )
    if request.clicks is not None:
        request.log.check()
    check_formats(request.files)
    if request.label_names is not None and request.labels and request.labels.suffix != ".npz":
        raise InputError(
            f"--label-names is for a matrix (.npz), but {request.labels} is a table, which "
            "names its labels itself; leave it out"
        )


def _named(request: InitRequest, names: Sequence[str]) -> str:
    """Return the options among these that the user named, as written."""
    return ", ".join("--" + name.replace("_", "-") for name in names if getattr(request, name))


def _look_at(request: InitRequest, options: Sequence[str], told: list[str]) -> None:
    """Tell which files have columns of other names; raise if they look swapped."""
    tables = {name: path for name, path in request.files.items() if name in options}
    for option, note in check_columns(tables).items():
        if option not in _TOLD:
            told.append(note)


def _sample_config(folder: Path) -> str:
    data = sample_data_folder()
    request = InitRequest(
        clicks=data / "events.parquet",
        catalog=data / "items.csv",
        taxonomy=data / "taxonomy.csv",
        aliases=data / "aliases.csv",
    )
    return _signals_config(folder, request, [], data / "truth.parquet")


def _signals_config(
    folder: Path, request: InitRequest, told: list[str], truth: Path | None = None
) -> str:
    if request.clicks is None or request.catalog is None:
        raise InputError("--clicks needs --catalog, and --catalog needs --clicks")
    _look_at(request, ("clicks", "queries", "catalog", "taxonomy", "aliases"), told)
    place, (log, searches) = request.log, request.log.samples()
    form = find_click_form(log, searches)
    has_searches = searches is not None or form["is_mixed"]
    found = find_catalog_form(request.catalog)
    told += tell_log(log, form["columns"], has_searches=has_searches)
    told += form["position_lines"]
    if searches is not None:
        told += tell_searches(searches, form["query_columns"])
    told += tell_catalog(request.catalog.name, found)
    catalog = {"path": _relative(request.catalog, folder), **found.settings}
    named = {"taxonomy": request.taxonomy, "aliases": request.aliases}
    translations = {
        key: {locale: _relative(other, folder) for locale, other in find_translations(path).items()}
        for key, path in named.items()
        if path is not None
    }
    return config_text(
        folder.resolve().name,
        clicks=_log_keys(place, folder, is_mixed=form["is_mixed"]),
        click_form=form,
        catalog=catalog,
        taxonomy=_taxonomy_keys(request, folder),
        aliases=None if request.aliases is None else _relative(request.aliases, folder),
        translations=translations,
        truth=None if truth is None else _relative(truth, folder),
    )


def _taxonomy_keys(request: InitRequest, folder: Path) -> dict[str, str | None] | None:
    """Return the keys of ``[inputs.taxonomy]``, with the file of attributes that lies beside."""
    if request.taxonomy is None:
        return None
    beside = [request.taxonomy.with_name(name) for name in _APPLICABILITY]
    there = next((path for path in beside if path.exists()), None)
    return {
        "path": _relative(request.taxonomy, folder),
        "attributes_path": None if there is None else _relative(there, folder),
    }


def _log_keys(place: LogPlace, folder: Path, *, is_mixed: bool) -> dict[str, str]:
    """Return the keys of ``[inputs.clicks]`` that say where the log and its searches lie."""
    if place.is_database:
        queries = place.clicks_table if is_mixed else place.queries_table
        named = {"database": place.url, "table": place.clicks_table, "queries_table": queries}
    else:
        searches = Path(place.clicks) if is_mixed else place.queries
        named = {
            "path": _relative(Path(place.clicks), folder),
            "queries_path": None if searches is None else _relative(searches, folder),
        }
    return {key: value for key, value in named.items() if value is not None}


def _labels_config(folder: Path, request: InitRequest, told: list[str]) -> str:
    if request.texts is None or request.labels is None:
        raise InputError("--labels needs --texts, the instances that carry them, and vice versa")
    is_matrix = request.labels.suffix == ".npz"
    if is_matrix and request.label_names is None:
        raise InputError(
            f"{request.labels} is a matrix without names; add --label-names with a file of one "
            "label a line, in column order"
        )
    tables = ("texts", "taxonomy") if is_matrix else ("texts", "labels", "taxonomy")
    _look_at(request, tables, told)
    text_columns = map_columns(
        read_header(request.texts), {"instance_id": INSTANCE_IDS, "text": TEXTS}
    )
    pair_columns = {}
    if not is_matrix:
        wanted = {"instance_id": INSTANCE_IDS, "label_id": LABEL_IDS}
        pair_columns = map_columns(read_header(request.labels), wanted)
    for ours, theirs in (text_columns | pair_columns).items():
        told.append(f"column '{theirs}' is taken as {ours}")
    separator = request.separator or _find_separator(request, pair_columns, told)
    return config_text(
        folder.resolve().name,
        taxonomy=_taxonomy_keys(request, folder),
        labels={
            "texts": _relative(request.texts, folder),
            "pairs": _relative(request.labels, folder),
            "label_names": None
            if request.label_names is None
            else _relative(request.label_names, folder),
            "text_columns": text_columns,
            "pair_columns": pair_columns,
            "separator": separator,
            "category": None,
        },
    )


def _find_separator(request: InitRequest, pair_columns: dict[str, str], told: list[str]) -> str:
    """Return what parts attribute and value in the labels, "" if nothing does, and tell it."""
    named = request.label_names or request.labels
    assert named is not None
    if request.label_names is not None:
        labels = read_label_names(named).tolist()
    else:
        column = pair_columns.get("label_id", "label_id")
        labels = [
            str(row[column])
            for row in sample_file(named, n_rows=_PAIRS_LOOKED_AT).rows
            if row.get(column)
        ]
    form = find_label_form(labels)
    if form is None:
        return ""
    told.append(f"{named.name}: {form.told()}")
    return form.separator


def _relative(path: Path, folder: Path) -> str:
    """Return the path as seen from the workspace, so that both can move together."""
    if not path.exists():
        raise InputError(f"{path} does not exist")
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
