"""What the stages of a run cost: wall clock, CPU and the most memory, with the parts of each."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.memory import give_back

_CLEAR_REFS = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")
_FORGET_PEAK = "5"

# Opens a part of the stage that runs, by the name that the report shows.
PartOf = Callable[[str], AbstractContextManager[None]]


@dataclass
class Costs:
    """The costs of stages, one entry each, in the order in which they end.

    Examples
    --------
    >>> costs = Costs()
    >>> with costs.measured("ingest"), costs.part("catalog"):
    ...     pass
    >>> [(entry["stage"], [part["part"] for part in entry["parts"]]) for entry in costs.entries]
    [('ingest', ['catalog'])]
    """

    entries: list[dict[str, Any]] = field(default_factory=list)
    _parts: list[dict[str, Any]] = field(default_factory=list)
    _peaks: list[int] = field(default_factory=list)

    @contextmanager
    def measured(self, stage: str) -> Iterator[None]:
        """Measure a stage; one that raises leaves no entry."""
        self._parts = []
        with self._metered() as found:
            yield
        self.entries.append({"stage": stage, "done": True, **found, "parts": self._parts})
        self._parts = []

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Measure a part of the stage that runs."""
        with self._metered() as found:
            yield
        self._parts.append({"part": name, **found})

    def skipped(self, stage: str) -> None:
        """Note that a stage had nothing to do."""
        nothing = {"seconds": 0.0, "cpu_seconds": 0.0, "peak_mb": held_mb(), "parts": []}
        self.entries.append({"stage": stage, "done": False, **nothing})

    @contextmanager
    def _metered(self) -> Iterator[dict[str, Any]]:
        if self._peaks:  # what the whole has held until here would be forgotten with its part
            self._peaks[-1] = max(self._peaks[-1], peak_mb())
        forget_peak()
        self._peaks.append(0)
        wall, cpu = time.perf_counter(), cpu_seconds()
        found: dict[str, Any] = {}
        try:
            yield found
        finally:
            peak = max(self._peaks.pop(), peak_mb())
            if self._peaks:
                self._peaks[-1] = max(self._peaks[-1], peak)
            found |= {
                "seconds": round(time.perf_counter() - wall, 3),
                "cpu_seconds": round(cpu_seconds() - cpu, 3),
                "peak_mb": peak,
            }
            give_back()


@contextmanager
def unmeasured(name: str) -> Iterator[None]:
    """Stand in for `Costs.part` where nobody asks what a part costs."""
    del name
    yield


def cpu_seconds() -> float:
    """Return user and system time of this process with all of its threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def forget_peak() -> None:
    """Let the peak start from what is held now, where the system can do so (Linux)."""
    if can_forget_peak():
        _CLEAR_REFS.write_text(_FORGET_PEAK)


def can_forget_peak() -> bool:
    """Whether the peak of a stage can be told from that of the stages before."""
    return os.access(_CLEAR_REFS, os.W_OK)


def peak_mb() -> int:
    """Return the most memory that this process held since the last `forget_peak`, in MiB.

    Where peaks cannot be forgotten, since it began.
    """
    return _status_mb("VmHWM") if can_forget_peak() else _highest_mb()


def held_mb() -> int:
    """Return the memory that this process holds now, in MiB; where nobody says, the most so far."""
    return _status_mb("VmRSS") if _STATUS.exists() else _highest_mb()


def _highest_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak // (1024 * 1024 if sys.platform == "darwin" else 1024))


def _status_mb(name: str) -> int:
    lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    found = next((line.split()[1] for line in lines if line.startswith(f"{name}:")), None)
    return _highest_mb() if found is None else int(found) // 1024
