"""``python -m benchmarks.detection.learning DATA``: what decisions teach about the rest of a queue.

The truth answers the first pairs of each queue; then the rest is ranked with and without what was
learnt. Printed as a table of Markdown.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.detection.data_sets import Data, load
from benchmarks.detection.queues import Scored, rank, score
from benchmarks.detection.worlds import disturb
from workbench.evaluate.detection import PAIR, hits_in_order
from workbench.evaluate.noise import NoisyLabels

_BUDGETS = (100, 300, 1000, 3000)
_NEXT = 500
_FOLLOWING = 2000
_SUREST = 1e-4


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection.learning")
    parser.add_argument("data", type=Path, help="folder of the data")
    parser.add_argument("--data-sets", nargs="+", default=["bibtex", "oa-mine", "ae-110k"])
    parser.add_argument("--world", default="mixed")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    rows = []
    for name in arguments.data_sets:
        data = load(name, arguments.data)
        for seed in range(arguments.seeds):
            noisy = disturb(data, arguments.world, seed)
            scored = score(data, noisy.given, seed, arguments.threads)
            rows += [row | {"data": name} for row in _measure(data, noisy, scored)]
    found = pd.DataFrame(rows).groupby(["data", "kind", "reviewed"], sort=False).mean()
    print(f"| data, kind, reviewed | right in the next {_NEXT} | learnt | log loss | learnt |")
    print("|---|---:|---:|---:|---:|")
    for key, row in found.iterrows():
        cells = [f"{row[n]:.3f}" for n in ("before", "after", "loss_before", "loss_after")]
        print(f"| {', '.join(map(str, key))} | {' | '.join(cells)} |")  # type: ignore[call-overload]


def _measure(data: Data, noisy: NoisyLabels, scored: Scored) -> list[dict[str, object]]:
    plain = rank(data, noisy.given, scored)
    rows: list[dict[str, object]] = []
    for budget in _BUDGETS:
        first = plain[plain["rank"] <= budget]
        learnt = rank(data, noisy.given, scored, reviewed=_answers(first, noisy))
        for kind, truth in (("wrong", noisy.wrong), ("missing", noisy.missing)):
            rest = plain[(plain["kind"] == kind) & (plain["rank"] > budget)]
            if len(rest) < _NEXT:
                continue
            after = learnt[learnt["kind"] == kind]
            following = rest.head(_FOLLOWING)
            same = following[PAIR].merge(after[[*PAIR, "label_quality"]], on=PAIR)
            hits = hits_in_order(following, truth)
            rows.append(
                {
                    "kind": kind,
                    "reviewed": budget,
                    "before": hits_in_order(rest, truth)[:_NEXT].mean(),
                    "after": hits_in_order(after, truth)[:_NEXT].mean(),
                    "loss_before": _log_loss(following["label_quality"], hits),
                    "loss_after": _log_loss(same["label_quality"], hits),
                }
            )
    return rows


def _answers(pairs: pd.DataFrame, noisy: NoisyLabels) -> pd.DataFrame:
    """Return what a reviewer who knows the truth says of the pairs."""
    errors = pd.MultiIndex.from_frame(pd.concat([noisy.wrong, noisy.missing])[PAIR])
    is_error = pd.MultiIndex.from_frame(pairs[PAIR]).isin(errors)
    present = pairs["given"].to_numpy(bool) != is_error
    return pairs[PAIR].assign(verdict=np.where(present, "present", "absent"))


def _log_loss(quality: pd.Series, hits: np.ndarray) -> float:
    error = np.clip(1 - quality.to_numpy(np.float64), _SUREST, 1 - _SUREST)
    return float(-np.where(hits, np.log(error), np.log(1 - error)).mean())


if __name__ == "__main__":
    main()
