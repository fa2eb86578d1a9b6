"""Compiled kernels: machine code that is kept on disk where a folder is writable."""

from __future__ import annotations

import hashlib
import logging
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, update_wrapper
from pathlib import Path
from types import CellType, FunctionType
from typing import Any

import numpy as np
from llvmlite import binding as llvm
from numba import njit
from numba.core import config
from numpy.typing import NDArray

_log = logging.getLogger(__name__)
_uncached: list[str] = []


def kernel(function: Callable[..., Any]) -> Any:
    """Return the function compiled on first call, without the interpreter lock.

    What Python calls returns arrays and plain tuples of them: a named tuple is made by Python code,
    and a Ctrl-C that falls into it while the kernel hands it over ends the process. Long kernels
    run in other threads than the main one, which alone is interrupted.

    The machine code is kept beside the source, or in the user's cache folder, or in the folder
    that NUMBA_CACHE_DIR names; where none of them is writable it is compiled in every process.
    """
    return _compiled(function, inline=False)


def inlined(function: Callable[..., Any]) -> Any:
    """Return a kernel for other kernels to call, whose machine code becomes part of theirs.

    For what is called once a row or more often: arrays are handed over as seven numbers each, and
    a call with a dozen of them costs more than the work that it does.
    """
    return _compiled(function, inline=True)


def _compiled(function: Callable[..., Any], *, inline: bool) -> Any:
    stamped = _stamped(function)
    try:
        return njit(cache=True, nogil=True, forceinline=inline)(stamped)
    except RuntimeError as error:  # numba finds no cache folder, already when decorating
        if "no locator available" not in str(error):
            raise
        _uncached.append(function.__name__)
        return njit(nogil=True, forceinline=inline)(stamped)


def warn_of_limits() -> None:
    """Log once what makes the kernels of this process slower than they could be, if anything does.

    They work the same: LLVM replaces instructions that the processor does not have.
    """
    if _uncached:
        _log.warning(
            "no writable folder for compiled kernels: they are compiled anew in every process, "
            "which takes up to half a minute; set NUMBA_CACHE_DIR to a writable folder"
        )
        _uncached.clear()
    _warn_of_instructions()


@cache
def _warn_of_instructions() -> None:
    missing = missing_instructions()
    if missing:
        _log.warning(
            "kernels are compiled without %s, which this processor lacks or a setting of numba "
            "turns off: results are the same but for the last digits, training is slower",
            " and ".join(missing),
        )


def missing_instructions() -> list[str]:
    """Return which of AVX2 and FMA kernels have to do without; none is asked of other machines.

    AVX-512 is no faster here: a kernel waits for memory more than it computes.
    """
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return []
    if config.CPU_NAME is None:
        available = llvm.get_host_cpu_features().flatten()
    else:
        available = config.CPU_FEATURES or ""
    return [name.upper() for name in ("avx2", "fma") if f"+{name}" not in available.split(",")]


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise the KeyboardInterrupt that a kernel in the main thread has made a SystemError of."""
    try:
        yield
    except SystemError as error:
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        raise


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a view that cannot be written to: numba compiles once more for arrays that can."""
    view = array.view(np.ndarray)
    view.flags.writeable = False
    return view


def _stamped(function: Any) -> Any:
    """Return the function with the state of its package's files in a closure that it never reads.

    Numba compiles anew when the file of a kernel changes, but a kernel contains those that it
    calls, which may stand in other files. What a closure holds is part of the key in its cache.
    """
    code = function.__code__.replace(co_freevars=("state_of_files",))
    state = CellType(_state_of_files(Path(code.co_filename).parent))
    stamped = FunctionType(
        code, function.__globals__, function.__name__, function.__defaults__, (state,)
    )
    return update_wrapper(stamped, function)


@cache
def _state_of_files(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
