"""One run in a process of its own: ``python -m benchmarks.detection.worker JOB ANSWER``."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.detection.data_sets import load
from benchmarks.detection.judging import judge
from benchmarks.detection.queues import queue_makers, score
from benchmarks.detection.worlds import disturb
from benchmarks.xmc.measuring import Meter, forget_peak, peak_mb, resident_mb


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    data = load(job["data_set"], Path(job["source"]))
    noisy = disturb(data, job["world"], job["seed"])
    with Meter() as meter:
        scored = score(data, noisy.given, job["seed"], job["threads"])
    answer: dict[str, Any] = {
        "shape": list(noisy.given.values.shape),
        "n_given": noisy.given.n_given,
        "scoring_cpu_seconds": meter.cpu,
        "load_average": os.getloadavg()[0],
        "queues": {},
    }
    for name, make in queue_makers(data, noisy.given, scored, job["seed"], job["threads"]).items():
        forget_peak()
        before = resident_mb()
        with Meter() as meter:
            queue = make()
        cost = {"cpu_seconds": meter.cpu, "more_mb": peak_mb() - before}
        answer["queues"][name] = cost | judge(queue, noisy)
    Path(sys.argv[2]).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main()
