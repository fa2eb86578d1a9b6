"""The ways to spend decisions: our queue, by pattern, taught, and the orders it is held against."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from pipelines.gain.by_pattern import ByPattern
from pipelines.gain.desk import Desk, Keys, Tally
from pipelines.gain.lesson import Lesson, Tools
from pipelines.gain.orders import CLEANLAB, RANDOM, UNCERTAIN, order_of, score_by_folds
from pipelines.gain.queue import Queue, make_queue, suspects_of
from workbench.matrices import LabelMatrix
from workbench.review.automatic import automatic_corrections, verified_bands

OURS, BY_FOLDS = "our queue", "our queue of five folds"
PATTERNS, TAUGHT = "our queue by pattern", "our queue, taught by decisions"
LOOP = "the whole loop"
WAYS = (OURS, BY_FOLDS, PATTERNS, TAUGHT, LOOP, CLEANLAB, UNCERTAIN, RANDOM)
# Corrections that nobody looks at are right in so many cases at least.
PRECISION = 0.9
# Between two budgets the queue is ranked anew so often, where decisions teach it.
_N_ROUNDS = 1

# Spends decisions until the desk was asked so often.
_Step = Callable[[Desk, int], None]


def spend(
    way: str, lesson: Lesson, tools: Tools, budgets: Sequence[int], seed: int
) -> Iterator[tuple[Tally, LabelMatrix]]:
    """Yield after each budget of decisions what was done, and the labels that came of it.

    Parameters
    ----------
    way : str
        One of ``WAYS``.
    lesson : Lesson
    tools : Tools
    budgets : sequence of int
        Ascending.
    seed : int

    Raises
    ------
    ValueError
        If the way is unknown.
    """
    desk, step = Desk(lesson), _step_of(way, lesson, tools, seed)
    for budget in budgets:
        step(desk, budget)
        yield replace(desk.tally), desk.labels()


def _step_of(way: str, lesson: Lesson, tools: Tools, seed: int) -> _Step:
    if way in (CLEANLAB, UNCERTAIN, RANDOM):
        return _one_by_one(order_of(way, lesson, tools, seed))
    if way == OURS:
        return _one_by_one(make_queue(Desk(lesson), tools, seed).keys)
    if way == BY_FOLDS:
        folded = replace(tools, score=partial(score_by_folds, tools))
        return _one_by_one(make_queue(Desk(lesson), folded, seed).keys)
    if way == PATTERNS:
        return ByPattern(make_queue(Desk(lesson), tools, seed), lesson).spend
    if way == TAUGHT:
        return _in_rounds(tools, seed, lambda desk, queue: _one_by_one(queue.keys))
    if way == LOOP:
        return _in_rounds(tools, seed, _whole_step)
    raise ValueError(f"unknown way {way!r}; choose among {', '.join(WAYS)}")


def _one_by_one(keys: Keys) -> _Step:
    def step(desk: Desk, budget: int) -> None:
        left = keys[~desk.is_decided(keys)]
        desk.answer(left[: budget - desk.tally.asked])

    return step


def _in_rounds(tools: Tools, seed: int, step_of: Callable[[Desk, Queue], _Step]) -> _Step:
    """Return what ranks the queue anew several times on the way to a budget."""

    def step(desk: Desk, budget: int) -> None:
        start = desk.tally.asked
        for i in range(1, _N_ROUNDS + 1):
            queue = make_queue(desk, tools, seed)
            step_of(desk, queue)(desk, start + (budget - start) * i // _N_ROUNDS)

    return step


def _whole_step(desk: Desk, queue: Queue) -> _Step:
    """Correct what reviewed pairs vouch for, and return the way by pattern."""
    suspects, looked_at = suspects_of(queue, desk.lesson), desk.reviewed()
    if len(looked_at):
        bands = verified_bands(suspects, looked_at, PRECISION)
        corrections = automatic_corrections(suspects, looked_at, bands)
        desk.correct(desk.open_of(corrections))
    return ByPattern(queue, desk.lesson).spend
