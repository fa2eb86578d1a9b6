"""One run in a process of its own: ``python -m benchmarks.label_models.worker JOB ANSWER``.

Runs in the environment of the tool; imports nothing that this lacks.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.xmc.measuring import Meter, forget_peak, peak_mb, resident_mb


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text())
    tool = importlib.import_module(f"benchmarks.label_models.tools.{job['tool']}")
    tool.warm_up()
    with np.load(job["data"]) as data:
        prepared = tool.prepare(data["levels"], data["attribute"])
        base_rate = float(data["truth"].mean())
    forget_peak()
    before = resident_mb()
    with Meter() as meter:
        answer = tool.posterior(prepared, job["parameters"] | {"seed": job["seed"]}, base_rate)
    peak = peak_mb()
    np.save(job["posterior"], tool.to_array(answer))
    figures = {
        "cpu_seconds": meter.cpu,
        "wall_seconds": meter.wall,
        "peak_mb": peak,
        "before_mb": before,
        "load_average": os.getloadavg()[0],
        "versions": {name: version(name) for name in tool.PACKAGES},
    }
    Path(sys.argv[2]).write_text(json.dumps(figures | getattr(tool, "FIGURES", {})))


if __name__ == "__main__":
    main()
