"""The environments that the tools run in."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

PROJECT = Path(__file__).parents[2]
_CONSTRAINTS = PROJECT / "benchmarks" / "peers-constraints.txt"
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
)


def default_work_folder() -> Path:
    """Return a folder in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "label-workbench-benchmarks"


def prepare_peers(
    folder: Path, constraints: Path = _CONSTRAINTS, *, with_dependencies: bool = False
) -> Path:
    """Return the interpreter of the peers' environment, made anew if the pins have changed.

    Installed without dependencies, because the constraints name all that is needed: PECOS asks
    for torch and transformers, several gigabytes that its linear models never import.
    """
    python = folder / "bin" / "python"
    installed = folder / "installed.txt"
    wanted = constraints.read_text(encoding="utf-8")
    if installed.exists() and installed.read_text(encoding="utf-8") == wanted:
        return python
    venv.create(folder, clear=True, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "-r", str(constraints)]
    subprocess.run(pip if with_dependencies else [*pip, "--no-deps"], check=True)
    installed.write_text(wanted, encoding="utf-8")
    return python


def interpreter_of(tool: str, peers_python: Path) -> Path:
    """Return the interpreter that a tool runs in: ours in this one, the peers in theirs."""
    return Path(sys.executable) if tool == "ours" else peers_python


def variables(threads: int) -> dict[str, str]:
    """Return the environment variables of a process with so many threads."""
    limits = dict.fromkeys(_THREAD_VARIABLES, str(threads))
    return {**os.environ, **limits, "PYTHONPATH": str(PROJECT)}
