"""CPU time, wall time and memory of this process."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from types import TracebackType
from typing import Self

_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")


def cpu_seconds() -> float:
    """Return user and system time of this process with all of its threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def resident_mb() -> float:
    """Return the memory that this process holds now."""
    return _status_mb("VmRSS")


def peak_mb() -> float:
    """Return the most memory that this process held since the last `forget_peak`.

    Not `ru_maxrss`: a process inherits that from the one that started it.
    """
    return _status_mb("VmHWM")


def forget_peak() -> None:
    """Let the peak start from what is held now."""
    _CLEAR_REFS.write_text("5")


def folder_mb(folder: Path) -> float:
    """Return the sum of the sizes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


class Meter:
    """Measures what happens inside a ``with`` block."""

    cpu: float
    wall: float

    def __enter__(self) -> Self:
        self._cpu, self._wall = cpu_seconds(), time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.cpu = cpu_seconds() - self._cpu
        self.wall = time.perf_counter() - self._wall


def _status_mb(field: str) -> float:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"{_STATUS} has no {field}; memory can be measured on Linux only")
