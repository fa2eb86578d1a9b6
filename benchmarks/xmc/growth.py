"""``python -m benchmarks.xmc.growth``: how our time grows with rows, labels and words a row.

Measures on shop queries, one size at a time changed from the middle; draws the picture; RESULTS.md
gets the table when it is next written.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scipy.sparse import save_npz

from benchmarks.xmc.environments import PROJECT, default_work_folder, prepare_peers
from benchmarks.xmc.growth_report import AXES, draw_growth
from benchmarks.xmc.plan import OURS
from benchmarks.xmc.running import Bench, compile_kernels, measure
from benchmarks.xmc.shop import ShopShape, generate_shop
from benchmarks.xmc.summary import Record

N_TEST = 20_000
_MIDDLE = {"n_rows": 100_000, "n_labels": 20_000, "n_words": 5}
_SIZES = {
    "n_rows": (50_000, 100_000, 200_000, 400_000),
    "n_labels": (10_000, 20_000, 40_000, 80_000),
    "n_words": (5, 10, 20, 40),
}
_WORDS_A_LABEL_AT_LEAST = 3


def main() -> None:
    arguments = _arguments()
    folder: Path = arguments.work.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    records = folder / "growth.jsonl"
    bench = Bench(folder, prepare_peers(folder / "peers"), limit_seconds=3600)
    if arguments.again:
        records.unlink(missing_ok=True)
    _measure_all(bench, records, arguments.runs)
    picture = PROJECT / "docs" / "pictures" / "growth.svg"
    _write_picture(draw_growth(records), bench.peers_python, picture)


def _measure_all(bench: Bench, records: Path, n_runs: int) -> None:
    done = set()
    if records.exists():
        done = {_identity(json.loads(line)) for line in records.read_text().splitlines()}
    compile_kernels(bench, threads=1)
    for axis, size in _points():
        with tempfile.TemporaryDirectory(dir=bench.work) as temporary:
            data = Path(temporary) / "data"
            for seed in range(n_runs):
                point = {"axis": axis, "size": size, "seed": seed}
                if _identity(point) in done:
                    continue
                if not data.exists():
                    _write_data(data, {**_MIDDLE, axis: size})
                record = {**point, **_measure(bench, data, seed)}
                with records.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(record) + "\n")
                print(axis, size, seed, f"{record['train_cpu_seconds']:.2f} CPU s", flush=True)


def _points() -> Iterator[tuple[str, int]]:
    for axis in AXES:
        for size in _SIZES[axis]:
            yield axis, size


def _identity(record: dict[str, Any]) -> tuple[Any, ...]:
    return record["axis"], record["size"], record["seed"]


def _write_data(folder: Path, sizes: dict[str, int]) -> None:
    """Write the matrices; longer queries come from labels with more words."""
    n_rows = sizes["n_rows"]
    shape = ShopShape(
        n_rows + N_TEST,
        n_labels=sizes["n_labels"],
        n_words=sizes["n_words"],
        words_a_label=max(sizes["n_words"], _WORDS_A_LABEL_AT_LEAST),
    )
    X, Y = generate_shop(shape, seed=11)
    folder.mkdir()
    save_npz(folder / "X_train.npz", X[:n_rows], compressed=False)
    save_npz(folder / "Y_train.npz", Y[:n_rows], compressed=False)
    save_npz(folder / "X_test.npz", X[n_rows:], compressed=False)


def _measure(bench: Bench, data: Path, seed: int) -> Record:
    with tempfile.TemporaryDirectory(dir=bench.work) as temporary:
        record = measure(bench, OURS, data, Path(temporary), threads=1, seed=seed)
    if "failure" in record:
        raise RuntimeError(f"{record['failed_step']} failed: {record['failure']}")
    return record


def _write_picture(definition: str, python: Path, path: Path) -> None:
    """Have the peers' environment, which has the converter, turn the definition into an SVG."""
    code = "import sys, vl_convert; print(vl_convert.vegalite_to_svg(sys.stdin.read()))"
    drawn = subprocess.run(
        [str(python), "-c", code], input=definition, capture_output=True, text=True, check=True
    )
    path.write_text(drawn.stdout, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.xmc.growth",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--work", type=Path, default=default_work_folder())
    parser.add_argument("--runs", type=int, default=3, help="runs of every size (default: 3)")
    parser.add_argument("--again", action="store_true", help="forget what was measured")
    return parser.parse_args()


if __name__ == "__main__":
    main()
