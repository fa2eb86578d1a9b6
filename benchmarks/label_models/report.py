"""RESULTS_LABEL_MODELS.md from the records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

from benchmarks.label_models.plan import CONTENDERS, OURS, OURS_WARNED, PEERS, SNORKEL
from benchmarks.xmc.summary import table

Record = dict[str, Any]
# Student's t for 95 %, by degrees of freedom.
_T = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}
_COLUMNS: tuple[tuple[str, Callable[[list[Record]], str]], ...] = (
    ("AUC", lambda found: _interval(found, "auc")),
    ("log loss", lambda found: _interval(found, "log_loss")),
    ("Brier", lambda found: f"{_mean(found, 'brier'):.4f}"),
    ("ECE", lambda found: f"{_mean(found, 'ece'):.4f}"),
    ("CPU s", lambda found: f"{median(r['cpu_seconds'] for r in found):.2f}"),
    ("wall s", lambda found: f"{median(r['wall_seconds'] for r in found):.2f}"),
    ("peak MB more", lambda found: f"{median(r['peak_mb'] - r['before_mb'] for r in found):,.0f}"),
    ("runs", lambda found: str(len(found))),
)
_TOLD = {
    "independent": "Independent sources, base rate .3",
    "copied": "The last source repeats the first one nine times in ten",
    "rare": "Independent sources, base rate .05",
    "telling silence": "Independent sources whose silence tells much of the state, base rate .3",
}


def write_report(records: Sequence[Record], path: Path) -> None:
    """Write the tables of all worlds, and whether the bars are met."""
    lines = [
        "# Label models beside their peers",
        "",
        "Written by `python -m benchmarks.label_models`; what is measured stands in",
        "[README.md](README.md#label-models). Means over the seeds with intervals of 95 %; of CPU,",
        "wall clock and memory the medians.",
        "",
        *_versions(records),
    ]
    for world, told in _TOLD.items():
        of_world = [record for record in records if record["world"] == world]
        if of_world:
            lines += ["", f"## {told}", "", *_table(of_world)]
    lines += ["", "## The bars", "", *_bars(records), "", *_shares(records), ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def _table(records: Sequence[Record]) -> list[str]:
    rows = []
    for contender in CONTENDERS:
        found = [r for r in records if r["name"] == contender.name]
        measured = [r for r in found if "failure" not in r]
        if measured:
            rows.append([contender.name, *(cell(measured) for _, cell in _COLUMNS)])
        elif found:
            rows.append([contender.name, found[0]["failure"], *[""] * (len(_COLUMNS) - 1)])
    return table(["", *(name for name, _ in _COLUMNS)], rows)


def _bars(records: Sequence[Record]) -> list[str]:
    rows = []
    for world in _TOLD:
        by_seed: dict[int, dict[str, Record]] = {}
        for record in records:
            if record["world"] == world and "failure" not in record:
                by_seed.setdefault(record["seed"], {})[record["name"]] = record
        for ours in (OURS.name, OURS_WARNED.name):
            whole = [r for r in by_seed.values() if ours in r and all(p in r for p in PEERS)]
            if whole:
                rows.append([world, ours, *_against_peers(whole, ours)])
    header = [
        "world",
        "",
        "AUC less the best peer's",
        "log loss less the best peer's",
        "as good",
        "snorkel's CPU over ours",
        "10 or more",
    ]
    return table(header, rows)


def _shares(records: Sequence[Record]) -> list[str]:
    """Return how much of our time goes into learning, and what looking for copies costs."""
    learning = [r["learning_cpu_seconds"] for r in records if "learning_cpu_seconds" in r]
    looking = [
        r["copies_cpu_seconds"]
        for r in records
        if r["name"] == OURS_WARNED.name and "copies_cpu_seconds" in r
    ]
    if not learning or not looking:
        return []
    return [
        f"Of ours {median(learning):.3f} CPU s are learning; the rest counts the vote patterns and",
        f"hands the posterior to the pairs. Looking for copies takes {median(looking):.2f} more:",
        "it is done once, when sources are new, and is part of *ours, grouped as it warns*.",
    ]


def _against_peers(whole: Sequence[dict[str, Record]], ours: str) -> list[str]:
    auc = [r[ours]["auc"] - max(r[p]["auc"] for p in PEERS) for r in whole]
    loss = [r[ours]["log_loss"] - min(r[p]["log_loss"] for p in PEERS) for r in whole]
    times = median(r[SNORKEL.name]["cpu_seconds"] / r[ours]["cpu_seconds"] for r in whole)
    is_as_good = mean(auc) >= 0 and mean(loss) <= 0
    signed = [_spread(values, "+") for values in (auc, loss)]
    met = ["yes" if is_met else "no" for is_met in (is_as_good, times >= 10)]
    return [*signed, met[0], f"{times:.1f}", met[1]]


def _interval(found: Sequence[Record], field: str) -> str:
    return _spread([record[field] for record in found], "")


def _spread(values: Sequence[float], sign: str) -> str:
    """Return the mean and its interval; of a single run there is none."""
    told = f"{mean(values):{sign}.4f}"
    return f"{told} ± {_half_width(values):.4f}" if len(values) > 1 else told


def _half_width(values: Sequence[float]) -> float:
    n = len(values)
    return _T.get(n - 1, 2.0) * stdev(values) / n**0.5


def _mean(found: Sequence[Record], field: str) -> float:
    return mean(record[field] for record in found)


def _versions(records: Sequence[Record]) -> list[str]:
    found: dict[str, str] = {}
    for record in records:
        found |= record.get("versions", {}) if record["name"] in PEERS else {}
    told = ", ".join(f"{name} {number}" for name, number in sorted(found.items()))
    loads = [record["load_average"] for record in records if "load_average" in record]
    load = (
        f" Load average of the machine during the runs: median {median(loads):.1f}."
        if loads
        else ""
    )
    return [f"Peers: {told}. One thread.{load}"]
