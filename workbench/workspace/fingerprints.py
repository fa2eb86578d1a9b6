"""Hashes of input files, remembered until a file's size or time changes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from workbench.workspace.artefacts import replace_file, sha256_of_file


def hashes_of_files(memory: Path, files: Iterable[Path]) -> list[str]:
    """Return the sha256 of each file; one that is as it was before is not read again.

    Parameters
    ----------
    memory : Path
        A JSON file of what is known; read once and, if there is news, written once. One that is
        missing or damaged counts as empty.
    files : iterable of Path
    """
    known = _read(memory)
    before = dict(known)
    try:
        return [_hash_of(path, known) for path in files]
    finally:
        # What was read before a failure need not be read again.
        if known != before:
            replace_file(memory, json.dumps(known, indent=0))


def _hash_of(path: Path, known: dict[str, list[str]]) -> str:
    state = path.stat()
    told = f"{state.st_size} {state.st_mtime_ns}"
    name = str(path.resolve())
    if name not in known or known[name][0] != told:
        known[name] = [told, sha256_of_file(path)]
    return known[name][1]


def _read(memory: Path) -> dict[str, list[str]]:
    try:
        found = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
