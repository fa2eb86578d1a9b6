"""Memory that a stage no longer needs, given back to the system."""

from __future__ import annotations

import ctypes
import sys

import pyarrow as pa


def give_back() -> None:
    """Return what is free to the system, so that the next stage does not stand on top of it.

    Allocators keep what was freed for later, gigabytes after a stage over millions of votes. Arrow
    and, on Linux, the C library are asked to let go; elsewhere the system does as it sees fit.
    """
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; musl has none
        if trim is not None:
            trim(0)
