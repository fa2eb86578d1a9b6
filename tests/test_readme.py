"""The example of the README runs as it stands."""

from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from workbench.features import TextFeatures

README = Path(__file__).parent.parent / "README.md"
TEXTS = ["red shoe", "blue shoe", "red hat", "blue hat", "red bag", "blue bag"] * 4


def example(name):
    _, rest = README.read_text(encoding="utf-8").split(f"<!-- {name} example -->\n```python\n")
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
    exec(example("python"), names)  # noqa: S102
    assert names["scores"].shape == (24, 2)
    assert names["better"].n_labels_ == 2
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_example_of_confident_learning_finds_the_label_that_was_turned_round():
    Y = np.array([["red" in text, "blue" in text] for text in TEXTS])
    probabilities = np.where(Y, 0.9, 0.1)
    Y[0] = ~Y[0]
    names = {
        "X": TextFeatures(min_df=1).fit_transform(TEXTS),
        "Y": csr_array(Y.astype(np.float32)),
        "instance_ids": [f"text {i}" for i in range(24)],
        "label_ids": ["red", "blue"],
        "probabilities": probabilities,
    }
    exec(example("issues"), names)  # noqa: S102
    assert set(names["issues"]["instance_id"]) == {"text 0"}
    assert set(names["certain"]["instance_id"]) == {"text 0"}
    assert names["queue"]["n_issues"].tolist() == [2]
