"""Texts and labels that a careless writer would break."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from workbench.matrices import LabelMatrix

HOSTILE = [
    "plain",
    'comma, "quote" and \ttab',
    "two\nlines\r\nand a return\r",
    '=cmd|" /C calc"!A0',
    "青いスニーカー 26.0cm ＝１",
    "emoji 👟👩‍👩‍👧 and \u2028 separator \x85 next",
    "@SUM(1+1)*cmd, | pipe | 'apostrophe'",
    "",
]


@pytest.fixture
def labels():
    label_ids = pd.Index(["Color: Blue", "Size: 26.0cm", "ブランド: アディダス", '=label, "x"'])
    ids = pd.Index([f"q{i}" for i in range(len(HOSTILE))])
    given = np.array([[1, 0, 1, 0], [0, 0, 0, 1], [1, 1, 1, 1], [0] * 4] * 2, bool)
    return LabelMatrix(csr_array(given), ids, label_ids, np.linspace(0.1, 1, 14).astype("f4"))


@pytest.fixture
def instances(labels):
    return pd.DataFrame(
        {
            "instance_id": labels.instance_ids,
            "text": HOSTILE,
            "split": ["train", "test", "train", "train", "train", "train", "test", "train"],
            "weight": np.arange(len(HOSTILE)),
        }
    )


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    dense = rng.random((len(HOSTILE), 5)) * (rng.random((len(HOSTILE), 5)) < 0.5)
    return csr_array(dense.astype(np.float32))
