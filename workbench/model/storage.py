"""How a model lies on disk: one npy file an array, and a manifest with the checksums of all.

The manifest's own checksum is that of its other entries as canonical JSON: keys sorted, no spaces.
"""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from workbench.errors import DamagedArtefactError, InputError, MissingArtefactError
from workbench.kernels import read_only
from workbench.model.duals import LevelDuals, TreeDuals
from workbench.model.label_tree import LabelTree
from workbench.model.levels import Level, frozen
from workbench.model.trained import TrainedTree

FORMAT_VERSION = 5
# Releases before kept less of what the next training may start from: it starts from nothing once.
_WITH_LESS_TO_START_FROM = 4
# And before that wrote sha256 sums, which take much longer to compare.
_WITH_SHA256 = 3
_MANIFEST = "manifest.json"
_OWN_CHECKSUM = "manifest_sha256"


@dataclass(frozen=True)
class StoredModel:
    """What a fitted model is made of.

    Its parameters are those that made it, and of those that only prediction uses the latest.
    """

    kind: str
    parameters: dict[str, Any]
    entropy: int
    n_features: int
    trees: list[TrainedTree]


def write_model(folder: Path, stored: StoredModel) -> None:
    """Write the model into a folder that is new or empty; the manifest comes last.

    Raises
    ------
    FileExistsError
        If the folder holds files, or is a file itself.
    """
    if folder.is_file():
        raise FileExistsError(f"{folder} is a file; save the model into a new folder")
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; save the model into a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    checksums = {}
    for name, array in _arrays(stored.trees):
        np.save(folder / name, array, allow_pickle=False)
        checksums[name] = _crc32(folder / name)
    manifest = {
        "format_version": FORMAT_VERSION,
        "kind": stored.kind,
        "parameters": stored.parameters,
        "entropy": stored.entropy,
        "n_features": stored.n_features,
        "n_levels": [trained.tree.n_levels for trained in stored.trees],
        "crc32": checksums,
    }
    manifest[_OWN_CHECKSUM] = _checksum_of(manifest)
    text = json.dumps(manifest, indent=1, default=_plain_number)
    (folder / _MANIFEST).write_text(text, encoding="utf-8")


def read_model(folder: Path, kind: str) -> StoredModel:
    """Return the model in a folder, memory-mapped, after checking every file.

    Raises
    ------
    MissingArtefactError
        If there is no manifest.
    DamagedArtefactError
        If a file is missing or damaged, or another version of the format wrote the model.
    InputError
        If the model is of another kind.
    """
    manifest = _read_manifest(folder, kind)
    version = manifest["format_version"]
    checksums = manifest["sha256" if version == _WITH_SHA256 else "crc32"]
    checksum_of = _sha256 if version == _WITH_SHA256 else _crc32
    for name, expected in checksums.items():
        path = folder / name
        if not path.is_file() or checksum_of(path) != expected:
            raise DamagedArtefactError(
                f"{path} is missing or does not match its checksum; "
                "train the model again or restore the folder from a copy"
            )
    has_duals = version == FORMAT_VERSION
    trees = [
        _read_tree(folder, i, n_levels, has_duals=has_duals and _row_prints_of(i) in checksums)
        for i, n_levels in enumerate(manifest["n_levels"])
    ]
    return StoredModel(
        kind, manifest["parameters"], manifest["entropy"], manifest["n_features"], trees
    )


def _read_manifest(folder: Path, kind: str) -> dict[str, Any]:
    path = folder / _MANIFEST
    if not path.is_file():
        _check_none_inside(folder)
        raise MissingArtefactError(f"{folder} holds no model ({_MANIFEST} is missing); train one")
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version, own_checksum = manifest["format_version"], manifest.pop(_OWN_CHECKSUM, None)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, KeyError):  # a sound manifest, of something else
            _check_none_inside(folder)
        raise DamagedArtefactError(f"{path} cannot be read: {error!r}; train again") from error
    _check_version(version, folder)
    if own_checksum != _checksum_of(manifest):
        raise DamagedArtefactError(
            f"{path} does not match its own checksum: it is damaged or was edited; train the model "
            "again or restore the folder from a copy"
        )
    found = manifest["kind"]
    if found != kind:
        raise InputError(f"{folder} holds a {found}, not a {kind}; load it as {found}")
    return manifest


def _check_none_inside(folder: Path) -> None:
    """Raise if a folder that is no model holds folders that look like one, such as a workspace's.

    Raises
    ------
    MissingArtefactError
        Naming them.
    """
    inside = sorted(str(found.parent) for found in folder.glob(f"*/{_MANIFEST}"))
    if inside:
        raise MissingArtefactError(
            f"{folder} holds no model itself, but folders that may: load {' or '.join(inside[:5])}"
        )


def _check_version(version: Any, folder: Path) -> None:
    """Raise unless this program wrote the format, which is read before anything that it names."""
    if version in (FORMAT_VERSION, _WITH_LESS_TO_START_FROM, _WITH_SHA256):
        return
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise DamagedArtefactError(
            f"{folder} has format version {version}, this program reads up to {FORMAT_VERSION}; "
            "update the program or train the model again"
        )
    raise DamagedArtefactError(
        f"{folder} has format version {version!r}, which this program no longer reads (it "
        f"writes {FORMAT_VERSION}); train the model again"
    )


def _arrays(trees: list[TrainedTree]) -> Iterator[tuple[str, NDArray[Any]]]:
    for i, trained in enumerate(trees):
        yield f"tree{i}_label_order.npy", trained.tree.label_order
        for j, level in enumerate(trained.levels):
            for field, array in level._asdict().items():
                yield f"tree{i}_level{j}_{field}.npy", array
        if trained.duals is not None:
            yield _row_prints_of(i), trained.duals.row_prints
            for j, duals in enumerate(trained.duals.levels):
                for field, array in duals._asdict().items():
                    yield f"tree{i}_level{j}_dual_{field}.npy", array


def _read_tree(folder: Path, i: int, n_levels: int, *, has_duals: bool) -> TrainedTree:
    levels = tuple(
        frozen(Level(*(_open(folder / f"tree{i}_level{j}_{field}.npy") for field in Level._fields)))
        for j in range(n_levels)
    )
    label_order = _open(folder / f"tree{i}_label_order.npy")
    tree = LabelTree(tuple(level.child_ptr for level in levels), label_order)
    return TrainedTree(tree, levels, _read_duals(folder, i, n_levels - 1) if has_duals else None)


def _read_duals(folder: Path, i: int, n_levels: int) -> TreeDuals:
    levels = (
        [_open(folder / f"tree{i}_level{j}_dual_{field}.npy") for field in LevelDuals._fields]
        for j in range(n_levels)
    )
    return TreeDuals(
        _open(folder / _row_prints_of(i)),
        tuple(LevelDuals(*(read_only(array) for array in level)) for level in levels),
    )


def _row_prints_of(i: int) -> str:
    return f"tree{i}_row_prints.npy"


def _open(path: Path) -> NDArray[Any]:
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def _crc32(path: Path) -> int:
    """Return the checksum of a file's bytes: against damage, which is all that it is for."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return 0
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return isal_zlib.crc32(content)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checksum_of(manifest: dict[str, Any]) -> str:
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), default=_plain_number)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain_number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a parameter of type {type(value).__name__} cannot be stored: {value!r}")
