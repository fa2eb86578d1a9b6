"""Text to features, side by side with scikit-learn: CPU, wall clock, memory and values.

    python -m benchmarks.features
    python -m benchmarks.features --queries 100000 --runs 5

Every run is a process of its own. The queries are made up: about five words each, drawn by Zipf's
law from 60,000 words of Latin and Japanese letters, sizes and numbers.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array, load_npz, save_npz

N_WORDS = 60_000
KINDS = ["ours", "scikit-learn"]


def make_queries(n_queries: int, seed: int = 0) -> list[str]:
    """Return made-up shop queries: some words in capitals or full width, Japanese not spaced."""
    rng = np.random.default_rng(seed)
    words = make_words(rng)
    odds = 1 / (np.arange(N_WORDS) + 3.0)
    lengths = 1 + rng.poisson(4, n_queries)
    drawn = np.searchsorted(np.cumsum(odds / odds.sum()), rng.random(lengths.sum()) * 0.999999)
    style = rng.random(len(drawn))
    tokens = [
        words[i].title() if s < 0.1 else _full_width(words[i]) if s < 0.11 else words[i]
        for i, s in zip(drawn.tolist(), style.tolist(), strict=True)
    ]
    ends = np.cumsum(lengths).tolist()
    return [" ".join(tokens[begin:end]) for begin, end in zip([0, *ends], ends, strict=False)]


def make_words(rng: np.random.Generator) -> list[str]:
    """Return distinct words: Latin syllables, kana, kanji, quantities and model numbers."""
    latin = [c + v for c in "bcdfghjklmnprstvwz" for v in ("a", "e", "i", "o", "u", "er", "an")]
    katakana = [chr(c) for c in range(0x30A1, 0x30F5)] + ["ー", "ー", "ッ"]
    kanji = [chr(c) for c in rng.choice(np.arange(0x4E00, 0x9FFF), 2000, replace=False)]
    words: dict[str, None] = {}
    while len(words) < N_WORDS:
        kind, length = rng.random(), int(rng.integers(2, 5))
        if kind < 0.6:
            word = "".join(rng.choice(latin, length))
        elif kind < 0.75:
            word = "".join(rng.choice(katakana, length + 1))
        elif kind < 0.85:
            word = "".join(rng.choice(kanji, length - 1))
        elif kind < 0.95:
            word = f"{rng.integers(1, 4000) / 10}{rng.choice(['cm', 'ml', 'kg', 'inch'])}"
        else:
            word = f"{rng.choice(latin)}-{rng.integers(100, 9999)}"
        words[word] = None
    return list(words)


def _full_width(word: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in word)


def run_ours(queries: list[str]) -> tuple[csr_array, dict[str, float], Any]:
    from workbench.features import TextFeatures

    TextFeatures(min_df=1).fit_transform(["compile the kernels"])
    features = TextFeatures()
    X, cost = _measured(features.fit_transform, queries)
    return X, cost, features.transform


def run_scikit_learn(queries: list[str]) -> tuple[csr_array, dict[str, float], Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.preprocessing import Normalizer

    from workbench.text import normalise

    same: dict[str, Any] = {"preprocessor": normalise, "min_df": 2, "dtype": np.float32}
    words = TfidfVectorizer(token_pattern=_word_expression(), ngram_range=(1, 2), **same)
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), **same)
    union = make_pipeline(FeatureUnion([("words", words), ("grams", grams)]), Normalizer())
    X, cost = _measured(union.fit_transform, queries)
    return csr_array(X), cost, union.transform


def _word_expression() -> str:
    """Return what workbench.features calls a word, as a regular expression."""
    from workbench.features.characters import KATAKANA, MARK, SINGLE, kinds_of_characters

    def characters(kind: int) -> str:
        ends = np.flatnonzero(np.diff(kinds_of_characters() == kind, prepend=False, append=False))
        return "".join(f"\\U{begin:08x}-\\U{end - 1:08x}" for begin, end in ends.reshape(-1, 2))

    single, katakana, mark = map(characters, (SINGLE, KATAKANA, MARK))
    inside, edge = f"[^\\s{single}{katakana}]", f"[^\\s{single}{katakana}{mark}]"
    return f"[{single}]|[{katakana}]+|{edge}(?:{inside}*{edge})?"


def _measured(work: Any, queries: list[str]) -> tuple[Any, dict[str, float]]:
    cpu, wall = time.process_time(), time.perf_counter()
    result = work(queries)
    return result, {"CPU s": time.process_time() - cpu, "wall s": time.perf_counter() - wall}


def work(kind: str, n_queries: int, out: Path | None) -> dict[str, float]:
    """Return the costs of one run, in this process."""
    queries = make_queries(n_queries)
    before = _peak_mb()
    X, fitted, transform = (run_ours if kind == "ours" else run_scikit_learn)(queries)
    peak = _peak_mb()
    again, transformed = _measured(transform, queries)
    assert abs(again - X).max() == 0
    if out is not None:
        save_npz(out, X)
    costs = {f"fit_transform {name}": value for name, value in fitted.items()}
    costs |= {f"transform {name}": value for name, value in transformed.items()}
    return costs | {"peak MB": peak, "of these before": before}


def _peak_mb() -> float:
    # Linux counts in KB, macOS in bytes.
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def largest_difference(one: Path, other: Path) -> tuple[tuple[int, int], float]:
    """Return the shape of two stored matrices, and by how much their values differ at most."""
    X, Z = load_npz(one), load_npz(other)
    X.sort_indices()
    Z.sort_indices()
    assert X.shape == Z.shape, f"shapes differ: {X.shape}, {Z.shape}"
    for name in ("indptr", "indices"):
        assert np.array_equal(getattr(X, name), getattr(Z, name)), f"{name} differ"
    return X.shape, float(np.abs(X.data - Z.data).max())


def compare(n_queries: int, runs: int, folder: Path) -> None:
    """Print medians and ratios; the first run of each leaves its matrix in the folder."""
    versions = ("numpy", "scipy", "scikit-learn", "numba")
    print(
        f"{n_queries:,} queries, median of {runs} runs; Python {sys.version.split()[0]}, ", end=""
    )
    print(", ".join(f"{name} {version(name)}" for name in versions))
    costs: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    for run in range(runs):
        for kind in KINDS:
            command = [sys.executable, __file__, "--queries", str(n_queries), "--work", kind]
            command += ["--out", str(folder / f"{kind}.npz")] if run == 0 else []
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            costs[kind].append(json.loads(done.stdout))
    print(f"{'':24}{KINDS[0]:>14}{KINDS[1]:>14}{'ratio':>8}")
    for name in costs["ours"][0]:
        ours, theirs = (statistics.median(c[name] for c in costs[kind]) for kind in KINDS)
        print(f"{name:24}{ours:14.2f}{theirs:14.2f}{theirs / ours:8.1f}")
    shape, difference = largest_difference(*(folder / f"{kind}.npz" for kind in KINDS))
    print(f"{shape[0]:,} x {shape[1]:,}; values differ by at most {difference:.1e}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=500_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", choices=KINDS, help="one run in this process, costs as JSON")
    parser.add_argument("--out", type=Path, help="where that run leaves its matrix")
    arguments = parser.parse_args()
    if arguments.work:
        print(json.dumps(work(arguments.work, arguments.queries, arguments.out)))
        return
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        compare(arguments.queries, arguments.runs, Path(folder))


if __name__ == "__main__":
    main()
