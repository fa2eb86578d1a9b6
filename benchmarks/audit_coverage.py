"""How often the interval of a stratified sample holds the truth.

``python -m benchmarks.audit_coverage`` generates strata; with a workspace and its truth behind it
(``shop sample_data/truth.parquet``) it draws from the pairs of that, with the truth as auditor.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.evaluate.stratified import Cells, allocate, estimate_sum
from workbench.workspace import Workspace
from workbench.workspace.audit_frame import current_frame, draw_sample
from workbench.workspace.audited import tell_audit

# Pairs of the strata: the first of the queue, the rest of it, and what is not flagged, of labels
# with many, some and few instances.
SIZES = np.array([300, 150, 50, 3000, 1200, 400, 30000, 6000, 1500])
PLANNED = np.repeat([0.5, 0.25, 0.05], 3)
FLOOR = 8


def coverage(
    shares: np.ndarray, n: int, n_runs: int, seed: int
) -> tuple[float, float, float, float]:
    """Return how often the interval holds, how often it is all below and above, and its width."""
    rng = np.random.default_rng(seed)
    spread = np.sqrt(PLANNED * (1 - PLANNED))
    drawn = allocate(SIZES, spread, np.minimum(SIZES, FLOOR), n)
    n_true = np.round(shares * SIZES).astype(int)
    weight = SIZES / SIZES.sum()
    truth = float(n_true.sum() / SIZES.sum())
    below = above = 0
    widths = []
    for _ in range(n_runs):
        present = rng.hypergeometric(n_true, SIZES - n_true, drawn).astype(float)
        cells = Cells(SIZES, present, drawn - present, np.zeros(len(SIZES)))
        found = estimate_sum(cells, weight)
        below += found.high < truth
        above += found.low > truth
        widths.append(found.high - found.low)
    return 1 - (below + above) / n_runs, below / n_runs, above / n_runs, float(np.mean(widths))


def generated() -> None:
    print("| noise outside the queue | n | holds | all below | all above | width |")
    print("|---|---|---|---|---|---|")
    for outside in (0.001, 0.005, 0.02, 0.05, 0.15):
        shares = np.repeat([0.65, 0.25, outside], 3) * np.tile([1.0, 0.9, 1.1], 3)
        for n in (100, 200, 400, 1000):
            holds, below, above, width = coverage(shares, n, 4000, seed=n)
            print(
                f"| {outside:.1%} | {n} | {holds:.1%} | {below:.1%} | {above:.1%} | {width:.3f} |"
            )


def of_workspace(folder: Path, truth: Path, n: int, n_seeds: int) -> None:
    """Print each figure of a workspace, its mean estimate, the truth and how often it is held."""
    workspace = Workspace(folder)
    frame = current_frame(workspace)
    true = pd.MultiIndex.from_frame(pd.read_parquet(truth)[["instance_id", "label_id"]])

    def said(pairs: pd.DataFrame) -> pd.DataFrame:
        known = pd.MultiIndex.from_frame(pairs[["instance_id", "label_id"]]).isin(true)
        verdict = pd.Series(np.where(known, "present", "absent"), dtype="object")
        return pd.DataFrame({"audited": verdict, "looked": None})

    # All pairs drawn and judged is the truth itself.
    everything = draw_sample(frame, frame.n_pairs, seed=0, drawn_at="")
    exact = tell_audit(workspace, everything, said(everything.pairs))
    held, found = Counter[str](), defaultdict[str, list[tuple[float, float]]](list)
    for seed in range(n_seeds):
        sample = draw_sample(frame, n, seed=seed, drawn_at="")
        for one in tell_audit(workspace, sample, said(sample.pairs)).figures:
            truth_of = exact.figure(one.name)
            assert truth_of is not None
            estimate, value = one.estimate, truth_of.estimate.value
            held[one.name] += estimate.low - 1e-12 <= value <= estimate.high + 1e-12
            found[one.name].append((estimate.value, estimate.high - estimate.low))
    print(f"| {n} pairs drawn, {n_seeds} seeds | truth | mean estimate | width | holds |")
    print("|---|---|---|---|---|")
    for figure in exact.figures:
        mean, width = np.nanmean(np.array(found[figure.name]), axis=0)
        share = held[figure.name] / n_seeds
        print(
            f"| {figure.told} | {figure.estimate.value:.2%} | {mean:.2%} | {width:.2%} "
            f"| {share:.1%} |"
        )


if __name__ == "__main__":
    if len(sys.argv) > 2:
        n, n_seeds = (*map(int, sys.argv[3:5]), *(400, 200)[len(sys.argv[3:5]) :])
        of_workspace(Path(sys.argv[1]), Path(sys.argv[2]), n, n_seeds)
    else:
        generated()
