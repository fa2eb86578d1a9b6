"""The example of the README runs as it stands."""

from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

README = Path(__file__).parent.parent / "README.md"
TEXTS = ["red shoe", "blue shoe", "red hat", "blue hat", "red bag", "blue bag"] * 4


def python_example():
    _, rest = README.read_text(encoding="utf-8").split("<!-- python example -->\n```python\n")
    return rest.split("```")[0]


def test_the_example_runs_as_it_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    red = np.array(["red" in text for text in TEXTS])
    Y = csr_array(np.column_stack([red, ~red]))
    cleaned = Y.toarray()
    cleaned[0] = ~cleaned[0]
    names = {
        "texts": TEXTS,
        "embeddings": np.random.default_rng(0).normal(size=(24, 4)),
        "Y": Y,
        "Y_cleaned": csr_array(cleaned),
    }
    exec(python_example(), names)  # noqa: S102
    assert names["scores"].shape == (24, 2)
    assert names["better"].n_labels_ == 2
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
