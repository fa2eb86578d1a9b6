"""How long a decision takes to be saved, on SQLite and PostgreSQL, and what keeping up costs.

    python -m benchmarks.review_store --postgres postgresql://postgres@/review
    python -m benchmarks.review_store --rows 10000 --decided 10000 --seconds 5

The database of the server should be empty; the file of SQLite lies in --folder, whose disk is what
is measured. Every reviewer is a thread that decides at fixed moments, as people do: a decision that
has to wait for another one counts from the moment at which it was made.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier
from uuid import UUID, uuid4

import numpy as np
import pandas as pd
from sqlalchemy import insert

from workbench.review.decisions import Decision, Role
from workbench.review.pair_positions import PairPositions
from workbench.review.recorder import Recorder
from workbench.review.schema import EVENTS, METADATA
from workbench.review.standing import Standing
from workbench.review.store import DecisionStore
from workbench.review.team import Member

N_REVIEWERS = 20
RATES = (10, 50, 200)
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", help="URL of a database that may be emptied")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--decided", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        places = {"SQLite": f"{folder}/decisions.sqlite", "PostgreSQL": options.postgres}
        for name, location in places.items():
            if location is not None:
                measure(name, location, options)


def measure(name: str, location: str, options: argparse.Namespace) -> None:
    empty(location)
    print(f"\n{name}\n{batch(location, options.rows)}\n", flush=True)
    print(f"Load of the machine: {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores\n")
    print("| decisions a second | from | saved | p50 ms | p95 | p99 | longest |")
    print("|---:|---|---:|---:|---:|---:|---:|", flush=True)
    for rate in RATES:
        for n_processes in (1, 4):
            waits = save(location, rate, n_processes, options.seconds)
            print(row(rate, n_processes, waits), flush=True)
    empty(location)
    print(f"\n{keep_up(location, options.decided)}", flush=True)
    empty(location)


def empty(location: str) -> None:
    with DecisionStore(location) as store, store.database.writing() as connection:
        for table in METADATA.sorted_tables:
            if table.name != "decision_store":
                connection.execute(table.delete())


def decisions(n: int) -> Iterator[Decision]:
    for number in range(n):
        pair = f"query {number}", f"Brand: {number % 1000}"
        yield Decision(str(UUID(int=number)), NOW, f"r{number % 5}", *pair, "absent", batch_id="b")


def batch(location: str, n_rows: int) -> str:
    """Record many decisions in one transaction, as a batch by pattern does."""
    made = list(decisions(n_rows))
    with DecisionStore(location) as store:
        start = time.perf_counter()
        store.record_many(made)
        seconds = time.perf_counter() - start
    return f"record_many: {n_rows:,} in {seconds:.1f} s, {n_rows / seconds:,.0f} a second"


def save(location: str, rate: float, n_processes: int, seconds: float) -> np.ndarray:
    """Return how long each decision took, from the moment it was made, in milliseconds."""
    context, n_threads = get_context("spawn"), N_REVIEWERS // n_processes
    with context.Manager() as manager:
        everybody = manager.Barrier(N_REVIEWERS)
        tasks = [
            (location, everybody, rate, seconds, range(first, first + n_threads))
            for first in range(0, N_REVIEWERS, n_threads)
        ]
        with ProcessPoolExecutor(n_processes, mp_context=context) as pool:
            return np.concatenate(list(pool.map(decide_as_several, *zip(*tasks, strict=True))))


def decide_as_several(
    location: str, everybody: Barrier, rate: float, seconds: float, reviewers: range
) -> np.ndarray:
    with DecisionStore(location) as store, ThreadPoolExecutor(len(reviewers)) as pool:
        waits = pool.map(lambda each: decide(store, everybody, rate, seconds, each), reviewers)
        return np.concatenate(list(waits))


def decide(
    store: DecisionStore, everybody: Barrier, rate: float, seconds: float, reviewer: int
) -> np.ndarray:
    recorder = Recorder(store, Member(f"reviewer {reviewer}"), Role.ANNOTATOR, "v1", "m1")
    chance, waits, pause = np.random.default_rng(reviewer), [], N_REVIEWERS / rate
    record_one(recorder, chance)  # the first one opens a connection
    everybody.wait()
    start = time.time()
    for due in np.arange(start + pause * reviewer / N_REVIEWERS, start + seconds, pause):
        time.sleep(max(0.0, due - time.time()))
        record_one(recorder, chance)
        waits.append((time.time() - due) * 1000)
    return np.array(waits)


def record_one(recorder: Recorder, chance: np.random.Generator) -> None:
    pair = {"instance_id": f"query {chance.integers(100_000)}", "label_id": "Brand: 7"}
    saved, _ = recorder.record([{"event_uid": str(uuid4()), "verdict": "absent", **pair}])
    if len(saved) != 1:
        raise RuntimeError("a decision was refused")


def row(rate: int, n_processes: int, waits: np.ndarray) -> str:
    p50, p95, p99 = np.percentile(waits, (50, 95, 99))
    source = f"{N_REVIEWERS} threads" if n_processes == 1 else f"{n_processes} processes"
    return (
        f"| {rate} | {source} | {len(waits):,} | {p50:.1f} | {p95:.1f} | {p99:.1f} "
        f"| {waits.max():.0f} |"
    )


def keep_up(location: str, n_decided: int) -> str:
    """Open a queue whose every issue is decided, then take in ten more decisions."""
    issues = pd.DataFrame(
        {
            "instance_id": [f"query {number}" for number in range(n_decided)],
            "label_id": [f"Brand: {number % 1000}" for number in range(n_decided)],
        }
    )
    with DecisionStore(location) as store:
        fill(store, issues)
        standing = Standing(PairPositions(issues))
        first = seconds_of(lambda: standing.refresh(store))
        recorder = Recorder(store, Member("mika"), Role.ANNOTATOR, "v1", "m1")
        recorder.record(
            [
                {"event_uid": str(uuid4()), "verdict": "present", **pair}
                for pair in issues.head(10).to_dict("records")
            ]
        )
        ten = seconds_of(lambda: standing.refresh(store))
        nothing = seconds_of(lambda: standing.refresh(store))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return (
        f"Standing.refresh: {first:.1f} s at {n_decided:,} decisions, {ten * 1000:.1f} ms for ten "
        f"new ones, {nothing * 1000:.1f} ms for none; peak of the process {peak:.2f} GiB"
    )


def fill(store: DecisionStore, issues: pd.DataFrame) -> None:
    """Write events past the recorder, which would take long, and compute the projection."""
    with store.database.writing() as connection:
        for first in range(0, len(issues), 100_000):
            part = issues.iloc[first : first + 100_000]
            events = [
                {
                    **pair,
                    "event_uid": str(UUID(int=first + number)),
                    "decided_at": NOW,
                    "reviewer": f"r{number % 5}",
                    "verdict": "absent",
                    "note": "",
                    "label_version": "v1",
                    "model_id": "m1",
                }
                for number, pair in enumerate(part.to_dict("records"))
            ]
            connection.execute(insert(EVENTS), events)
    start = time.perf_counter()
    store.rebuild()
    print(f"rebuild: {len(issues):,} events in {time.perf_counter() - start:.1f} s")


def seconds_of(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
