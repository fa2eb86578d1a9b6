"""Immutable artefacts: published whole or not at all, named by what they were made from."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.errors import DamagedArtefactError
from workbench.matrices import LabelMatrix, PairScores
from workbench.workspace import arrays
from workbench.workspace.remaking import move_away, remake

MANIFEST = "manifest"


@dataclass(frozen=True)
class Artefact:
    """A published folder and what its manifest says.

    Parameters
    ----------
    folder : Path
    manifest : mapping
        ``files`` maps each file name to its size in bytes and sha256; the rest is what the
        publisher said: fingerprint, parameters, lineage.
    """

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """What the artefact was made from, as a hash."""
        return str(self.manifest["fingerprint"])

    def table(
        self,
        name: str,
        columns: Sequence[str] | None = None,
        where: Sequence[tuple[str, str, Any]] | None = None,
        coded: Sequence[str] = (),
    ) -> pd.DataFrame:
        """Return a table of the artefact, or some of its columns and rows; `arrays.read_table`."""
        return arrays.read_table(self.folder, name, columns, where, coded)

    def batches(
        self, name: str, columns: Sequence[str], where: Sequence[tuple[str, str, Any]]
    ) -> Iterator[pd.DataFrame]:
        """Yield some columns and rows of a table, a part at a time; `arrays.read_batches`."""
        return arrays.read_batches(self.folder, name, columns, where)

    def positions(
        self,
        name: str,
        axes: Mapping[str, pd.Index],
        columns: Sequence[str],
        where: Sequence[tuple[str, str, Any]] = (),
    ) -> Iterator[pd.DataFrame]:
        """Yield rows of a table, with ids as positions on axes; `arrays.read_positions`."""
        return arrays.read_positions(self.folder, name, axes, columns, where)

    def arrow(self, name: str) -> pa.Table:
        """Return a table of the artefact as Arrow."""
        return arrays.read_arrow(self.folder, name)

    def spread(
        self, name: str, columns: Sequence[str], coded: Sequence[str], *, n_rows: int
    ) -> pd.DataFrame:
        """Return about so many rows, spread over a table of the artefact; `arrays.read_spread`."""
        return arrays.read_spread(self.folder, name, columns, coded, n_rows=n_rows)

    def n_rows(self, name: str) -> int:
        """Return how many rows a table of the artefact has."""
        return arrays.count_rows(self.folder, name)

    def column_names(self, name: str) -> list[str]:
        """Return the columns of a table of the artefact."""
        return arrays.column_names(self.folder, name)

    def labels(self) -> LabelMatrix:
        """Return the label matrix of the artefact."""
        return arrays.read_labels(self.folder)

    def scores(self) -> PairScores:
        """Return the pair scores of the artefact."""
        return arrays.read_scores(self.folder)

    def matrix(self, name: str) -> csr_array:
        """Return a sparse matrix of the artefact, memory-mapped."""
        return arrays.read_matrix(self.folder, name)

    def array(self, name: str) -> NDArray[Any]:
        """Return an array of the artefact, memory-mapped."""
        return arrays.read_array(self.folder, name)

    def json(self, name: str) -> dict[str, Any]:
        """Return a JSON document of the artefact."""
        return arrays.read_json(self.folder, name)

    def holds(self, file_name: str) -> bool:
        """Say whether the artefact has a file of this name."""
        return file_name in self.manifest["files"]

    def check(self) -> None:
        """Read every file and compare it with its checksum.

        Raises
        ------
        DamagedArtefactError
            Naming the files that are gone or changed.
        """
        bad = [
            name
            for name, entry in self.manifest["files"].items()
            if not (self.folder / name).is_file()
            or sha256_of_file(self.folder / name) != entry["sha256"]
        ]
        if bad:
            raise DamagedArtefactError(
                f"{self.folder}: {len(bad)} of {len(self.manifest['files'])} files are gone or "
                f"changed: {bad[:5]}; {remake(self.folder)}"
            )


def open_artefact(folder: Path, *, says: Sequence[str] = ()) -> Artefact:
    """Return the published artefact of a folder.

    Parameters
    ----------
    folder : Path
    says : sequence of str
        What the manifest of an artefact of this kind has to say.

    Raises
    ------
    DamagedArtefactError
        If the manifest is missing, unreadable or of something else, or a file is gone or has
        another size.
    """
    path = folder / f"{MANIFEST}.json"
    if not path.exists():
        raise DamagedArtefactError(f"{folder} has no {path.name}; {move_away(folder)}")
    manifest = arrays.read_json(folder, MANIFEST)
    if not _is_ours(manifest, says):
        raise DamagedArtefactError(
            f"{path} is the manifest of something that does not belong in "
            f"{folder.parent}; {move_away(folder)}"
        )
    bad = []
    for name, entry in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            bad.append(f"{name} is gone")
        elif path.stat().st_size != entry["size"]:
            bad.append(f"{name} has {path.stat().st_size} bytes instead of {entry['size']}")
    if bad:
        raise DamagedArtefactError(
            f"{folder}: {len(bad)} damaged files: {'; '.join(bad[:5])}; {remake(folder)}"
        )
    return Artefact(folder, manifest)


def _is_ours(manifest: Any, says: Sequence[str]) -> bool:
    """Say whether a manifest is one that `publish` wrote, of a kind that says these things."""
    if not isinstance(manifest, dict) or not all(key in manifest for key in says):
        return False
    files = manifest.get("files")
    return isinstance(files, dict) and all(
        isinstance(entry, dict) and "size" in entry and "sha256" in entry
        for entry in files.values()
    )


@contextmanager
def publish(folder: Path, about: Mapping[str, Any]) -> Iterator[Path]:
    """Give a folder to write into; on leaving it becomes ``folder``, whole, or nothing remains.

    Files are synced to disk before the rename, so a crash leaves the last good state. If
    somebody else published the same folder meanwhile, theirs stays: the name says what is in it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.parent / f".{folder.name}.{uuid.uuid4().hex}.draft"
    draft.mkdir()
    try:
        yield draft
        files = {
            path.relative_to(draft).as_posix(): path
            for path in sorted(draft.rglob("*"))
            if path.is_file()
        }
        manifest = dict(about) | {
            "files": {
                name: {"size": path.stat().st_size, "sha256": sha256_of_file(path)}
                for name, path in files.items()
            }
        }
        arrays.write_json(draft, MANIFEST, manifest)
        for path in (*draft.rglob("*"), draft):
            _sync(path)
        try:
            draft.rename(folder)
        except OSError:
            if not (folder / f"{MANIFEST}.json").exists():
                raise
        _sync(folder.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def replace_file(path: Path, text: str) -> None:
    """Write a small file so that a reader sees the old or the new text, never a part."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.draft")
    try:
        draft.write_text(text, encoding="utf-8")
        _sync(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def fingerprint_of(content: Mapping[str, Any]) -> str:
    """Return a short hash of a JSON-able description."""
    text = json.dumps(
        content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def newest_artefact(
    folder: Path, *, holding: Sequence[str] = (), but: str | None = None
) -> Artefact | None:
    """Return the newest artefact in a folder; None if there is none.

    Parameters
    ----------
    folder : Path
    holding : sequence of str
        Files it must have.
    but : str, optional
        The name of one that is passed over.
    """
    found = [
        open_artefact(path) for path in folder.glob("[!.]*") if path.is_dir() and path.name != but
    ]
    complete = [one for one in found if all(map(one.holds, holding))]
    order = [(str(one.manifest.get("created_at", "")), one.folder.name) for one in complete]
    return complete[order.index(max(order))] if complete else None


def sha256_of_file(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
