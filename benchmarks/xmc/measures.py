"""``python -m benchmarks.xmc.measures``: our ranking measures against napkinXC and scikit-learn.

Random problems; prints the largest difference of each measure at 1 to 5. Where definitions differ,
it is printed as it is and again after the stated rule has brought theirs to ours.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix, random_array, save_npz
from sklearn.metrics import ndcg_score, precision_score, recall_score

from benchmarks.xmc.environments import PROJECT, default_work_folder, prepare_peers, variables
from workbench.evaluate.hits import find_hits, rank_labels
from workbench.evaluate.propensity import propensities
from workbench.evaluate.ranking import (
    ndcg_gains,
    precision_gains,
    psndcg_gains,
    psp_gains,
    recall_gains,
)

K = 5
# A and B of the propensities: the default, and what the paper fits to Wikipedia and to Amazon.
_CONSTANTS = ((0.55, 1.5), (0.5, 0.4), (0.6, 2.6))
_SPARSE, _FULL = "some pairs scored", "all pairs scored"
_EQUAL, _ORDERED = "equal scores", "equal scores, but theirs told apart in our order"
_KINDS = (_SPARSE, _FULL, _EQUAL, _ORDERED)
Values = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Problem:
    """Labels to learn propensities from, true labels, and scores: ours and those for the others."""

    kind: str
    Y_train: csr_array
    truth: csr_array
    scores: csr_array
    their_scores: csr_array
    constants: tuple[float, float]

    def has_label(self) -> NDArray[np.bool_]:
        """Return which rows have a true label."""
        return np.diff(self.truth.indptr) > 0


def main() -> None:
    arguments = _arguments()
    work: Path = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    peers_python = prepare_peers(work / "peers")
    problems = [
        _random_problem(kind, seed) for kind in _KINDS for seed in range(arguments.problems)
    ]
    with tempfile.TemporaryDirectory(dir=work) as temporary:
        theirs = _ask_napkinxc(problems, peers_python, Path(temporary))
    ours = [_our_measures(problem) for problem in problems]
    print(f"largest absolute difference at 1 to {K}, {arguments.problems} problems of each kind\n")
    for kind in _KINDS:
        chosen = [i for i, problem in enumerate(problems) if problem.kind == kind]
        print(f"{kind}:")
        _tell("napkinXC", [(ours[i], theirs[i], problems[i]) for i in chosen])
        # scikit-learn ranks every column, so that it can be compared where all are scored.
        if kind != _SPARSE:
            _tell("scikit-learn", [(ours[i], _sklearn(problems[i]), problems[i]) for i in chosen])
    print(_RULES)


_RULES = f"""
* recall: theirs counts an instance without a true label as 0, ours leaves it out; their value
  over the share of instances with a label is ours ("by the rule").
* {_EQUAL}: ours takes the lower column first; napkinXC's sort promises no order; scikit-learn's
  nDCG takes the mean over all orders (its P and recall got our ranking). Handed over in our order
  they agree.
* PSP and PSnDCG have no counterpart in scikit-learn."""


def _random_problem(kind: str, seed: int) -> Problem:
    """Return a problem where a tenth of the rows has no true label."""
    rng = np.random.default_rng([seed, _KINDS.index(kind)])
    n_rows, n_labels = int(rng.integers(20, 200)), int(rng.integers(10, 300))
    density = rng.uniform(0.005, 0.1)
    truth = _random_pairs((n_rows, n_labels), density, rng)
    truth = csr_array(truth.multiply(rng.random((n_rows, 1)) > 0.1))
    truth.eliminate_zeros()
    scored = _random_pairs(truth.shape, 0.1 if kind == _SPARSE else 1.0, rng)
    scores = csr_array(scored + truth)
    scores.sort_indices()
    scores.data = (1.0 + rng.permutation(scores.nnz)) / (1 + scores.nnz)
    if kind in (_EQUAL, _ORDERED):
        scores.data = np.ceil(scores.data * 4) / 4
    theirs = _told_apart(scores) if kind == _ORDERED else scores
    Y_train = _random_pairs((300, n_labels), density, rng)
    return Problem(kind, Y_train, truth, scores, theirs, _CONSTANTS[seed % len(_CONSTANTS)])


def _told_apart(scores: csr_array) -> csr_array:
    """Return scores without equals that have the order in which we rank; all pairs are stored."""
    labels = rank_labels(scores, scores.shape[1])
    ordered = np.zeros(scores.shape)
    np.put_along_axis(ordered, labels, 1 / np.arange(1, scores.shape[1] + 1)[None, :], axis=1)
    return csr_array(ordered)


def _random_pairs(shape: tuple[int, int], density: float, rng: np.random.Generator) -> csr_array:
    Y = csr_array(random_array(shape, density=density, rng=rng, format="csr"))
    Y.data[:] = 1
    return Y


def _our_measures(problem: Problem) -> Values:
    hits = find_hits(problem.scores, problem.truth, K)
    propensity = propensities(problem.Y_train, *problem.constants)
    return {
        "P": precision_gains(hits).values(),
        "recall": recall_gains(hits).values(),
        "nDCG": ndcg_gains(hits).values(),
        "PSP": psp_gains(hits, propensity).values(),
        "PSnDCG": psndcg_gains(hits, propensity).values(),
        "propensity": propensity,
    }


def _ask_napkinxc(problems: list[Problem], python: Path, folder: Path) -> list[Values]:
    for i, problem in enumerate(problems):
        for name in ("Y_train", "truth", "their_scores"):
            save_npz(folder / f"{i}_{name}.npz", csr_matrix(getattr(problem, name)))
    asked = {"k": K, "constants": [problem.constants for problem in problems]}
    (folder / "asked.json").write_text(json.dumps(asked))
    subprocess.run(
        [str(python), "-m", "benchmarks.xmc.measures_napkinxc", str(folder)],
        cwd=PROJECT,
        env=variables(1),
        check=True,
    )
    answers = json.loads((folder / "answered.json").read_text())
    return [{name: np.array(value) for name, value in answer.items()} for answer in answers]


def _sklearn(problem: Problem) -> Values:
    """Return the measures that scikit-learn has, of the labels that we rank first."""
    truth, scores = problem.truth.toarray() > 0, problem.their_scores.toarray()
    best = rank_labels(problem.their_scores, K)
    values: dict[str, list[float]] = {"P": [], "recall": [], "nDCG": []}
    for k in range(1, K + 1):
        predicted = np.zeros(truth.shape, bool)
        np.put_along_axis(predicted, best[:, :k], True, axis=1)
        options = {"average": "samples", "zero_division": 0.0}
        values["P"].append(precision_score(truth, predicted, **options))
        values["recall"].append(recall_score(truth, predicted, **options))
        values["nDCG"].append(ndcg_score(truth, scores, k=k))
    return {name: np.array(value) for name, value in values.items()}


def _tell(side: str, compared: Sequence[tuple[Values, Values, Problem]]) -> None:
    names = compared[0][1]
    for name in names:
        gaps = [np.abs(ours[name] - theirs[name]).max() for ours, theirs, _ in compared]
        told = f"  {side:12}  {name:10}  {max(gaps):.1e}"
        if name == "recall":
            gaps = [
                np.abs(ours[name] - theirs[name] / problem.has_label().mean()).max()
                for ours, theirs, problem in compared
            ]
            told += f"  by the rule {max(gaps):.1e}"
        print(told)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.xmc.measures",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--work", type=Path, default=default_work_folder())
    parser.add_argument("--problems", type=int, default=50, help="of each kind (default: 50)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
