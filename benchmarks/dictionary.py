"""Spellings found in queries, beside a look-up word by word and a regular expression.

    python -m benchmarks.dictionary
    python -m benchmarks.dictionary --queries 100000 --spellings 20000 --runs 5

Every run is a process of its own. Queries and spellings are made up, of the same words (see
``benchmarks.features``): two thirds of the spellings are a word, one third two of them. The look-up
takes runs of up to three words between spaces, the longest first; it finds nothing in text without
spaces. The regular expression lists all spellings, the longest first; it sees only as many queries
as it can in reasonable time. Only ours knows borders of words, kana, shared spellings and levels.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.features import N_WORDS, make_queries, make_words

KINDS = ["ours", "look-up", "regular expression"]
N_REGULAR = 2000
_MAX_WORDS = 3


def make_spellings(n_spellings: int) -> list[str]:
    """Return distinct spellings, of the words that `make_queries` draws from."""
    words = make_words(np.random.default_rng(0))
    single = words[: min(n_spellings * 2 // 3, N_WORDS)]
    drawn = np.random.default_rng(1).integers(0, len(words), (n_spellings, 2)).tolist()
    pairs = [f"{words[one]} {words[other]}" for one, other in drawn]
    return list(dict.fromkeys(single + pairs))[:n_spellings]


def find_ours(spellings: list[str]) -> Callable[[list[str]], int]:
    from workbench.report import Report
    from workbench.signals.dictionary import Dictionary
    from workbench.signals.dictionary_votes import dictionary_votes

    # Two spellings a label, five attributes.
    ids = [f"A{i // 2 % 5}: {i // 2}" for i in range(len(spellings))]
    aliases = pd.DataFrame({"label_id": ids, "alias": spellings})
    labels = aliases.drop_duplicates("label_id").rename(columns={"alias": "value"})
    labels = labels.assign(attribute=labels["label_id"].str[:2], path=None, parent_id=None)
    dictionary = Dictionary(aliases, labels)

    def find(queries: list[str]) -> int:
        instances = pd.DataFrame({"instance_id": queries, "text": queries})
        return len(dictionary_votes(instances, dictionary, labels, report=Report()))

    return find


def find_by_look_up(spellings: list[str]) -> Callable[[list[str]], int]:
    from workbench.text import normalise

    known = {normalise(spelling) for spelling in spellings}

    def find(queries: list[str]) -> int:
        n_found = 0
        for query in queries:
            words, at = normalise(query).split(), 0
            while at < len(words):
                ends = range(min(at + _MAX_WORDS, len(words)), at, -1)
                end = next((end for end in ends if " ".join(words[at:end]) in known), None)
                n_found += end is not None
                at = end or at + 1
        return n_found

    return find


def find_by_expression(spellings: list[str]) -> Callable[[list[str]], int]:
    from workbench.text import normalise

    ordered = sorted({normalise(spelling) for spelling in spellings}, key=len, reverse=True)
    expression = re.compile("|".join(map(re.escape, ordered)))

    def find(queries: list[str]) -> int:
        return sum(len(expression.findall(normalise(query))) for query in queries)

    return find


def work(kind: str, n_queries: int, n_spellings: int) -> dict[str, float]:
    """Return the costs of one run, in this process."""
    queries, spellings = make_queries(n_queries), make_spellings(n_spellings)
    make = dict(zip(KINDS, (find_ours, find_by_look_up, find_by_expression), strict=True))[kind]
    begun = time.process_time()
    find = make(spellings)
    made = time.process_time()
    if kind == "regular expression":
        queries = queries[:N_REGULAR]
    before = _peak_mb()
    begun_finding, wall = time.process_time(), time.perf_counter()
    n_found = find(queries)
    cpu = time.process_time() - begun_finding
    return {
        "making it, CPU s": made - begun,
        "finding, CPU s": cpu,
        "finding, wall s": time.perf_counter() - wall,
        "finding, CPU us a query": cpu / len(queries) * 1e6,
        "found a query": n_found / len(queries),
        "peak MB": _peak_mb(),
        "of these before": before,
    }


def _peak_mb() -> float:
    # Linux counts in KB, macOS in bytes.
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def compare(n_queries: int, n_spellings: int, runs: int) -> None:
    """Print the medians of each, and how our time stands to theirs."""
    print(f"{n_queries:,} queries, {n_spellings:,} spellings, median of {runs} runs; ", end="")
    print(f"the regular expression: {N_REGULAR:,} queries; Python {sys.version.split()[0]}")
    costs: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    for _ in range(runs):
        for kind in KINDS:
            sizes = ["--queries", str(n_queries), "--spellings", str(n_spellings)]
            command = [sys.executable, "-m", "benchmarks.dictionary", *sizes, "--work", kind]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            costs[kind].append(json.loads(done.stdout))
    print(f"{'':26}" + "".join(f"{kind:>20}" for kind in KINDS))
    for name in costs["ours"][0]:
        medians = [statistics.median(cost[name] for cost in costs[kind]) for kind in KINDS]
        print(f"{name:26}" + "".join(f"{median:20.2f}" for median in medians))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=500_000)
    parser.add_argument("--spellings", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", choices=KINDS, help="one run in this process, costs as JSON")
    arguments = parser.parse_args()
    if arguments.work:
        print(json.dumps(work(arguments.work, arguments.queries, arguments.spellings)))
        return
    compare(arguments.queries, arguments.spellings, arguments.runs)


if __name__ == "__main__":
    main()
