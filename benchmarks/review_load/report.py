"""What a run under load showed, as lines to read."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version

import numpy as np

from benchmarks.review_load.annotators import Load


def tell(load: Load) -> str:
    """Return the figures of a run as Markdown."""
    found = load.annotators
    plain = [saving for each in found for saving in each.savings]
    dealing = [saving for each in found for saving in each.dealings]
    n_sent = sum(len(each.sent) for each in found)
    first, last, most = load.megabytes[0], load.megabytes[-1], max(load.megabytes)
    lines = [
        f"{load.where}, {len(found)} annotators, {load.seconds:.0f} s",
        f"sent {n_sent}, saved {load.n_saved}, lost {load.n_lost}, doubled {load.n_doubled}, "
        f"refused {sum(each.refused for each in found)}; cards that two got {load.n_shared}, "
        f"moments without a card {sum(each.n_idle for each in found)}",
        f"saving: {_spread(plain)}",
        f"{len(dealing)} times more cards: {_spread(dealing)}",
        f"server: {first:.0f} MB at first, {last:.0f} MB at last, {most:.0f} MB at most; "
        f"{load.cpu_seconds / load.seconds:.2f} cores",
        f"Python {platform.python_version()}, streamlit {version('streamlit')}",
    ]
    return "\n".join(f"* {line}" for line in lines)


def _spread(milliseconds: Sequence[float]) -> str:
    if not milliseconds:
        return "none"
    p50, p95, p99 = np.percentile(milliseconds, [50, 95, 99])
    return (
        f"median {p50:.0f} ms, 95th percentile {p95:.0f} ms, 99th {p99:.0f} ms, longest "
        f"{max(milliseconds):.0f} ms"
    )
