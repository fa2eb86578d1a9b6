"""Compiled kernels: machine code that is kept on disk where a folder is writable."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from numba import njit

_uncached: list[str] = []


def kernel(function: Callable[..., Any]) -> Any:
    """Return the function compiled on first call, without the interpreter lock.

    The machine code is kept beside the source, or in the user's cache folder, or in the folder
    that NUMBA_CACHE_DIR names; where none of them is writable it is compiled in every process.
    """
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError as error:  # numba finds no cache folder, already when decorating
        if "no locator available" not in str(error):
            raise
        _uncached.append(function.__name__)
        return njit(nogil=True)(function)


def warn_if_not_cached() -> None:
    """Log once that the kernels are compiled in every process, if they are."""
    if _uncached:
        logging.getLogger(__name__).warning(
            "no writable folder for compiled kernels: they are compiled anew in every process, "
            "which takes some seconds; set NUMBA_CACHE_DIR to a writable folder"
        )
        _uncached.clear()
