"""Fitted text features as one Parquet file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from workbench.errors import DamagedArtefactError, MissingArtefactError

FORMAT_VERSION = "2"
# Version 1 knew no given vocabulary, and is the same otherwise.
_READABLE = ("1", FORMAT_VERSION)

Terms = tuple[list[str], NDArray[np.bool_], NDArray[np.float32], dict[str, Any]]


def write_terms(
    path: str | Path,
    terms: list[str],
    is_gram: NDArray[np.bool_],
    idf: NDArray[np.float32],
    parameters: dict[str, Any],
) -> None:
    """Write terms in order, their weights and the parameters, with a checksum among the metadata.

    Of the parameters' vocabulary only whether there is one: its terms are those of the file.
    """
    table = pa.table({"term": pa.array(terms, pa.string()), "is_gram": is_gram, "idf": idf})
    named = parameters | {"vocabulary": parameters["vocabulary"] is not None}
    stored = json.dumps(named, default=np.generic.item)
    digest = _digest(table, stored)
    metadata = {"format_version": FORMAT_VERSION, "parameters": stored, "sha256": digest}
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata(metadata), path)


def read_terms(path: str | Path) -> Terms:
    """Return what ``write_terms`` wrote; the vocabulary is true if one was given.

    Raises
    ------
    MissingArtefactError
        If there is no such file.
    DamagedArtefactError
        If the file does not match its checksum, or a newer version wrote it.
    """
    table, parameters = _read(path)
    is_gram, idf = table["is_gram"].to_numpy(), table["idf"].to_numpy()
    return table["term"].to_pylist(), is_gram, idf, json.loads(parameters)


def read_names(path: str | Path) -> list[str]:
    """Return ``feature_names_`` of what ``write_terms`` wrote.

    Raises
    ------
    MissingArtefactError, DamagedArtefactError
        As ``read_terms`` does.
    """
    table, _ = _read(path)
    return named(table["term"].to_pylist(), table["is_gram"].to_numpy())


def named(terms: list[str], is_gram: NDArray[np.bool_]) -> list[str]:
    """Return the names of the terms: character n-grams in quotes."""
    return [f"'{t}'" if gram else t for t, gram in zip(terms, is_gram.tolist(), strict=True)]


def _read(path: str | Path) -> tuple[pa.Table, str]:
    """Return the checked table and the parameters as JSON."""
    if not Path(path).is_file():
        raise MissingArtefactError(f"{path}: there are no text features; fit and save them")
    try:
        # Without partitioning=None a folder named "a=1" would become a column.
        table = pq.read_table(path, partitioning=None)
        found = {k.decode(): v.decode() for k, v in (table.schema.metadata or {}).items()}
        version, parameters = found["format_version"], found["parameters"]
        intact = found["sha256"] == _digest(table, parameters)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise DamagedArtefactError(f"{path} cannot be read: {error}; fit again") from error
    if version not in _READABLE:
        raise DamagedArtefactError(
            f"{path} has format version {version}, this program reads {FORMAT_VERSION}; "
            "update the program or fit again"
        )
    if not intact:
        raise DamagedArtefactError(f"{path} does not match its checksum; fit again")
    return table, parameters


def _digest(table: pa.Table, parameters: str) -> str:
    digest = hashlib.sha256(parameters.encode())
    digest.update(json.dumps(table["term"].to_pylist()).encode())
    digest.update(table["is_gram"].to_numpy().tobytes())
    digest.update(table["idf"].to_numpy().tobytes())
    return digest.hexdigest()
