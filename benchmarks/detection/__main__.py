"""``python -m benchmarks.detection DATA``: run what has not run yet, then write the results."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.detection.queues import FOLDS, OURS
from benchmarks.detection.report import write_report
from benchmarks.detection.worlds import CHOSEN_ON, CONFIRMED_ON, TOLD, runs
from benchmarks.xmc.environments import PROJECT, default_work_folder, variables

_DATA_SETS = (*CHOSEN_ON, *CONFIRMED_ON)


def main() -> None:
    arguments = _arguments()
    work: Path = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    results = work / "detection.jsonl"
    if not arguments.report:
        if arguments.data is None:
            raise SystemExit("DATA: name the folder of the data, or ask for --report alone")
        done = set() if arguments.again else {_identity(r) for r in read_records(results)}
        for data_set, world, seed in runs(arguments.data_sets, arguments.worlds, arguments.seeds):
            key = {"data_set": data_set, "world": world, "seed": seed}
            if _identity(key) in done:
                continue
            record = key | _measure(key, arguments)
            print(_short(record), flush=True)
            with results.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(record) + "\n")
    write_report(read_records(results), PROJECT / "benchmarks" / "RESULTS_DETECTION.md")


def read_records(path: Path) -> list[dict[str, Any]]:
    """Return the records; of a run that was repeated the last one."""
    if not path.exists():
        return []
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return list({_identity(record): record for record in records}.values())


def _identity(record: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(record[field] for field in ("data_set", "world", "seed"))


def _measure(key: dict[str, Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what one run found, or how it failed."""
    job = key | {"source": str(arguments.data.resolve()), "threads": arguments.threads}
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "job.json", Path(folder) / "answer.json"
        asked.write_text(json.dumps(job), encoding="utf-8")
        command = [sys.executable, "-m", "benchmarks.detection.worker", str(asked), str(answered)]
        try:
            subprocess.run(
                command,
                cwd=PROJECT,
                env=variables(arguments.threads),
                capture_output=True,
                timeout=arguments.limit_seconds,
                check=True,
            )
        except subprocess.TimeoutExpired:
            return {"failure": f"> {arguments.limit_seconds:g} s"}
        except subprocess.CalledProcessError as error:
            lines = error.stderr.decode(errors="replace").strip().splitlines() or ["no output"]
            return {"failure": f"exit code {error.returncode}: {lines[-1][:200]}"}
        found: dict[str, Any] = json.loads(answered.read_text(encoding="utf-8"))
        return found


def _short(record: dict[str, Any]) -> str:
    told = f"{record['data_set']} {record['world']} {record['seed']}: "
    if "failure" in record:
        return told + record["failure"]
    parts = []
    for kind in ("wrong", "missing"):
        ours, folds = (record["queues"][name].get(kind) for name in (OURS, FOLDS))
        if ours:
            parts.append(
                f"{kind} {ours['average_precision']:.3f} against {folds['average_precision']:.3f}"
            )
    return told + ", ".join(parts)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection", description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="folder of the data")
    parser.add_argument(
        "--work",
        type=Path,
        default=default_work_folder(),
        help="folder for the raw results (default: %(default)s)",
    )
    parser.add_argument("--data-sets", nargs="+", choices=_DATA_SETS, default=_DATA_SETS)
    parser.add_argument("--worlds", nargs="+", choices=tuple(TOLD), default=tuple(TOLD))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit-seconds", type=float, default=1800.0)
    parser.add_argument("--again", action="store_true", help="repeat runs that have a record")
    parser.add_argument("--report", action="store_true", help="only write the results anew")
    return parser.parse_args()


if __name__ == "__main__":
    main()
