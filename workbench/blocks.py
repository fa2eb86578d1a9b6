"""Run a function over independent blocks of work, in this process."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

Block = TypeVar("Block")
Result = TypeVar("Result")


def map_blocks(
    function: Callable[[Block], Result],
    blocks: Sequence[Block],
    *,
    n_jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    short: bool = False,
) -> list[Result]:
    """Return ``[function(block) for block in blocks]``, worked on by several threads.

    Threads help where the function leaves the interpreter lock (compiled kernels, numpy).

    Parameters
    ----------
    function : callable
        A pure function of its block.
    blocks : sequence
    n_jobs : int, optional
        Number of threads; by default, or for -1, one for every core this process may use, one less
        for -2 and so on.
    short : bool, default False
        Whether the work is so little that one block or thread does it in the calling thread. Else
        that thread only waits, and can be interrupted.
    progress : callable, optional
        Called with (done, total) as the results come in, in the order of the blocks.

    Raises
    ------
    ValueError
        If ``n_jobs`` is 0 or not a whole number.
    Exception
        The first exception of a block, in their order; blocks not yet begun are left out.

    Examples
    --------
    >>> map_blocks(len, ["a", "bcd", ""], n_jobs=2)
    [1, 3, 0]
    """
    n_threads = min(count_jobs(n_jobs), max(len(blocks), 1))
    results: list[Result] = []
    if n_threads == 1 and short:
        for block in blocks:
            results.append(function(block))
            _report(progress, len(results), len(blocks))
        return results
    with ThreadPoolExecutor(n_threads) as pool:
        futures = [pool.submit(function, block) for block in blocks]
        try:
            for future in futures:
                results.append(future.result())
                _report(progress, len(results), len(blocks))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return results


def each_block(
    function: Callable[[Block], Result], blocks: Iterable[Block], *, n_jobs: int | None = None
) -> Iterator[Result]:
    """Yield ``function(block)`` of each block in order, worked on by several threads.

    As `map_blocks`, but at most two results a thread are in memory, those not yet asked for: for
    results that are larger than what is kept of them.

    Examples
    --------
    >>> list(each_block(len, ["a", "bcd", ""], n_jobs=2))
    [1, 3, 0]
    """
    n_threads = count_jobs(n_jobs)
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(n_threads) as pool:
        try:
            for block in blocks:
                waiting.append(pool.submit(function, block))
                if len(waiting) == 2 * n_threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def count_jobs(n_jobs: int | None) -> int:
    """Return the number of threads that ``n_jobs`` stands for.

    Raises
    ------
    ValueError
        If it is 0 or not a whole number.
    """
    if n_jobs is not None and (not isinstance(n_jobs, (int, np.integer)) or n_jobs == 0):
        raise ValueError(
            f"n_jobs must be a whole number of 1 or more, -1 or None for all cores, or -2 for all "
            f"but one; found {n_jobs!r}"
        )
    if n_jobs is not None and n_jobs > 0:
        return int(n_jobs)
    # A container may own fewer cores than the machine has; macOS cannot tell.
    affinity = getattr(os, "sched_getaffinity", None)
    n_cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(n_cores + 1 + (-1 if n_jobs is None else int(n_jobs)), 1)


def _report(progress: Callable[[int, int], None] | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
