"""Run what is planned, one process after the other, and keep the answers as JSON lines."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scipy.sparse import csr_array, load_npz

from benchmarks.xmc.environments import PROJECT, interpreter_of, variables
from benchmarks.xmc.matrices import read_part
from benchmarks.xmc.plan import BEAM, OURS, OURS_3, SETTINGS, K, Run, Setting
from benchmarks.xmc.summary import RANKS, Record
from workbench.evaluate.hits import find_hits
from workbench.evaluate.propensity import propensities
from workbench.evaluate.ranking import precision_gains, psp_gains

PREDICTIONS = "predictions.npz"


@dataclass(frozen=True)
class Bench:
    """Where things lie and how long a run may take.

    Parameters
    ----------
    work : Path
        Holds ``data``, ``results.jsonl`` and, while they are needed, models.
    peers_python : Path
    limit_seconds : float
        Of wall time, for a training or a prediction.
    """

    work: Path
    peers_python: Path
    limit_seconds: float

    @property
    def results(self) -> Path:
        return self.work / "results.jsonl"


def read_records(path: Path) -> list[Record]:
    """Return the records of today's settings; of a run that was repeated the last one."""
    if not path.exists():
        return []
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    today = {setting.name: setting.parameters for setting in SETTINGS}
    current = [r for r in records if today.get(r["setting"]) == r["parameters"]]
    return list({_identity(record): record for record in current}.values())


def run_all(bench: Bench, planned: Iterable[Run], again: bool) -> None:
    """Run what has no record yet, or everything."""
    done = {_identity(record) for record in read_records(bench.results)}
    warmed_up = False
    for run in planned:
        if not again and _identity(run.key()) in done:
            continue
        if run.setting.tool == "ours" and not warmed_up:
            compile_kernels(bench, run.threads)
            warmed_up = True
        print(" ".join(map(str, run.key().values())), end=" ", flush=True)
        record = {**run.key(), "date": _now(), **_measure(bench, run)}
        print(_short(record), flush=True)
        with bench.results.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")


def _identity(record: Record) -> tuple[Any, ...]:
    return tuple(record[field] for field in ("data_set", "setting", "threads", "seed"))


def _measure(bench: Bench, run: Run) -> Record:
    """Return what training gave, and with one thread what prediction gave and how good it is."""
    data = bench.work / "data" / run.data_set
    with tempfile.TemporaryDirectory(dir=bench.work) as temporary:
        folder = Path(temporary)
        record = measure(bench, run.setting, data, folder, threads=run.threads, seed=run.seed)
        if run.threads == 1 and "failure" not in record:
            record |= _judge(folder / PREDICTIONS, data)
        return record


def measure(
    bench: Bench, setting: Setting, data: Path, folder: Path, *, threads: int, seed: int
) -> Record:
    """Return the figures of training and, with one thread, of prediction.

    Leaves model and predictions in the folder.
    """
    job = {
        "tool": setting.tool,
        "parameters": setting.parameters,
        "seed": seed,
        "threads": threads,
        "data": str(data),
        "model": str(folder / "model"),
        "predictions": str(folder / PREDICTIONS),
        "n_labels": read_part(data, "Y_train").shape[1],
        "k": K,
        "beam": BEAM,
    }
    record: Record = {"parameters": setting.parameters}
    for step in ("train", "predict") if threads == 1 else ("train",):
        if "failure" not in record:
            record |= _work(bench, folder, {**job, "step": step})
    return record


def _work(bench: Bench, folder: Path, job: Record) -> Record:
    """Return the answer of a worker, or how it failed."""
    asked, answered = folder / "job.json", folder / "answer.json"
    asked.write_text(json.dumps(job), encoding="utf-8")
    answered.unlink(missing_ok=True)
    python = interpreter_of(job["tool"], bench.peers_python)
    command = [str(python), "-m", "benchmarks.xmc.worker", str(asked), str(answered)]
    log = folder / "log.txt"
    try:
        with log.open("wb") as stream:
            subprocess.run(
                command,
                cwd=PROJECT,
                env=variables(job["threads"]),
                stdout=stream,
                stderr=subprocess.STDOUT,
                timeout=bench.limit_seconds,
                check=True,
            )
    except subprocess.TimeoutExpired:
        return {"failure": f"> {bench.limit_seconds:g} s", "failed_step": job["step"]}
    except subprocess.CalledProcessError as error:
        shutil.copy(log, bench.work / "last_failure.txt")
        lines = log.read_text(errors="replace").strip().splitlines() or ["no output"]
        failure = f"exit code {error.returncode}: {lines[-1][:200]}"
        return {"failure": failure, "failed_step": job["step"]}
    answer: Record = json.loads(answered.read_text(encoding="utf-8"))
    return answer


def _judge(predictions: Path, data: Path) -> Record:
    """Return P@k and PSP@k in percent; equal scores fall by column, for every tool alike."""
    scores, truth = csr_array(load_npz(predictions)), csr_array(read_part(data, "Y_test"))
    scores.sum_duplicates()
    hits = find_hits(scores, truth, max(RANKS))
    precision = precision_gains(hits).values()
    psp = psp_gains(hits, propensities(csr_array(read_part(data, "Y_train")))).values()
    found = {f"P@{k}": 100 * precision[k - 1] for k in RANKS}
    return {**found, **{f"PSP@{k}": 100 * psp[k - 1] for k in RANKS}}


def compile_kernels(bench: Bench, threads: int) -> None:
    """Have our kernels compiled and kept on disk by a process that is not measured."""
    lines = ["from benchmarks.xmc.tools import ours"]
    lines += [f"ours.warm_up({setting.parameters!r})" for setting in (OURS, OURS_3)]
    command = [str(interpreter_of("ours", bench.peers_python)), "-c", "\n".join(lines)]
    subprocess.run(command, cwd=PROJECT, env=variables(threads), check=True)


def _short(record: Record) -> str:
    if "failure" in record:
        return f"{record['failed_step']}: {record['failure']}"
    told = f"{record['train_cpu_seconds']:.2f} CPU s, {record['train_peak_mb']:.0f} MB"
    if "P@1" in record:
        told += f", P@1 {record['P@1']:.2f}, {record['batch_cpu_us']:.1f} us a row"
    return told


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
