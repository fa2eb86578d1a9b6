"""Work that is done already: the blocks of another model, and what is on disk after a crash."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import threading
import time
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from workbench.errors import InputError
from workbench.model.label_tree import LabelTree
from workbench.model.packed import Packed
from workbench.model.trained import TrainedTree

_SECONDS_BETWEEN_FILES = 5.0
_BYTES_BETWEEN_FILES = 64_000_000
_PARTS = Packed._fields
# What a file that is cut off or has a wrong bit makes its reader raise.
_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    RuntimeError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)
_log = logging.getLogger(__name__)
Content = TypeVar("Content")


class FinishedWork:
    """Label trees and trained blocks, by the fingerprint of what they were made from.

    Parameters
    ----------
    trained : iterable of TrainedTree
        Of a model whose blocks may be used again.
    folder : Path, optional
        Where finished work is kept, a file every few seconds, and found again after a crash.
        A file that is damaged is left aside: what it held is made again. Once a file cannot be
        written, which is logged, nothing more is kept.
    """

    def __init__(self, trained: Iterable[TrainedTree] = (), folder: Path | None = None) -> None:
        self._trained: dict[int, tuple[TrainedTree, int, int]] = {}
        for tree in trained:
            for number, level in enumerate(tree.levels):
                for block, fingerprint in enumerate(level.prints.tolist()):
                    self._trained[fingerprint] = (tree, number, block)
        self._folder = folder
        self._is_writable = folder is not None
        self._found: dict[int, Packed] = {}
        if folder is not None:
            _make_folder(folder)
            _remove_partial_files(folder)
            for blocks in _read_files(folder, "blocks", _blocks_in):
                self._found |= blocks
        self._unwritten: list[tuple[int, Packed]] = []
        self._n_added = 0
        self._lock = threading.Lock()
        self._last_written = time.monotonic()

    @property
    def is_kept(self) -> bool:
        """Whether there is a folder for what is finished."""
        return self._folder is not None

    @property
    def n_added(self) -> int:
        """How many blocks were trained and not found."""
        return self._n_added

    def find(self, fingerprint: int) -> Packed | None:
        """Return the block with this fingerprint, if there is one."""
        if fingerprint in self._trained:
            tree, level, block = self._trained[fingerprint]
            return tree.block(level, block)
        return self._found.get(fingerprint)

    def add(self, fingerprint: int, block: Packed) -> None:
        """Keep a block that was trained just now."""
        with self._lock:
            self._n_added += 1
            if not self._is_writable:
                return
            self._unwritten.append((fingerprint, block))
            waiting = sum(block.weights.nbytes for _, block in self._unwritten)
            late = time.monotonic() - self._last_written > _SECONDS_BETWEEN_FILES
            if late or waiting > _BYTES_BETWEEN_FILES:
                self._write_blocks("training goes on without keeping finished blocks")

    def find_tree(self, fingerprint: int) -> LabelTree | None:
        """Return the tree with this fingerprint, if there is one on disk."""
        if self._folder is None:
            return None
        trees = _read_files(self._folder, f"tree-{fingerprint:016x}", _tree_in)
        return trees[-1] if trees else None

    def add_tree(self, fingerprint: int, tree: LabelTree) -> None:
        """Keep a tree that was built just now."""
        arrays = {f"child_ptr_{level}": array for level, array in enumerate(tree.child_ptr)}
        arrays["label_order"] = tree.label_order
        with self._lock:
            failure = "training goes on without keeping finished blocks"
            self._write(f"tree-{fingerprint:016x}", arrays, failure)

    def flush(self) -> None:
        """Write what is not on disk yet."""
        with self._lock:
            self._write_blocks("the blocks finished last are lost")

    def _write_blocks(self, failure: str) -> None:
        if self._unwritten:
            prints = np.array([fingerprint for fingerprint, _ in self._unwritten], np.uint64)
            arrays: dict[str, NDArray[Any]] = {"prints": prints}
            for part in _PARTS:
                pieces = [getattr(block, part) for _, block in self._unwritten]
                arrays[part] = np.concatenate(pieces)
                arrays[f"{part}_sizes"] = np.array([len(piece) for piece in pieces], np.int64)
            self._write("blocks", arrays, failure)
        self._unwritten = []
        self._last_written = time.monotonic()

    def _write(self, kind: str, arrays: dict[str, NDArray[Any]], failure: str) -> None:
        """Write a file; that it cannot be written is logged, and no further one is tried."""
        if self._folder is None or not self._is_writable:
            return
        try:
            _write_arrays(self._folder, kind, arrays)
        except OSError as error:
            self._is_writable = False
            _log.warning(
                "checkpoint %s cannot be written to: %s (%s); %s",
                self._folder,
                error,
                _free_space(self._folder),
                failure,
            )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"checkpoint {folder}: the folder cannot be made ({error.strerror}); name another"
        ) from error


def _remove_partial_files(folder: Path) -> None:
    """Remove what killed processes left half written; what another one writes now is locked."""
    for path in folder.glob("." + 32 * "[0-9a-f]" + ".partial"):
        with contextlib.suppress(OSError), path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def _free_space(folder: Path) -> str:
    try:
        return f"{shutil.disk_usage(folder).free / 1e6:,.0f} MB are free there"
    except OSError:
        return "the folder is gone"


def _write_arrays(folder: Path, kind: str, arrays: dict[str, NDArray[Any]]) -> None:
    """Write arrays as a new npz file of the folder, whole or not at all."""
    name = uuid.uuid4().hex
    beside = folder / f".{name}.partial"
    try:
        with beside.open("xb") as file:
            with contextlib.suppress(OSError):  # not every file system has locks
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        beside.rename(folder / f"{kind}-{name}.npz")
    finally:
        beside.unlink(missing_ok=True)


def _read_files(folder: Path, kind: str, unpack: Callable[[NpzFile], Content]) -> list[Content]:
    """Return what is in every intact file of a kind; damaged ones are logged."""
    contents = []
    for path in folder.glob(f"{kind}-*.npz"):
        try:
            # Opened here, because numpy leaves a file open that it cannot read.
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                contents.append(unpack(file))
        except _DAMAGE as error:
            _log.warning("%s is damaged and left aside: %s", path, error)
    return contents


def _tree_in(file: NpzFile) -> LabelTree:
    n_levels = len(file.files) - 1
    child_ptr = tuple(file[f"child_ptr_{level}"] for level in range(n_levels))
    return LabelTree(child_ptr, file["label_order"])


def _blocks_in(file: NpzFile) -> dict[int, Packed]:
    cuts = [np.cumsum(file[f"{part}_sizes"])[:-1] for part in _PARTS]
    parts = [np.split(file[part], cut) for part, cut in zip(_PARTS, cuts, strict=True)]
    blocks = zip(file["prints"].tolist(), *parts, strict=True)
    return {fingerprint: Packed(*block) for fingerprint, *block in blocks}
