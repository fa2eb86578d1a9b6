"""What the experiment found, as it is printed."""

from __future__ import annotations

import pandas as pd

from pipelines.console import Terminal
from pipelines.gain.summary import (
    LEAST_LOSS,
    PRECISIONS,
    SCORED,
    gap_of,
    recovered,
    told_interval,
)


def tell_gain(points: pd.DataFrame, told: str, terminal: Terminal) -> None:
    """Print the size of the gap, and what each way brings back of it.

    Parameters
    ----------
    points : pd.DataFrame
        As of :func:`pipelines.gain.measuring.measure_ways`, with ``noise`` and ``seed``.
    told : str
        What the labels are called that were taken for true.
    terminal : Terminal
    """
    noise, gaps = float(points["noise"].iloc[0]), gap_of(points)
    n_seeds = points["seed"].nunique()
    rows = [[str(name), *(f"{v:.2f}" for v in row)] for name, row in gaps.iterrows()]
    terminal.table(
        f"{100 * noise:g} % of the pairs of {told} disturbed, mean of {n_seeds} "
        f"{'seed' if n_seeds == 1 else 'seeds'}: what models trained on the labels measure",
        ["trained on labels", *PRECISIONS, *SCORED],
        rows,
    )
    found = recovered(points)
    is_share = bool(found["recovered"].notna().all())
    shares = found.index.get_level_values("share").unique()
    rows = [
        [str(way), *(_cell(found.loc[(way, share)], is_share=is_share) for share in shares)]
        for way in found.index.get_level_values("way").unique()
    ]
    terminal.table(
        (
            "of the gap in P@1/3/5 so much comes back, in percent,"
            if is_share
            else f"the gap in P@1/3/5 is below {LEAST_LOSS:g} points, of which no share is told; "
            "they change by so many points"
        )
        + " at a budget of decisions in percent of the given pairs"
        + ("" if n_seeds == 1 else " (95 % interval over seeds)"),
        ["way", *(f"{100 * share:g} %" for share in shares)],
        rows,
    )
    lost = found[found["psp"] < 0]
    if len(lost):
        first = ", ".join(f"{way} at {100 * share:g} %" for way, share in lost.index[:5])
        terminal.say(
            f"propensity-scored precision falls below where it started in {len(lost)} of "
            f"{len(found)} points: {first}"
        )


def _cell(point: pd.Series, *, is_share: bool) -> str:
    if is_share:
        return told_interval(*(100 * point[["recovered", "low", "high"]]), digits=0)
    return told_interval(*point[["gained", "gained_low", "gained_high"]], digits=2)
