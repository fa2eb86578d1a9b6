"""The tiny world shared by the tests: six queries, five labels, three sources."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from scipy.sparse import csr_array

from workbench.matrices import LabelMatrix, PairScores

# What calls a kernel first waits for the compiler.
settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")

INSTANCES = pd.Index(["adidas blue 26", "nike red", "red shoes", "blue bag", "nike bag", "socks"])
LABELS = pd.Index(["Brand: Nike", "Brand: adidas", "Color: Blue", "Color: Red", "Size: 26.0cm"])


@pytest.fixture
def given() -> LabelMatrix:
    """Six instances, five labels; 'socks' carries none."""
    return LabelMatrix.from_positions(
        np.array([0, 0, 0, 1, 1, 2, 3, 4]),
        np.array([1, 2, 4, 0, 3, 3, 2, 0]),
        instance_ids=INSTANCES,
        label_ids=LABELS,
    )


@pytest.fixture
def scores() -> PairScores:
    """Every given pair and two others are judged; (socks, Color: Red) with an explicit zero."""
    values = csr_array(
        (
            np.float32([0.9, 0.8, 0.7, 0.9, 0.6, 0.4, 0.3, 0.8, 0.7, 0.0]),
            ([0, 0, 0, 1, 1, 2, 3, 4, 4, 5], [1, 2, 4, 0, 3, 3, 2, 0, 2, 3]),
        ),
        shape=(6, 5),
    )
    return PairScores(values, INSTANCES, LABELS)


@pytest.fixture(scope="session")
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run code in a process of its own and return what it printed; it has to end as expected."""

    def run(
        code: str, *arguments: object, returncode: int = 0, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(  # noqa: S603
            [sys.executable, "-c", code, *map(str, arguments)],
            env=os.environ | environment,
            capture_output=True,
            text=True,
        )
        assert result.returncode == returncode, result.stderr
        return result

    return run
