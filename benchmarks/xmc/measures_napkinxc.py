"""napkinXC's side of `benchmarks.xmc.measures`; runs in the peers' environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from napkinxc import metrics
from scipy.sparse import csr_matrix, load_npz


def main() -> None:
    folder = Path(sys.argv[1])
    asked = json.loads((folder / "asked.json").read_text())
    answers = [
        _measures(folder, i, asked["k"], constants)
        for i, constants in enumerate(asked["constants"])
    ]
    (folder / "answered.json").write_text(json.dumps(answers))


def _measures(folder: Path, i: int, k: int, constants: list[float]) -> dict[str, list[float]]:
    Y_train, truth, scores = (
        csr_matrix(load_npz(folder / f"{i}_{name}.npz"))
        for name in ("Y_train", "truth", "their_scores")
    )
    inverse = metrics.Jain_et_al_inverse_propensity(Y_train, *constants)
    values = {
        "P": metrics.precision_at_k(truth, scores, k=k),
        "recall": metrics.recall_at_k(truth, scores, k=k),
        "nDCG": metrics.ndcg_at_k(truth, scores, k=k),
        "PSP": metrics.psprecision_at_k(truth, scores, inverse, k=k),
        "PSnDCG": metrics.psndcg_at_k(truth, scores, inverse, k=k),
        "propensity": metrics.Jain_et_al_propensity(Y_train, *constants),
    }
    return {name: [float(v) for v in value] for name, value in values.items()}


if __name__ == "__main__":
    main()
