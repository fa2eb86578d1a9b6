"""How matrices and tables lie in a folder: CSR arrays as ``.npy`` parts, tables as Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyarrow import dataset
from scipy.sparse import csr_array

from workbench.errors import DamagedArtefactError
from workbench.matrices import LabelMatrix, PairScores
from workbench.workspace.remaking import remake

_PARTS = ("data", "indices", "indptr")


def write_array(folder: Path, name: str, values: NDArray[Any]) -> None:
    """Write one array as ``<name>.npy``."""
    np.save(folder / f"{name}.npy", np.ascontiguousarray(values), allow_pickle=False)


def read_array(folder: Path, name: str) -> NDArray[Any]:
    """Return the array, memory-mapped and read-only.

    Raises
    ------
    DamagedArtefactError
    """
    path = folder / f"{name}.npy"
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]
    except (OSError, ValueError) as error:
        # A mapping of zero bytes is refused by the system; an empty array is sound all the same.
        try:
            return np.load(path, allow_pickle=False)  # type: ignore[no-any-return]
        except (OSError, ValueError):
            raise _damaged(path, error) from error


def write_matrix(folder: Path, name: str, matrix: csr_array) -> None:
    """Write a CSR array as ``<name>.data.npy``, ``.indices.npy``, ``.indptr.npy`` and its shape."""
    for part in _PARTS:
        write_array(folder, f"{name}.{part}", getattr(matrix, part))
    write_array(folder, f"{name}.shape", np.asarray(matrix.shape, np.int64))


def read_matrix(folder: Path, name: str) -> csr_array:
    """Return the CSR array; its parts are memory-mapped and read-only."""
    data, indices, indptr = (read_array(folder, f"{name}.{part}") for part in _PARTS)
    n_rows, n_columns = read_array(folder, f"{name}.shape").tolist()
    try:
        matrix = csr_array((data, indices, indptr), shape=(n_rows, n_columns), copy=False)
    except ValueError as error:
        raise _damaged(folder / f"{name}.indptr.npy", error) from error
    # Written canonical; saves a pass over the file at every reading.
    matrix.has_sorted_indices = True
    matrix.has_canonical_format = True
    return matrix


# So many rows a group: a reader that filters sorted rows skips most of the file.
_ROWS_PER_GROUP = 32_768
# So many rows are turned into what is written at a time: all at once may take gigabytes.
_ROWS_AT_ONCE = 32 * _ROWS_PER_GROUP


def write_table(folder: Path, name: str, frame: pd.DataFrame) -> None:
    """Write a table as ``<name>.parquet``; sort it by what readers filter on.

    Categories are written as the text that they stand for.
    """
    path = folder / f"{name}.parquet"
    schema = pa.Table.from_pandas(_as_text(frame.head(0)), preserve_index=False).schema
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, max(len(frame), 1), _ROWS_AT_ONCE):
            part = _as_text(frame.iloc[start : start + _ROWS_AT_ONCE])
            table = pa.Table.from_pandas(part, schema=schema, preserve_index=False)
            writer.write_table(table, row_group_size=_ROWS_PER_GROUP)


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    kinds = frame.dtypes.items()
    coded = [name for name, kind in kinds if isinstance(kind, pd.CategoricalDtype)]
    return frame.astype(dict.fromkeys(coded, "str"))


def write_arrow(folder: Path, name: str, table: pa.Table) -> None:
    """Write an Arrow table as ``<name>.parquet``."""
    pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


def read_arrow(folder: Path, name: str) -> pa.Table:
    """Return a table as Arrow, in the types it was written with.

    Raises
    ------
    DamagedArtefactError
    """
    path = folder / f"{name}.parquet"
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error


def read_table(
    folder: Path,
    name: str,
    columns: Sequence[str] | None = None,
    where: Sequence[tuple[str, str, Any]] | None = None,
    coded: Sequence[str] = (),
) -> pd.DataFrame:
    """Return the table, or some columns of it and the rows that meet all of ``where``.

    Columns of text in ``coded`` come as categories: of millions of rows with few distinct texts a
    tenth of the memory.

    Raises
    ------
    DamagedArtefactError
    """
    path = folder / f"{name}.parquet"
    try:
        return pd.read_parquet(
            path,
            columns=None if columns is None else list(columns),
            filters=None if where is None else list(where),
            read_dictionary=list(coded),
        )
    except (OSError, ValueError) as error:  # pyarrow's errors are ValueErrors
        raise _damaged(path, error) from error


def read_batches(
    folder: Path, name: str, columns: Sequence[str], where: Sequence[tuple[str, str, Any]]
) -> Iterator[pd.DataFrame]:
    """Yield some columns of the rows that meet all of ``where``, a part of the table at a time.

    Raises
    ------
    DamagedArtefactError
    """
    for batch in _batches(folder / f"{name}.parquet", list(columns), where):
        yield batch.to_pandas()


def read_positions(
    folder: Path,
    name: str,
    axes: Mapping[str, pd.Index],
    columns: Sequence[str],
    where: Sequence[tuple[str, str, Any]] = (),
) -> Iterator[pd.DataFrame]:
    """Yield rows as `read_batches` does, with ids as their positions on an axis.

    Parameters
    ----------
    folder : Path
    name : str
    axes : mapping of column to ids
        The columns of ids, yielded beside ``columns``; -1 stands for an id that is not there.
    columns : sequence of str
    where : sequence of (column, operator, value)

    Raises
    ------
    DamagedArtefactError
    """
    # The ids are hashed once for the whole table, and stay Arrow's.
    positions = {
        column: pc.coalesce(
            pc.index_in(
                pc.field(column).cast(pa.large_string()),
                value_set=pa.array(ids.array, pa.large_string()),
            ),
            pa.scalar(-1, pa.int32()),
        )
        for column, ids in axes.items()
    }
    plain = {column: pc.field(column) for column in columns}
    for batch in _batches(folder / f"{name}.parquet", positions | plain, where):
        # The metadata says text of the ids: pandas would make some of the positions.
        yield batch.replace_schema_metadata(None).to_pandas()


def _batches(
    path: Path, columns: Any, where: Sequence[tuple[str, str, Any]]
) -> Iterator[pa.RecordBatch]:
    try:
        table = dataset.dataset(path, format="parquet")
        wanted = pq.filters_to_expression(list(where)) if where else None
        # Sixteen are read ahead otherwise, hundreds of megabytes.
        ahead = {"batch_readahead": 2, "fragment_readahead": 1}
        # Else all of the columns are in memory as the file has them.
        group_by_group = dataset.ParquetFragmentScanOptions(pre_buffer=False)
        yield from table.to_batches(
            columns=columns, filter=wanted, fragment_scan_options=group_by_group, **ahead
        )
    except (OSError, ValueError) as error:  # pyarrow's errors are ValueErrors
        raise _damaged(path, error) from error


def read_spread(
    folder: Path, name: str, columns: Sequence[str], coded: Sequence[str], *, n_rows: int
) -> pd.DataFrame:
    """Return some columns of about so many rows, in groups evenly spread over the table.

    Columns of text in ``coded`` come as categories.

    Raises
    ------
    DamagedArtefactError
    """
    path = folder / f"{name}.parquet"
    try:
        with pq.ParquetFile(path, read_dictionary=list(coded)) as file:
            n_groups = file.metadata.num_row_groups
            share = min(n_rows / max(file.metadata.num_rows, 1), 1.0)
            chosen = np.linspace(0, n_groups - 1, max(round(share * n_groups), 1)).astype(int)
            wanted = chosen.tolist() if n_groups else []
            frame: pd.DataFrame = file.read_row_groups(wanted, columns=list(columns)).to_pandas()
            return frame
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error


def count_rows(folder: Path, name: str) -> int:
    """Return how many rows a table has, without reading them.

    Raises
    ------
    DamagedArtefactError
    """
    return int(_metadata(folder, name).num_rows)


def column_names(folder: Path, name: str) -> list[str]:
    """Return the columns of a table, without reading them.

    Raises
    ------
    DamagedArtefactError
    """
    return list(_metadata(folder, name).schema.names)


def _metadata(folder: Path, name: str) -> pq.FileMetaData:
    path = folder / f"{name}.parquet"
    try:
        return pq.read_metadata(path)
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error


def write_ids(folder: Path, name: str, ids: pd.Index) -> None:
    """Write the ids of one axis as ``<name>.parquet``."""
    write_table(folder, name, pd.DataFrame({"id": ids.astype("str")}))


def read_ids(folder: Path, name: str) -> pd.Index:
    """Return the ids of one axis."""
    ids: pd.Index = pd.Index(read_table(folder, name)["id"], name=None)
    return ids


def write_labels(folder: Path, labels: LabelMatrix) -> None:
    """Write a label matrix with its axes."""
    write_matrix(folder, "labels", labels.values)
    write_ids(folder, "instance_ids", labels.instance_ids)
    write_ids(folder, "label_ids", labels.label_ids)
    if labels.confidence is not None:
        write_array(folder, "labels.confidence", labels.confidence)


def read_labels(folder: Path) -> LabelMatrix:
    """Return the label matrix of a folder."""
    known = (folder / "labels.confidence.npy").exists()
    return LabelMatrix(
        read_matrix(folder, "labels"),
        read_ids(folder, "instance_ids"),
        read_ids(folder, "label_ids"),
        read_array(folder, "labels.confidence") if known else None,
    )


def write_scores(folder: Path, scores: PairScores) -> None:
    """Write pair scores with their axes."""
    write_matrix(folder, "scores", scores.values)
    write_ids(folder, "instance_ids", scores.instance_ids)
    write_ids(folder, "label_ids", scores.label_ids)


def read_scores(folder: Path) -> PairScores:
    """Return the pair scores of a folder."""
    return PairScores(
        read_matrix(folder, "scores"),
        read_ids(folder, "instance_ids"),
        read_ids(folder, "label_ids"),
    )


def write_json(folder: Path, name: str, content: Mapping[str, Any]) -> None:
    """Write ``<name>.json``."""
    text = json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def read_json(folder: Path, name: str) -> dict[str, Any]:
    """Return the content of ``<name>.json``.

    Raises
    ------
    DamagedArtefactError
    """
    path = folder / f"{name}.json"
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error
    return content


def _damaged(path: Path, error: Exception) -> DamagedArtefactError:
    return DamagedArtefactError(
        f"{path} cannot be read: it is damaged or gone; {remake(path.parent)}   "
        f"[{type(error).__name__}: {' '.join(str(error).split())}]"
    )
