"""``python -m benchmarks.review_effort``: errors fixed per keystroke, one by one and by pattern.

The truth answers. One by one, each verdict costs a key, in the order of ``gain_rank``. By pattern,
those of more pairs than a sample come first, the largest gain ahead: a key a verdict of the sample,
two for the batch if the bound allows it, and what is left of the budget goes one by one.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.xmc.environments import default_work_folder
from pipelines.console import Terminal
from pipelines.init import InitRequest, init_workspace
from pipelines.make_sample import write_sample
from pipelines.run import run_pipeline
from pipelines.sample.assumptions import Assumptions
from workbench.review.bounds import least_share_of_rest
from workbench.review.samples import sample_of
from workbench.workspace import Workspace

BUDGETS = (200, 500, 1000, 2000)
# How a pattern is reviewed: the size of its sample, the threshold of the bound, and whether it is
# left as soon as the threshold is out of reach.
WAYS = {
    "20, any bound": (20, 0.0, False),
    "20, bound .8": (20, 0.8, False),
    "20, bound .8, left early": (20, 0.8, True),
    "40, bound .9, left early": (40, 0.9, True),
}
_BATCH_KEYS = 2
_PAIR = ["instance_id", "label_id"]


@dataclass
class Outcome:
    """What a budget of keystrokes brought."""

    fixed: int = 0
    made: int = 0
    n_batches: int = 0
    n_batch_pairs: int = 0


def main() -> None:
    arguments = _arguments()
    rows = []
    for seed in arguments.seeds:
        issues, patterns = _flagged(arguments.work / "review_effort", seed, arguments.scale)
        for budget in BUDGETS:
            rows.append(_row("one by one", budget, _one_by_one(issues, budget)))
            for name, way in WAYS.items():
                rows.append(_row(name, budget, _by_pattern(issues, patterns, budget, *way)))
        print(
            f"seed {seed}: {len(issues):,} issues, {len(patterns):,} patterns, "
            f"{(patterns['n_issues'] > 20).sum()} of more than 20",
            flush=True,
        )
    print(_table(pd.DataFrame(rows)))


def _flagged(work: Path, seed: int, scale: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the issues of a generated shop with ``is_right`` from its truth, and its patterns."""
    folder = work / f"shop_{seed}_{scale}"
    if not (folder / "ws" / "current.json").exists():
        usual = Assumptions()
        grown = {
            name: scale * getattr(usual, name) for name in ("n_queries", "n_draws", "n_searches")
        }
        write_sample(folder, seed=seed, assumptions=replace(usual, **grown))
        request = InitRequest(
            clicks=folder / "events.parquet",
            catalog=folder / "items.csv",
            taxonomy=folder / "taxonomy.csv",
            aliases=folder / "aliases.csv",
        )
        init_workspace(folder / "ws", request, Terminal(quiet=True))
        run_pipeline(folder / "ws", terminal=Terminal(quiet=True), show=0)
    flag = Workspace(folder / "ws").artefact("flag")
    issues = flag.table("issues", [*_PAIR, "kind", "gain_rank", "pattern_id"])
    truth = pd.MultiIndex.from_frame(pd.read_parquet(folder / "truth.parquet")[_PAIR])
    is_true = pd.MultiIndex.from_frame(issues[_PAIR]).isin(truth)
    issues = issues.assign(is_right=is_true == (issues["kind"] == "missing"))
    return issues.sort_values("gain_rank", ignore_index=True), flag.table("patterns")


def _one_by_one(issues: pd.DataFrame, budget: int) -> Outcome:
    return Outcome(fixed=int(issues["is_right"].head(budget).sum()))


def _by_pattern(
    issues: pd.DataFrame,
    patterns: pd.DataFrame,
    budget: int,
    n_sample: int,
    least: float,
    early: bool,
) -> Outcome:
    outcome, keys = Outcome(), budget
    is_decided = np.zeros(len(issues), bool)
    groups = issues.groupby("pattern_id").indices
    large = patterns[patterns["n_issues"] > n_sample].sort_values("gain", ascending=False)
    for pattern_id in large["pattern_id"]:
        if keys < n_sample + _BATCH_KEYS:
            break
        rows = groups[pattern_id]
        sample = sample_of(pattern_id, issues.iloc[rows], n_sample).index.to_numpy()
        right = issues["is_right"].to_numpy()[sample]
        seen = _judged(right, len(rows), least) if early else n_sample
        is_decided[sample[:seen]] = True
        keys -= seen
        outcome.fixed += int(right[:seen].sum())
        rest = np.setdiff1d(rows, sample)
        if seen == n_sample and least_share_of_rest(int(right.sum()), n_sample, len(rows)) >= least:
            good = int(issues["is_right"].to_numpy()[rest].sum())
            is_decided[rest] = True
            keys -= _BATCH_KEYS
            outcome.fixed += good
            outcome.made += len(rest) - good
            outcome.n_batches += 1
            outcome.n_batch_pairs += len(rest)
    outcome.fixed += int(issues["is_right"][~is_decided].head(keys).sum())
    return outcome


def _judged(right: np.ndarray, n_pairs: int, least: float) -> int:
    """Return how many of a sample are judged before the threshold is out of reach."""
    n_wrong = np.cumsum(~right)
    for n, wrong in enumerate(n_wrong, 1):
        if least_share_of_rest(len(right) - int(wrong), len(right), n_pairs) < least:
            return n
    return len(right)


def _row(name: str, budget: int, outcome: Outcome) -> dict[str, object]:
    return {"way": name, "budget": budget, **vars(outcome)}


def _table(found: pd.DataFrame) -> str:
    found["net"] = 100 * (found["fixed"] - found["made"]) / found["budget"]
    found["gross"] = 100 * found["fixed"] / found["budget"]
    lines = [
        "| keys | way | fixed per 100 | less newly made | newly made | batches | pairs | right |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for budget in BUDGETS:
        for way in ("one by one", *WAYS):
            of = found[(found["budget"] == budget) & (found["way"] == way)]
            n_pairs, made = int(of["n_batch_pairs"].sum()), int(of["made"].sum())
            right = f"{1 - made / n_pairs:.3f}" if n_pairs else ""
            cells = [_spread(of[name]) for name in ("gross", "net", "made", "n_batches")]
            lines.append(f"| {budget} | {way} | {' | '.join(cells)} | {n_pairs} | {right} |")
    return "\n".join(lines)


def _spread(values: pd.Series) -> str:
    if values.max() == values.min():
        return f"{values.iloc[0]:.0f}"
    return f"{values.median():.0f} ({values.min():.0f} to {values.max():.0f})"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.review_effort", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 101, 201])
    parser.add_argument("--scale", type=int, default=1, help="times the queries and searches")
    parser.add_argument("--work", type=Path, default=default_work_folder())
    return parser.parse_args()


if __name__ == "__main__":
    main()
