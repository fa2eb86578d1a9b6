"""One run in a process of its own: what it cost as JSON, its click table as Parquet."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pandas as pd

from benchmarks.signals.events import item_ids
from benchmarks.xmc.measuring import Meter, forget_peak, peak_mb, resident_mb

KINDS = ("ours", "ours, 1 GB limit", "ours, one more day", "pandas")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("events", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    run = _in_pandas if arguments.kind == "pandas" else _ours
    clicks, costs = run(arguments.events, arguments.kind)
    clicks.to_parquet(arguments.out)
    print(json.dumps({**costs, "pairs": len(clicks)}))


def _in_pandas(events: Path, kind: str) -> tuple[pd.DataFrame, dict[str, float]]:
    from benchmarks.signals.in_pandas import click_table
    from workbench.signals.click_counts import ClickRules

    rules, items = ClickRules(), item_ids()
    before = resident_mb()
    forget_peak()
    with Meter() as meter:
        clicks = click_table(
            events, items, weights=dict(rules.weights), cap=rules.max_client_clicks_per_hour
        )
    return clicks, _costs(meter, before)


def _ours(events: Path, kind: str) -> tuple[pd.DataFrame, dict[str, float]]:
    from workbench.report import Report
    from workbench.signals.click_sum import sum_counts
    from workbench.signals.clicks import read_counts
    from workbench.tables import connect, table_parts

    limit = "1GB" if kind == "ours, 1 GB limit" else None
    connection, report = connect(n_threads=2, memory_limit=limit), Report()
    items = pd.DataFrame({"item_id": item_ids()})
    paths = table_parts(events)
    known = []
    if kind == "ours, one more day":
        known = [read_counts(connection, path, report=report) for path in paths[:-1]]
        paths = paths[-1:]
    before = resident_mb()
    forget_peak()
    with Meter() as meter:
        new = (read_counts(connection, path, report=report) for path in paths)
        log = sum_counts((part for parts in (known, new) for part in parts), items, report=report)
    return log.clicks, _costs(meter, before)


def _costs(meter: Meter, before: float) -> dict[str, float]:
    return {"CPU s": meter.cpu, "wall s": meter.wall, "peak MB": peak_mb(), "before MB": before}


if __name__ == "__main__":
    main()
