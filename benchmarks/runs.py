"""Runs in a process of their own, and the records that they leave, a JSON line each."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.xmc.environments import PROJECT, default_work_folder, variables

Record = dict[str, Any]


def add_run_arguments(parser: ArgumentParser, *, holds: str = "raw results") -> None:
    """Add where the records are kept, and which runs to make.

    Parameters
    ----------
    parser : ArgumentParser
    holds : str
        What lies in the work folder.
    """
    parser.add_argument(
        "--work",
        type=Path,
        default=default_work_folder(),
        help=f"folder for {holds} (default: %(default)s)",
    )
    parser.add_argument("--again", action="store_true", help="repeat runs that have a record")
    parser.add_argument("--report", action="store_true", help="only write the results anew")


def run_worker(
    module: str,
    job: Mapping[str, Any],
    *,
    threads: int,
    limit_seconds: float,
    python: Path | None = None,
) -> Record:
    """Return what ``python -m MODULE JOB ANSWER`` answers, or how it failed, as ``failure``.

    Parameters
    ----------
    module : str
        Reads the job from the first file and writes its answer into the second, both JSON.
    job : mapping
    threads : int
    limit_seconds : float
        Of wall time.
    python : Path, optional
        The interpreter; by default this one.
    """
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "job.json", Path(folder) / "answer.json"
        asked.write_text(json.dumps(job), encoding="utf-8")
        try:
            subprocess.run(
                [str(python or sys.executable), "-m", module, str(asked), str(answered)],
                cwd=PROJECT,
                env=variables(threads),
                capture_output=True,
                timeout=limit_seconds,
                check=True,
            )
        except subprocess.TimeoutExpired:
            return {"failure": f"> {limit_seconds:g} s"}
        except subprocess.CalledProcessError as error:
            lines = error.stderr.decode(errors="replace").strip().splitlines() or ["no output"]
            return {"failure": f"exit code {error.returncode}: {lines[-1][:200]}"}
        answer: Record = json.loads(answered.read_text(encoding="utf-8"))
        return answer


def read_records(path: Path, key: Sequence[str]) -> list[Record]:
    """Return the records; of those that agree in the fields of the key the last one."""
    if not path.exists():
        return []
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return list({identity(record, key): record for record in records}.values())


def known_runs(path: Path, key: Sequence[str]) -> set[tuple[Any, ...]]:
    """Return what has a record already, by `identity`."""
    return {identity(record, key) for record in read_records(path, key)}


def identity(record: Mapping[str, Any], key: Sequence[str]) -> tuple[Any, ...]:
    """Return what the record says in the fields of the key."""
    return tuple(record[field] for field in key)


def add_record(path: Path, record: Mapping[str, Any]) -> None:
    """Append a record."""
    with path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(record) + "\n")
