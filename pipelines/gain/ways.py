"""The ways to spend decisions: our queue, by pattern, taught, and the orders it is held against."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from pipelines.gain.by_pattern import ByPattern
from pipelines.gain.desk import Desk, Keys, Tally
from pipelines.gain.first_look import FirstLook
from pipelines.gain.orders import CLEANLAB, RANDOM, UNCERTAIN, order_of
from pipelines.gain.queue import Queue, make_queue, suspects_of
from workbench.matrices import LabelMatrix
from workbench.review.automatic import automatic_corrections, verified_bands

OURS, BY_FOLDS = "our queue", "our queue of five folds"
PATTERNS, TAUGHT = "our queue by pattern", "our queue, taught by decisions"
LOOP = "the whole loop"
WAYS = (OURS, BY_FOLDS, PATTERNS, TAUGHT, LOOP, CLEANLAB, UNCERTAIN, RANDOM)
# Corrections that nobody looks at are right in so many cases at least.
PRECISION = 0.9

# Spends decisions until the desk was asked so often.
_Step = Callable[[Desk, int], None]


def spend(way: str, look: FirstLook, budgets: Sequence[int]) -> Iterator[tuple[Tally, LabelMatrix]]:
    """Yield after each budget of decisions what was done, and the labels that came of it.

    Parameters
    ----------
    way : str
        One of ``WAYS``.
    look : FirstLook
        At the lesson; what several ways rank alike it ranks once.
    budgets : sequence of int
        Ascending.

    Raises
    ------
    ValueError
        If the way is unknown.
    """
    desk, step = Desk(look.lesson), _step_of(way, look)
    for budget in budgets:
        step(desk, budget)
        yield replace(desk.tally), desk.labels()


def _step_of(way: str, look: FirstLook) -> _Step:
    if way in (CLEANLAB, UNCERTAIN, RANDOM):
        return _one_by_one(order_of(way, look.lesson, look.folds, look.seed))
    if way == OURS:
        return _one_by_one(look.queue.keys)
    if way == BY_FOLDS:
        return _one_by_one(look.queue_of_folds.keys)
    if way == PATTERNS:
        return ByPattern(look.queue, look.lesson).spend
    if way == TAUGHT:
        return _anew(look, lambda desk, queue: _one_by_one(queue.keys))
    if way == LOOP:
        return _anew(look, _whole_step)
    raise ValueError(f"unknown way {way!r}; choose among {', '.join(WAYS)}")


def _one_by_one(keys: Keys) -> _Step:
    def step(desk: Desk, budget: int) -> None:
        left = keys[~desk.is_decided(keys)]
        desk.answer(left[: budget - desk.tally.asked])

    return step


def _anew(look: FirstLook, step_of: Callable[[Desk, Queue], _Step]) -> _Step:
    """Return what ranks the queue anew on the way to each budget."""

    def step(desk: Desk, budget: int) -> None:
        is_first = desk.tally.asked == 0
        queue = look.queue if is_first else make_queue(desk, look.tools, look.seed)
        step_of(desk, queue)(desk, budget)

    return step


def _whole_step(desk: Desk, queue: Queue) -> _Step:
    """Correct what reviewed pairs vouch for, and return the way by pattern."""
    suspects, looked_at = suspects_of(queue, desk.lesson), desk.reviewed()
    if len(looked_at):
        bands = verified_bands(suspects, looked_at, PRECISION)
        corrections = automatic_corrections(suspects, looked_at, bands)
        desk.correct(desk.open_of(corrections))
    return ByPattern(queue, desk.lesson).spend
