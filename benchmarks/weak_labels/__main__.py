"""``python -m benchmarks.weak_labels DATA``: how good labels from weak signals are."""

from __future__ import annotations

import argparse
import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.weak_labels.measuring import measure_icecat, measure_shops
from benchmarks.weak_labels.positions import PositionEffect, read_position_effect
from benchmarks.weak_labels.report import report_lines
from benchmarks.weak_labels.simulated_clicks import Traffic
from benchmarks.xmc.environments import PROJECT, default_work_folder

# What the sample shop assumes of a list; beside what can be read off real impressions.
LIST_EXPONENT = 0.7
FEW, MANY = 15, 150


def main() -> None:
    arguments = _arguments()
    work: Path = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.shops)
    data_sets = [measure_shops(work, seeds)]
    told = _circumstances()
    if arguments.data is not None:
        effect = read_position_effect(arguments.data / "zozotown_impressions")
        told.append(_effect_told(effect))
        for name, traffic in _traffics(effect).items():
            data_sets.append(
                measure_icecat(arguments.data, work, name, traffic, range(arguments.seeds))
            )
    told.append(f"took {(time.perf_counter() - started) / 60:.0f} minutes")
    text = "\n".join(report_lines(data_sets, told)).rstrip() + "\n"
    arguments.out.write_text(text, encoding="utf-8")
    print(f"wrote {arguments.out}")


def _traffics(effect: PositionEffect) -> dict[str, Traffic]:
    """Return the kinds of clicks: few and many searches, the effect measured and that of a list."""
    measured = max(effect.exponent, 0.0)
    return {
        f"Icecat, {told} searches, {how}": Traffic(searches, exponent)
        for how, exponent in (("positions as measured", measured), ("a list", LIST_EXPONENT))
        for told, searches in (("few", FEW), ("many", MANY))
    }


def _effect_told(effect: PositionEffect) -> str:
    rates = ", ".join(
        f"{100 * row.clicks / row.impressions:.2f} % at {row.position}"
        for row in effect.counts.itertuples()
    )
    low, high = (effect.exponent + side * 1.96 * effect.standard_error for side in (-1, 1))
    return (
        f"uniformly random impressions have three positions only; clicked are {rates}. Fitted "
        f"examination 1/k^{effect.exponent:.2f} ({low:.2f} to {high:.2f}): no fall can be seen, so "
        f"*as measured* is 1/k^{max(effect.exponent, 0.0):.2f}, and *a list* assumes "
        f"1/k^{LIST_EXPONENT}; both are carried on to ten positions"
    )


def _circumstances() -> list[str]:
    return [
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}",
        f"measured {datetime.now(UTC):%Y-%m-%d}",
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.weak_labels", description=__doc__)
    parser.add_argument(
        "data", type=Path, nargs="?", help="folder of the real data sets; without it only shops"
    )
    parser.add_argument("--shops", type=int, default=5, help="generated shops (default: 5)")
    parser.add_argument("--first-seed", type=int, default=201, help="seed of the first shop")
    parser.add_argument("--seeds", type=int, default=3, help="draws of clicks (default: 3)")
    parser.add_argument(
        "--work",
        type=Path,
        default=default_work_folder() / "weak_labels",
        help="folder for shops and workspaces (default: %(default)s)",
    )
    parser.add_argument(
        "--out", type=Path, default=PROJECT / "benchmarks" / "RESULTS_WEAK_LABELS.md"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
